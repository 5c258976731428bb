#include "radiomics/perturb.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <span>

#include "base/error.h"
#include "imaging/distance.h"
#include "radiomics/prepare.h"

namespace isovox::radiomics {
namespace {

uint64_t Mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27U) * 0x94d049bb133111ebULL;
  return x ^ x >> 31U;
}

double NormalAt(uint64_t seed, uint64_t counter) {
  const double u = 1 - UniformAt(seed, 2 * counter), v = UniformAt(seed, 2 * counter + 1);
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

// To the nearest voxel of the other kind, less half of the smallest spacing: negative inside.
std::vector<double> SignedDistance(const Exec& exec, std::span<const uint8_t> mask, const Grid& grid) {
  std::vector<uint8_t> outside(mask.size());
  std::transform(mask.begin(), mask.end(), outside.begin(), [](uint8_t m) { return m == 0; });
  std::vector<float> to_mask(mask.size()), to_outside(mask.size());
  DistanceToBackground(exec, outside, grid.size, grid.spacing, to_mask);
  DistanceToBackground(exec, mask, grid.size, grid.spacing, to_outside);
  const double half = *std::min_element(grid.spacing.begin(), grid.spacing.end()) / 2;
  std::vector<double> out(mask.size());
  for (size_t v = 0; v < out.size(); ++v) out[v] = mask[v] != 0 ? half - to_outside[v] : to_mask[v] - half;
  return out;
}

// Linear interpolation; beyond the box its outermost samples go on.
double At(const double* values, const std::array<int64_t, 3>& size, const std::array<double, 3>& index) {
  std::array<int64_t, 3> low, high;
  std::array<double, 3> t;
  for (size_t d = 0; d < 3; ++d) {
    const double x = std::clamp(index[d], 0.0, static_cast<double>(size[d] - 1));
    low[d] = static_cast<int64_t>(x);
    high[d] = std::min(low[d] + 1, size[d] - 1);
    t[d] = x - static_cast<double>(low[d]);
  }
  double sum = 0;
  for (unsigned corner = 0; corner < 8; ++corner) {
    double weight = 1;
    std::array<int64_t, 3> at;
    for (size_t d = 0; d < 3; ++d) {
      const bool up = (corner >> d & 1U) != 0;
      weight *= up ? t[d] : 1 - t[d];
      at[d] = up ? high[d] : low[d];
    }
    if (weight > 0) sum += weight * values[(at[2] * size[1] + at[1]) * size[0] + at[0]];
  }
  return sum;
}

// Where the voxel (i, j, k) of the turned grid lies in the scene, in indices.
class Turn {
 public:
  Turn(const Scene& scene, double degrees) : c_(std::cos(degrees * std::numbers::pi / 180)), s_(std::sin(degrees * std::numbers::pi / 180)) {
    const Grid& grid = scene.mask.grid;
    spacing_ = grid.spacing;
    double sum[2] = {0, 0}, count = 0;
    const auto mask = scene.mask.As<uint8_t>();
    for (int64_t v = 0; v < grid.voxels(); ++v) {
      if (mask[static_cast<size_t>(v)] == 0) continue;
      sum[0] += static_cast<double>(v % grid.size[0]);
      sum[1] += static_cast<double>(v / grid.size[0] % grid.size[1]);
      count += 1;
    }
    centre_ = {sum[0] / count, sum[1] / count};
  }
  std::array<double, 3> operator()(double i, double j, double k) const {
    const double x = (i - centre_[0]) * spacing_[0], y = (j - centre_[1]) * spacing_[1];
    return {centre_[0] + (c_ * x + s_ * y) / spacing_[0], centre_[1] + (c_ * y - s_ * x) / spacing_[1], k};
  }

 private:
  double c_, s_;
  std::array<double, 3> spacing_;
  std::array<double, 2> centre_;
};

}  // namespace

double UniformAt(uint64_t seed, uint64_t counter) {
  return static_cast<double>(Mixed(Mixed(seed) ^ Mixed(counter * 0xd1342543de82ef95ULL + 1)) >> 11U) * 0x1p-53;
}

