#include "io/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <list>
#include <mutex>
#include <set>
#include <thread>

#include "base/error.h"

namespace isovox {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kMostErrorText = size_t{64} << 10;
constexpr size_t kMostHeaders = 128;
constexpr long kBufferBytes = 512L << 10;
constexpr long kMostConnections = 1024;
constexpr milliseconds kSweep{20};  // how soon a cancelled or stalled request is noticed

int MillisecondsSince(Clock::time_point then) {
  return static_cast<int>(std::chrono::duration_cast<milliseconds>(Clock::now() - then).count());
}

}  // namespace

std::string HttpReply::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

HttpLane::~HttpLane() = default;

// The network thread, and what it holds. Never destroyed: the thread outlives every static destructor.
class HttpEngine {
 public:
  static HttpEngine& Process() {
    static auto& engine = *new HttpEngine;
    return engine;
  }

  void Submit(std::shared_ptr<HttpLane> lane, std::unique_ptr<HttpJob> job) {
    {
      const std::lock_guard lock(mutex_);
      submitted_.emplace_back(std::move(lane), std::move(job));
    }
    curl_multi_wakeup(multi_);
  }

 private:
  struct Transfer {
    HttpEngine* engine;
    std::shared_ptr<HttpLane> lane;
    std::unique_ptr<HttpJob> job;
    HttpRequest request;
    HttpReply reply;
    CURL* easy = nullptr;
    curl_slist* headers = nullptr;
    Clock::time_point begun = Clock::now(), moved = begun;
    curl_off_t uploaded = 0;
    bool beside = false, sent = false;
    bool began_body = false, keeps_error = false;
  };

