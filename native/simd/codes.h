// Kernels over lines of grey-level codes and their neighbours: what texture matrices spend their time in. Whole numbers, so
// that every CPU target gives the same.
#pragma once

#include <cstdint>

namespace isovox::simd {

// A line of `n` codes inside a larger array; the neighbours of its code x lie at centre[x + offset].
struct CodeLine {
  const uint16_t* centre;
  int64_t n;
};

// equal[x]: 1 where the code is that of its neighbour at `offset`.
void SameAs(CodeLine line, int64_t offset, uint8_t* equal);

// same[x]: bit d is set where the code is that of its neighbour at offsets[d]. REQUIRES: at most 16 offsets.
void SameAsEach(CodeLine line, const int64_t* offsets, int count, uint16_t* same);

// near[x]: how many of the neighbours at +offset and -offset are not 0 and differ from the code by at most `tolerance`.
void CountNear(CodeLine line, const int64_t* offsets, int64_t count, uint16_t tolerance, uint16_t* near);

// Of the neighbours at +offset and -offset: how many are not 0, and their sum.
void SumNeighbours(CodeLine line, const int64_t* offsets, int64_t count, uint16_t* present, uint32_t* sum);

}  // namespace isovox::simd
