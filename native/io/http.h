// HTTP requests, many at a time, on one network thread of the process (libcurl's multi interface). One thread moves
// more than a gigabyte a second and holds any number of requests open, so that requests in flight are bounded by
// the store's settings and never by the number of pool threads; those decode meanwhile. Connections are kept and shared.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exec/cancel.h"
#include "io/file.h"

namespace isovox {

struct HttpRequest {
  std::string method, url;
  std::vector<std::string> headers;  // "name: value"
  std::span<const std::byte> body;
  // Where the body of a 2xx reply goes; one that is longer is an error. When empty, it is collected instead.
  std::span<std::byte> into;
  size_t most = 0;     // of a collected body
  std::string ca_file;  // certificates that are trusted; those of the system when empty
  int connect_ms = 0;  // to have a connection
  int stall_ms = 0;    // without a byte moving in either direction
  int total_ms = 0;    // for the whole attempt
};

struct HttpReply {
  enum class Failure { kNone, kCancelled, kConnection, kTruncated, kStalled, kDeadline, kTooLarge, kCertificate };

  Failure failure = Failure::kNone;
  std::string reason;                          // of the failure, in libcurl's words
  int status = 0;                              // 0 when there was no reply
  std::map<std::string, std::string> headers;  // lower-case names
  size_t received = 0;                         // bytes put into `into`, or collected
  Buffer body;                                 // what was collected: `received` bytes of it; of errors, the first 64 KiB
  double ms = 0;

  std::string Header(const std::string& name) const;
  std::span<const std::byte> bytes() const { return {body.data.get(), received}; }
};

// One request with its attempts. Both functions are called on the network thread and must neither block nor throw.
class HttpJob {
 public:
  explicit HttpJob(const CancelToken* cancel) : cancel_(cancel) {}
  virtual ~HttpJob() = default;

  virtual HttpRequest Prepare() = 0;
  // A delay asks for another attempt. After none, or after a reply that was cancelled, nothing that the request named is
  // touched any more.
  virtual std::optional<std::chrono::milliseconds> Finish(HttpReply&& reply) = 0;
  // Another request of the lane runs beside this attempt; called at most once for each attempt.
  virtual void RunsBesideAnother() {}

  virtual bool cancelled() const { return cancel_ != nullptr && cancel_->cancelled(); }

 private:
  const CancelToken* cancel_;
};

// Requests that share one bound on how many are in flight. First come, first served.
class HttpLane {
 public:
  explicit HttpLane(int limit) : limit_(limit) {}
  ~HttpLane();

  // Any thread. The job is destroyed on the network thread when it is over.
  static void Submit(const std::shared_ptr<HttpLane>& lane, std::unique_ptr<HttpJob> job);

 private:
  friend class HttpEngine;
  struct Waiting {
    std::unique_ptr<HttpJob> job;
    std::chrono::steady_clock::time_point not_before;
  };

  const int limit_;
  // Network thread only.
  int active_ = 0;
  std::deque<Waiting> waiting_;
};

}  // namespace isovox
