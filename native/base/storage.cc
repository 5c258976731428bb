#include "base/storage.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "base/error.h"

namespace isovox {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kAlignment = 64;

Error NoMemory(size_t bytes) {
  return Error(ErrorCode::kResource, "The system has no block of " + std::to_string(bytes) + " bytes",
               {{"requested", std::to_string(bytes)}});
}

}  // namespace

std::shared_ptr<Storage> Storage::Allocate(size_t bytes) {
  if (bytes > static_cast<size_t>(std::numeric_limits<int64_t>::max()) - 2 * kHugePage) throw NoMemory(bytes);
  if (bytes < 2 * kHugePage) {
    const size_t rounded = (bytes + kAlignment) / kAlignment * kAlignment;
    void* block = std::aligned_alloc(kAlignment, rounded);
    if (block == nullptr) throw NoMemory(bytes);
    std::memset(block, 0, rounded);
    return std::shared_ptr<Storage>(new Storage(static_cast<std::byte*>(block), bytes, 0));
  }
  // Over-map by one huge page and trim, so that the block begins on a huge-page boundary.
  const size_t wanted = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  void* map = ::mmap(nullptr, wanted + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) throw NoMemory(bytes);
  const auto start = reinterpret_cast<uintptr_t>(map);
  const uintptr_t aligned = (start + kHugePage - 1) / kHugePage * kHugePage;
  const size_t before = aligned - start;
  if (before > 0) ::munmap(map, before);
  const size_t after = kHugePage - before;
  if (after > 0) ::munmap(reinterpret_cast<void*>(aligned + wanted), after);
  ::madvise(reinterpret_cast<void*>(aligned), wanted, MADV_HUGEPAGE);
  return std::shared_ptr<Storage>(new Storage(reinterpret_cast<std::byte*>(aligned), bytes, wanted));
}

Storage::~Storage() {
  if (mapped_ > 0) {
    ::munmap(data_, mapped_);
  } else {
    std::free(data_);
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
