#include "addon/env_state.h"

#include <chrono>

namespace isovox::addon {
namespace {

// How long the end of an environment waits for its tasks to see that they were cancelled. A chunk takes
// milliseconds; what takes longer is left to finish on its own, touching nothing of Node.
constexpr std::chrono::seconds kLongestWait{2};

// What may be garbage before V8 hears of it: two large volumes.
constexpr int64_t kStepOfHeldMemory = int64_t{256} << 20;

}  // namespace

void HeldMemory::Change(napi_env env, int64_t bytes) {
  held_ += bytes;
  const int64_t untold = held_ - told_;
  if (untold < kStepOfHeldMemory && untold > -kStepOfHeldMemory) return;
  int64_t ignored = 0;
  napi_adjust_external_memory(env, untold, &ignored);
  told_ = held_;
}

std::shared_ptr<EnvState> EnvState::Of(Napi::Env env) {
  if (auto* known = env.GetInstanceData<std::shared_ptr<EnvState>>()) return *known;
  auto state = std::make_shared<EnvState>();
  state->Open(env);
  env.SetInstanceData(new std::shared_ptr<EnvState>(state));
  return state;
}

void EnvState::Open(Napi::Env env) {
  const auto nothing = Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
  channel_ = Napi::ThreadSafeFunction::New(env, nothing, "isovox", 0, 1);
  channel_.Unref(env);
  // Hooks run last-in first-out: this one runs before the channel's own, so Post never sees a dead channel.
  env.AddCleanupHook([self = shared_from_this()] { self->Close(); });
}

void EnvState::Close() {
  for (auto& [id, token] : tokens_) token->Cancel();
  std::unique_lock lock(mutex_);
  closed_ = true;
  idle_.wait_for(lock, kLongestWait, [this] { return running_ == 0; });
  lock.unlock();
  pending_.clear();
  channel_.Release();
}

void EnvState::Post(Message message) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  auto* posted = new Message(std::move(message));
  const napi_status status =
      channel_.NonBlockingCall(posted, [self = shared_from_this()](Napi::Env env, Napi::Function, Message* call) {
        const std::unique_ptr<Message> owned(call);
        if (env == nullptr) return;  // the environment ended with messages still queued
        // A terminating worker refuses every call into JavaScript; an exception must not leave this callback.
        try {
          (*owned)(env, *self);
        } catch (const Napi::Error&) {
        }
      });
  if (status != napi_ok) delete posted;
}

uint64_t EnvState::Add(Pending pending, std::shared_ptr<CancelToken> token) {
  const uint64_t id = next_id_++;
  // Node stays alive while a promise waits, and only then.
  if (pending_.empty()) channel_.Ref(pending.deferred.Env());
  pending_.emplace(id, std::make_unique<Pending>(std::move(pending)));
  tokens_.emplace(id, std::move(token));
  return id;
}

EnvState::Pending* EnvState::Find(uint64_t id) {
  const auto found = pending_.find(id);
  return found == pending_.end() ? nullptr : found->second.get();
}

std::unique_ptr<EnvState::Pending> EnvState::Take(uint64_t id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return nullptr;
  auto taken = std::move(found->second);
  pending_.erase(found);
  tokens_.erase(id);
  if (pending_.empty()) channel_.Unref(taken->deferred.Env());
  return taken;
}

void EnvState::TaskStarted() {
  const std::lock_guard lock(mutex_);
  ++running_;
}

void EnvState::TaskEnded() {
  const std::lock_guard lock(mutex_);
  if (--running_ == 0) idle_.notify_all();
}

bool EnvState::closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace isovox::addon
