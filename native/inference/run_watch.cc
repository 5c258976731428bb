#include "inference/run_watch.h"

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

namespace isovox {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{5};

struct Watched {
  const RunWatch* owner;
  const CancelToken* token;
  std::function<void()> stop;
  bool stopped = false;
};

class Watcher {
 public:
  void Add(Watched watched) {
    const std::lock_guard lock(mutex_);
    runs_.push_back(std::move(watched));
    if (!started_) {
      std::thread([this] { Look(); }).detach();
      started_ = true;
    }
    wake_.notify_one();
  }
  void Remove(const RunWatch* owner) {
    const std::lock_guard lock(mutex_);
    runs_.remove_if([owner](const Watched& run) { return run.owner == owner; });
  }

 private:
  void Look() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return !runs_.empty(); });
      for (Watched& run : runs_) {
        if (run.stopped || !run.token->cancelled()) continue;
        run.stopped = true;
        run.stop();
      }
      wake_.wait_for(lock, kBetweenLooks);
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::list<Watched> runs_;
  bool started_ = false;
};

// Never destroyed: its thread outlives every static destructor.
Watcher& TheWatcher() {
  static auto& watcher = *new Watcher;
  return watcher;
}

}  // namespace

RunWatch::RunWatch(const CancelToken* token, std::function<void()> stop) : token_(token) {
  if (token_ != nullptr) TheWatcher().Add({this, token_, std::move(stop)});
}

RunWatch::~RunWatch() {
  if (token_ != nullptr) TheWatcher().Remove(this);
}

}  // namespace isovox
