// A flag that one side raises and every chunk of work looks at.
#pragma once

#include <atomic>

#include "base/error.h"

namespace isovox {

class CancelToken {
 public:
  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  // Throws ERR_CANCELLED once the flag is up.
  void Check() const {
    if (cancelled()) throw Error(ErrorCode::kCancelled, "The operation was cancelled");
  }

 private:
  std::atomic<bool> cancelled_{false};
};

// The flag of the task that this thread works on, for code that waits for something other than the pool (the network)
// and is handed no Exec. Set by the door and by every chunk of a ParallelFor.
class CancelScope {
 public:
  explicit CancelScope(const CancelToken* token) : before_(current_) { current_ = token; }
  ~CancelScope() { current_ = before_; }
  CancelScope(const CancelScope&) = delete;
  CancelScope& operator=(const CancelScope&) = delete;

  static const CancelToken* Current() { return current_; }

 private:
  static inline thread_local const CancelToken* current_ = nullptr;
  const CancelToken* before_;
};

}  // namespace isovox
