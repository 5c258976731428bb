// A network slid over a volume, tile by tile; its outputs weighted, added and handed on plane by plane.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "exec/exec.h"

namespace isovox {

// i fastest everywhere; a network sees a tile as [channels, k, j, i], or [channels, j, i] when it is flat.
struct Window {
  std::array<int64_t, 3> tile{128, 128, 128};
  int64_t channels = 1;         // of the volume
  int64_t context = 0;          // slices on each side that come as further channels; REQUIRES tile[2] == 1 when not 0
  int64_t outputs = 1;          // channels of the network's output
  double overlap = 0.5;         // of neighbouring tiles, 0 <= overlap < 1
  bool gaussian = true;
  std::array<bool, 3> mirror{}; // axes along which tiles are also seen flipped, in every combination; the mean counts
  int64_t batch = 1;            // tiles of one run
  int64_t lanes = 1;            // runs at the same time, on the pool's cores
  bool elsewhere = false;       // the network runs on a device of its own, not on the cores of the pool
};

// Runs the network on `tiles` tiles of `in` and fills `out`. May throw ERR_RESOURCE: then the same tiles come again in
// smaller batches.
using PredictTiles =
    std::function<void(const Exec& exec, int64_t tiles, std::span<const float> in, std::span<float> out)>;

// Called with every plane k in order: weighted means, [outputs][j][i]; the memory is used again afterwards.
using TakePlane = std::function<void(int64_t k, const float* values)>;

// `image` is [channels][k][j][i]. REQUIRES size >= tile in every axis.
// While a network elsewhere works on one batch, the next is gathered and the one before is added up; on the pool's own
// cores one comes after the other, since both would take the same cores: there several batches run side by side, which
// keeps the cores busier than many threads on one. Only as many planes are
// kept as a tile is deep. Tiles are added in the order k, j, i of their places whatever the number of threads.
// Gives the largest batch that fitted, so that a caller can say that memory was short.
int64_t SlideWindow(const Exec& exec, const std::array<int64_t, 3>& size, const float* image, const Window& window,
                    const PredictTiles& predict, const TakePlane& take);

// How many tiles the network will see, flipped ones included.
int64_t CountTiles(const std::array<int64_t, 3>& size, const Window& window);

}  // namespace isovox
