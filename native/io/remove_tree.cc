#include "io/remove_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace isovox {
namespace {

constexpr int kDeepest = 64;

bool RemoveAt(int parent, const char* name, int depth) noexcept;

// One pass over the entries; each is removed as it is seen. False when an entry stays.
bool Empty(int folder, int depth) noexcept {
  // opendir would allocate; entries come in the order and the record of the kernel (getdents64).
  struct Entry {
    ino64_t inode;
    off64_t next;
    unsigned short length;
    unsigned char type;
    char name[1];
  };
  alignas(Entry) char entries[4096];
  for (;;) {
    const long bytes = ::syscall(SYS_getdents64, folder, entries, sizeof entries);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return false;
    if (bytes == 0) return true;
    for (long at = 0; at < bytes;) {
      const char* record = entries + at;
      unsigned short length = 0;
      std::memcpy(&length, record + offsetof(Entry, length), sizeof length);
      const char* name = record + offsetof(Entry, name);
      at += length;
      if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
      if (!RemoveAt(folder, name, depth + 1)) return false;
    }
  }
}

bool RemoveAt(int parent, const char* name, int depth) noexcept {
  if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return true;
  if (errno != EISDIR && errno != EPERM) return false;
  if (depth > kDeepest) return false;
  const int folder = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return errno == ENOENT;
  const bool emptied = Empty(folder, depth);
  ::close(folder);
  // Entries that the kernel left out of its list while others went are seen the second time.
  if (emptied && (::unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)) return true;
  return emptied && errno == ENOTEMPTY && depth < kDeepest && RemoveAt(parent, name, depth + 1);
}

}  // namespace

bool RemoveTree(const char* path) noexcept { return RemoveAt(AT_FDCWD, path, 0); }

}  // namespace isovox
