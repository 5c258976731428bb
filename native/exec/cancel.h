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

}  // namespace isovox
