// The dialect of PyRadiomics 3: its names, settings and definitions. Where a definition is IBSI's, the value is too.
#pragma once

#include <optional>
#include <span>
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
  int force_2d_dimension = 0;        // slices across k, j or i: 0, 1, 2; of local binary patterns without force_2d too
  bool merge_angles = false;         // one matrix of all angles instead of the mean of their features
  std::optional<StepNorm> weighting;     // of the angles of that matrix
  bool symmetrical_glcm = true;      // pairs count both ways
  int64_t minimum_roi_size = 0;      // structures must have more voxels than this
  int minimum_roi_dimensions = 2;
  int64_t pad_distance = 5;          // voxels around the structure that derived images see after resampling
  bool pre_crop = false;             // and without resampling
  bool resegment_shape = false;      // shape is that of the re-segmented structure
  std::vector<ImageType> images{{}};
  // shape, firstorder, glcm, glrlm, glszm, gldm, ngtdm: these when empty; shape2D, of a structure in one slice with force_2d.
  std::vector<std::string> classes;
};

// Features are named `original_glcm_Contrast`, their family is the class; shape is that of the original only.
Extraction ExtractPyradiomics(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                              const PyradiomicsSettings& settings);

// A feature of a class and the tag, before its aggregation, of the definition it shares.
struct PyradiomicsName {
  const char* of_class;
  const char* name;
  const char* tag;
};

// Of the texture classes, in PyRadiomics' order; other classes' tags are the names.
std::span<const PyradiomicsName> PyradiomicsNames();
std::span<const Family> PyradiomicsFamilies();

// Families of definitions that are PyRadiomics' own.
Family PyradiomicsShapeFamily();
Family PyradiomicsShape2dFamily();
Family PyradiomicsFirstOrderFamily();
Family PyradiomicsGlcmFamily();
Family PyradiomicsGlrlmFamily();
Family PyradiomicsNgtdmFamily();

}  // namespace isovox::radiomics
