// The images that PyRadiomics takes features from: the original and what it derives from it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "exec/exec.h"
#include "filters/binary_patterns.h"
#include "filters/field.h"
#include "imaging/finding.h"

namespace isovox::radiomics {

enum class ImageKind {
  kOriginal, kLog, kWavelet, kSquare, kSquareRoot, kLogarithm, kExponential, kGradient, kLbp2d, kLbp3d
};

struct ImageType {
  ImageKind kind = ImageKind::kOriginal;
  std::optional<double> bin_width;        // instead of the extraction's
  std::optional<int64_t> bin_count;
  std::vector<double> sigma_mm;           // kLog
  std::string wavelet = "coif1";          // kWavelet
  int start_level = 0, level = 1;
  bool gradient_per_mm = true;            // kGradient
  int lbp_samples = 8;                    // kLbp2d
  double lbp_radius = 1;
  filters::PatternMethod lbp_method = filters::PatternMethod::kUniform;
  int sphere_levels = 2;                  // kLbp3d
  double sphere_radius = 1;
  int sphere_subdivisions = 1;
};

// What an image's type holds: some of PyRadiomics' filters compute in it, or give it back.
enum class Numbers { kWhole, kSingle, kDouble };

// Calls use(name, image) for every image of a type but kOriginal: "log-sigma-3-0-mm-3D", "wavelet-LLH". `slices`: wavelets
// leave the k axis alone. `mask` is where kLbp3d looks. What cannot be made is a finding.
void DeriveImages(const Exec& exec, const ImageType& type, const filters::Field<double>& in, const std::vector<uint8_t>& mask,
                  bool slices, Numbers numbers, Findings& findings,
                  const std::function<void(const std::string& name, const filters::Field<double>& image)>& use);

}  // namespace isovox::radiomics
