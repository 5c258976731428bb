#include "imaging/resample_onto.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "imaging/held_value.h"
#include "imaging/taps.h"

namespace isovox {
namespace {

// Of a voxel: lattices that share an edge share it though their numbers are rounded.
constexpr double kEdgeTolerance = 1e-6;

// One box of samples, or of spline coefficients, between which values are asked for.
struct Samples {
  const std::vector<double>& values;
  std::array<int64_t, 3> size;
  Interpolation method;

  bool Holds(Vec3 at) const {
    const auto within = [](double x, int64_t n) { 
      return x >= -0.5 - kEdgeTolerance && x <= static_cast<double>(n) - 0.5 + kEdgeTolerance;
    };
    return within(at.x, size[0]) && within(at.y, size[1]) && within(at.z, size[2]);
  }

  double At(Vec3 at) const {
    const auto x = TapsAt(at.x, size[0], method), y = TapsAt(at.y, size[1], method), z = TapsAt(at.z, size[2], method);
    const auto count = static_cast<size_t>(TapCount(method));
    double sum = 0;
    for (size_t c = 0; c < count; ++c) {
      for (size_t b = 0; b < count; ++b) {
        const double* row = values.data() + (z.at[c] * size[1] + y.at[b]) * size[0];
        double along = 0;
        for (size_t a = 0; a < count; ++a) along += x.weight[a] * row[x.at[a]];
        sum += z.weight[c] * y.weight[b] * along;
      }
    }
    return sum;
  }
};

}  // namespace

Volume ResampleOnto(const Exec& exec, const Volume& volume, const Grid& target, Interpolation method, double outside) {
  const PatientToIndexMap index_of(volume.grid);
  Volume out = MakeUnsetVolume(target, volume.dtype, volume.frames, volume.components);
  out.slope = volume.slope;
  out.intercept = volume.intercept;
  out.unit = volume.unit;
  out.metadata = volume.metadata;
  const double stored_outside = (outside - volume.intercept) / volume.slope;
  const auto components = static_cast<size_t>(volume.components);
  const size_t before = static_cast<size_t>(volume.grid.voxels()), after = static_cast<size_t>(target.voxels());
  if (after == 0 || before == 0) return out;
  const auto [ni, nj, nk] = target.size;
  std::vector<double> values(before);
  exec.SetTotal(volume.frames * volume.components * nk);
  for (size_t f = 0; f < static_cast<size_t>(volume.frames); ++f) {
    for (size_t c = 0; c < components; ++c) {
      VisitDType(volume.dtype, [&, ni = ni, nj = nj, nk = nk](auto sample) {
        using T = decltype(sample);
        const auto in = volume.As<T>().subspan(f * before * components);
        for (size_t i = 0; i < before; ++i) values[i] = static_cast<double>(in[i * components + c]);
        if (method == Interpolation::kCubic) values = SplineCoefficients(exec, values.data(), volume.grid.size);
        const Samples samples{values, volume.grid.size, method};
        const auto to = out.As<T>().subspan(f * after * components);
        ParallelFor(exec, nk, 1, [&](int64_t begin, int64_t end) {
          for (int64_t k = begin; k < end; ++k) {
            for (int64_t j = 0; j < nj; ++j) {
              for (int64_t i = 0; i < ni; ++i) {
                const Vec3 at = index_of(
                    target.IndexToPatient({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)}));
                const double value = samples.Holds(at) ? samples.At(at) : stored_outside;
                to[static_cast<size_t>((k * nj + j) * ni + i) * components + c] = HeldValue<T>(value);
              }
            }
            exec.Step();
          }
        });
      });
    }
  }
  return out;
}

}  // namespace isovox
