#include "imaging/slice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"

namespace isovox {
namespace {

constexpr double kMostPixels = 64e6;

struct Corner {
  double u, v;
};

Corner Flatten(PatientPlane plane, Vec3 p) {
  if (plane == PatientPlane::kAxial) return {p.x, p.y};
  return plane == PatientPlane::kCoronal ? Corner{p.x, p.z} : Corner{p.y, p.z};
}

std::array<double, 4> ExtentOf(const Grid& grid, double last_plane, PatientPlane plane) {
  std::array<double, 4> e{1e300, -1e300, 1e300, -1e300};
  for (int corner = 0; corner < 8; ++corner) {
    const auto end = [&](int a, double last) { return (corner >> a & 1) != 0 ? last : 0.0; };
    const double last_i = static_cast<double>(grid.size[0] - 1), last_j = static_cast<double>(grid.size[1] - 1);
    const Corner c = Flatten(plane, grid.IndexToPatient({end(0, last_i), end(1, last_j), end(2, last_plane)}));
    e = {std::min(e[0], c.u), std::max(e[1], c.u), std::min(e[2], c.v), std::max(e[3], c.v)};
  }
  return e;
}

// A continuous index along an axis of `count` samples, or NaN outside; the third axis may be uneven.
double Inside(double x, int64_t count) {
  const double last = static_cast<double>(count - 1);
  if (!(x >= -0.5 && x <= last + 0.5)) return std::numeric_limits<double>::quiet_NaN();
  return std::clamp(x, 0.0, last);
}

template <typename Third, typename Value>
Slice Extract(const Grid& grid, double last_plane, const SliceRequest& request, const Exec& exec, const Third& third,
              const Value& value) {
  const auto extent = request.extent ? *request.extent : ExtentOf(grid, last_plane, request.plane);
  Slice slice;
  slice.pixel_mm = request.pixel_mm;
  slice.u0 = extent[0];
  slice.v0 = extent[2];
  const double width = std::floor((extent[1] - extent[0]) / request.pixel_mm + 1e-6) + 1;
  const double height = std::floor((extent[3] - extent[2]) / request.pixel_mm + 1e-6) + 1;
  if (!(width >= 1 && height >= 1 && width * height <= kMostPixels)) {
    throw InvalidArgument("extent", "[u0, u1, v0, v1] with 1 to 64 million pixels",
                          std::to_string(width) + " x " + std::to_string(height));
  }
  slice.width = static_cast<int64_t>(width);
  slice.height = static_cast<int64_t>(height);
  slice.values = Storage::Allocate(static_cast<size_t>(slice.width * slice.height) * sizeof(float));
  auto out = slice.values->As<float>();
  const PatientToIndexMap map(grid);
  const auto [ni, nj, nk] = grid.size;
  ParallelFor(exec, slice.height, 64, [&, ni = ni, nj = nj, nk = nk](int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end; ++j) {
      for (int64_t i = 0; i < slice.width; ++i) {
        const Vec3 index = map(PatientPoint(request.plane, slice.u0 + static_cast<double>(i) * slice.pixel_mm,
                                            slice.v0 + static_cast<double>(j) * slice.pixel_mm, request.position_mm));
        const double x = Inside(index.x, ni), y = Inside(index.y, nj), z = Inside(third(index.z), nk);
        float& pixel = out[static_cast<size_t>(j * slice.width + i)];
        if (std::isnan(x + y + z)) {
          pixel = std::numeric_limits<float>::quiet_NaN();
          continue;
        }
        const auto i0 = static_cast<int64_t>(x), j0 = static_cast<int64_t>(y), k0 = static_cast<int64_t>(z);
        const double tx = x - static_cast<double>(i0), ty = y - static_cast<double>(j0);
        const double tz = z - static_cast<double>(k0);
        const int64_t at = (k0 * nj + j0) * ni + i0;
        const int64_t di = i0 + 1 < ni, dj = j0 + 1 < nj ? ni : 0, dk = k0 + 1 < nk ? ni * nj : 0;
        const auto mix = [](double a, double b, double t) { return t == 0 ? a : a + t * (b - a); };
        const double a = mix(value(at), value(at + di), tx), b = mix(value(at + dj), value(at + dj + di), tx);
        const double c = mix(value(at + dk), value(at + dk + di), tx),
                     d = mix(value(at + dk + dj), value(at + dk + dj + di), tx);
        pixel = static_cast<float>(mix(mix(a, b, ty), mix(c, d, ty), tz));
      }
    }
  });
  return slice;
}

}  // namespace

Vec3 PatientPoint(PatientPlane plane, double u, double v, double position) {
  if (plane == PatientPlane::kAxial) return {u, v, position};
  return plane == PatientPlane::kCoronal ? Vec3{u, position, v} : Vec3{position, u, v};
}

Slice ExtractSlice(const Volume& volume, const SliceRequest& request, const Exec& exec) {
  return VisitDType(volume.dtype, [&](auto type) {
    using T = decltype(type);
    const T* values = volume.As<T>().data();
    const int64_t step = volume.components;
    return Extract(
        volume.grid, static_cast<double>(volume.grid.size[2] - 1), request, exec, [](double z) { return z; },
        [&](int64_t at) { return volume.slope * static_cast<double>(values[at * step]) + volume.intercept; });
  });
}

Slice ExtractSlice(const DoseGrid& dose, const SliceRequest& request, const Exec& exec) {
  const float* values = dose.gray().data();
  const auto& planes = dose.plane_mm;
  const double step = dose.grid.spacing[2];
  const auto third = [&](double z) {
    if (planes.size() < 2) return z;
    const double mm = z * step;
    const auto above = std::upper_bound(planes.begin(), planes.end(), mm);
    const auto n = std::clamp<int64_t>(above - planes.begin() - 1, 0, static_cast<int64_t>(planes.size()) - 2);
    const double a = planes[static_cast<size_t>(n)], b = planes[static_cast<size_t>(n) + 1];
    return static_cast<double>(n) + (mm - a) / (b - a);
  };
  return Extract(dose.grid, planes.empty() ? 0 : planes.back() / step, request, exec, third,
                 [&](int64_t at) { return static_cast<double>(values[at]); });
}

}  // namespace isovox
