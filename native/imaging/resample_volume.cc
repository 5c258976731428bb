#include "imaging/resample_volume.h"

#include <type_traits>

#include "imaging/held_value.h"
#include "imaging/resample_rows.h"

namespace isovox {
namespace {

std::array<AxisMap, 3> AxesFor(const Grid& grid, const std::array<double, 3>& spacing_mm) {
  std::array<AxisMap, 3> axes;
  for (size_t a = 0; a < 3; ++a) axes[a] = AlignCentres(grid.size[a], grid.spacing[a], spacing_mm[a]);
  return axes;
}

}  // namespace

Grid ResampledGrid(const Grid& grid, const std::array<double, 3>& spacing_mm) {
  const auto axes = AxesFor(grid, spacing_mm);
  Grid out = grid;
  out.origin = grid.IndexToPatient({axes[0].start, axes[1].start, axes[2].start});
  for (size_t a = 0; a < 3; ++a) {
    out.size[a] = axes[a].size;
    out.spacing[a] = grid.spacing[a] * axes[a].step;
  }
  return out;
}

Volume ResampleVolume(const Exec& exec, const Volume& volume, const std::array<double, 3>& spacing_mm, Interpolation method) {
  const auto axes = AxesFor(volume.grid, spacing_mm);
  Volume out = MakeUnsetVolume(ResampledGrid(volume.grid, spacing_mm), volume.dtype, volume.frames, volume.components);
  out.slope = volume.slope;
  out.intercept = volume.intercept;
  out.unit = volume.unit;
  out.metadata = volume.metadata;
  const auto components = static_cast<size_t>(volume.components);
  const size_t before = static_cast<size_t>(volume.grid.voxels()), after = static_cast<size_t>(out.grid.voxels());
  IndexBox box;
  box.end = out.grid.size;
  exec.SetTotal(volume.frames * volume.components);
  for (size_t f = 0; f < static_cast<size_t>(volume.frames); ++f) {
    for (size_t c = 0; c < components; ++c) {
      VisitDType(volume.dtype, [&](auto sample) {
        using T = decltype(sample);
        // Single precision is computed with where it is stored.
        using Number = std::conditional_t<std::is_same_v<T, float>, float, double>;
        const T* in = volume.As<T>().data() + f * before * components + c;
        T* to = out.As<T>().data() + f * after * components + c;
        const auto nx = static_cast<size_t>(volume.grid.size[0]);
        ResampleRows<Number>(
            exec, volume.grid.size, axes, box, method,
            [&](int64_t j, int64_t k, Number* row) {
              const T* from = in + static_cast<size_t>(k * volume.grid.size[1] + j) * nx * components;
              for (size_t i = 0; i < nx; ++i) row[i] = static_cast<Number>(from[i * components]);
            },
            [&](int64_t first, int64_t n, const Number* values) {
              for (int64_t v = 0; v < n; ++v) to[static_cast<size_t>(first + v) * components] = HeldValue<T>(values[v]);
            });
      });
      exec.Step();
    }
  }
  return out;
}

}  // namespace isovox
