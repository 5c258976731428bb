// Work on the one pool: an arena of N threads, loops over chunks, sums merged in chunk order.
//
// Chunks are cut by the size of the data, never by the number of threads, and partial results are merged in
// chunk order; so one thread or many give the same bits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "exec/cancel.h"
#include "exec/progress.h"

namespace isovox {

// A set of pool threads. Arenas with the same number of threads are one arena, process-wide.
class Arena {
 public:
  // REQUIRES: 1 <= threads <= 256.
  static std::shared_ptr<Arena> WithThreads(int threads);
  // One that nobody else gets.
  static std::shared_ptr<Arena> Isolated(int threads);

  virtual ~Arena() = default;
  virtual int threads() const = 0;
  // Queues `work` for a pool thread and returns at once. `work` must not throw.
  virtual void Enqueue(std::function<void()> work) = 0;
  // Runs `work` inside the arena and returns when it is done; the caller works meanwhile.
  virtual void Execute(const std::function<void()>& work) = 0;
};

class TileCache;

// What every long operation is handed. Cheap to copy; all pointers may be null.
struct Exec {
  const CancelToken* cancel = nullptr;
  Progress* progress = nullptr;
  TileCache* cache = nullptr;  // of the context; null for the process's

  void CheckCancelled() const {
    if (cancel != nullptr) cancel->Check();
  }
  void SetTotal(int64_t total) const {
    if (progress != nullptr) progress->SetTotal(total);
  }
  void Step(int64_t count = 1) const {
    if (progress != nullptr) progress->Step(count);
  }
};

// Calls body(begin, end) for consecutive chunks of at most `chunk` items covering [0, count), in parallel on the
// arena of the calling thread. Looks at the cancel token before each chunk. The first exception is rethrown here.
void ParallelFor(const Exec& exec, int64_t count, int64_t chunk,
                 const std::function<void(int64_t begin, int64_t end)>& body);

// Maps chunks to partial results in parallel, then merges them one by one in chunk order.
template <typename Partial>
Partial OrderedReduce(const Exec& exec, int64_t count, int64_t chunk, Partial initial,
                      const std::function<Partial(int64_t begin, int64_t end)>& map,
                      const std::function<void(Partial& into, Partial&& part)>& merge) {
  const int64_t chunks = (count + chunk - 1) / chunk;
  std::vector<std::optional<Partial>> parts(static_cast<size_t>(chunks));
  ParallelFor(exec, chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      parts[static_cast<size_t>(c)].emplace(map(c * chunk, std::min(count, (c + 1) * chunk)));
    }
  });
  for (auto& part : parts) merge(initial, std::move(*part));
  return initial;
}

}  // namespace isovox
