// Files as sources of bytes: positioned reads that are safe from many threads at once. An object of a store (s3_uri.h) is
// a file too; each read of it is one ranged request, or several at once when it is large.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace isovox {

// An open regular file or object. Every failure throws ERR_IO (ERR_NOT_FOUND when it is not there) with path and errno or
// status. Of an object, all reads are of the content that it had when it was opened, or fail.
class File {
 public:
  // Refuses directories, pipes and devices: none of them has a size to check declared lengths against.
  static File Open(const std::string& path);

  // The same, for who reads all of it piece by piece: an object is fetched at once, unless it is very large.
  static File OpenWhole(const std::string& path);

  // An object of which these facts are known, and its first bytes are at hand: reads of them ask nothing of the store.
  static File OfObject(const std::string& path, std::string etag, uint64_t size, std::unique_ptr<std::byte[]> head, size_t head_size);

  ~File();
  File(File&& other) noexcept
      : path_(std::move(other.path_)), descriptor_(other.descriptor_), size_(other.size_), etag_(std::move(other.etag_)), head_(std::move(other.head_)), head_size_(other.head_size_) {
    other.descriptor_ = -1;
  }
  File& operator=(File&&) = delete;

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }
  const std::string& etag() const { return etag_; }  // of an object; empty for files

  // Fills `into` from byte `offset`; returns fewer bytes only at the end of the file.
  size_t ReadSome(std::span<std::byte> into, uint64_t offset) const;
  // Fills `into` or throws ERR_CORRUPT_DATA: the file is shorter than it declares.
  void ReadExactly(std::span<std::byte> into, uint64_t offset) const;

 private:
  File(std::string path, int descriptor, uint64_t size)
      : path_(std::move(path)), descriptor_(descriptor), size_(size) {}

  std::string path_;
  int descriptor_;
  uint64_t size_;
  std::string etag_;  // of an object
  std::unique_ptr<std::byte[]> head_;
  size_t head_size_ = 0;
};

// Bytes on the heap that are not zeroed first.
struct Buffer {
  std::unique_ptr<std::byte[]> data;
  size_t size = 0;

  static Buffer OfSize(size_t size);  // throws ERR_RESOURCE when the system has no such block
  std::span<std::byte> bytes() { return {data.get(), size}; }
  std::span<const std::byte> bytes() const { return {data.get(), size}; }
};

Buffer ReadWholeFile(const File& file);

}  // namespace isovox
