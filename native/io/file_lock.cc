#include "io/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace isovox {

namespace {

// Is it still the file at `path`? The holder before may have removed it between our opening and our locking it.
bool IsAt(int descriptor, const std::string& path) {
  struct stat held, there;
  return ::fstat(descriptor, &held) == 0 && ::lstat(path.c_str(), &there) == 0 && held.st_ino == there.st_ino &&
         held.st_dev == there.st_dev;
}

}  // namespace

std::unique_ptr<FileLock> FileLock::TryHold(const std::string& path) {
  for (;;) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor < 0) throw IoError("open", path, errno);
    std::unique_ptr<FileLock> lock(new FileLock(descriptor));
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return nullptr;
      if (errno != EINTR) throw IoError("lock", path, errno);
    }
    if (IsAt(descriptor, path)) return lock;
  }
}

FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace isovox
