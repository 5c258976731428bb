// What an extraction is asked to do: image processing in the order of IBSI 1 chapter 2, then families and aggregations.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "filters/filter.h"
#include "imaging/resample.h"

namespace isovox::radiomics {

enum class Binning { kNone, kFixedSize, kFixedCount };

struct Discretisation {
  Binning method = Binning::kNone;
  double width = 0;            // kFixedSize
  int64_t bins = 0;            // kFixedCount
  std::optional<double> min;   // kFixedSize: lower edge of the first bin
  bool at_multiples = false;   // kFixedSize: edges lie at multiples of the width, as PyRadiomics has them
};

// How texture matrices of slices and directions become one value (IBSI 1 chapter 3.6). Zone and neighbourhood families
// have no directions: k2dAverage is their 2D, k25dMerged their 2.5D, k3dMerged their 3D.
enum Aggregation : int { k2dAverage, k2dMerged, k25dAverage, k25dMerged, k3dAverage, k3dMerged, kAggregations };

// What the ends of a re-segmentation range are: intensities, parts of the structure's maximum, or deviations from its mean.
enum class RangeMode { kAbsolute, kOfMaximum, kDeviations };

enum class Rounding { kNone, kNearest, kTowardsZero };

// Lengths of steps between voxels, in millimetres.
enum class StepNorm { kManhattan, kEuclidean, kInfinity };

struct Settings {
  // A spacing of 0 keeps that axis as it is.
  std::optional<std::array<double, 3>> resample_mm;
  bool keep_flat_axes = false;   // no interpolation along an axis on which the structure has one voxel
  Interpolation image_interpolation = Interpolation::kLinear;
  Interpolation mask_interpolation = Interpolation::kLinear;
  bool align_corners = false;    // lattices share their outer edge instead of their centre, as PyRadiomics has them
  Rounding rounding = Rounding::kNone;  // after resampling: to whole numbers, as CT has them

  std::optional<std::array<double, 2>> clip;   // intensities of the image, before anything else
  std::optional<std::array<double, 2>> range;  // re-segmentation: intensities outside leave the intensity mask
  RangeMode range_mode = RangeMode::kAbsolute;
  std::optional<double> outliers_sigma;

  std::optional<filters::Filter> filter;  // after re-segmentation: features are those of its response

  Discretisation discretise{Binning::kNone, 0, 0, {}};
  Discretisation ivh{Binning::kNone, 0, 0, {}};

  std::array<bool, kAggregations> aggregations{true, true, true, true, true, true};
  std::vector<std::string> families;  // all when empty

  double intensity_shift = 0;    // PyRadiomics' voxelArrayShift, for energy and root mean square
  int64_t least_voxels = 1;      // smaller structures, or flatter ones, are a finding
  int least_dimensions = 0;

  std::vector<int> pair_distances{1};       // Chebyshev distances of co-occurring voxels
  // Merged matrices are sums weighted by the length d of their direction, as PyRadiomics has them: pairs by exp(-d^2),
  // runs by d.
  std::optional<StepNorm> weighting;
  std::vector<int> neighbour_distances{1};  // and of the neighbours of NGTDM and NGLDM
  int coarseness = 0;        // NGLDM: neighbours whose level differs by at most this depend on the centre
  int64_t max_levels = 4096; // more grey levels than this is a finding, not a texture
};

}  // namespace isovox::radiomics
