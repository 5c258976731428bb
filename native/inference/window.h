// Where the tiles of a sliding window lie, and how much each of their voxels counts.
#pragma once

#include <cstdint>
#include <vector>

namespace isovox {

// First voxels of tiles that cover [0, size): evenly spread, at most tile * step apart, the last one flush with the end.
// As nnU-Net's compute_steps_for_sliding_window. REQUIRES size >= tile >= 1 and 0 < step <= 1.
std::vector<int64_t> TileStarts(int64_t size, int64_t tile, double step);

// The weight of each voxel along one axis of a tile: a Gaussian of a standard deviation of tile / 8 about voxel tile / 2
// and cut at four deviations, with 1 at its centre; or 1 everywhere. The weight of a voxel is the product over its axes.
std::vector<double> TileWeights(int64_t tile, bool gaussian);

// Sum of the weights of all tiles that cover each voxel of the axis.
std::vector<double> SumOfWeights(int64_t size, const std::vector<int64_t>& starts, const std::vector<double>& weights);

}  // namespace isovox
