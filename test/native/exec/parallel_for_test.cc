#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include "base/error.h"
#include "exec/exec.h"

using namespace isovox;

TEST_CASE("A loop inside one that fails does not return as if it were whole") {
  const auto arena = Arena::WithThreads(4);
  std::atomic<int> left_out{0};
  for (int trial = 0; trial < 200; ++trial) {
    std::string said;
    arena->Execute([&] {
      try {
        ParallelFor({}, 16, 1, [&](int64_t outer, int64_t) {
          if (outer == trial % 16) throw Error(ErrorCode::kCorruptData, "this one");
          std::atomic<int64_t> seen{0};
          ParallelFor({}, 64, 1, [&](int64_t, int64_t) { seen.fetch_add(1); });
          left_out += seen != 64;
        });
      } catch (const Error& error) {
        said = error.message();
      }
    });
    CHECK(said == "this one");
  }
  CHECK(left_out == 0);
}

TEST_CASE("Sums inside a loop that is cancelled are of all chunks or of none") {
  const auto arena = Arena::WithThreads(4);
  for (int trial = 0; trial < 200; ++trial) {
    std::atomic<bool> wrong{false};
    std::atomic<int> begun{0};
    CancelToken token;
    Exec exec;
    exec.cancel = &token;
    arena->Execute([&] {
      try {
        ParallelFor(exec, 32, 1, [&](int64_t, int64_t) {
          if (begun.fetch_add(1) == trial % 20) token.Cancel();
          const int64_t sum = OrderedReduce<int64_t>(
              exec, 100, 3, 0,
              [](int64_t first, int64_t end) {
                int64_t part = 0;
                for (int64_t i = first; i < end; ++i) part += i;
                return part;
              },
              [](int64_t& into, int64_t&& part) { into += part; });
          if (sum != 4950) wrong = true;
        });
      } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::kCancelled);
      }
    });
    CHECK_FALSE(wrong);
  }
}
