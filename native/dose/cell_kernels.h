// The inner loops of a dose-volume histogram, as plain C++ over arrays.
#pragma once

#include <cstddef>
#include <cstdint>

namespace isovox {

// From the middles of four grid rows to one line between them.
struct BlendWeights {
  float w00, w10, w01, w11;  // of the four rows
  float sj, tj, sk, tk;      // 1 - way and way across the first and the second axis
  float half_v, half_w;      // half a cell as part of the nodes' distance, along these axes
};

// Four neighbouring rows of grid nodes; `stride` between neighbours of a row.
struct GridRows {
  const float *p00, *p10, *p01, *p11;
  size_t stride;
};

// What BlendRows finds for every node of a row.
struct BlendedRow {
  float* node;             // the dose on the row's middle line
  float *half_v, *half_w;  // its change over half a cell along the two axes across
};

// Where cells lie among bins: each spreads its share evenly over [first[c], last[c]).
struct CellPlaces {
  static constexpr size_t kBlock = 64;
  alignas(64) float density[kBlock];
  alignas(64) int32_t first[kBlock], last[kBlock];
};

struct BinScale {
  float low, inverse, top;  // the lowest edge, bins per gray, number of bins
};

// Kernels by cells work on whole vectors: they read, and write, up to kPadding - 1 cells past `count`.
constexpr size_t kPadding = 8;

// `each` for a cell: from dose - spread to dose + spread, to the nearest edges of bins, one bin at least.
// REQUIRES: count <= CellPlaces::kBlock.
void PlaceCells(const float* dose, const float* spread, size_t count, const BinScale& scale, float each,
                CellPlaces& out);
// The same for cells that are not of one volume.
void PlaceParts(const float* dose, const float* spread, const float* volume, size_t count, const BinScale& scale,
                CellPlaces& out);

// Four grid rows to one.
void BlendRows(const GridRows& rows, size_t count, const BlendWeights& weights, const BlendedRow& out);

// Widens [least, most] to the dose at nodes [first, last), across half a cell to either side.
void WidenAcross(const GridRows& rows, const BlendedRow& row, size_t first, size_t last, float& least, float& most);

// Steps between nodes [0, count] and the spread of a cell on each: half the width of the uniform distribution that has
// the variance of a dose that changes so much over half a cell along each axis.
void StepNodes(const BlendedRow& row, size_t count, float half_u, float* step, float* spread);

// Cells from their nodes: cell c lies way[c] beyond node index[c] - low.
void FillCells(const int32_t* index, int32_t low, const float* way, size_t count, const float* node, const float* step,
               const float* step_spread, float* dose, float* spread);

// In eight sums, so that additions do not wait for each other; always the same eight.
double SumOf(const float* values, size_t count);

// Widens [least, most] to the values.
void FindExtremes(const float* values, size_t count, float& least, float& most);

// Widens [least, most] to the least of `low` and the greatest of `high`.
void WidenExtremes(const float* low, const float* high, size_t count, float& least, float& most);

}  // namespace isovox
