// One holder of a file at a time, across processes and, on file systems that lock over the network, across machines.
#pragma once

#include <memory>
#include <string>

namespace isovox {

// Held until it is destroyed or its process ends, however that ends: nothing stale is ever left.
class FileLock {
 public:
  // Makes the file when it is not there. Null when another holds it. Throws ERR_IO.
  static std::unique_ptr<FileLock> TryHold(const std::string& path);

  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace isovox
