#include "exec/exec.h"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <map>
#include <mutex>

#include "base/error.h"
#include "exec/handover.h"

namespace isovox {
namespace {

constexpr int kMaxThreads = 256;

// oneTBB takes the smallest of all limits in force, and counts the calling thread as a worker although a JavaScript
// thread never works: so there is one limit, above the largest arena, and the arenas do the limiting.
void AllowEveryArena() {
  // Volatile: a pointer that nothing reads would be optimised away, and the object then be taken for a leak.
  static tbb::global_control* volatile limit =
      new tbb::global_control(tbb::global_control::max_allowed_parallelism, static_cast<size_t>(kMaxThreads) + 1);
  static_cast<void>(limit);
}

class TbbArena : public Arena {
 public:
  explicit TbbArena(int threads) : threads_(threads), arena_(threads, 0) {}

  int threads() const override { return threads_; }
  void Enqueue(std::function<void()> work) override {
    const auto queued = std::make_shared<Handover>();
    queued->Give();
    arena_.enqueue([queued, work = std::move(work)] {
      queued->Take();
      work();
    });
  }
  void Execute(const std::function<void()>& work) override {
    Handover begun, ended;
    begun.Give();
    const Handover::Taking taking(ended);
    arena_.execute([&] {
      begun.Take();
      const Handover::Giving giving(ended);
      work();
    });
  }

 private:
  int threads_;
  tbb::task_arena arena_;
};

}  // namespace

std::shared_ptr<Arena> Arena::Isolated(int threads) {
  if (threads < 1 || threads > kMaxThreads) {
    throw InvalidArgument("threads", "an integer between 1 and 256", std::to_string(threads));
  }
  AllowEveryArena();
  return std::make_shared<TbbArena>(threads);
}

std::shared_ptr<Arena> Arena::WithThreads(int threads) {
  // Never destroyed: a pool thread may outlive every static destructor when the process exits in mid-task.
  static auto& mutex = *new std::mutex;
  static auto& arenas = *new std::map<int, std::shared_ptr<Arena>>;
  const std::lock_guard lock(mutex);
  if (const auto found = arenas.find(threads); found != arenas.end()) return found->second;
  return arenas.emplace(threads, Isolated(threads)).first->second;
}

void ParallelFor(const Exec& exec, int64_t count, int64_t chunk,
                 const std::function<void(int64_t, int64_t)>& body) {
  if (count <= 0) return;
  const int64_t chunks = (count + chunk - 1) / chunk;
  Handover begun, ended;
  const auto run_chunk = [&](int64_t c) {
    begun.Take();
    const Handover::Giving giving(ended);
    exec.CheckCancelled();
    const CancelScope scope(exec.cancel);
    body(c * chunk, std::min(count, (c + 1) * chunk));
  };
  if (chunks == 1) {
    run_chunk(0);
    return;
  }
  begun.Give();
  const Handover::Taking taking(ended);
  tbb::task_group_context group;
  // Isolation: a thread that waits here works on this loop only, so stacks and memory stay bounded.
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(int64_t{0}, chunks, run_chunk, tbb::simple_partitioner(), group);
  });
  // A loop around this one whose other iterations failed ends this one too: chunks were left out, and nothing was thrown
  // here. What they should have written must not be read; the loop around rethrows what happened.
  if (group.is_group_execution_cancelled()) throw Error(ErrorCode::kCancelled, "The loop around this one has failed");
}

}  // namespace isovox
