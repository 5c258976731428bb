// One filter and its settings: what a caller asks for by name (IBSI 2 chapter 3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "exec/exec.h"
#include "filters/boundary.h"
#include "filters/field.h"
#include "filters/gabor.h"
#include "filters/spectral.h"
#include "volume/volume.h"

namespace isovox::filters {

enum class Kind { kMean, kGaussian, kMedian, kLaplacian, kLaws, kGabor, kWavelet, kRadialWavelet };

struct Filter {
  Kind kind = Kind::kMean;
  bool slices = false;           // every slice by itself (2D)
  Boundary boundary = Boundary::kMirror;
  bool rotate = false;           // pool over right-angle rotations: kLaws, kWavelet; over orthogonal planes: kGabor
  Pooling pooling = Pooling::kAverage;

  int64_t support = 3;           // voxels, odd: kMean, kMedian
  double sigma_mm = 1;           // kGaussian, kLaplacian
  double truncate = 4;           // sigmas at which their kernels end
  std::string kernels;           // kLaws: "E5L5S5", or two of them for slices
  std::optional<int64_t> energy_distance;  // kLaws: absolute responses averaged over 2 * this + 1 voxels
  Gabor gabor;
  std::string wavelet;           // kWavelet: as WaveletFromName
  std::string decomposition;     // kWavelet: "LHL", or two letters for slices
  int level = 1;                 // kWavelet, kRadialWavelet: 1 is the finest
  RadialWavelet radial = RadialWavelet::kSimoncelli;
  std::optional<RieszOrder> riesz;   // kLaplacian, kRadialWavelet
  std::optional<double> steer_mm;    // sigma of the structure tensor
};

// The response map. Throws ERR_INVALID_ARGUMENT for settings that contradict each other or the image.
// Instantiated for float and double; filters that are products of spectra compute in double.
template <typename T>
Field<T> Apply(const Exec& exec, const Filter& filter, const Field<T>& in);

// How many voxels from a voxel along each axis its response depends on; nothing when that is the whole image.
std::optional<std::array<int64_t, 3>> Reach(const Filter& filter, const std::array<double, 3>& spacing);

// Of a volume of one frame and component, after scaling; values that are not finite count as 0. float32, or float64
// when the volume is. The unit is dropped where the response has another.
Volume ApplyToVolume(const Exec& exec, const Filter& filter, const Volume& in);

}  // namespace isovox::filters
