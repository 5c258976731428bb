// A volume as a network wants it: turned, cropped, normalised, resampled, padded.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "exec/exec.h"
#include "imaging/reorient.h"
#include "imaging/resample.h"
#include "inference/spec.h"
#include "volume/volume.h"

namespace isovox {

// The input of a network, and the way back from its lattice to the source's.
struct Prepared {
  AxisOrder order;                      // from the source's axes to the turned ones
  Grid turned;                          // the whole image after turning
  std::array<int64_t, 3> crop_begin{};  // in voxels of `turned`
  std::array<int64_t, 3> crop_size{};
  std::array<int64_t, 3> model_size{};  // the crop after resampling
  std::array<int64_t, 3> pad_begin{};   // voxels before it, so that a tile fits
  std::array<int64_t, 3> size{};        // with padding
  std::array<bool, 3> across_nearest{}; // axes that are too coarse to be interpolated across
  std::vector<float> values;            // [channels][k][j][i]
};

// Throws ERR_GEOMETRY when the images do not lie on one grid, ERR_MODEL when there are more or fewer than channels.
Prepared Prepare(const Exec& exec, const std::vector<std::shared_ptr<Volume>>& images, const ModelSpec& spec);

}  // namespace isovox
