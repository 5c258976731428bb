// What lies beyond the edge of an image (IBSI 2 chapter 2.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace isovox::filters {

enum class Boundary {
  kZero,
  kNearest,   // the outermost sample goes on
  kPeriodic,  // ... c d | a b c d | a b ...
  kMirror,    // ... b a | a b c d | d c ...
};

std::optional<Boundary> BoundaryFromName(std::string_view name);  // zero, nearest, periodic, mirror

// The sample of [0, size) that stands at `at`, or -1 for a zero.
inline int64_t BoundaryIndex(int64_t at, int64_t size, Boundary boundary) {
  if (at >= 0 && at < size) return at;
  switch (boundary) {
    case Boundary::kZero: return -1;
    case Boundary::kNearest: return at < 0 ? 0 : size - 1;
    case Boundary::kPeriodic: return ((at % size) + size) % size;
    case Boundary::kMirror: break;
  }
  const int64_t period = 2 * size, place = ((at % period) + period) % period;
  return place < size ? place : period - 1 - place;
}

}  // namespace isovox::filters
