// Storage: alignment, zeroes where they are promised, blocks used again.
#include "base/storage.h"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/error.h"

using namespace isovox;

namespace {

bool AllZero(const Storage& storage) {
  const auto bytes = storage.As<uint8_t>();
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

}  // namespace

TEST_CASE("storage is aligned and zero, small and large, also when its block was used before") {
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{1000}, size_t{5} << 20, (size_t{9} << 20) + 7}) {
    for (int again = 0; again < 3; ++again) {
      const auto storage = Storage::Allocate(bytes);
      CHECK(storage->bytes() == bytes);
      CHECK(reinterpret_cast<uintptr_t>(storage->data()) % 64 == 0);
      CHECK(AllZero(*storage));
      std::fill_n(storage->data(), bytes, std::byte{0xAB});
    }
  }
}

TEST_CASE("storage without promised content has the size asked for") {
  const auto storage = Storage::AllocateUnset(size_t{6} << 20);
  CHECK(storage->bytes() == size_t{6} << 20);
  std::fill_n(storage->data(), storage->bytes(), std::byte{1});
  CHECK(Storage::AllocateUnset(10)->bytes() == 10);
}

TEST_CASE("sizes that multiply past any memory are refused") {
  const int64_t huge[] = {int64_t{1} << 40, int64_t{1} << 40};
  CHECK_THROWS_AS(CheckedProduct(huge), Error);
  const int64_t negative[] = {2, -1};
  CHECK_THROWS_AS(CheckedProduct(negative), Error);
  CHECK_THROWS_AS(Storage::Allocate(~size_t{0} >> 1), Error);
}

TEST_CASE("shared storage is a file of this user that others see the content of") {
  const std::string path = (std::filesystem::temp_directory_path() / ("isovox-storage-" + std::to_string(::getpid()))).string();
  {
    const auto storage = Storage::CreateShared(path, 70'000);
    CHECK(AllZero(*storage));
    storage->data()[69'999] = std::byte{0x5A};
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(status.st_size == 70'000);
    std::FILE* file = std::fopen(path.c_str(), "rb");
    REQUIRE(file != nullptr);
    std::fseek(file, 69'999, SEEK_SET);
    CHECK(std::fgetc(file) == 0x5A);
    std::fclose(file);
    CHECK_THROWS_AS(Storage::CreateShared(path, 10), Error);  // never what is there already
  }
  CHECK(::unlink(path.c_str()) == 0);  // the file is whoever's who asked for it
  CHECK_THROWS_AS(Storage::CreateShared("/dev/shm/no-such-folder/x", 10), Error);
  // More than any machine has: refused, and nothing is left.
  CHECK_THROWS_AS(Storage::CreateShared(path, size_t{1} << 46), Error);
  CHECK(::access(path.c_str(), F_OK) != 0);
}
