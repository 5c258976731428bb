// The memory budget: a task states what it needs before it starts, and starts when that much is free.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace isovox {

// First come, first served: a large task is never starved by small ones behind it. Thread-safe.
// A task reserves once, before it starts, so that two half-served tasks can never wait for each other.
class Admission {
 public:
  static constexpr int64_t kUnlimited = 0;

  explicit Admission(int64_t limit_bytes) : limit_(limit_bytes) {}

  // Calls `start` (here or, later, from Release on another thread) once `bytes` are free.
  // Throws ERR_RESOURCE with the need and the limit when it can never fit.
  void Admit(int64_t bytes, std::function<void()> start);

  // Gives back what Admit reserved; REQUIRES one call for each start.
  void Release(int64_t bytes);

  int64_t limit_bytes() const { return limit_; }
  int64_t in_use_bytes() const;
  // The most that was ever in use at once.
  int64_t peak_bytes() const;

 private:
  struct Waiting {
    int64_t bytes;
    std::function<void()> start;
  };
  bool FitsLocked(int64_t bytes) const { return limit_ == kUnlimited || used_ + bytes <= limit_; }
  void TakeLocked(int64_t bytes);

  const int64_t limit_;
  mutable std::mutex mutex_;
  int64_t used_ = 0;
  int64_t peak_ = 0;
  std::deque<Waiting> waiting_;
};

}  // namespace isovox
