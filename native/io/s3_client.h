// One object store with its credentials: signs requests, keeps at most so many in flight, tries again what may succeed.
//
// Again: replies 408, 429, 500, 502, 503, 504, a connection that breaks, a body that is shorter than announced, a
// stall, a deadline, an upload whose hash the server found wrong. The pause is drawn between 50 ms and three times the
// last one, at most 5 s (decorrelated jitter), or what Retry-After asks for. A budget that successes refill keeps a store
// in trouble from being asked ever more. Everything else fails at once, with the status and what to do about it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "base/error.h"
#include "exec/cancel.h"
#include "io/http.h"
#include "io/s3_uri.h"
#include "io/sigv4.h"

namespace isovox {

struct S3Settings {
  std::string region = "us-east-1";
  std::string endpoint;  // "http(s)://host[:port]"; Amazon's when empty
  std::string ca_file;
  bool virtual_addressing = true;  // bucket.host/key; hosts that are numbers are always host/bucket/key
  int max_parallel = 8;
  int retries = 5;
  int connect_ms = 5'000, stall_ms = 10'000, attempt_ms = 120'000;
  uint64_t part_bytes = uint64_t{50} << 20;  // of multipart uploads
  uint64_t gap_bytes = uint64_t{256} << 10;  // ranges this close are read as one

  bool operator==(const S3Settings&) const = default;
};

// Counted since the process began, over all stores.
struct S3Counters {
  std::atomic<int64_t> requests{0}, parallel{0}, reads{0}, writes{0}, bytes_read{0}, bytes_written{0}, retries{0},
      coalesced{0}, failed{0};
  static constexpr size_t kBuckets = 160;  // of latency: from 0.1 ms, eight to a doubling
  std::atomic<int64_t> latency[kBuckets]{};
  std::atomic<int64_t> latency_us{0}, latency_count{0};

  static S3Counters& Process();
  void CountLatency(double ms);
  double MeanMs() const;
  double PercentileMs(double part) const;  // the upper end of its bucket: at most 9 % too much
};

struct S3Call {
  std::string method = "GET";
  S3Uri uri;
  std::map<std::string, std::string> query, headers;  // header names in lower case
  std::span<const std::byte> body;
  std::shared_ptr<const void> keeps;  // whatever must live as long as the call
  std::span<std::byte> into;          // exactly this much is expected
  size_t most = size_t{64} << 20;     // of a body without `into`
  bool may_be_absent = false;         // status 404, and 416 of a range behind the end, are answers, not failures
  int patience = 1;                   // times the usual limits of time
  const char* doing = "read";         // for messages: read, write, list, delete
  // More that a good reply must be; a reason to try again, or empty.
  std::function<std::string(const HttpReply&)> check;
};

struct S3Answer {
  std::optional<Error> error;
  HttpReply reply;
  int attempts = 0;
};

class S3Client : public std::enable_shared_from_this<S3Client> {
 public:
  // Makes a store known to addresses; the number stands in them as s3://<number>@bucket/key. The same settings and access
  // key give the same number, so that all threads of the process share its connections and its bound.
  static int Register(S3Settings settings, S3Credentials credentials);
  // Throws ERR_INVALID_ARGUMENT for an address that names no registered store.
  static std::shared_ptr<S3Client> For(const S3Uri& uri);
  static void SetCredentials(int access, S3Credentials credentials);

  S3Client(S3Settings settings, S3Credentials credentials);

  const S3Settings& settings() const { return settings_; }

  // `done` is called on the network thread, must not throw, and may be called before Submit returns.
  void Submit(S3Call call, const CancelToken* cancel, const CancelToken* also, std::function<void(S3Answer&&)> done);
  // Waits; throws what went wrong. The cancel token is that of the task the calling thread works on.
  HttpReply Call(S3Call call);

 private:
  friend class S3Job;
  HttpRequest Signed(const S3Call& call, const std::string& payload_sha256) const;
  S3Credentials Credentials() const;
  bool TakeRetry();
  void GiveRetry();

  const S3Settings settings_;
  mutable std::mutex mutex_;
  S3Credentials credentials_;
  double retry_budget_;
  std::shared_ptr<HttpLane> lane_;
};

// Calls in flight that one caller waits for. The first failure cancels the rest.
class S3Batch {
 public:
  // `failed` hears of the first failure, on the network thread.
  explicit S3Batch(std::shared_ptr<S3Client> client, std::function<void(const Error&)> failed = {});
  // Cancels what is still in flight and waits for it.
  ~S3Batch();
  S3Batch(const S3Batch&) = delete;
  S3Batch& operator=(const S3Batch&) = delete;

  // `then`, on the network thread, gets every answer that is no failure; what it throws is the batch's failure.
  void Submit(S3Call call, std::function<void(HttpReply&&)> then = {});
  // Until fewer than `most` are in flight. Throws the first failure.
  void WaitBelow(size_t most);
  void Finish() { WaitBelow(1); }

 private:
  std::shared_ptr<S3Client> client_;
  const CancelToken* cancel_;
  std::function<void(const Error&)> failed_;
  CancelToken own_;
  std::mutex mutex_;
  std::condition_variable ended_;
  size_t in_flight_ = 0;
  std::optional<Error> failure_;
};

}  // namespace isovox
