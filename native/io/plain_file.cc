#include "io/plain_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "io/remove_tree.h"

namespace isovox {

void WritePlainFile(const std::string& path, std::span<const std::byte> bytes) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor < 0) throw IoError("create", path, errno);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = ::write(descriptor, bytes.data() + done, std::min(bytes.size() - done, size_t{1} << 30));
    if (written < 0) {
      if (errno == EINTR) continue;
      const int failed = errno;
      ::close(descriptor);
      throw IoError("write", path, failed);
    }
    done += static_cast<size_t>(written);
  }
  if (::close(descriptor) != 0) throw IoError("close", path, errno);
}

void MakeFolder(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) != 0) throw IoError("create", path, errno);
}

AtomicFolder::AtomicFolder(const std::string& path) : path_(path) {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  static std::atomic<uint64_t> counter{0};
  temporary_ = path_ + "." + std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1)) + ".tmp";
  MakeFolder(temporary_);
}

AtomicFolder::~AtomicFolder() {
  if (!temporary_.empty()) RemoveTree(temporary_.c_str());
}

void AtomicFolder::Commit() {
  const std::string parent = std::filesystem::path(path_).parent_path().string();
  const int descriptor = ::open(temporary_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw IoError("open", temporary_, errno);
  // One call for thousands of small files, where a call for each would cost a disk turn each.
  const int failed = ::syncfs(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (failed != 0) throw IoError("synchronise", temporary_, failed);
  if (::rename(temporary_.c_str(), path_.c_str()) == 0) {
    temporary_.clear();
  } else if (errno != ENOTEMPTY && errno != EEXIST) {
    throw IoError("rename", path_, errno);
  } else if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) != 0) {
    throw IoError("replace", path_, errno);
  }
  // After an exchange the temporary name holds what was there before; the destructor removes it.
  const int above = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (above < 0) return;
  ::fsync(above);
  ::close(above);
}

}  // namespace isovox
