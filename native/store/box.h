// Boxes of lattices with up to eight axes: copying between memories with any strides.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "store/array_meta.h"

namespace isovox::store {

using Index = std::array<int64_t, kMostAxes>;

// Strides in bytes of a memory in C order of `shape` (the last axis fastest).
Index StridesOf(const Shape& shape, size_t sample);
// The same when the axes lie in memory in another order: axis order[0] slowest.
Index StridesOf(const Shape& shape, const Shape& order, size_t sample);

// Copies count[0] x count[1] ... samples of `sample` bytes. Rows that lie close in both memories move at once.
void CopyBox(size_t axes, const Index& count, const std::byte* from, const Index& from_strides, std::byte* to,
             const Index& to_strides, size_t sample);
void FillBox(size_t axes, const Index& count, std::byte* to, const Index& strides, const std::byte* fill, size_t sample);

}  // namespace isovox::store
