// The dialect of PyRadiomics 3: its names, settings and definitions. Where a definition is IBSI's, the value is too.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "radiomics/extract.h"
#include "radiomics/image_types.h"

namespace isovox::radiomics {

struct PyradiomicsSettings {
  double bin_width = 25;
  std::optional<int64_t> bin_count;  // instead of bin_width
  bool normalize = false;            // by mean and sample deviation of the whole image
  double normalize_scale = 1;
  std::optional<double> remove_outliers;  // deviations beyond which normalised intensities are clipped
  std::optional<std::array<double, 3>> resampled_spacing;  // 0 keeps an axis
  Interpolation interpolator = Interpolation::kCubic;
  enum class RangeMode { kAbsolute, kRelative, kSigma };
  RangeMode range_mode = RangeMode::kAbsolute;
  std::vector<double> range;         // none, the lower end, or both
  double voxel_array_shift = 0;
  std::vector<int> distances{1};     // Chebyshev distances of pairs and neighbours
  int gldm_a = 0;
  bool force_2d = false;             // textures slice by slice
  bool merge_angles = false;         // weightingNorm no_weighting: one matrix of all angles
  int64_t minimum_roi_size = 1;
  int minimum_roi_dimensions = 2;
  int64_t pad_distance = 5;          // voxels around the structure that derived images see after resampling
  bool pre_crop = false;             // and without resampling
  bool resegment_shape = false;      // shape is that of the re-segmented structure
  std::vector<ImageType> images{{}};
  std::vector<std::string> classes;  // shape, firstorder, glcm, glrlm, glszm, gldm, ngtdm; all when empty
};

// Features are named `original_glcm_Contrast`, their family is the class; shape is that of the original only.
Extraction ExtractPyradiomics(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                              const PyradiomicsSettings& settings);

// Families of definitions that are PyRadiomics' own.
Family PyradiomicsShapeFamily();
Family PyradiomicsFirstOrderFamily();
Family PyradiomicsGlcmFamily();
Family PyradiomicsNgtdmFamily();

}  // namespace isovox::radiomics
