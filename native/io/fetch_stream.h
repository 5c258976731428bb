// Byte ranges of objects, fetched ahead and handed out in the order in which they arrive: pool threads decode what is
// there while the network brings the rest. What has arrived and was not taken is bounded, so memory is too.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "io/s3_object.h"

namespace isovox {

struct Fetch {
  S3Uri uri;
  std::string etag;         // of the content that is meant; any when empty
  uint64_t begin = 0;
  uint64_t length = 0;      // 0: all of the object
  uint64_t suffix = 0;      // not 0: this many bytes at its end instead
  uint64_t head = 0;        // not 0: this many at its beginning, or all of an object that has fewer
  size_t most = 0;          // of a whole object
};

class FetchStream {
 public:
  struct Arrived {
    size_t which = 0;  // among the fetches
    Buffer content;
    size_t size = 0;
    uint64_t total = 0;   // bytes of the object
    std::string etag;
    bool absent = false;  // there is no such object

    std::span<const std::byte> bytes() const { return {content.data.get(), size}; }
  };

  FetchStream(std::shared_ptr<S3Client> client, std::vector<Fetch> fetches);

  size_t size() const { return fetches_.size(); }
  // Any thread; called once for each fetch. Throws what went wrong.
  Arrived Next();

 private:
  void Refill();

  std::shared_ptr<S3Client> client_;
  std::vector<Fetch> fetches_;
  std::mutex mutex_;
  std::condition_variable arrival_;
  size_t begun_ = 0;
  size_t held_ = 0;        // in flight, or arrived and not taken
  uint64_t held_bytes_ = 0;
  std::deque<Arrived> arrived_;
  std::optional<Error> failure_;
  S3Batch batch_;  // last: ends before what its answers touch
};

}  // namespace isovox
