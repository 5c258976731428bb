// Bodies and doses whose dose-volume histograms are known in closed form, after B. Nelms et al., "Methods, software and
// datasets to verify DVH calculations against analytical values: Twenty years late(r)", Med. Phys. 42 (2015) 4435.
#pragma once

#include <cmath>
#include <functional>
#include <numbers>
#include <string>

#include "volume/dose_grid.h"
#include "volume/roi.h"

namespace isovox::test {

inline void AddLoop(Roi& roi, const std::vector<Vec3>& points, ContourKind kind = ContourKind::kClosedPlanar) {
  roi.contours.push_back({kind, roi.points.size(), points.size()});
  roi.points.insert(roi.points.end(), points.begin(), points.end());
}

// The polygon has the circle's area, as a drawn contour of many points would.
inline std::vector<Vec3> Circle(Vec3 centre, double radius, int points = 360) {
  const double angle = 2 * std::numbers::pi / points;
  const double r = radius * std::sqrt(angle / std::sin(angle));
  std::vector<Vec3> loop;
  for (int p = 0; p < points; ++p) {
    loop.push_back(centre + Vec3{r * std::cos(p * angle), r * std::sin(p * angle), 0});
  }
  return loop;
}

inline std::vector<Vec3> Rectangle(double x0, double x1, double y0, double y1, double z) {
  return {{x0, y0, z}, {x1, y0, z}, {x1, y1, z}, {x0, y1, z}};
}

// Planes at the middles of `spacing` thick slices that tile [low, high], as a scan of the body would cut it.
inline void Slices(double low, double high, double spacing, const std::function<void(double)>& at) {
  const int count = static_cast<int>(std::floor((high - low) / spacing + 1e-6));
  const double first = (low + high) / 2 - (count - 1) * spacing / 2;
  for (int n = 0; n < count; ++n) at(first + n * spacing);
}

inline Roi Sphere(double radius, double spacing, double shift = 0) {
  Roi roi;
  roi.name = "sphere";
  for (double z = spacing * (std::floor(-radius / spacing) - 1) + shift; z < radius; z += spacing) {
    if (std::abs(z) < radius - 1e-9) AddLoop(roi, Circle({0, 0, z}, std::sqrt(radius * radius - z * z)));
  }
  return roi;
}

inline Roi AxialCylinder(double radius, double height, double spacing) {
  Roi roi;
  roi.name = "cylinder";
  Slices(-height / 2, height / 2, spacing, [&](double z) { AddLoop(roi, Circle({0, 0, z}, radius)); });
  return roi;
}

// Lying along y: its sections are rectangles.
inline Roi LyingCylinder(double radius, double height, double spacing, double shift) {
  Roi roi;
  roi.name = "lying cylinder";
  for (double z = spacing * (std::floor(-radius / spacing) - 1) + shift; z < radius; z += spacing) {
    if (std::abs(z) >= radius - 1e-9) continue;
    const double half = std::sqrt(radius * radius - z * z);
    AddLoop(roi, Rectangle(-half, half, -height / 2, height / 2, z));
  }
  return roi;
}

// Base at z = -height / 2, tip at +height / 2.
inline Roi AxialCone(double radius, double height, double spacing) {
  Roi roi;
  roi.name = "cone";
  Slices(-height / 2, height / 2, spacing,
         [&](double z) { AddLoop(roi, Circle({0, 0, z}, radius * (0.5 - z / height))); });
  return roi;
}

// Axis along y, base at y = -height / 2: the section at height z is bounded by a hyperbola.
inline Roi LyingCone(double radius, double height, double spacing, double shift) {
  Roi roi;
  roi.name = "lying cone";
  for (double z = spacing * (std::floor(-radius / spacing) - 1) + shift; z < radius; z += spacing) {
    if (std::abs(z) >= radius - 1e-9) continue;
    std::vector<Vec3> loop;
    const double end = height * (1 - std::abs(z) / radius);  // from the base to the hyperbola's top
    constexpr int kPoints = 200;
    const auto half = [&](double along) {
      const double r = radius * (1 - along / height);
      return std::sqrt(std::max(0.0, r * r - z * z));
    };
    for (int p = 0; p <= kPoints; ++p) {
      const double along = end * std::sin(p * std::numbers::pi / 2 / kPoints);
      loop.push_back({half(along), along - height / 2, z});
    }
    for (int p = kPoints - 1; p >= 0; --p) {
      const double along = end * std::sin(p * std::numbers::pi / 2 / kPoints);
      loop.push_back({-half(along), along - height / 2, z});
    }
    AddLoop(roi, loop);
  }
  return roi;
}

// 20 Gy at the origin, `slope` gray per millimetre, over at least +- reach.
inline DoseGrid LinearDose(Vec3 slope, Vec3 spacing, double reach = 30, double base = 20) {
  DoseGrid dose;
  const auto half = [reach](double step) { return static_cast<int64_t>(std::ceil(reach / step)); };
  dose.grid.size = {2 * half(spacing.x) + 1, 2 * half(spacing.y) + 1, 2 * half(spacing.z) + 1};
  dose.grid.spacing = {spacing.x, spacing.y, spacing.z};
  dose.grid.origin = {-static_cast<double>(half(spacing.x)) * spacing.x,
                      -static_cast<double>(half(spacing.y)) * spacing.y,
                      -static_cast<double>(half(spacing.z)) * spacing.z};
  dose.values = Storage::Allocate(static_cast<size_t>(dose.grid.voxels()) * sizeof(float));
  auto out = dose.values->As<float>();
  size_t n = 0;
  for (int64_t k = 0; k < dose.grid.size[2]; ++k) {
    dose.plane_mm.push_back(static_cast<double>(k) * spacing.z);
    for (int64_t j = 0; j < dose.grid.size[1]; ++j) {
      for (int64_t i = 0; i < dose.grid.size[0]; ++i) {
        const Vec3 p = dose.grid.IndexToPatient(
            {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        out[n++] = static_cast<float>(base + Dot(slope, p));
      }
    }
  }
  return dose;
}

}  // namespace isovox::test
