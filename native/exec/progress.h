// How far an operation is, counted by the threads that do it and read by whoever shows it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

namespace isovox {

class Progress {
 public:
  // `changed` is called from pool threads after each step; it must be cheap and must not throw.
  explicit Progress(std::function<void()> changed = {}) : changed_(std::move(changed)) {}

  void SetTotal(int64_t total) { total_.store(total, std::memory_order_relaxed); }
  void Step(int64_t count = 1) {
    done_.fetch_add(count, std::memory_order_relaxed);
    if (changed_) changed_();
  }
  int64_t done() const { return done_.load(std::memory_order_relaxed); }
  int64_t total() const { return total_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> done_{0};
  std::atomic<int64_t> total_{0};
  std::function<void()> changed_;
};

}  // namespace isovox
