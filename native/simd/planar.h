// Kernels over points of a plane, their coordinates in two arrays.
#pragma once

#include <cstdint>

#include "simd/binning.h"

namespace isovox::simd {

// out[p] = points[p] . (u, v, w), summed in this order.
void Along(const Coordinates& points, double u, double v, double w, double* out);

// The first of the n > 0 points for which x u + y v is largest.
int64_t FarthestAlong(const double* x, const double* y, int64_t n, double u, double v);

struct Edge {
  double ax, ay, bx, by;
};

// least[p] = the least over the edges of (b - a) x (p - a), which is positive to the left of an edge; infinite without
// edges.
void LeastTurn(const double* x, const double* y, int64_t n, const Edge* edges, int64_t count, double* least);

}  // namespace isovox::simd
