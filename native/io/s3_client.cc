#include "io/s3_client.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <random>
#include <vector>

#include "io/xml.h"

namespace isovox {
namespace {

using std::chrono::milliseconds;
using Failure = HttpReply::Failure;

constexpr double kShortestPauseMs = 50, kLongestPauseMs = 5'000, kLongestAskedPauseMs = 20'000;
constexpr double kRetryBudget = 100, kRefill = 0.1;

struct Registry {
  std::mutex mutex;
  std::vector<std::shared_ptr<S3Client>> clients;
};

Registry& Clients() {
  static auto& registry = *new Registry;
  return registry;
}

// What the store says in the body of an error.
struct StoreError {
  std::string code, message;
};

StoreError ErrorOf(const HttpReply& reply) {
  if (reply.received == 0 || !reply.body.data) return {};
  try {
    const XmlElement root = ParseXml({reinterpret_cast<const char*>(reply.body.data.get()), reply.received});
    if (root.name == "Error") return {root.TextOf("Code"), root.TextOf("Message")};
  } catch (const Error&) {
    return {};  // a proxy's page says nothing that the status does not
  }
  return {};
}

bool MayTryAgain(const HttpReply& reply, const StoreError& store) {
  switch (reply.failure) {
    case Failure::kConnection:
    case Failure::kTruncated:
    case Failure::kStalled:
    case Failure::kDeadline:
    case Failure::kTooLarge:
      return true;
    case Failure::kCancelled:
    case Failure::kCertificate:
      return false;
    case Failure::kNone:
      break;
  }
  switch (reply.status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    case 409:
      return store.code == "OperationAborted" || store.code == "ConditionalRequestConflict";
    case 400:
      return store.code == "RequestTimeout" || store.code == "XAmzContentSHA256Mismatch" || store.code == "BadDigest" ||
             store.code == "IncompleteBody";
    default:
      return false;
  }
}

std::string RemedyFor(const HttpReply& reply, const StoreError& store, const S3Settings& settings, bool anonymous) {
  const std::string region = reply.Header("x-amz-bucket-region");
  if (!region.empty() && region != settings.region) return "The bucket lies in another region: set s3.region to " + region;
  if (store.code == "SignatureDoesNotMatch") return "Check the secret key";
  if (store.code == "InvalidAccessKeyId") return "The store does not know the access key";
  if (store.code == "RequestTimeTooSkewed") return "This machine's clock is wrong";
  if (store.code == "ExpiredToken") return "The session token has expired: get a new one";
  if (reply.status == 401 || reply.status == 403) {
    return anonymous ? "No credentials were found in the environment, the AWS files, the container or the instance, and not everybody may do this"
                     : "Check the credentials and the bucket's policy";
  }
  if (reply.status == 412) return "The object is not, or is no longer, what was expected";
  if (reply.status == 416) return "The object is shorter than it was";
  if (reply.status >= 300 && reply.status < 400) return "Set s3.region or s3.endpoint to where the bucket lies";
  if (reply.failure == Failure::kCertificate) return "Set s3.caFile to the certificate of the store's authority";
  return "Look at the service and the network, or raise s3.retries";
}

// Text of strangers in a message: one line, no control characters, not endless.
std::string Clean(const std::string& text) {
  std::string out;
  for (const char c : text.substr(0, 200)) out += static_cast<unsigned char>(c) < 32 ? ' ' : c;
  return out;
}

}  // namespace

S3Counters& S3Counters::Process() {
  static auto& counters = *new S3Counters;
  return counters;
}

void S3Counters::CountLatency(double ms) {
  const double place = 8 * std::log2(std::max(ms, 0.1) / 0.1);
  const auto bucket = std::min(static_cast<size_t>(place), kBuckets - 1);
  latency[bucket].fetch_add(1, std::memory_order_relaxed);
  latency_us.fetch_add(static_cast<int64_t>(ms * 1000), std::memory_order_relaxed);
  latency_count.fetch_add(1, std::memory_order_relaxed);
}

double S3Counters::MeanMs() const {
  const int64_t count = latency_count.load();
  return count == 0 ? 0 : static_cast<double>(latency_us.load()) / 1000 / static_cast<double>(count);
}

double S3Counters::PercentileMs(double part) const {
  const auto wanted = part * static_cast<double>(latency_count.load());
  double seen = 0;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += static_cast<double>(latency[bucket].load());
    if (seen > 0 && seen >= wanted) return 0.1 * std::exp2(static_cast<double>(bucket + 1) / 8);
  }
  return 0;
}

