// What an extraction is asked to do: image processing in the order of IBSI 1 chapter 2, then families and aggregations.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
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
  bool at_multiples = false;   // PyRadiomics' bins: edges at multiples of the width, NumPy's bins of an only value
};

// How texture matrices of slices and directions become one value (IBSI 1 chapter 3.6). Zone and neighbourhood families
// have no directions: k2dAverage is their 2D, k25dMerged their 2.5D, k3dMerged their 3D.
enum Aggregation : int { k2dAverage, k2dMerged, k25dAverage, k25dMerged, k3dAverage, k3dMerged, kAggregations };

// What the ends of a re-segmentation range are: intensities, parts of the structure's maximum, or deviations from its mean.
enum class RangeMode { kAbsolute, kOfMaximum, kDeviations };

enum class Rounding { kNone, kNearest, kTowardsZero, kToSingle };

// PyRadiomics' normalisation: (x - mean) * (1 / deviation), within the outliers, times the scale.
struct Standard {
  double mean = 0, deviation = 1, scale = 1;
  double outliers = std::numeric_limits<double>::infinity();

  double Of(double x) const { return std::clamp((x - mean) * (1 / deviation), -outliers, outliers) * scale; }
};

// Lengths of steps between voxels, in millimetres.
enum class StepNorm { kManhattan, kEuclidean, kInfinity };

struct Settings {
  // A spacing of 0 keeps that axis as it is.
  std::optional<std::array<double, 3>> resample_mm;
  Interpolation image_interpolation = Interpolation::kLinear;
  Interpolation mask_interpolation = Interpolation::kLinear;
  // The lattice is PyRadiomics', with so many samples around the structure (cut_lattice.h); else it is IBSI's.
  std::optional<int64_t> cut_padding;
  Rounding rounding = Rounding::kNone;  // after resampling: to whole numbers, as CT has them

  std::optional<Standard> standard;            // of the intensities of the image, before anything else
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
  bool pairs_one_way = false;               // co-occurrence from a voxel to later ones only, as PyRadiomics may have it
  // Merged matrices are sums weighted by the length d of their direction, as PyRadiomics has them: pairs by exp(-d^2),
  // runs by d.
  std::optional<StepNorm> weighting;
  std::vector<int> neighbour_distances{1};  // and of the neighbours of NGTDM and NGLDM
  int coarseness = 0;        // NGLDM: neighbours whose level differs by at most this depend on the centre
  int64_t max_levels = 4096; // more grey levels than this is a finding, not a texture
};

}  // namespace isovox::radiomics
