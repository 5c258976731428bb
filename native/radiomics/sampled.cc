#include "radiomics/sampled.h"

#include <algorithm>
#include <cmath>

#include "filters/filter.h"
#include "radiomics/cut_lattice.h"

namespace isovox::radiomics {
namespace {

constexpr int64_t kSplineReach = 32;  // beyond it a sample's part in a cubic spline is below 1e-17

std::vector<double> ReadImage(const Volume& image, const IndexBox& box) {
  std::vector<double> out;
  out.resize(static_cast<size_t>((box.end[0] - box.begin[0]) * (box.end[1] - box.begin[1]) * (box.end[2] - box.begin[2])));
  VisitDType(image.dtype, [&]<typename T>(T) {
    const auto voxels = image.As<T>();
    double* to = out.data();
    for (int64_t k = box.begin[2]; k < box.end[2]; ++k) {
      for (int64_t j = box.begin[1]; j < box.end[1]; ++j) {
        const T* row = voxels.data() + (k * image.grid.size[1] + j) * image.grid.size[0];
        for (int64_t i = box.begin[0]; i < box.end[0]; ++i) {
          *to++ = image.slope * static_cast<double>(row[i]) + image.intercept;
        }
      }
    }
  });
  return out;
}

// The input samples that the output box needs, and the maps as seen from there.
IndexBox InputOf(const std::array<AxisMap, 3>& maps, const std::array<int64_t, 3>& size, const IndexBox& out,
                 std::array<AxisMap, 3>& local) {
  IndexBox in;
  for (size_t d = 0; d < 3; ++d) {
    const double first = maps[d].PlaceOf(out.begin[d]), last = maps[d].PlaceOf(out.end[d] - 1);
    const int64_t reach = maps[d].identity(size[d]) ? 0 : kSplineReach;
    in.begin[d] = std::clamp<int64_t>(static_cast<int64_t>(std::floor(first)) - reach, 0, size[d] - 1);
    in.end[d] = std::clamp<int64_t>(static_cast<int64_t>(std::ceil(last)) + reach + 1, 1, size[d]);
    local[d] = maps[d];
    local[d].start -= static_cast<double>(in.begin[d]);
    for (double& place : local[d].exact) place -= static_cast<double>(in.begin[d]);
  }
  return in;
}

std::vector<double> Resampled(const Exec& exec, std::vector<double> input, const IndexBox& in,
                              const std::array<AxisMap, 3>& local, const IndexBox& out, Interpolation method) {
  std::array<AxisMap, 3> shifted = local;
  IndexBox box{{0, 0, 0}, SizeOf(out)};
  bool same = true;
  for (size_t d = 0; d < 3; ++d) {
    shifted[d].start += local[d].step * static_cast<double>(out.begin[d]);
    shifted[d].first -= out.begin[d];
    shifted[d].size = box.end[d];
    same = same && shifted[d].identity(in.end[d] - in.begin[d]);
  }
  if (same) return input;
  return ResampleBox(exec, input, SizeOf(in), shifted, box, method);
}

// ITK's images reach half a voxel beyond their outermost samples, the far edge not included.
void ClearOutside(const Lattice& lattice, const std::array<int64_t, 3>& volume_size, const IndexBox& box, std::vector<double>& out) {
  std::array<std::vector<bool>, 3> outside;
  bool any = false;
  for (size_t d = 0; d < 3; ++d) {
    for (int64_t q = box.begin[d]; q < box.end[d]; ++q) {
      const double place = lattice.maps[d].PlaceOf(q);
      outside[d].push_back(!(place >= -0.5 && place < static_cast<double>(volume_size[d]) - 0.5));
      any = any || outside[d].back();
    }
  }
  if (!any) return;
  auto to = out.begin();
  for (const bool k : outside[2]) {
    for (const bool j : outside[1]) {
      for (const bool i : outside[0]) {
        if (i || j || k) *to = 0;
        ++to;
      }
    }
  }
}

}  // namespace

std::array<int64_t, 3> SizeOf(const IndexBox& box) {
  return {box.end[0] - box.begin[0], box.end[1] - box.begin[1], box.end[2] - box.begin[2]};
}

Lattice LatticeOf(const Grid& grid, const Settings& settings, const IndexBox& structure) {
  if (settings.cut_padding) return CutLattice(grid, settings, structure);
  Lattice lattice;
  lattice.spacing = grid.spacing;
  for (size_t d = 0; d < 3; ++d) {
    const double to = settings.resample_mm ? (*settings.resample_mm)[d] : 0;
    lattice.maps[d] = AlignCentres(grid.size[d], grid.spacing[d], to);
    if (lattice.maps[d].step != 1) lattice.spacing[d] = to;
  }
  return lattice;
}

std::vector<double> Sampled(const Exec& exec, const Lattice& lattice, const std::array<int64_t, 3>& volume_size,
                            const IndexBox& box, Interpolation method,
                            const std::function<std::vector<double>(const IndexBox&)>& read) {
  std::array<AxisMap, 3> local;
  const IndexBox in = InputOf(lattice.maps, volume_size, box, local);
  std::vector<double> out = Resampled(exec, read(in), in, local, box, method);
  if (lattice.cut) ClearOutside(lattice, volume_size, box, out);
  return out;
}

std::vector<double> SampledImage(const Exec& exec, const Volume& image, const Settings& settings, const Lattice& lattice,
                                 const IndexBox& box) {
  std::vector<double> out =
      Sampled(exec, lattice, image.grid.size, box, settings.image_interpolation, [&](const IndexBox& in) {
        std::vector<double> values = ReadImage(image, in);
        if (settings.standard) {
          for (double& x : values) x = settings.standard->Of(x);
        }
        return values;
      });
  if (settings.rounding == Rounding::kNearest) {
    for (double& x : out) x = std::floor(x + 0.5 + kOffHalf);
  } else if (settings.rounding == Rounding::kTowardsZero) {
    for (double& x : out) x = std::trunc(x);
  } else if (settings.rounding == Rounding::kToSingle) {
    for (double& x : out) x = static_cast<double>(static_cast<float>(x));
  }
  return out;
}

void FilterRegion(const Exec& exec, const Volume& image, const Settings& settings, const Lattice& lattice, Region& region) {
  const auto reach = filters::Reach(*settings.filter, lattice.spacing);
  IndexBox box = lattice.all();
  for (size_t d = 0; reach && d < 3; ++d) {
    const int64_t end = region.lattice_begin[d] + region.image_size[d] + (*reach)[d];
    box.begin[d] = std::max<int64_t>(region.lattice_begin[d] - (*reach)[d], 0);
    box.end[d] = std::min(end, box.end[d]);
  }
  filters::Field<double> field(SizeOf(box), lattice.spacing);
  const std::vector<double> values = SampledImage(exec, image, settings, lattice, box);
  std::transform(values.begin(), values.end(), field.data(), [](double x) { return std::isfinite(x) ? x : 0; });
  const filters::Field<double> response = filters::Apply(exec, *settings.filter, field);
  for (int64_t k = 0; k < region.image_size[2]; ++k) {
    for (int64_t j = 0; j < region.image_size[1]; ++j) {
      const int64_t z = k + region.lattice_begin[2] - box.begin[2], y = j + region.lattice_begin[1] - box.begin[1];
      const double* from = response.data() + (z * response.size[1] + y) * response.size[0] + region.lattice_begin[0] - box.begin[0];
      std::copy_n(from, region.image_size[0], region.image.data() + (k * region.image_size[1] + j) * region.image_size[0]);
    }
  }
  region.range_given[0] = region.range_given[1] = false;
  const auto kind = settings.filter->kind;
  const bool same_unit = kind == filters::Kind::kMean || kind == filters::Kind::kGaussian || kind == filters::Kind::kMedian;
  if (!same_unit) region.unit.clear();
}

}  // namespace isovox::radiomics
