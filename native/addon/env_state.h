// What one JavaScript environment (the main thread, or a worker) holds: the channel on which pool threads report to
// it, and the promises that still wait. Pool threads keep a shared_ptr to it, and may outlive the environment.
#pragma once

#include <napi.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "exec/cancel.h"

namespace isovox::addon {

// The bytes that this environment's handles keep alive, told to V8 in steps: V8 collects garbage at every large step it
// hears of, and a reader that disposes what it read would pay for that at each call. JavaScript thread only.
class HeldMemory {
 public:
  // More or, when negative, fewer bytes are held.
  void Change(napi_env env, int64_t bytes);

 private:
  int64_t held_ = 0;
  int64_t told_ = 0;
};

class EnvState : public std::enable_shared_from_this<EnvState> {
 public:
  // The state of `env`, made at the first call. JavaScript thread only.
  static std::shared_ptr<EnvState> Of(Napi::Env env);

  // What a pool thread asks the JavaScript thread to do.
  using Message = std::function<void(Napi::Env, EnvState&)>;

  // Any thread. Drops the message when the environment is going away.
  void Post(Message message);

  // A promise that waits, and the callback that hears of its progress. JavaScript thread only.
  struct Pending {
    Napi::Promise::Deferred deferred;
    Napi::FunctionReference on_progress;  // may be empty
  };
  uint64_t Add(Pending pending, std::shared_ptr<CancelToken> token);
  Pending* Find(uint64_t id);
  // Removes and returns it; the caller settles it.
  std::unique_ptr<Pending> Take(uint64_t id);

  // Counts the tasks of this environment that a pool thread is working on, so that its end can wait for them.
  void TaskStarted();
  void TaskEnded();
  bool closed();

  // Shared with the handles, which may be finalised after the state is gone.
  const std::shared_ptr<HeldMemory>& held() const { return held_; }

 private:
  void Open(Napi::Env env);
  void Close();

  std::mutex mutex_;
  std::condition_variable idle_;
  bool closed_ = false;
  int running_ = 0;
  Napi::ThreadSafeFunction channel_;

  // JavaScript thread only.
  std::shared_ptr<HeldMemory> held_ = std::make_shared<HeldMemory>();
  uint64_t next_id_ = 1;
  std::unordered_map<uint64_t, std::unique_ptr<Pending>> pending_;
  std::unordered_map<uint64_t, std::shared_ptr<CancelToken>> tokens_;
};

}  // namespace isovox::addon