  HttpEngine() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kMostConnections);
    std::thread([this] { Run(); }).detach();
  }

  [[noreturn]] void Run() {
    for (;;) {
      TakeSubmitted();
      const auto next = StartWhatMay();
      int running = 0;
      curl_multi_perform(multi_, &running);
      CollectFinished();
      Sweep();
      // What has ended may have made room for what waits.
      const bool room = std::any_of(busy_.begin(), busy_.end(), [](const auto& lane) {
        return !lane->waiting_.empty() && lane->active_ < lane->limit_ && lane->waiting_.front().not_before <= Clock::now();
      });
      int wait_ms = 60'000;
      if (room) wait_ms = 0;
      else if (!transfers_.empty() || !busy_.empty()) wait_ms = static_cast<int>(kSweep.count());
      if (next) wait_ms = std::clamp(-MillisecondsSince(*next), 0, wait_ms);
      curl_multi_poll(multi_, nullptr, 0, wait_ms, nullptr);
    }
  }

  void TakeSubmitted() {
    std::vector<std::pair<std::shared_ptr<HttpLane>, std::unique_ptr<HttpJob>>> taken;
    {
      const std::lock_guard lock(mutex_);
      taken.swap(submitted_);
    }
    for (auto& [lane, job] : taken) {
      lane->waiting_.push_back({std::move(job), Clock::now()});
      busy_.insert(std::move(lane));
    }
  }

  // Begins what lanes have room for; the moment at which the next delayed one may begin.
  std::optional<Clock::time_point> StartWhatMay() {
    std::optional<Clock::time_point> next;
    const auto now = Clock::now();
    for (const auto& lane : busy_) {
      for (auto at = lane->waiting_.begin(); at != lane->waiting_.end() && lane->active_ < lane->limit_;) {
        if (at->not_before > now) {
          next = std::min(next.value_or(at->not_before), at->not_before);
          ++at;
          continue;
        }
        auto job = std::move(at->job);
        at = lane->waiting_.erase(at);
        Begin(lane, std::move(job));
      }
    }
    std::erase_if(busy_, [](const auto& lane) { return lane->waiting_.empty() && lane->active_ == 0; });
    return next;
  }

  void Begin(const std::shared_ptr<HttpLane>& lane, std::unique_ptr<HttpJob> job) {
    auto transfer = std::make_unique<Transfer>();
    transfer->engine = this;
    transfer->lane = lane;
    transfer->job = std::move(job);
    transfer->request = transfer->job->Prepare();
    transfer->easy = spare_.empty() ? curl_easy_init() : spare_.back();
    if (!spare_.empty()) spare_.pop_back();
    ++lane->active_;
    SetUp(*transfer);
    Transfer* const raw = transfer.get();
    transfers_.emplace(raw->easy, std::move(transfer));
    curl_multi_add_handle(multi_, raw->easy);
    if (lane->active_ > 1) {
      for (const auto& [easy, other] : transfers_) {
        if (other->lane != lane || other->beside) continue;
        other->beside = true;
        other->job->RunsBesideAnother();
      }
    }
  }

  static void SetUp(Transfer& transfer) {
    CURL* const easy = transfer.easy;
    const HttpRequest& request = transfer.request;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kBufferBytes);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_ms));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_ms));
    // A server that sends a byte now and then never stalls, and never ends either.
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1024L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(request.stall_ms) * 3 / 1000));
    if (!request.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_file.c_str());
    if (request.method == "HEAD") {
      curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET") {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.empty() ? "" : reinterpret_cast<const char*>(request.body.data()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    for (const std::string& header : request.headers) transfer.headers = curl_slist_append(transfer.headers, header.c_str());
    // Of libcurl's own accord, these would be sent unsigned, or cost a round trip.
    for (const char* none : {"Expect:", "Content-Type:", "Accept:", "Transfer-Encoding:"}) {
      transfer.headers = curl_slist_append(transfer.headers, none);
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, OnSend);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, OnHeader);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, OnProgress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  }

  // When a kept connection turns out to be dead, libcurl sends the request again without a word. Whether the first one was
  // acted upon is then unknown, which the job must know: so that is a failure of this attempt.
  static int OnSend(void* user, char*, char*, int, int) {
    auto& transfer = *static_cast<Transfer*>(user);
    if (transfer.sent) {
      transfer.reply.failure = HttpReply::Failure::kConnection;
      transfer.reply.reason = "the connection was closed before a reply";
      return CURL_PREREQFUNC_ABORT;
    }
    transfer.sent = true;
    return CURL_PREREQFUNC_OK;
  }

  static size_t OnHeader(char* text, size_t one, size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    transfer.moved = Clock::now();
    const std::string_view line(text, one * count);
    const size_t colon = line.find(':');
    if (line.starts_with("HTTP/")) {
      transfer.reply.headers.clear();
    } else if (colon != std::string_view::npos && transfer.reply.headers.size() < kMostHeaders) {
      std::string name(line.substr(0, colon));
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      std::string_view value = line.substr(colon + 1);
      while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front()))) value.remove_prefix(1);
      while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back()))) value.remove_suffix(1);
      transfer.reply.headers[name] = value;
    }
    return line.size();
  }

  static size_t OnBody(char* data, size_t one, size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    const size_t size = one * count;
    transfer.moved = Clock::now();
    if (!transfer.began_body) {
      transfer.began_body = true;
      long status = 0;
      curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
      transfer.keeps_error = status < 200 || status > 299;
    }
    HttpReply& reply = transfer.reply;
    if (!transfer.keeps_error && !transfer.request.into.empty()) {
      if (size > transfer.request.into.size() - reply.received) {
        reply.failure = HttpReply::Failure::kTooLarge;
        return 0;
      }
      std::memcpy(transfer.request.into.data() + reply.received, data, size);
      reply.received += size;
      return size;
    }
    const size_t most = transfer.keeps_error ? kMostErrorText : transfer.request.most;
    if (size > most - reply.received) {
      if (transfer.keeps_error) return size;  // the beginning tells enough
      reply.failure = HttpReply::Failure::kTooLarge;
      return 0;
    }
    if (!MakeRoom(transfer, size, most)) {
      reply.failure = HttpReply::Failure::kTooLarge;
      return 0;
    }
    std::memcpy(reply.body.data.get() + reply.received, data, size);
    reply.received += size;
    return size;
  }

  // A buffer as long as the server announces, or doubled as bytes arrive; never more than `most`.
  static bool MakeRoom(Transfer& transfer, size_t size, size_t most) {
    HttpReply& reply = transfer.reply;
    if (reply.received + size <= reply.body.size) return true;
    curl_off_t announced = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    size_t wanted = std::max(reply.received + size, reply.body.size * 2);
    if (announced > 0) wanted = std::max(wanted, static_cast<size_t>(std::min<curl_off_t>(announced, static_cast<curl_off_t>(most))));
    wanted = std::min(wanted, most);
    try {
      Buffer larger = Buffer::OfSize(wanted);
      if (reply.received > 0) std::memcpy(larger.data.get(), reply.body.data.get(), reply.received);
      reply.body = std::move(larger);
    } catch (const Error&) {
      return false;
    }
    return true;
  }

  static int OnProgress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t uploaded) {
    auto& transfer = *static_cast<Transfer*>(user);
    if (uploaded != transfer.uploaded) {
      transfer.uploaded = uploaded;
      transfer.moved = Clock::now();
    }
    return 0;
  }

  void CollectFinished() {
    int left = 0;
    while (CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      const auto found = transfers_.find(message->easy_handle);
      if (found == transfers_.end()) continue;
      HttpReply& reply = found->second->reply;
      using Failure = HttpReply::Failure;
      if (code != CURLE_OK && reply.failure == Failure::kNone) {
        switch (code) {
          case CURLE_PARTIAL_FILE:
          case CURLE_GOT_NOTHING:
            reply.failure = Failure::kTruncated;
            break;
          case CURLE_OPERATION_TIMEDOUT:
            reply.failure = Failure::kDeadline;
            break;
          case CURLE_PEER_FAILED_VERIFICATION:
          case CURLE_SSL_CACERT_BADFILE:
            reply.failure = Failure::kCertificate;
            break;
          default:
            reply.failure = Failure::kConnection;
        }
        reply.reason = curl_easy_strerror(code);
      }
      End(found->first);
    }
  }

  // What was cancelled, and what moves no byte, ends here.
  void Sweep() {
    const auto now = Clock::now();
    if (now - swept_ < kSweep) return;
    swept_ = now;
    std::vector<CURL*> over;
    for (const auto& [easy, transfer] : transfers_) {
      if (transfer->job->cancelled()) {
        transfer->reply.failure = HttpReply::Failure::kCancelled;
      } else if (now - transfer->moved > milliseconds(transfer->request.stall_ms)) {
        transfer->reply.failure = HttpReply::Failure::kStalled;
        transfer->reply.reason = "no byte moved for " + std::to_string(transfer->request.stall_ms) + " ms";
      } else {
        continue;
      }
      over.push_back(easy);
    }
    for (CURL* easy : over) End(easy);
    for (const auto& lane : busy_) {
      for (auto at = lane->waiting_.begin(); at != lane->waiting_.end();) {
        if (!at->job->cancelled()) {
          ++at;
          continue;
        }
        HttpReply reply;
        reply.failure = HttpReply::Failure::kCancelled;
        at->job->Finish(std::move(reply));
        at = lane->waiting_.erase(at);
      }
    }
  }

  void End(CURL* easy) {
    const auto found = transfers_.find(easy);
    const std::unique_ptr<Transfer> transfer = std::move(found->second);
    transfers_.erase(found);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi_, easy);
    curl_easy_reset(easy);
    spare_.push_back(easy);
    curl_slist_free_all(transfer->headers);
    HttpReply& reply = transfer->reply;
    reply.status = static_cast<int>(status);
    reply.ms = std::chrono::duration<double, std::milli>(Clock::now() - transfer->begun).count();
    HttpLane& lane = *transfer->lane;
    --lane.active_;
    const bool cancelled = reply.failure == HttpReply::Failure::kCancelled;
    const auto delay = transfer->job->Finish(std::move(reply));
    if (delay && !cancelled) lane.waiting_.push_back({std::move(transfer->job), Clock::now() + *delay});
  }

  CURLM* multi_ = nullptr;
  std::mutex mutex_;
  std::vector<std::pair<std::shared_ptr<HttpLane>, std::unique_ptr<HttpJob>>> submitted_;
  // Network thread only.
  std::map<CURL*, std::unique_ptr<Transfer>> transfers_;
  std::set<std::shared_ptr<HttpLane>> busy_;
  std::vector<CURL*> spare_;
  Clock::time_point swept_ = Clock::now();
};

void HttpLane::Submit(const std::shared_ptr<HttpLane>& lane, std::unique_ptr<HttpJob> job) {
  HttpEngine::Process().Submit(lane, std::move(job));
}

}  // namespace isovox
