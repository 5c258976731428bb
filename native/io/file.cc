#include "io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "base/error.h"
#include "io/s3_object.h"

namespace isovox {
namespace {

constexpr uint64_t kLargestWhole = uint64_t{256} << 20;
constexpr size_t kLargestRead = size_t{1} << 30;  // one system call moves less than 2 GiB

}  // namespace

File File::Open(const std::string& path) {
  if (IsS3(path)) {
    ObjectFacts facts = HeadObject(ParseS3Uri(path));
    File object(path, -1, facts.size);
    object.etag_ = std::move(facts.etag);
    return object;
  }
  // Non-blocking, or opening a pipe that nobody writes to would wait for ever; regular files ignore it.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) throw IoError("open", path, errno);
  File file(path, descriptor, 0);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw IoError("examine", path, errno);
  if (S_ISDIR(status.st_mode)) throw IoError("read", path, EISDIR);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::kIo, "Could not read " + path + ": it is not a regular file", {{"path", path}});
  }
  file.size_ = static_cast<uint64_t>(status.st_size);
  return file;
}

File File::OpenWhole(const std::string& path) {
  File file = Open(path);
  if (file.descriptor_ >= 0 || file.size_ > kLargestWhole) return file;
  Buffer whole = ReadWholeFile(file);
  return OfObject(path, file.etag_, file.size_, std::move(whole.data), whole.size);
}

File File::OfObject(const std::string& path, std::string etag, uint64_t size, std::unique_ptr<std::byte[]> head, size_t head_size) {
  File object(path, -1, size);
  object.etag_ = std::move(etag);
  object.head_ = std::move(head);
  object.head_size_ = head_size;
  return object;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

size_t File::ReadSome(std::span<std::byte> into, uint64_t offset) const {
  if (descriptor_ < 0) {
    const auto there = static_cast<size_t>(std::min<uint64_t>(into.size(), offset < size_ ? size_ - offset : 0));
    const size_t at_hand = offset < head_size_ ? std::min<size_t>(there, head_size_ - static_cast<size_t>(offset)) : 0;
    if (at_hand > 0) std::memcpy(into.data(), head_.get() + offset, at_hand);
    GetRanges(ParseS3Uri(path_), etag_, offset + at_hand, into.subspan(at_hand, there - at_hand));
    return there;
  }
  size_t done = 0;
  while (done < into.size()) {
    const size_t wanted = std::min(into.size() - done, kLargestRead);
    const ssize_t got = ::pread(descriptor_, into.data() + done, wanted, static_cast<off_t>(offset + done));
    if (got < 0) {
      if (errno == EINTR) continue;
      throw IoError("read", path_, errno);
    }
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

void File::ReadExactly(std::span<std::byte> into, uint64_t offset) const {
  const size_t got = ReadSome(into, offset);
  if (got == into.size()) return;
  throw Error(ErrorCode::kCorruptData,
              "Expected " + std::to_string(into.size()) + " bytes at byte " + std::to_string(offset) + " of " + path_ +
                  " but only " + std::to_string(got) + " are there",
              {{"path", path_}, {"offset", std::to_string(offset)}});
}

Buffer Buffer::OfSize(size_t size) {
  Buffer buffer;
  buffer.data.reset(new (std::nothrow) std::byte[size]);
  if (!buffer.data) {
    throw Error(ErrorCode::kResource, "The system has no block of " + std::to_string(size) + " bytes",
                {{"requested", std::to_string(size)}});
  }
  buffer.size = size;
  return buffer;
}

Buffer ReadWholeFile(const File& file) {
  Buffer buffer = Buffer::OfSize(static_cast<size_t>(file.size()));
  file.ReadExactly(buffer.bytes(), 0);
  return buffer;
}

}  // namespace isovox
