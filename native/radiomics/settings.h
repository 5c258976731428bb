// What an extraction is asked to do: image processing in the order of IBSI 1 chapter 2, then families and aggregations.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imaging/resample.h"

namespace isovox::radiomics {

enum class Binning { kNone, kFixedSize, kFixedCount };

struct Discretisation {
  Binning method = Binning::kNone;
  double width = 0;            // kFixedSize
  int64_t bins = 0;            // kFixedCount
  std::optional<double> min;   // kFixedSize: lower edge of the first bin
};

// How texture matrices of slices and directions become one value (IBSI 1 chapter 3.6). Zone and neighbourhood families
// have no directions: k2dAverage is their 2D, k25dMerged their 2.5D, k3dMerged their 3D.
enum Aggregation : int { k2dAverage, k2dMerged, k25dAverage, k25dMerged, k3dAverage, k3dMerged, kAggregations };

struct Settings {
  // A spacing of 0 keeps that axis as it is.
  std::optional<std::array<double, 3>> resample_mm;
  Interpolation image_interpolation = Interpolation::kLinear;
  Interpolation mask_interpolation = Interpolation::kLinear;
  bool round_intensities = false;  // to whole numbers after resampling, as CT has them

  std::optional<std::array<double, 2>> range;  // re-segmentation: intensities outside leave the intensity mask
  std::optional<double> outliers_sigma;

  Discretisation discretise{Binning::kNone, 0, 0, {}};
  Discretisation ivh{Binning::kNone, 0, 0, {}};

  std::array<bool, kAggregations> aggregations{true, true, true, true, true, true};
  std::vector<std::string> families;  // all when empty

  int distance = 1;          // Chebyshev distance of co-occurrence, NGTDM and NGLDM neighbours
  int coarseness = 0;        // NGLDM: neighbours whose level differs by at most this depend on the centre
  int64_t max_levels = 4096; // more grey levels than this is a finding, not a texture
};

}  // namespace isovox::radiomics
