#include "addon/door.h"

#include <chrono>
#include <exception>
#include <new>

#include "addon/convert.h"
#include "addon/env_state.h"
#include "addon/store_handle.h"
#include "base/storage.h"
#include "exec/admission.h"

namespace isovox::addon {

template <> struct HandleName<CancelToken> { static constexpr const char* value = "CancelToken"; };
template <> struct HandleName<Admission> { static constexpr const char* value = "Budget"; };
template <> struct HandleName<Arena> { static constexpr const char* value = "Pool"; };

namespace {

constexpr std::chrono::milliseconds kBetweenProgress{50};

// Everything a task needs once JavaScript has let go of it.
struct Task {
  std::shared_ptr<EnvState> env;
  std::shared_ptr<CancelToken> token;
  std::shared_ptr<Admission> budget;  // may be null
  std::shared_ptr<Arena> arena;
  std::shared_ptr<TileCache> cache;   // may be null
  Work work;
  uint64_t id = 0;
  std::unique_ptr<Progress> progress;

  // At most one progress message is on its way, and not more than one in kBetweenProgress.
  std::atomic<bool> reporting{false};
  std::atomic<int64_t> last_report{0};
};

void ReportProgress(const std::shared_ptr<Task>& task) {
  const int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::steady_clock::now().time_since_epoch())
                          .count();
  if (now - task->last_report.load(std::memory_order_relaxed) < kBetweenProgress.count()) return;
  if (task->reporting.exchange(true)) return;
  task->last_report.store(now, std::memory_order_relaxed);
  task->env->Post([task](Napi::Env env, EnvState& state) {
    task->reporting.store(false);
    EnvState::Pending* pending = state.Find(task->id);
    if (pending == nullptr || pending->on_progress.IsEmpty()) return;
    const Napi::HandleScope scope(env);
    pending->on_progress.Call({Napi::Number::New(env, static_cast<double>(task->progress->done())),
                               Napi::Number::New(env, static_cast<double>(task->progress->total()))});
  });
}

// What a pool thread caught, as an Error that can travel.
Error Travelling(const std::exception_ptr& caught) {
  try {
    std::rethrow_exception(caught);
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kResource, "The system has no more memory for this operation");
  } catch (const std::exception& unknown) {
    return Error(ErrorCode::kInternal, std::string("Unexpected: ") + unknown.what());
  } catch (...) {
    return Error(ErrorCode::kInternal, "Unexpected exception of an unknown type");
  }
}

void Settle(const std::shared_ptr<Task>& task, Finish finish, std::optional<Error> error) {
  task->env->Post([id = task->id, finish = std::move(finish), error = std::move(error)](Napi::Env env,
                                                                                        EnvState& state) {
    const auto pending = state.Take(id);
    if (!pending) return;
    const Napi::HandleScope scope(env);
    if (error) {
      pending->deferred.Reject(ToJsError(env, *error).Value());
      return;
    }
    try {
      pending->deferred.Resolve(finish(env));
    } catch (const Error& late) {
      pending->deferred.Reject(ToJsError(env, late).Value());
    } catch (const Napi::Error& late) {
      pending->deferred.Reject(late.Value());
    }
  });
}

void RunOnPool(const std::shared_ptr<Task>& task) {
  Finish finish;
  std::optional<Error> error;
  if (!task->env->closed()) {
    try {
      const Exec exec{task->token.get(), task->progress.get(), task->cache.get()};
      exec.CheckCancelled();
      const CancelScope scope(exec.cancel);
      finish = task->work.run(exec);
    } catch (...) {
      error = Travelling(std::current_exception());
    }
    task->work.run = nullptr;  // what the closure holds is freed before the next task is admitted
  }
  if (task->budget) task->budget->Release(task->work.bytes);
  Settle(task, std::move(finish), std::move(error));
  task->env->TaskEnded();
}

void Start(const std::shared_ptr<Task>& task) {
  task->env->TaskStarted();
  task->arena->Enqueue([task] { RunOnPool(task); });
}

}  // namespace

