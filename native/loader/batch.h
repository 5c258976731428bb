// A batch for training: patches side by side in one block, N x C x D x H x W.
#pragma once

#include <vector>

#include "loader/intensity.h"
#include "loader/patch.h"

namespace isovox::loader {

struct Sample {
  std::vector<Source> channels;
  Placement placement;
  std::vector<Change> changes;  // of every channel
};

struct BatchShape {
  std::array<int64_t, 3> size{0, 0, 0};  // of a patch along x, y, z
  int64_t channels = 1;
  // When not empty the one channel holds labels, and the block has a channel per class: 1 where the label is, else 0.
  std::vector<double> classes;

  int64_t planes() const { return classes.empty() ? channels : static_cast<int64_t>(classes.size()); }
  size_t sample_values() const { return static_cast<size_t>(size[0] * size[1] * size[2] * planes()); }
};

// Fills `out`, which holds at least as many samples; what follows them stays as it is.
void FillBatch(const Exec& exec, const std::vector<Sample>& samples, const BatchShape& shape, std::span<float> out);

// Up to `count` voxels of a label volume that lie in the foreground (a label of `labels`; with none any above 0), drawn
// evenly and the same for the same seed; x, y, z of each, in the order of the volume.
std::vector<int32_t> SampleForeground(const Exec& exec, const Source& source, const std::vector<double>& labels,
                                      int64_t count, uint64_t seed);

}  // namespace isovox::loader