int S3Client::Register(S3Settings settings, S3Credentials credentials) {
  Registry& registry = Clients();
  const std::lock_guard lock(registry.mutex);
  for (size_t i = 0; i < registry.clients.size(); ++i) {
    S3Client& there = *registry.clients[i];
    const std::lock_guard inside(there.mutex_);
    if (!(there.settings_ == settings) || there.credentials_.access_key != credentials.access_key) continue;
    there.credentials_ = std::move(credentials);
    return static_cast<int>(i) + 1;
  }
  registry.clients.push_back(std::make_shared<S3Client>(std::move(settings), std::move(credentials)));
  return static_cast<int>(registry.clients.size());
}

std::shared_ptr<S3Client> S3Client::For(const S3Uri& uri) {
  Registry& registry = Clients();
  const std::lock_guard lock(registry.mutex);
  if (uri.access < 1 || static_cast<size_t>(uri.access) > registry.clients.size()) {
    throw InvalidArgument("uri", "an address that a context has opened", uri.Text());
  }
  return registry.clients[static_cast<size_t>(uri.access) - 1];
}

void S3Client::SetCredentials(int access, S3Credentials credentials) {
  const auto client = For({access, "", ""});
  const std::lock_guard lock(client->mutex_);
  client->credentials_ = std::move(credentials);
}

S3Client::S3Client(S3Settings settings, S3Credentials credentials)
    : settings_(std::move(settings)), credentials_(std::move(credentials)), retry_budget_(kRetryBudget),
      lane_(std::make_shared<HttpLane>(settings_.max_parallel)) {}

S3Credentials S3Client::Credentials() const {
  const std::lock_guard lock(mutex_);
  return credentials_;
}

bool S3Client::TakeRetry() {
  const std::lock_guard lock(mutex_);
  if (retry_budget_ < 1) return false;
  retry_budget_ -= 1;
  return true;
}

void S3Client::GiveRetry() {
  const std::lock_guard lock(mutex_);
  retry_budget_ = std::min(kRetryBudget, retry_budget_ + kRefill);
}

HttpRequest S3Client::Signed(const S3Call& call, const std::string& payload_sha256) const {
  std::string scheme = "https://", host = "s3." + settings_.region + ".amazonaws.com";
  if (!settings_.endpoint.empty()) {
    const size_t begin = settings_.endpoint.find("://") + 3;
    scheme = settings_.endpoint.substr(0, begin);
    host = settings_.endpoint.substr(begin);
    while (host.ends_with('/')) host.pop_back();
  }
  // A name with dots fits no wildcard certificate, and a number has no names below it.
  const std::string name = host.substr(0, host.rfind(':'));
  const bool numbers = name.find_first_not_of("0123456789.") == std::string::npos || name.starts_with('[') || name == "localhost";
  const bool dotted = scheme == "https://" && call.uri.bucket.find('.') != std::string::npos;
  RequestToSign signing;
  signing.method = call.method;
  if (settings_.virtual_addressing && !numbers && !dotted && !call.uri.bucket.empty()) {
    host = call.uri.bucket + "." + host;
    signing.path = "/";
    signing.path += UriEncode(call.uri.key, true);
  } else {
    signing.path = "/" + call.uri.bucket;
    if (!call.uri.key.empty()) signing.path.append("/").append(UriEncode(call.uri.key, true));
  }
  signing.query = call.query;
  signing.headers = call.headers;
  signing.headers["host"] = host;
  const S3Credentials credentials = Credentials();
  HttpRequest request;
  if (!credentials.anonymous()) {
    const std::string date = AmzDate(std::time(nullptr));
    signing.payload_sha256 = payload_sha256;
    signing.headers["x-amz-date"] = date;
    signing.headers["x-amz-content-sha256"] = payload_sha256;
    if (!credentials.session_token.empty()) signing.headers["x-amz-security-token"] = credentials.session_token;
    request.headers.push_back("Authorization: " + AuthorizationFor(signing, credentials, settings_.region, "s3", date));
  }
  for (const auto& [header, value] : signing.headers) {
    if (header != "host") request.headers.push_back(header + ": " + value);
  }
  const std::string query = CanonicalQuery(call.query);
  request.method = call.method;
  request.url = scheme + host + signing.path + (query.empty() ? "" : "?" + query);
  request.ca_file = settings_.ca_file;
  request.body = call.body;
  request.into = call.into;
  request.most = call.most;
  request.connect_ms = settings_.connect_ms;
  request.stall_ms = settings_.stall_ms * call.patience;
  request.total_ms = settings_.attempt_ms * call.patience;
  return request;
}

