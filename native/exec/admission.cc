#include "exec/admission.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace isovox {

void Admission::TakeLocked(int64_t bytes) {
  used_ += bytes;
  peak_ = std::max(peak_, used_);
}

void Admission::Admit(int64_t bytes, std::function<void()> start) {
  {
    const std::lock_guard lock(mutex_);
    if (limit_ != kUnlimited && bytes > limit_) {
      throw Error(ErrorCode::kResource,
                  "The operation needs " + std::to_string(bytes) + " bytes but the memory budget is " +
                      std::to_string(limit_) + " bytes; raise read.memoryBudgetMb",
                  {{"limit", std::to_string(limit_)}, {"requested", std::to_string(bytes)}});
    }
    if (!waiting_.empty() || !FitsLocked(bytes)) {
      waiting_.push_back({bytes, std::move(start)});
      return;
    }
    TakeLocked(bytes);
  }
  start();
}

void Admission::Release(int64_t bytes) {
  std::vector<std::function<void()>> ready;
  {
    const std::lock_guard lock(mutex_);
    used_ -= bytes;
    while (!waiting_.empty() && FitsLocked(waiting_.front().bytes)) {
      TakeLocked(waiting_.front().bytes);
      ready.push_back(std::move(waiting_.front().start));
      waiting_.pop_front();
    }
  }
  for (auto& start : ready) start();
}

int64_t Admission::in_use_bytes() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

int64_t Admission::peak_bytes() const {
  const std::lock_guard lock(mutex_);
  return peak_;
}

}  // namespace isovox
