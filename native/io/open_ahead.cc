#include "io/open_ahead.h"

#include <algorithm>
#include <cerrno>

#include "io/fetch_stream.h"

namespace isovox {
namespace {

constexpr uint64_t kHeadBytes = uint64_t{64} << 10;
// What is larger is fetched by the task that opens it, in parts beside each other.
constexpr uint64_t kMostInOnePart = uint64_t{16} << 20;

bool IsAhead(const FileAhead& file) { return file.size <= kMostInOnePart; }

// One store answers for all of them.
bool AllInOneStore(const std::vector<FileAhead>& files) {
  if (files.empty() || !IsS3(files[0].path)) return false;
  const int access = ParseS3Uri(files[0].path).access;
  return std::all_of(files.begin(), files.end(), [&](const FileAhead& file) {
    return IsS3(file.path) && ParseS3Uri(file.path).access == access;
  });
}

File OpenLarge(const FileAhead& file) {
  File object = File::OfObject(file.path, file.etag, file.size, nullptr, 0);
  Buffer whole = ReadWholeFile(object);
  return File::OfObject(file.path, file.etag, file.size, std::move(whole.data), whole.size);
}

File OpenArrived(const FileAhead& file, FetchStream::Arrived&& arrived) {
  if (arrived.absent) throw IoError("open", file.path, ENOENT);
  const uint64_t size = std::max<uint64_t>(arrived.total, arrived.size);
  return File::OfObject(file.path, std::move(arrived.etag), size, std::move(arrived.content.data), arrived.size);
}

}  // namespace

void ForEachFile(const Exec& exec, const std::vector<FileAhead>& files, int64_t chunk,
                 const std::function<void(size_t which, const std::function<File()>& open)>& visit) {
  const auto count = static_cast<int64_t>(files.size());
  if (!AllInOneStore(files)) {
    ParallelFor(exec, count, chunk, [&](int64_t begin, int64_t end) {
      for (auto f = static_cast<size_t>(begin); f < static_cast<size_t>(end); ++f) {
        exec.CheckCancelled();
        visit(f, [&] { return File::Open(files[f].path); });
      }
    });
    return;
  }
  std::vector<Fetch> fetches;
  std::vector<size_t> ahead, large;
  for (size_t f = 0; f < files.size(); ++f) {
    if (!IsAhead(files[f])) {
      large.push_back(f);
      continue;
    }
    Fetch fetch;
    fetch.uri = ParseS3Uri(files[f].path);
    fetch.etag = files[f].etag;
    fetch.length = files[f].size;
    fetch.head = files[f].size == 0 ? kHeadBytes : 0;
    fetches.push_back(std::move(fetch));
    ahead.push_back(f);
  }
  for (const size_t f : large) visit(f, [&] { return OpenLarge(files[f]); });
  if (fetches.empty()) return;
  const auto client = S3Client::For(fetches[0].uri);
  FetchStream stream(client, std::move(fetches));
  ParallelFor(exec, static_cast<int64_t>(ahead.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      auto arrived = stream.Next();
      const size_t f = ahead[arrived.which];
      visit(f, [&] { return OpenArrived(files[f], std::move(arrived)); });
    }
  });
}

}  // namespace isovox
