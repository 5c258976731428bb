// Features of a structure under changes of image and outline: noise, shifts, offsets of the outline, changes of volume and
// rotations (A. Zwanenburg et al., Sci. Rep. 9:614, 2019). Everything stays in memory.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "exec/exec.h"
#include "radiomics/extract.h"

namespace isovox::radiomics {

struct Perturbation {
  double noise = 0;                              // standard deviation added to intensities
  std::array<double, 3> shift_mm{0, 0, 0};       // of the outline, along the image's axes
  double offset_mm = 0;                          // of the outline, outwards
  double volume = 0;                             // relative change: 0.15 grows by 15 %
  double rotation_deg = 0;                       // of image and outline about the k axis through the structure's middle
};

// The part of image and mask that changes reach, in which everything else happens.
struct Scene {
  Volume image;                  // float64 after scaling
  Volume mask;                   // 0/1 bytes
  std::vector<double> distance;  // signed, of the mask
};

// `margin_mm` around the structure is kept. Throws ERR_INVALID_ARGUMENT for an empty structure.
Scene SceneOf(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label, double margin_mm);

// The image with noise, rotated. The value of a voxel depends on the seed, the noise and its place, on nothing else.
Volume PerturbedImage(const Exec& exec, const Scene& scene, const Perturbation& perturbation, uint64_t seed);

// The mask under everything but noise. Its volume is that of the offset mask, changed by `volume` to the voxel.
Volume PerturbedMask(const Exec& exec, const Scene& scene, const Perturbation& perturbation);

// A number in [0, 1) from a seed and a counter: the same everywhere (SplitMix64).
double UniformAt(uint64_t seed, uint64_t counter);

}  // namespace isovox::radiomics
