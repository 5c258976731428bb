#include "io/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>

#include "base/error.h"
#include "io/s3_object.h"

namespace isovox {
namespace {

// Makes the rename itself survive a power cut. A file system that cannot synchronise a folder says so with EINVAL,
// and there is nothing better to be done on it.
void SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  const int failed = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (failed != 0 && failed != EINVAL && failed != EROFS) throw IoError("synchronise", folder, failed);
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  if (IsS3(path)) {
    part_bytes_ = static_cast<size_t>(S3Client::For(ParseS3Uri(path))->settings().part_bytes);
    held_ = std::make_shared<std::vector<std::byte>>();
    return;
  }
  static std::atomic<uint64_t> counter{0};
  temporary_ = path + "." + std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1)) + ".tmp";
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw IoError("create", temporary_, errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::SendPart() {
  if (!upload_) upload_ = std::make_unique<MultipartUpload>(ParseS3Uri(path_), PutCondition{});
  upload_->Part(*held_, held_);
  held_ = std::make_shared<std::vector<std::byte>>();
}

void AtomicFile::Write(std::span<const std::byte> bytes) {
  if (held_) {
    while (!bytes.empty()) {
      const auto some = bytes.first(std::min(bytes.size(), part_bytes_ - held_->size()));
      held_->insert(held_->end(), some.begin(), some.end());
      bytes = bytes.subspan(some.size());
      if (held_->size() == part_bytes_) SendPart();
    }
    return;
  }
  size_t done = 0;
  while (done < bytes.size()) {
    const size_t wanted = std::min(bytes.size() - done, size_t{1} << 30);
    const ssize_t written = ::write(descriptor_, bytes.data() + done, wanted);
    if (written < 0) {
      if (errno == EINTR) continue;
      throw IoError("write", path_, errno);
    }
    done += static_cast<size_t>(written);
  }
}

void AtomicFile::Commit() {
  if (held_) {
    if (!upload_) {
      PutObject(ParseS3Uri(path_), *held_);
    } else {
      if (!held_->empty()) SendPart();
      upload_->Complete();
    }
    return;
  }
  if (::fsync(descriptor_) != 0) throw IoError("synchronise", path_, errno);
  const int closing = descriptor_;
  descriptor_ = -1;
  if (::close(closing) != 0) throw IoError("close", path_, errno);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) throw IoError("rename", path_, errno);
  temporary_.clear();
  SyncFolderOf(path_);
}

void WriteFileAtomically(const std::string& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.Write(bytes);
  file.Commit();
}

}  // namespace isovox