class S3Job : public HttpJob {
 public:
  S3Job(std::shared_ptr<S3Client> client, S3Call call, std::string payload_sha256, const CancelToken* cancel,
        const CancelToken* also, std::function<void(S3Answer&&)> done)
      : HttpJob(cancel), client_(std::move(client)), call_(std::move(call)), payload_sha256_(std::move(payload_sha256)),
        also_(also), done_(std::move(done)) {}

  bool cancelled() const override { return HttpJob::cancelled() || (also_ != nullptr && also_->cancelled()); }

  HttpRequest Prepare() override {
    ++attempts_;
    auto& counters = S3Counters::Process();
    counters.requests.fetch_add(1, std::memory_order_relaxed);
    if (attempts_ > 1) counters.retries.fetch_add(1, std::memory_order_relaxed);
    return client_->Signed(call_, payload_sha256_);
  }

  void RunsBesideAnother() override { S3Counters::Process().parallel.fetch_add(1, std::memory_order_relaxed); }

  std::optional<milliseconds> Finish(HttpReply&& reply) override {
    auto& counters = S3Counters::Process();
    if (reply.failure == Failure::kCancelled) {
      Answer(Error(ErrorCode::kCancelled, "The operation was cancelled"), std::move(reply));
      return {};
    }
    counters.CountLatency(reply.ms);
    const bool good = reply.failure == Failure::kNone && reply.status >= 200 && reply.status < 300;
    if (good) (call_.method == "GET" ? counters.bytes_read : counters.bytes_written)
        .fetch_add(static_cast<int64_t>(call_.method == "GET" ? reply.received : call_.body.size()), std::memory_order_relaxed);
    std::string wrong;
    if (good) {
      if (!call_.into.empty() && reply.received != call_.into.size()) {
        wrong = std::to_string(reply.received) + " bytes came instead of " + std::to_string(call_.into.size());
      } else if (call_.check) {
        wrong = call_.check(reply);
      }
      if (wrong.empty()) {
        (call_.method == "GET" || call_.method == "HEAD" ? counters.reads : counters.writes).fetch_add(1, std::memory_order_relaxed);
        client_->GiveRetry();
        Answer({}, std::move(reply));
        return {};
      }
    }
    const StoreError store = good ? StoreError{} : ErrorOf(reply);
    if (call_.may_be_absent && (reply.status == 404 || reply.status == 416) && reply.failure == Failure::kNone) {
      counters.reads.fetch_add(1, std::memory_order_relaxed);
      Answer({}, std::move(reply));
      return {};
    }
    const bool again = !wrong.empty() || MayTryAgain(reply, store);
    bool budget_spent = false;
    if (again && attempts_ <= client_->settings_.retries) {
      if (client_->TakeRetry()) return Pause(reply);
      budget_spent = true;
    }
    counters.failed.fetch_add(1, std::memory_order_relaxed);
    Error error = Explain(reply, store, wrong, budget_spent);
    Answer(std::move(error), std::move(reply));
    return {};
  }

 private:
  void Answer(std::optional<Error> error, HttpReply&& reply) { done_({std::move(error), std::move(reply), attempts_}); }

  milliseconds Pause(const HttpReply& reply) {
    thread_local std::minstd_rand random(std::random_device{}());
    pause_ms_ = std::min(kLongestPauseMs, std::uniform_real_distribution(kShortestPauseMs, std::max(pause_ms_ * 3, kShortestPauseMs + 1))(random));
    double asked = 0;
    const std::string after = reply.Header("retry-after");
    int seconds = 0;
    if (std::from_chars(after.data(), after.data() + after.size(), seconds).ec == std::errc()) asked = seconds * 1000.0;
    return milliseconds(static_cast<int64_t>(std::max(pause_ms_, std::min(asked, kLongestAskedPauseMs))));
  }

