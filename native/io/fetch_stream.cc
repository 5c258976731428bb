#include "io/fetch_stream.h"

#include <algorithm>

namespace isovox {
namespace {

constexpr uint64_t kMostHeldBytes = uint64_t{128} << 20;

S3Call CallFor(const Fetch& fetch) {
  if (fetch.suffix == 0 && fetch.length > 0) return RangeCall(fetch.uri, fetch.etag, fetch.begin, fetch.length, {});
  S3Call call;
  call.uri = fetch.uri;
  call.most = fetch.most;
  call.may_be_absent = true;
  if (fetch.head > 0) {
    call.headers["range"] = "bytes=0-" + std::to_string(fetch.head - 1);
    call.most = static_cast<size_t>(fetch.head);
    call.check = [head = fetch.head](const HttpReply& reply) -> std::string {
      const uint64_t there = reply.status == 206 ? TotalOf(reply) : reply.received;
      if (there == ~uint64_t{0}) return "the reply does not say how large the object is";
      return reply.received == std::min(head, there) ? "" : "less came than was asked for";
    };
  }
  if (fetch.suffix > 0) {
    call.headers["range"] = "bytes=-" + std::to_string(fetch.suffix);
    call.most = static_cast<size_t>(fetch.suffix);
    call.check = [](const HttpReply& reply) -> std::string {
      if (reply.status == 206 && TotalOf(reply) == ~uint64_t{0}) return "the reply does not say how large the object is";
      return "";
    };
  }
  return call;
}

}  // namespace

FetchStream::FetchStream(std::shared_ptr<S3Client> client, std::vector<Fetch> fetches)
    : client_(client), fetches_(std::move(fetches)),
      batch_(std::move(client), [this](const Error& error) {
        const std::lock_guard lock(mutex_);
        failure_ = error;
        arrival_.notify_all();
      }) {
  Refill();
}

// Begins what may be in flight. Never called with the lock held: a request may end before Submit returns.
void FetchStream::Refill() {
  for (;;) {
    size_t which = 0;
    {
      const std::lock_guard lock(mutex_);
      if (begun_ == fetches_.size() || failure_) return;
      const uint64_t bytes = fetches_[begun_].length;
      const auto most = static_cast<size_t>(client_->settings().max_parallel) * 2;
      if (held_ > 0 && (held_ >= most || held_bytes_ + bytes > kMostHeldBytes)) return;
      which = begun_++;
      ++held_;
      held_bytes_ += bytes;
    }
    batch_.Submit(CallFor(fetches_[which]), [this, which](HttpReply&& reply) {
      const std::lock_guard lock(mutex_);
      Arrived arrived;
      arrived.which = which;
      arrived.absent = reply.status == 404;
      arrived.size = reply.status < 300 ? reply.received : 0;  // an empty object has no range: 416
      arrived.content = std::move(reply.body);
      arrived.etag = reply.Header("etag");
      arrived.total = reply.status == 206 ? TotalOf(reply) : arrived.size;
      arrived_.push_back(std::move(arrived));
      arrival_.notify_one();
    });
  }
}

FetchStream::Arrived FetchStream::Next() {
  Refill();
  Arrived taken;
  {
    std::unique_lock lock(mutex_);
    arrival_.wait(lock, [&] { return !arrived_.empty() || failure_; });
    if (arrived_.empty()) throw *failure_;
    taken = std::move(arrived_.front());
    arrived_.pop_front();
    --held_;
    held_bytes_ -= fetches_[taken.which].length;
  }
  Refill();
  return taken;
}

}  // namespace isovox