Scene SceneOf(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label, double margin_mm) {
  const IndexBox found = BoxOf(mask, label);
  if (found.empty()) throw InvalidArgument("mask", "a structure with voxels", "an empty one");
  if (image.grid.size != mask.grid.size) {
    throw Error(ErrorCode::kGeometry, "Expected the mask on the image's grid", {{"expected", "equal sizes"}, {"actual", "others"}});
  }
  IndexBox box;
  Grid grid = image.grid;
  for (size_t d = 0; d < 3; ++d) {
    const auto margin = static_cast<int64_t>(std::ceil(margin_mm / grid.spacing[d]));
    box.begin[d] = std::max<int64_t>(found.begin[d] - margin, 0);
    box.end[d] = std::min(found.end[d] + margin, grid.size[d]);
  }
  grid.origin = image.grid.IndexToPatient({static_cast<double>(box.begin[0]), static_cast<double>(box.begin[1]),
                                           static_cast<double>(box.begin[2])});
  for (size_t d = 0; d < 3; ++d) grid.size[d] = box.end[d] - box.begin[d];
  Scene scene{MakeVolume(grid, DType::kFloat64), MakeVolume(grid, DType::kUint8), {}};
  scene.image.unit = image.unit;
  const auto each_row = [&](auto&& copy) {
    for (int64_t row = 0; row < grid.size[1] * grid.size[2]; ++row) {
      const int64_t j = row % grid.size[1] + box.begin[1], k = row / grid.size[1] + box.begin[2];
      copy((k * image.grid.size[1] + j) * image.grid.size[0] + box.begin[0], row * grid.size[0]);
    }
  };
  VisitDType(image.dtype, [&]<typename T>(T) {
    const T* from = image.As<T>().data();
    double* to = scene.image.As<double>().data();
    each_row([&](int64_t a, int64_t b) {
      for (int64_t i = 0; i < grid.size[0]; ++i) to[b + i] = image.slope * static_cast<double>(from[a + i]) + image.intercept;
    });
  });
  VisitDType(mask.dtype, [&]<typename T>(T) {
    const T* from = mask.As<T>().data();
    uint8_t* to = scene.mask.As<uint8_t>().data();
    each_row([&](int64_t a, int64_t b) {
      for (int64_t i = 0; i < grid.size[0]; ++i) {
        const double value = mask.slope * static_cast<double>(from[a + i]) + mask.intercept;
        to[b + i] = label ? value == static_cast<double>(*label) : value > 0;
      }
    });
  });
  scene.distance = SignedDistance(exec, scene.mask.As<uint8_t>(), grid);
  return scene;
}

Volume PerturbedImage(const Exec& exec, const Scene& scene, const Perturbation& p, uint64_t seed) {
  Volume out = scene.image;
  const Grid& grid = out.grid;
  out.storage = MakeUnsetVolume(grid, DType::kFloat64).storage;
  const double* from = scene.image.As<double>().data();
  double* to = out.As<double>().data();
  const Turn turn(scene, p.rotation_deg);
  const uint64_t stream = Mixed(seed ^ std::bit_cast<uint64_t>(p.noise));
  ParallelFor(exec, grid.size[1] * grid.size[2], 64, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t i = 0; i < grid.size[0]; ++i) {
        const int64_t v = row * grid.size[0] + i;
        const double value = p.rotation_deg == 0 ? from[v]
                                                 : At(from, grid.size,
                                                      turn(static_cast<double>(i), static_cast<double>(row % grid.size[1]),
                                                           static_cast<double>(row / grid.size[1])));
        to[v] = p.noise == 0 ? value : value + p.noise * NormalAt(stream, static_cast<uint64_t>(v));
      }
    }
  });
  return out;
}

Volume PerturbedMask(const Exec& exec, const Scene& scene, const Perturbation& p) {
  const Grid& grid = scene.mask.grid;
  const Turn turn(scene, p.rotation_deg);
  const bool still = p.rotation_deg == 0 && p.shift_mm == std::array<double, 3>{0, 0, 0};
  std::vector<double> distance = scene.distance;
  if (!still) {
    ParallelFor(exec, grid.size[1] * grid.size[2], 64, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        for (int64_t i = 0; i < grid.size[0]; ++i) {
          auto at = turn(static_cast<double>(i), static_cast<double>(row % grid.size[1]), static_cast<double>(row / grid.size[1]));
          for (size_t d = 0; d < 3; ++d) at[d] -= p.shift_mm[d] / grid.spacing[d];
          distance[static_cast<size_t>(row * grid.size[0] + i)] = At(scene.distance.data(), grid.size, at);
        }
      }
    });
  }
  Volume out = MakeVolume(grid, DType::kUint8);
  uint8_t* to = out.As<uint8_t>().data();
  if (p.volume == 0) {
    for (size_t v = 0; v < distance.size(); ++v) to[v] = distance[v] <= p.offset_mm;
    return out;
  }
  // The nearest voxels, as many as the changed volume has; of equally near ones those that come first.
  const auto within = std::count_if(distance.begin(), distance.end(), [&](double x) { return x <= p.offset_mm; });
  const auto wanted = static_cast<size_t>(
      std::clamp<int64_t>(std::llround(static_cast<double>(within) * (1 + p.volume)), 0, static_cast<int64_t>(distance.size())));
  std::vector<uint32_t> order(distance.size());
  for (size_t v = 0; v < order.size(); ++v) order[v] = static_cast<uint32_t>(v);
  const auto nearer = [&](uint32_t a, uint32_t b) { return distance[a] < distance[b] || (distance[a] == distance[b] && a < b); };
  if (wanted < order.size()) std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(wanted), order.end(), nearer);
  for (size_t n = 0; n < wanted; ++n) to[order[n]] = 1;
  return out;
}

}  // namespace isovox::radiomics