  Error Explain(const HttpReply& reply, const StoreError& store, const std::string& wrong, bool budget_spent) const {
    const std::string uri = call_.uri.Text();
    ErrorContext context = {{"path", uri}, {"attempts", std::to_string(attempts_)}};
    if (reply.status != 0) context.emplace_back("status", std::to_string(reply.status));
    if (!store.code.empty()) context.emplace_back("reason", Clean(store.code));
    if (reply.status == 404 && reply.failure == Failure::kNone) {
      const bool bucket = store.code == "NoSuchBucket";
      std::string message = bucket ? "There is no bucket " : "There is no object ";
      message += bucket ? call_.uri.bucket : uri;
      if (bucket) message.append(" at ").append(client_->settings_.endpoint.empty() ? "Amazon S3" : client_->settings_.endpoint);
      return Error(ErrorCode::kNotFound, std::move(message), std::move(context));
    }
    std::string message = "Could not ";
    message.append(call_.doing).append(" ").append(uri).append(": ");
    if (!wrong.empty()) {
      message += wrong;
    } else if (reply.failure == Failure::kTooLarge) {
      message += "more bytes came than were asked for";
    } else if (reply.failure != Failure::kNone) {
      message += Clean(reply.reason);
    } else {
      message.append("status ").append(std::to_string(reply.status));
      if (!store.code.empty()) message.append(" ").append(Clean(store.code));
      if (!store.message.empty()) message.append(" (").append(Clean(store.message)).append(")");
    }
    if (attempts_ > 1) message += ", after " + std::to_string(attempts_) + " attempts";
    if (budget_spent) message += ", and the store fails so often that no more are made";
    message += ". " + RemedyFor(reply, store, client_->settings_, client_->Credentials().anonymous());
    const bool late = reply.failure == Failure::kDeadline || reply.failure == Failure::kStalled;
    if (late) context.emplace_back("limit", std::to_string(client_->settings_.attempt_ms) + " ms");
    return Error(late ? ErrorCode::kTimeout : ErrorCode::kIo, std::move(message), std::move(context));
  }

  std::shared_ptr<S3Client> client_;
  S3Call call_;
  std::string payload_sha256_;
  const CancelToken* also_;
  std::function<void(S3Answer&&)> done_;
  int attempts_ = 0;
  double pause_ms_ = kShortestPauseMs;
};

void S3Client::Submit(S3Call call, const CancelToken* cancel, const CancelToken* also, std::function<void(S3Answer&&)> done) {
  std::string hash = Sha256Hex(call.body);
  HttpLane::Submit(lane_, std::make_unique<S3Job>(shared_from_this(), std::move(call), std::move(hash), cancel, also, std::move(done)));
}

HttpReply S3Client::Call(S3Call call) {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<S3Answer> answer;
  const CancelToken* const cancel = CancelScope::Current();
  if (cancel != nullptr) cancel->Check();
  Submit(std::move(call), cancel, nullptr, [&](S3Answer&& given) {
    const std::lock_guard lock(mutex);
    answer = std::move(given);
    arrived.notify_one();
  });
  std::unique_lock lock(mutex);
  arrived.wait(lock, [&] { return answer.has_value(); });
  if (answer->error) throw *answer->error;
  return std::move(answer->reply);
}

S3Batch::S3Batch(std::shared_ptr<S3Client> client, std::function<void(const Error&)> failed)
    : client_(std::move(client)), cancel_(CancelScope::Current()), failed_(std::move(failed)) {}

S3Batch::~S3Batch() {
  own_.Cancel();
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return in_flight_ == 0; });
}

void S3Batch::Submit(S3Call call, std::function<void(HttpReply&&)> then) {
  {
    const std::lock_guard lock(mutex_);
    ++in_flight_;
  }
  client_->Submit(std::move(call), cancel_, &own_, [this, then = std::move(then)](S3Answer&& answer) {
    std::optional<Error> failure = std::move(answer.error);
    if (!failure && then) {
      try {
        then(std::move(answer.reply));
      } catch (const Error& error) {
        failure = error;
      } catch (const std::exception& error) {
        failure = Error(ErrorCode::kInternal, error.what());
      }
    }
    const std::lock_guard lock(mutex_);
    if (failure && !failure_) {
      if (failed_) failed_(*failure);
      failure_ = std::move(failure);
      own_.Cancel();
    }
    --in_flight_;
    ended_.notify_all();
  });
}

void S3Batch::WaitBelow(size_t most) {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return in_flight_ < most || failure_; });
  if (failure_) throw *failure_;
}

}  // namespace isovox
