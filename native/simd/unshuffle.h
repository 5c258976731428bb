// Blosc's byte shuffle undone: of n numbers of `sample` bytes, all first bytes come first, then all second bytes.
#pragma once

#include <cstddef>
#include <span>

namespace isovox::simd {

// Numbers [first, first + count) of a shuffled block into `into`. The bytes behind the last whole number are not shuffled
// and not reached. REQUIRES: first + count <= block.size() / sample, into.size() >= count * sample.
void Unshuffle(std::span<const std::byte> block, size_t sample, size_t first, size_t count, std::byte* into);

}  // namespace isovox::simd
