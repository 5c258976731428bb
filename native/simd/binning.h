// Kernels over lists of intensities. Each number is treated by itself, so that every CPU target gives the same bits.
#pragma once

#include <cstdint>
#include <vector>

namespace isovox::simd {

struct Ends {
  double least, most;
};

// Of n >= 1 finite numbers.
Ends EndsOf(const double* values, int64_t n);

// Of points in space; at least one.
struct Coordinates {
  std::vector<double> x, y, z;
};

// How far points reach along the direction {u, v, w}.
Ends EndsAlong(const Coordinates& points, double u, double v, double w);

// Whether all are whole numbers.
bool AllWhole(const double* values, int64_t n);

// bins[x] = floor((values[x] - edge) / width) + 1, at most 2^31 - 1; below `edge` 1. Returns how many lay below.
int64_t BinsOfWidth(const double* values, int64_t n, double edge, double width, int32_t* bins);

// bins[x] = floor(count * (values[x] - least) / span) + 1, at most `count`. REQUIRES: span > 0, least is the least value.
void BinsOfCount(const double* values, int64_t n, double least, double span, int32_t count, int32_t* bins);

// Moves bins by one where rounding put a number on the wrong side of an edge: bin b is [edge + (b - 1) * width,
// edge + b * width), its edges rounded as they stand here. Bin `last`, when above 0, has no upper edge.
void SettleBins(const double* values, int64_t n, double edge, double width, int32_t last, int32_t* bins);

}  // namespace isovox::simd
