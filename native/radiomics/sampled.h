// Volumes as seen on the lattice that features are computed on: a box of them, interpolated, clipped and rounded.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "exec/exec.h"
#include "imaging/resample.h"
#include "radiomics/region.h"
#include "radiomics/settings.h"
#include "volume/volume.h"

namespace isovox::radiomics {

// What the rounding of interpolation's weights takes from a half, at most: halves count as halves.
constexpr double kOffHalf = 1e-6;

struct Lattice {
  std::array<AxisMap, 3> maps;  // from lattice to image
  std::array<double, 3> spacing{1, 1, 1};
  std::optional<IndexBox> cut;  // what PyRadiomics keeps of it; samples half a voxel or more outside of the image are 0 then

  IndexBox all() const { return {{0, 0, 0}, {maps[0].size, maps[1].size, maps[2].size}}; }
};

// `structure`: the box of the structure on the image.
Lattice LatticeOf(const Grid& grid, const Settings& settings, const IndexBox& structure);

std::array<int64_t, 3> SizeOf(const IndexBox& box);

// Values of a box of the lattice; `read` gives those of a box of the volume.
std::vector<double> Sampled(const Exec& exec, const Lattice& lattice, const std::array<int64_t, 3>& volume_size,
                            const IndexBox& box, Interpolation method,
                            const std::function<std::vector<double>(const IndexBox&)>& read);

std::vector<double> SampledImage(const Exec& exec, const Volume& image, const Settings& settings, const Lattice& lattice,
                                 const IndexBox& box);

// Puts the response of settings.filter in place of the region's image. The filter sees the image as far as it reaches.
// The re-segmentation range is no longer that of the values.
void FilterRegion(const Exec& exec, const Volume& image, const Settings& settings, const Lattice& lattice, Region& region);

}  // namespace isovox::radiomics