Napi::Value CallHeavy(const Napi::CallbackInfo& info, const Row& row) {
  const Napi::Env env = info.Env();
  const auto deferred = Napi::Promise::Deferred::New(env);
  const Napi::Value promise = deferred.Promise();
  auto task = std::make_shared<Task>();
  task->env = EnvState::Of(env);
  try {
    if (!info[0].IsObject()) throw InvalidArgument("args", "an object", Describe(info[0]));
    Args args(info[0].As<Napi::Object>());
    Napi::FunctionReference on_progress;
    int threads = 4;
    if (info[1].IsObject()) {
      const Args options(info[1].As<Napi::Object>(), "task.");
      threads = static_cast<int>(options.Integer("threads", 1, 256, 4));
      if (options.Has("token")) task->token = options.Native<CancelToken>("token");
      if (options.Has("budget")) task->budget = options.Native<Admission>("budget");
      if (options.Has("pool")) task->arena = options.Native<Arena>("pool");
      if (options.Has("cache")) task->cache = options.Native<TileCache>("cache");
      if (options.Has("onProgress")) {
        const Napi::Value callback = options.Raw("onProgress");
        if (!callback.IsFunction()) throw InvalidArgument("task.onProgress", "a function", Describe(callback));
        on_progress = Napi::Persistent(callback.As<Napi::Function>());
      }
    }
    if (!task->token) task->token = std::make_shared<CancelToken>();
    if (!task->arena) task->arena = Arena::WithThreads(threads);
    task->work = row.heavy(args);
    const bool reports = !on_progress.IsEmpty();
    std::weak_ptr<Task> weak = task;
    task->progress = std::make_unique<Progress>(reports ? std::function<void()>([weak] {
      if (const auto alive = weak.lock()) ReportProgress(alive);
    })
                                                        : std::function<void()>());
    task->id = task->env->Add({deferred, std::move(on_progress)}, task->token);
  } catch (const Error& error) {
    deferred.Reject(ToJsError(env, error).Value());
    return promise;
  } catch (const Napi::Error& error) {
    deferred.Reject(error.Value());
    return promise;
  }
  try {
    if (task->budget) {
      task->budget->Admit(task->work.bytes, [task] { Start(task); });
    } else {
      Start(task);
    }
  } catch (const Error& error) {
    const auto pending = task->env->Take(task->id);
    pending->deferred.Reject(ToJsError(env, error).Value());
  }
  return promise;
}

Napi::Value CreateToken(const Napi::CallbackInfo& info) {
  return WrapHandle(info.Env(), std::make_shared<CancelToken>());
}

Napi::Value CancelTokenNow(const Napi::CallbackInfo& info) {
  UnwrapHandle<CancelToken>(info[0], "token")->Cancel();
  return info.Env().Undefined();
}

Napi::Value CreateBudget(const Napi::CallbackInfo& info) {
  const double bytes = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : -1;
  if (!(bytes >= 0)) throw InvalidArgument("bytes", "a number of bytes, 0 for no limit", Describe(info[0]));
  if (bytes > 0) Storage::KeepAtMost(static_cast<size_t>(bytes) / 8);
  return WrapHandle(info.Env(), std::make_shared<Admission>(static_cast<int64_t>(bytes)));
}

Napi::Value CreatePool(const Napi::CallbackInfo& info) {
  const double threads = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : 0;
  if (!(threads >= 1 && threads <= 256)) throw InvalidArgument("threads", "an integer between 1 and 256", Describe(info[0]));
  return WrapHandle(info.Env(), Arena::Isolated(static_cast<int>(threads)));
}

Napi::Value BudgetState(const Napi::CallbackInfo& info) {
  const auto budget = UnwrapHandle<Admission>(info[0], "budget");
  return ToJs(info.Env(), {{"limitBytes", budget->limit_bytes()},
                           {"inUseBytes", budget->in_use_bytes()},
                           {"peakBytes", budget->peak_bytes()}});
}

}  // namespace isovox::addon
