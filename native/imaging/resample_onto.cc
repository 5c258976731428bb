#include "imaging/resample_onto.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "imaging/held_value.h"

namespace isovox {
namespace {

// Of a voxel: lattices that share an edge share it though their numbers are rounded.
constexpr double kEdgeTolerance = 1e-6;

// Two to four samples along one axis and their weights.
struct Taps {
  std::array<int64_t, 4> at{0, 0, 0, 0};
  std::array<double, 4> weight{1, 0, 0, 0};
};

int64_t Mirrored(int64_t at, int64_t size) {
  if (size == 1) return 0;
  if (at < 0) at = -at;
  return at < size ? at : std::max<int64_t>(0, 2 * (size - 1) - at);
}

Taps TapsAt(double x, int64_t size, Interpolation method) {
  x = std::clamp(x, 0.0, static_cast<double>(size - 1));
  Taps taps;
  if (method == Interpolation::kNearest) {
    taps.at[0] = std::min(static_cast<int64_t>(std::floor(x + 0.5)), size - 1);
    return taps;
  }
  const auto low = static_cast<int64_t>(std::floor(x));
  const double t = x - static_cast<double>(low), u = 1 - t;
  if (method == Interpolation::kLinear) {
    taps.at = {low, std::min(low + 1, size - 1), low, low};
    taps.weight = {u, t, 0, 0};
  } else {
    taps.weight = {u * u * u / 6, 2.0 / 3 - t * t * (2 - t) / 2, 2.0 / 3 - u * u * (2 - u) / 2, t * t * t / 6};
    for (size_t k = 0; k < 4; ++k) taps.at[k] = Mirrored(low - 1 + static_cast<int64_t>(k), size);
  }
  return taps;
}

size_t TapCount(Interpolation method) {
  return method == Interpolation::kNearest ? 1 : method == Interpolation::kLinear ? 2 : 4;
}

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
    const Taps x = TapsAt(at.x, size[0], method), y = TapsAt(at.y, size[1], method), z = TapsAt(at.z, size[2], method);
    const size_t count = TapCount(method);
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
