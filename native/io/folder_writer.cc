#include "io/folder_writer.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <set>

#include "base/error.h"
#include "io/plain_file.h"
#include "io/s3_object.h"

namespace isovox {
namespace {

class PlainFolder : public FolderWriter {
 public:
  explicit PlainFolder(std::string folder) : folder_(std::move(folder)) {}

  void Put(const std::string& key, std::vector<std::byte> bytes) override {
    const std::string path = folder_ + "/" + key;
    if (key.find('/') != std::string::npos) {
      std::error_code failed;
      std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
      if (failed) throw IoError("create the folder of", path, failed.value());
    }
    WritePlainFile(path, bytes);
  }
  void Commit(const std::string& key, std::vector<std::byte> bytes) override { Put(key, std::move(bytes)); }
  std::string Before(const std::string&) const override { return ""; }

 private:
  std::string folder_;
};

class NewFolder : public FolderWriter {
 public:
  explicit NewFolder(const std::string& path) : folder_(path), inside_(folder_.temporary()) {}

  void Put(const std::string& key, std::vector<std::byte> bytes) override { inside_.Put(key, std::move(bytes)); }
  void Commit(const std::string& key, std::vector<std::byte> bytes) override {
    Put(key, std::move(bytes));
    folder_.Commit();
  }
  std::string Before(const std::string&) const override { return ""; }

 private:
  AtomicFolder folder_;
  PlainFolder inside_;
};

// Objects below a prefix. What a killed writer left under names that this one uses goes before the folder appears,
// what the folder held before goes after.
class Prefix : public FolderWriter {
 public:
  explicit Prefix(const std::string& path)
      : uri_(ParseS3Uri(path)), client_(S3Client::For(uri_)), part_bytes_(static_cast<size_t>(client_->settings().part_bytes)), batch_(client_) {
    while (uri_.key.ends_with('/')) uri_.key.pop_back();
    if (uri_.key.empty()) throw InvalidArgument("uri", "s3://bucket/prefix", uri_.Text());
    for (ListedObject& object : ListObjects(uri_.WithKey(uri_.key + "/")).objects) before_.insert(std::move(object.key));
  }

  void Put(const std::string& key, std::vector<std::byte> bytes) override {
    const S3Uri uri = At(key);
    {
      const std::lock_guard lock(mutex_);
      written_.insert(uri.key);
    }
    if (bytes.size() > part_bytes_) {
      PutObject(uri, bytes);
      return;
    }
    batch_.WaitBelow(static_cast<size_t>(client_->settings().max_parallel) + 1);
    const auto held = std::make_shared<std::vector<std::byte>>(std::move(bytes));
    S3Call call = PutCall(uri, *held, {});
    call.keeps = held;
    batch_.Submit(std::move(call));
  }

  void Commit(const std::string& key, std::vector<std::byte> bytes) override {
    batch_.Finish();
    std::set<std::string> folders;  // top names that this writer used
    for (const std::string& name : written_) folders.insert(name.substr(0, name.find('/', uri_.key.size() + 1)));
    const auto used = [&](const std::string& name) { return folders.contains(name.substr(0, name.find('/', uri_.key.size() + 1))); };
    Delete([&](const std::string& name) { return used(name) && !written_.contains(name); });
    const S3Uri last = At(key);
    PutObject(last, bytes);
    written_.insert(last.key);
    Delete([&](const std::string& name) { return !written_.contains(name) && !used(name); });
  }

  std::string Before(const std::string& key) const override {
    const S3Uri uri = At(key);
    if (!before_.contains(uri.key)) return "";
    const Object there = GetObject(uri, size_t{64} << 20);
    return {reinterpret_cast<const char*>(there.content.data.get()), there.size};
  }

 private:
  S3Uri At(const std::string& key) const { return uri_.WithKey(uri_.key + "/" + key); }

  template <typename Which>
  void Delete(Which which) {
    for (const std::string& name : before_) {
      if (!which(name)) continue;
      S3Call call;
      call.method = "DELETE";
      call.uri = uri_.WithKey(name);
      call.doing = "delete";
      call.may_be_absent = true;
      batch_.Submit(std::move(call));
    }
    batch_.Finish();
  }

  S3Uri uri_;
  std::shared_ptr<S3Client> client_;
  size_t part_bytes_;
  std::set<std::string> before_, written_;
  std::mutex mutex_;
  S3Batch batch_;
};

}  // namespace

std::unique_ptr<FolderWriter> FolderWriter::Begin(const std::string& path) {
  if (IsS3(path)) return std::make_unique<Prefix>(path);
  return std::make_unique<NewFolder>(path);
}

std::unique_ptr<FolderWriter> FolderWriter::Into(const std::string& folder) { return std::make_unique<PlainFolder>(folder); }

std::vector<std::byte> BytesOfText(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

}  // namespace isovox
