// A block of memory for voxels: zero-filled, 64-byte aligned, on huge pages where the system grants them,
// because touching 150 MB for the first time costs four times as much on 4 KiB pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace isovox {

class Storage {
 public:
  // Throws ERR_RESOURCE when the system has no such block.
  static std::shared_ptr<Storage> Allocate(size_t bytes);
  // The same with any content: for callers that overwrite every byte, or give the block back when they fail to.
  static std::shared_ptr<Storage> AllocateUnset(size_t bytes);
  // The same with `before` more bytes in front of data(), which stay valid as long: for what comes before the voxels in a
  // stream and is unpacked with them.
  static std::shared_ptr<Storage> AllocateUnset(size_t bytes, size_t before);
  // A new file of `bytes` in `path`, for this user only, mapped to be shared with processes that map it too; whoever asked
  // for it removes it. All of it is reserved here, so that no write fails later. Throws ERR_IO, ERR_RESOURCE when the file
  // system has no room.
  static std::shared_ptr<Storage> CreateShared(const std::string& path, size_t bytes);

  // Blocks that are given back are kept for the next of their size, 256 MiB at most: less from now on, for a process with a
  // small memory budget. What a smaller call said before stays.
  static void KeepAtMost(size_t bytes);

  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  size_t bytes() const { return bytes_; }

  template <typename T>
  std::span<T> As() {
    return {reinterpret_cast<T*>(data_), bytes_ / sizeof(T)};
  }
  template <typename T>
  std::span<const T> As() const {
    return {reinterpret_cast<const T*>(data_), bytes_ / sizeof(T)};
  }

 private:
  static std::shared_ptr<Storage> Obtain(size_t bytes, bool zeroed);
  Storage(std::byte* block, size_t bytes, size_t mapped, bool shared = false)
      : block_(block), data_(block), bytes_(bytes), mapped_(mapped), shared_(shared) {}

  std::byte* block_;
  std::byte* data_;  // within the block
  size_t bytes_;
  size_t mapped_;  // bytes given by mmap; 0 when the block came from the heap
  bool shared_;    // with other processes
};

// The product of sizes, or ERR_RESOURCE when it does not fit in 63 bits: never allocate from an unchecked product.
size_t CheckedProduct(std::span<const int64_t> factors);

}  // namespace isovox
