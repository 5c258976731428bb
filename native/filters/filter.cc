#include "filters/filter.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/error.h"
#include "filters/kernels.h"
#include "filters/median.h"
#include "filters/rotations.h"
#include "filters/separable.h"
#include "filters/wavelets.h"
#include "simd/lines.h"

namespace isovox::filters {
namespace {

constexpr double kLargestSigmaVoxels = 4096;

size_t Axes(const Filter& filter) { return filter.slices ? 2 : 3; }

template <typename T>
std::array<double, 3> SigmaVoxels(const Filter& filter, const Field<T>& in) {
  std::array<double, 3> sigma{0, 0, 0};
  for (size_t d = 0; d < Axes(filter); ++d) {
    sigma[d] = filter.sigma_mm / in.spacing[d];
    if (!(sigma[d] > 0) || sigma[d] * filter.truncate > kLargestSigmaVoxels) {
      throw InvalidArgument("sigma_mm", "a positive width whose kernel has at most 8192 voxels", std::to_string(filter.sigma_mm));
    }
  }
  return sigma;
}

template <typename T>
Field<T> As(const Exec& exec, Field<double> in) {
  if constexpr (std::is_same_v<T, double>) {
    return in;
  } else {
    Field<T> out(in.size, in.spacing);
    ParallelFor(exec, in.voxels(), 1 << 16, [&](int64_t begin, int64_t end) {
      std::copy(in.data() + begin, in.data() + end, out.data() + begin);
    });
    return out;
  }
}

template <typename T>
Field<double> AsDouble(const Exec& exec, const Field<T>& in) {
  Field<double> out(in.size, in.spacing);
  ParallelFor(exec, in.voxels(), 1 << 16, [&](int64_t begin, int64_t end) {
    std::copy(in.data() + begin, in.data() + end, out.data() + begin);
  });
  return out;
}

template <typename T>
void Pool(const Exec& exec, bool first, Pooling pooling, const Field<T>& from, Field<T>& into) {
  ParallelFor(exec, from.voxels(), 1 << 16, [&](int64_t begin, int64_t end) {
    const T* x = from.data();
    T* y = into.data();
    for (int64_t v = begin; v < end; ++v) {
      y[v] = first                           ? x[v]
             : pooling == Pooling::kAverage ? y[v] + x[v]
             : pooling == Pooling::kMax     ? std::max(y[v], x[v])
                                            : std::min(y[v], x[v]);
    }
  });
}

// The responses of a separable filter under all its rotations, pooled. `level` passes, each with kernels twice as far
// apart as the one before; all but the last are the pre-filter's.
template <typename T>
Field<T> PooledRotations(const Exec& exec, const Filter& filter, const Turned& base, int level, const Field<T>& in) {
  const auto turns = filter.rotate ? Rotations(base, !filter.slices) : std::vector<Turned>{base};
  const auto response = [&](const Turned& turned) {
    Field<T> map = in;
    for (int pass = 1; pass <= level; ++pass) {
      Kernels kernels = pass < level ? turned.pre_filter : turned.kernels;
      for (Kernel& kernel : kernels) kernel = kernel.Spread(int64_t{1} << (pass - 1));
      map = Convolve(exec, map, kernels, filter.boundary);
    }
    return map;
  };
  Field<T> pooled = response(turns.front());
  for (size_t n = 1; n < turns.size(); ++n) Pool(exec, false, filter.pooling, response(turns[n]), pooled);
  if (filter.pooling == Pooling::kAverage && turns.size() > 1) {
    const auto count = static_cast<T>(turns.size());
    ParallelFor(exec, pooled.voxels(), 1 << 16, [&](int64_t begin, int64_t end) {
      for (int64_t v = begin; v < end; ++v) pooled.data()[v] /= count;
    });
  }
  return pooled;
}

template <typename T>
Field<T> Laws(const Exec& exec, const Filter& filter, const Field<T>& in) {
  const size_t axes = Axes(filter);
  Turned base;
  for (size_t d = 0; d < axes; ++d) {
    const auto kernel = filter.kernels.size() == 2 * axes ? LawsKernel(std::string_view(filter.kernels).substr(2 * d, 2)) : std::nullopt;
    if (!kernel) {
      throw InvalidArgument("kernels", std::to_string(axes) + " of L3, E3, S3, L5, E5, S5, W5, R5", "\"" + filter.kernels + "\"");
    }
    base.kernels[d] = *kernel;
  }
  Field<T> map = PooledRotations(exec, filter, base, 1, in);
  if (!filter.energy_distance) return map;
  ParallelFor(exec, map.voxels(), 1 << 16, [&](int64_t begin, int64_t end) {
    for (int64_t v = begin; v < end; ++v) map.data()[v] = std::abs(map.data()[v]);
  });
  Kernels mean;
  for (size_t d = 0; d < axes; ++d) mean[d] = MeanKernel(2 * *filter.energy_distance + 1);
  return Convolve(exec, map, mean, filter.boundary);
}

template <typename T>
Field<T> SeparableWavelet(const Exec& exec, const Filter& filter, const Field<T>& in) {
  const auto wavelet = WaveletFromName(filter.wavelet);
  if (!wavelet) throw InvalidArgument("wavelet", "haar, db1 to db20, sym2 to sym20, coif1 to coif5, bior, rbio or dmey", "\"" + filter.wavelet + "\"");
  const size_t axes = Axes(filter);
  Turned base;
  for (size_t d = 0; d < axes; ++d) {
    const char letter = filter.decomposition.size() == axes ? filter.decomposition[d] : '?';
    if (letter != 'L' && letter != 'H') {
      throw InvalidArgument("decomposition", std::to_string(axes) + " letters L or H", "\"" + filter.decomposition + "\"");
    }
    base.kernels[d] = CentredKernel(letter == 'L' ? wavelet->low : wavelet->high);
    base.pre_filter[d] = CentredKernel(wavelet->low);
  }
  return PooledRotations(exec, filter, base, filter.level, in);
}

template <typename T>
Field<T> Laplacian(const Exec& exec, const Filter& filter, const Field<T>& in, Boundary boundary) {
  const auto sigma = SigmaVoxels(filter, in);
  Kernels smooth, curvature;
  for (size_t d = 0; d < Axes(filter); ++d) {
    smooth[d] = GaussianKernel(sigma[d], filter.truncate);
    curvature[d] = GaussianCurvatureKernel(sigma[d], filter.truncate);
  }
  return ConvolveCurvature(exec, in, smooth, curvature, boundary);
}

template <typename T>
Spectral SpectralOf(const Filter& filter, const Field<T>& in) {
  Spectral spectral;
  if (filter.kind == Kind::kRadialWavelet) spectral.wavelet = filter.radial;
  spectral.level = filter.level;
  spectral.riesz = filter.riesz;
  spectral.slices = filter.slices;
  if (filter.steer_mm) spectral.steer_sigma = *filter.steer_mm / std::max(in.spacing[0], in.spacing[1]);
  return spectral;
}

// The Riesz transform of a Laplacian of Gaussian: on the image with a margin of the kernel's half width.
Field<double> RieszLaplacian(const Exec& exec, const Filter& filter, const Field<double>& in) {
  std::array<int64_t, 3> margin{0, 0, 0};
  const auto sigma = SigmaVoxels(filter, in);
  for (size_t d = 0; d < Axes(filter); ++d) margin[d] = GaussianKernel(sigma[d], filter.truncate).centre;
  const Field<double> padded = Pad(exec, in, margin, filter.boundary);
  return Crop(exec, FilterSpectrum(exec, Laplacian(exec, filter, padded, Boundary::kPeriodic), SpectralOf(filter, in)), margin);
}

void Check(const Filter& filter) {
  if (filter.support < 1 || filter.support % 2 == 0 || filter.support > 4095) {
    throw InvalidArgument("support", "an odd number from 1 to 4095", std::to_string(filter.support));
  }
  if (filter.kind == Kind::kMedian && filter.support > 31) {
    throw InvalidArgument("support", "at most 31 for a median", std::to_string(filter.support));
  }
  if (!(filter.truncate > 0)) throw InvalidArgument("truncate", "a positive number", std::to_string(filter.truncate));
  if (filter.level < 1 || filter.level > 10) throw InvalidArgument("level", "1 to 10", std::to_string(filter.level));
  if (filter.energy_distance && (*filter.energy_distance < 0 || *filter.energy_distance > 2047)) {
    throw InvalidArgument("energy_distance", "0 to 2047", std::to_string(*filter.energy_distance));
  }
  if (filter.kind == Kind::kGabor && !(filter.gabor.sigma_mm > 0 && filter.gabor.lambda_mm > 0 && filter.gabor.gamma > 0)) {
    throw InvalidArgument("gabor", "positive sigma_mm, lambda_mm and gamma", "another");
  }
  if (!filter.riesz) {
    if (filter.steer_mm) throw InvalidArgument("steer_mm", "a Riesz order to steer", "none");
    return;
  }
  const RieszOrder& order = *filter.riesz;
  const int degree = order[0] + order[1] + order[2];
  if (*std::min_element(order.begin(), order.end()) < 0 || degree < 1 || degree > 4 || (filter.slices && order[2] > 0)) {
    throw InvalidArgument("riesz", "orders of 0 or more with a sum of 1 to 4, none across slices of a 2D filter",
                          std::to_string(order[0]) + ", " + std::to_string(order[1]) + ", " + std::to_string(order[2]));
  }
  if (filter.kind != Kind::kLaplacian && filter.kind != Kind::kRadialWavelet) {
    throw InvalidArgument("riesz", "a filter of type log or nonseparable", "another type");
  }
  if (filter.steer_mm && !(*filter.steer_mm > 0)) {
    throw InvalidArgument("steer_mm", "a positive number", std::to_string(*filter.steer_mm));
  }
}

// The volume's own numbers where they need no scaling and are all finite, else a copy.
template <typename T>
Field<T> FieldOf(const Exec& exec, const Volume& in) {
  if (in.dtype == DTypeOf<T>::value && in.slope == 1 && in.intercept == 0) {
    const T* values = in.As<T>().data();
    std::atomic<bool> finite = true;
    ParallelFor(exec, in.grid.voxels(), 1 << 16, [&](int64_t begin, int64_t end) {
      if (!simd::AllFinite(values + begin, end - begin)) finite = false;
    });
    if (finite) return Field<T>(in.grid.size, in.grid.spacing, in.storage);
  }
  Field<T> field(in.grid.size, in.grid.spacing);
  VisitDType(in.dtype, [&]<typename S>(S) {
    const S* from = in.As<S>().data();
    ParallelFor(exec, field.voxels(), 1 << 16, [&](int64_t begin, int64_t end) {
      for (int64_t v = begin; v < end; ++v) {
        const double x = in.slope * static_cast<double>(from[v]) + in.intercept;
        field.data()[v] = std::isfinite(x) ? static_cast<T>(x) : T{0};
      }
    });
  });
  return field;
}

}  // namespace

template <typename T>
Field<T> Apply(const Exec& exec, const Filter& filter, const Field<T>& in) {
  Check(filter);
  switch (filter.kind) {
    case Kind::kMean:
    case Kind::kGaussian: {
      Kernels kernels;
      const auto sigma = filter.kind == Kind::kGaussian ? SigmaVoxels(filter, in) : std::array<double, 3>{};
      for (size_t d = 0; d < Axes(filter); ++d) {
        kernels[d] = filter.kind == Kind::kMean ? MeanKernel(filter.support) : GaussianKernel(sigma[d], filter.truncate);
      }
      return Convolve(exec, in, kernels, filter.boundary);
    }
    case Kind::kMedian: return Median(exec, in, filter.support, filter.slices, filter.boundary);
    case Kind::kLaplacian:
      if (filter.riesz) return As<T>(exec, RieszLaplacian(exec, filter, AsDouble(exec, in)));
      return Laplacian(exec, filter, in, filter.boundary);
    case Kind::kLaws: return Laws(exec, filter, in);
    case Kind::kGabor: {
      Gabor gabor = filter.gabor;
      gabor.pooling = filter.pooling;
      gabor.orthogonal_planes = filter.rotate && !filter.slices;
      return As<T>(exec, FilterGabor(exec, AsDouble(exec, in), gabor, filter.boundary));
    }
    case Kind::kWavelet: return SeparableWavelet(exec, filter, in);
    case Kind::kRadialWavelet: break;
  }
  return As<T>(exec, FilterSpectrum(exec, AsDouble(exec, in), SpectralOf(filter, in)));
}

template Field<float> Apply(const Exec&, const Filter&, const Field<float>&);
template Field<double> Apply(const Exec&, const Filter&, const Field<double>&);

std::optional<std::array<int64_t, 3>> Reach(const Filter& filter, const std::array<double, 3>& spacing) {
  const bool spectral = filter.kind == Kind::kGabor || filter.kind == Kind::kRadialWavelet || filter.riesz.has_value();
  if (spectral || filter.boundary == Boundary::kPeriodic) return std::nullopt;
  std::array<int64_t, 3> reach{0, 0, 0};
  for (size_t d = 0; d < Axes(filter); ++d) {
    const double sigma = filter.sigma_mm / spacing[d];
    switch (filter.kind) {
      case Kind::kGaussian:
      case Kind::kLaplacian:
        if (!(filter.truncate * sigma <= kLargestSigmaVoxels)) return std::nullopt;
        reach[d] = static_cast<int64_t>(std::ceil(filter.truncate * sigma)) + 1;
        break;
      case Kind::kLaws: reach[d] = 2 + filter.energy_distance.value_or(0); break;
      case Kind::kWavelet: {
        const auto wavelet = WaveletFromName(filter.wavelet);
        const int64_t taps = wavelet ? static_cast<int64_t>(wavelet->low.size()) : 0;
        reach[d] = (taps + 1) << std::min(filter.level, 10);
        break;
      }
      default: reach[d] = filter.support;
    }
  }
  return reach;
}

Volume ApplyToVolume(const Exec& exec, const Filter& filter, const Volume& in) {
  if (in.frames != 1 || in.components != 1) {
    throw InvalidArgument("image", "one frame of one component",
                          std::to_string(in.frames) + " frames of " + std::to_string(in.components));
  }
  const auto run = [&]<typename T>(T) {
    const Field<T> field = FieldOf<T>(exec, in);
    Volume out;
    out.grid = in.grid;
    out.dtype = DTypeOf<T>::value;
    const bool same_unit = filter.kind == Kind::kMean || filter.kind == Kind::kGaussian || filter.kind == Kind::kMedian;
    if (same_unit) out.unit = in.unit;
    out.storage = Apply(exec, filter, field).storage;
    return out;
  };
  return in.dtype == DType::kFloat64 ? run(double{}) : run(float{});
}

}  // namespace isovox::filters
