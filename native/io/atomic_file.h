// A file that appears whole or not at all: written beside its final name, synchronised, renamed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace isovox {

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
};

void WriteFileAtomically(const std::string& path, std::span<const std::byte> bytes);

}  // namespace isovox
