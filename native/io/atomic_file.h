// A file that appears whole or not at all: written beside its final name, synchronised, renamed. An object of a store
// (s3_uri.h) is uploaded, in parts when it is large, and takes its name when all of it is there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace isovox {

class MultipartUpload;

class AtomicFile {
 public:
  // Creates "<path>.<pid>-<n>.tmp" in the same folder. Throws ERR_IO.
  explicit AtomicFile(const std::string& path);
  // Removes the temporary file unless Commit was called.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void Write(std::span<const std::byte> bytes);
  // Flushes to the disk and takes the final name, replacing what was there.
  void Commit();

 private:
  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
  // Of an object.
  void SendPart();
  size_t part_bytes_ = 0;
  std::shared_ptr<std::vector<std::byte>> held_;
  std::unique_ptr<MultipartUpload> upload_;
};

void WriteFileAtomically(const std::string& path, std::span<const std::byte> bytes);

}  // namespace isovox
