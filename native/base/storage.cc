#include "base/storage.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"

namespace isovox {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kAlignment = 64;

Error NoMemory(size_t bytes) {
  return Error(ErrorCode::kResource, "The system has no block of " + std::to_string(bytes) + " bytes",
               {{"requested", std::to_string(bytes)}});
}

// Blocks that were given back, kept for the next one of their size: the pages of 100 MB cost 10 ms to get again. They
// are marked as free to the system, which takes them when memory is short.
class SpareBlocks {
 public:
  std::byte* Take(size_t mapped) {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < blocks_.size(); ++i) {
      if (blocks_[i].mapped != mapped) continue;
      std::byte* data = blocks_[i].data;
      blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(i));
      held_ -= mapped;
      return data;
    }
    return nullptr;
  }

  // False when there is no room for it: the caller unmaps it.
  bool Keep(std::byte* data, size_t mapped) {
    const std::lock_guard lock(mutex_);
    if (held_ + mapped > most_ || ::madvise(data, mapped, MADV_FREE) != 0) return false;
    blocks_.push_back({data, mapped});
    held_ += mapped;
    return true;
  }

  void KeepAtMost(size_t bytes) {
    const std::lock_guard lock(mutex_);
    most_ = std::min(most_, bytes);
    while (held_ > most_) {
      ::munmap(blocks_.back().data, blocks_.back().mapped);
      held_ -= blocks_.back().mapped;
      blocks_.pop_back();
    }
  }

 private:
  struct Block {
    std::byte* data;
    size_t mapped;
  };
  std::mutex mutex_;
  std::vector<Block> blocks_;
  size_t held_ = 0;
  size_t most_ = size_t{256} << 20;
};

// Never destroyed: volumes may be freed after every static destructor ran.
SpareBlocks& Spares() {
  static auto* const spares = new SpareBlocks;
  return *spares;
}

std::byte* MapHugePages(size_t mapped) {
  // Over-map by one huge page and trim, so that the block begins on a huge-page boundary.
  void* map = ::mmap(nullptr, mapped + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) throw NoMemory(mapped);
  const auto start = reinterpret_cast<uintptr_t>(map);
  const uintptr_t aligned = (start + kHugePage - 1) / kHugePage * kHugePage;
  const size_t before = aligned - start;
  if (before > 0) ::munmap(map, before);
  const size_t after = kHugePage - before;
  if (after > 0) ::munmap(reinterpret_cast<void*>(aligned + mapped), after);
  ::madvise(reinterpret_cast<void*>(aligned), mapped, MADV_HUGEPAGE);
  return reinterpret_cast<std::byte*>(aligned);
}

}  // namespace

std::shared_ptr<Storage> Storage::Obtain(size_t bytes, bool zeroed) {
  if (bytes > static_cast<size_t>(std::numeric_limits<int64_t>::max()) - 2 * kHugePage) throw NoMemory(bytes);
  if (bytes < 2 * kHugePage) {
    const size_t rounded = (bytes + kAlignment) / kAlignment * kAlignment;
    void* block = std::aligned_alloc(kAlignment, rounded);
    if (block == nullptr) throw NoMemory(bytes);
    if (zeroed) std::memset(block, 0, rounded);
    return std::shared_ptr<Storage>(new Storage(static_cast<std::byte*>(block), bytes, 0));
  }
  const size_t mapped = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  std::byte* data = Spares().Take(mapped);
  if (data == nullptr) {
    data = MapHugePages(mapped);  // zero already
  } else if (zeroed) {
    std::memset(data, 0, mapped);
  }
  return std::shared_ptr<Storage>(new Storage(data, bytes, mapped));
}

std::shared_ptr<Storage> Storage::Allocate(size_t bytes) { return Obtain(bytes, true); }

std::shared_ptr<Storage> Storage::AllocateUnset(size_t bytes) { return Obtain(bytes, false); }

std::shared_ptr<Storage> Storage::AllocateUnset(size_t bytes, size_t before) {
  const size_t lead = (before + kAlignment - 1) / kAlignment * kAlignment;
  if (lead < before || bytes + lead < bytes) throw NoMemory(bytes);
  auto storage = Obtain(bytes + lead, false);
  storage->data_ += lead;
  storage->bytes_ = bytes;
  return storage;
}

std::shared_ptr<Storage> Storage::CreateShared(const std::string& path, size_t bytes) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) throw IoError("create", path, errno);
  const size_t mapped = std::max<size_t>(bytes, 1);
  // A file that is only made longer would take the process down at the first write that finds no room.
  const int failure = ::posix_fallocate(file, 0, static_cast<off_t>(mapped));
  void* const map = failure != 0 ? MAP_FAILED : ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const int reason = failure != 0 ? failure : errno;
  ::close(file);
  if (map != MAP_FAILED) return std::shared_ptr<Storage>(new Storage(static_cast<std::byte*>(map), bytes, mapped, true));
  ::unlink(path.c_str());
  if (reason != ENOSPC && reason != ENOMEM) throw IoError("map", path, reason);
  throw Error(ErrorCode::kResource, "There is no room for " + std::to_string(mapped) + " shared bytes in " + path,
              {{"path", path}, {"requested", std::to_string(mapped)}});
}

void Storage::KeepAtMost(size_t bytes) { Spares().KeepAtMost(bytes); }

Storage::~Storage() {
  if (shared_) {
    ::munmap(block_, mapped_);
  } else if (mapped_ > 0) {
    if (!Spares().Keep(block_, mapped_)) ::munmap(block_, mapped_);
  } else {
    std::free(block_);
  }
}

size_t CheckedProduct(std::span<const int64_t> factors) {
  uint64_t product = 1;
  for (const int64_t factor : factors) {
    uint64_t next = 0;
    if (factor < 0 || __builtin_mul_overflow(product, static_cast<uint64_t>(factor), &next) ||
        next > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      throw Error(ErrorCode::kResource, "The sizes multiply to more than any memory holds");
    }
    product = next;
  }
  return product;
}

}  // namespace isovox
