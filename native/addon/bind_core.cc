// Version, catalogue, cancel tokens, budgets: what every face of lib/ needs.
#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#endif

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>

#include "addon/convert.h"
#include "addon/door.h"
#include "addon/registry.h"
#include "base/error.h"

namespace isovox::addon {
namespace {

Napi::Value NativeVersion(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), ISOVOX_VERSION); }

Napi::Value ErrorCodes(const Napi::CallbackInfo& info) {
  auto codes = nlohmann::json::array();
#define ISOVOX_ERROR_CODE(enumerator, name, meaning) codes.push_back({{"code", name}, {"meaning", meaning}});
#include "base/error_codes.inc"
#undef ISOVOX_ERROR_CODE
  return ToJs(info.Env(), codes);
}

// Counts to `steps`, a few milliseconds each: what the tests of cancellation, progress and teardown run.
Work SpinForTest(Args& args) {
  const int64_t steps = args.Integer("steps", 1, 1'000'000);
  const int64_t micros = args.Integer("microseconds", 0, 1'000'000, 1000);
  const int64_t bytes = args.Integer("bytes", 0, int64_t{1} << 40, 0);
  return {[steps, micros](const Exec& exec) -> Finish {
            exec.SetTotal(steps);
            std::atomic<int64_t> sum{0};
            ParallelFor(exec, steps, 1, [&](int64_t begin, int64_t) {
              const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(micros);
              while (std::chrono::steady_clock::now() < until) {
              }
              sum.fetch_add(begin, std::memory_order_relaxed);
              exec.Step();
            });
            return [total = sum.load()](Napi::Env env) {
              return Napi::Number::New(env, static_cast<double>(total));
            };
          },
          bytes};
}

// The kernel's signal reaches even a process that computes or hangs.
Napi::Value DieWithParent(const Napi::CallbackInfo& info) {
#ifdef __linux__
  const bool is_asked = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
#else
  const bool is_asked = false;
#endif
  return Napi::Boolean::New(info.Env(), is_asked);
}

constexpr Row kRows[] = {
    {"dieWithParent", nullptr, DieWithParent, "() => boolean",
     "Asks the system to kill this process when the one that started it ends; false where it cannot."},
    {"nativeVersion", nullptr, NativeVersion, "() => string", "The version the binary was built as."},
    {"errorCodes", nullptr, ErrorCodes, "() => Array<{ code: string; meaning: string }>", "Every error code."},
    {"createToken", nullptr, CreateToken, "() => Handle<'CancelToken'>", "A flag that stops the tasks given it."},
    {"cancelToken", nullptr, CancelTokenNow, "(token: Handle<'CancelToken'>) => void", "Raises the flag."},
    {"createBudget", nullptr, CreateBudget, "(bytes: number) => Handle<'Budget'>",
     "A memory budget in bytes, 0 for none; tasks that name it wait for room in it."},
    {"createPool", nullptr, CreatePool, "(threads: number) => Handle<'Pool'>",
     "Threads of 1 to 256 that only tasks run on that name them."},
    {"budgetState", nullptr, BudgetState,
     "(budget: Handle<'Budget'>) => { limitBytes: number; inUseBytes: number; peakBytes: number }",
     "What a budget holds now and held at most."},
    {"spin", SpinForTest, nullptr, "(args: { steps: number; microseconds?: number; bytes?: number }) => Promise<number>",
     "Burns steps x microseconds on the pool: measures the pool, and tests cancellation."},
};

}  // namespace

Table CoreTable() { return kRows; }

}  // namespace isovox::addon
