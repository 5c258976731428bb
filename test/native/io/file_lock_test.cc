#include "io/file_lock.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/error.h"

namespace isovox {
namespace {

std::string LockPath() {
  return (std::filesystem::temp_directory_path() / ("isovox-lock-" + std::to_string(::getpid()))).string();
}

TEST_CASE("a file has one holder, and another when that one lets go") {
  const std::string path = LockPath();
  auto first = FileLock::TryHold(path);
  REQUIRE(first != nullptr);
  CHECK(FileLock::TryHold(path) == nullptr);
  first.reset();
  CHECK(FileLock::TryHold(path) != nullptr);
  std::filesystem::remove(path);
}

TEST_CASE("a holder that is killed holds nothing") {
  const std::string path = LockPath();
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::TryHold(path);
    const char byte = lock ? '1' : '0';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char held = '?';
  REQUIRE(::read(ready[0], &held, 1) == 1);
  CHECK(held == '1');
  CHECK(FileLock::TryHold(path) == nullptr);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(FileLock::TryHold(path) != nullptr);
  ::close(ready[0]);
  ::close(ready[1]);
  std::filesystem::remove(path);
}

TEST_CASE("a folder that is not there is an error, not a lock held by another") {
  CHECK_THROWS_AS(FileLock::TryHold("/nonexistent/folder/lock"), Error);
}

}  // namespace
}  // namespace isovox
