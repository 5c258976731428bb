#include "store/box.h"

#include <algorithm>
#include <cstring>

namespace isovox::store {
namespace {

template <size_t kSample>
void CopyRow(int64_t count, const std::byte* from, int64_t from_step, std::byte* to, int64_t to_step) {
  for (int64_t i = 0; i < count; ++i, from += from_step, to += to_step) std::memcpy(to, from, kSample);
}

void CopyAnyRow(int64_t count, const std::byte* from, int64_t from_step, std::byte* to, int64_t to_step, size_t sample) {
  if (from_step == static_cast<int64_t>(sample) && to_step == from_step) {
    std::memcpy(to, from, static_cast<size_t>(count) * sample);
    return;
  }
  switch (sample) {
    case 1: return CopyRow<1>(count, from, from_step, to, to_step);
    case 2: return CopyRow<2>(count, from, from_step, to, to_step);
    case 4: return CopyRow<4>(count, from, from_step, to, to_step);
    default: return CopyRow<8>(count, from, from_step, to, to_step);
  }
}

// Calls row(from offset, to offset) for every row along `inner`.
template <typename Row>
void ForRows(size_t axes, size_t inner, const Index& count, const Index& a, const Index& b, const Row& row) {
  Index at{};
  int64_t from = 0, to = 0;
  while (true) {
    row(from, to);
    size_t axis = axes;
    while (true) {
      if (axis == 0) return;
      --axis;
      if (axis == inner) continue;
      from += a[axis];
      to += b[axis];
      if (++at[axis] < count[axis]) break;
      from -= a[axis] * count[axis];
      to -= b[axis] * count[axis];
      at[axis] = 0;
    }
  }
}

}  // namespace

Index StridesOf(const Shape& shape, size_t sample) {
  Index strides{};
  auto step = static_cast<int64_t>(sample);
  for (size_t a = shape.size(); a-- > 0;) {
    strides[a] = step;
    step *= shape[a];
  }
  return strides;
}

Index StridesOf(const Shape& shape, const Shape& order, size_t sample) {
  if (order.empty()) return StridesOf(shape, sample);
  Index strides{};
  auto step = static_cast<int64_t>(sample);
  for (size_t a = order.size(); a-- > 0;) {
    const auto axis = static_cast<size_t>(order[a]);
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

void CopyBox(size_t axes, const Index& count, const std::byte* from, const Index& from_strides, std::byte* to,
             const Index& to_strides, size_t sample) {
  for (size_t a = 0; a < axes; ++a) {
    if (count[a] == 0) return;
  }
  if (axes == 0) {
    std::memcpy(to, from, sample);
    return;
  }
  // Rows run along the axis that is closest in the memory written to.
  size_t inner = axes - 1;
  for (size_t a = axes; a-- > 0;) {
    if (count[a] > 1 && (count[inner] == 1 || to_strides[a] < to_strides[inner])) inner = a;
  }
  ForRows(axes, inner, count, from_strides, to_strides, [&](int64_t f, int64_t t) {
    CopyAnyRow(count[inner], from + f, from_strides[inner], to + t, to_strides[inner], sample);
  });
}

void FillBox(size_t axes, const Index& count, std::byte* to, const Index& strides, const std::byte* fill, size_t sample) {
  CopyBox(axes, count, fill, Index{}, to, strides, sample);
}

}  // namespace isovox::store
