// Folders that appear whole or not at all: on disk filled under a temporary name and renamed; below an s3:// prefix
// written object by object, the one that makes it a folder last.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace isovox {

class FolderWriter {
 public:
  // What `path` holds stays until Commit; below a prefix, only objects of the names that are Put are replaced before.
  static std::unique_ptr<FolderWriter> Begin(const std::string& path);
  // Writes at once into a folder that exists.
  static std::unique_ptr<FolderWriter> Into(const std::string& folder);

  virtual ~FolderWriter() = default;

  // Any thread; keys may have slashes. May return before the bytes have been written.
  virtual void Put(const std::string& key, std::vector<std::byte> bytes) = 0;
  // Writes `key` after everything else, whereupon the folder is there and nothing that was in it before is.
  virtual void Commit(const std::string& key, std::vector<std::byte> bytes) = 0;
  // What is at `key` now, before Commit; empty when nothing is. Never anything on disk, where names are not shared.
  virtual std::string Before(const std::string& key) const = 0;
};

std::vector<std::byte> BytesOfText(const std::string& text);

}  // namespace isovox
