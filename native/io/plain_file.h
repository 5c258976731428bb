// Files inside a folder that is not visible yet: written plainly, because the folder as a whole takes its name last.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace isovox {

// Creates or replaces `path`; nothing is synchronised. Throws ERR_IO.
void WritePlainFile(const std::string& path, std::span<const std::byte> bytes);

void MakeFolder(const std::string& path);  // throws ERR_IO

// A folder that appears whole or not at all: filled under a temporary name, synchronised with the file system, renamed.
class AtomicFolder {
 public:
  // Makes "<path>.<pid>-<n>.tmp" beside `path`.
  explicit AtomicFolder(const std::string& path);
  // Removes what was written unless Commit was called.
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  const std::string& temporary() const { return temporary_; }
  // Takes the final name; a folder that was there is exchanged and removed. Throws ERR_IO.
  void Commit();

 private:
  std::string path_, temporary_;
};

}  // namespace isovox
