#include "simd/codes.h"

#include <algorithm>

#include "simd/targets.h"

namespace isovox::simd {

ISOVOX_CPU_TARGETS void SameAs(CodeLine line, int64_t offset, uint8_t* equal) {
  const uint16_t *a = line.centre, *b = line.centre + offset;
  for (int64_t x = 0; x < line.n; ++x) equal[x] = a[x] == b[x];
}

ISOVOX_CPU_TARGETS void SameAsEach(CodeLine line, const int64_t* offsets, int count, uint16_t* same) {
  std::fill_n(same, line.n, uint16_t{0});
  const uint16_t* a = line.centre;
  for (int d = 0; d < count; ++d) {
    const uint16_t* b = a + offsets[d];
    const auto bit = static_cast<uint16_t>(1 << d);
    for (int64_t x = 0; x < line.n; ++x) same[x] = static_cast<uint16_t>(same[x] | (a[x] == b[x] ? bit : 0));
  }
}

ISOVOX_CPU_TARGETS void CountNear(CodeLine line, const int64_t* offsets, int64_t count, uint16_t tolerance,
                                  uint16_t* near) {
  std::fill_n(near, line.n, uint16_t{0});
  const uint16_t* a = line.centre;
  for (int64_t d = 0; d < count; ++d) {
    const uint16_t *b = a + offsets[d], *c = a - offsets[d];
    if (tolerance == 0) {
      for (int64_t x = 0; x < line.n; ++x) near[x] = static_cast<uint16_t>(near[x] + (a[x] == b[x]) + (a[x] == c[x]));
      continue;
    }
    for (int64_t x = 0; x < line.n; ++x) {
      const auto ab = static_cast<uint16_t>(a[x] > b[x] ? a[x] - b[x] : b[x] - a[x]);
      const auto ac = static_cast<uint16_t>(a[x] > c[x] ? a[x] - c[x] : c[x] - a[x]);
      near[x] = static_cast<uint16_t>(near[x] + (b[x] != 0 && ab <= tolerance) + (c[x] != 0 && ac <= tolerance));
    }
  }
}

ISOVOX_CPU_TARGETS void SumNeighbours(CodeLine line, const int64_t* offsets, int64_t count, uint16_t* present,
                                      uint32_t* sum) {
  std::fill_n(present, line.n, uint16_t{0});
  std::fill_n(sum, line.n, uint32_t{0});
  const uint16_t* a = line.centre;
  for (int64_t d = 0; d < count; ++d) {
    const uint16_t *b = a + offsets[d], *c = a - offsets[d];
    for (int64_t x = 0; x < line.n; ++x) {
      present[x] = static_cast<uint16_t>(present[x] + (b[x] != 0) + (c[x] != 0));
    }
    for (int64_t x = 0; x < line.n; ++x) sum[x] += static_cast<uint32_t>(b[x]) + static_cast<uint32_t>(c[x]);
  }
}

}  // namespace isovox::simd
