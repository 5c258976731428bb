// Surfaces of balls against the closed form, and of noise against what a closed surface is.
#include "imaging/surface.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <numbers>
#include <utility>

namespace isovox {
namespace {

Grid Sized(const std::array<int64_t, 3>& size) {
  Grid grid;
  grid.size = size;
  return grid;
}

Volume Made(const Grid& grid, const std::function<double(Vec3)>& value) {
  Volume volume = MakeVolume(grid, DType::kFloat32);
  const auto values = volume.As<float>();
  size_t n = 0;
  for (int64_t k = 0; k < grid.size[2]; ++k) {
    for (int64_t j = 0; j < grid.size[1]; ++j) {
      for (int64_t i = 0; i < grid.size[0]; ++i) {
        const Vec3 index{static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)};
        values[n++] = static_cast<float>(value(grid.IndexToPatient(index)));
      }
    }
  }
  return volume;
}

// 0 or 1, and 0 at the border.
Volume Noise(const std::array<int64_t, 3>& size, uint32_t percent) {
  Volume volume = MakeVolume(Sized(size), DType::kUint8);
  const auto values = volume.As<uint8_t>();
  uint32_t state = 11;
  size_t n = 0;
  for (int64_t k = 0; k < size[2]; ++k) {
    for (int64_t j = 0; j < size[1]; ++j) {
      for (int64_t i = 0; i < size[0]; ++i, ++n) {
        state = state * 1664525 + 1013904223;
        const bool border = i == 0 || j == 0 || k == 0 || i + 1 == size[0] || j + 1 == size[1] || k + 1 == size[2];
        values[n] = !border && (state >> 8) % 100 < percent ? 1 : 0;
      }
    }
  }
  return volume;
}

// Each edge is walked once in each direction: the surface has no border and one outside.
bool IsClosed(const Surface& surface) {
  std::map<std::pair<uint32_t, uint32_t>, int> edges;
  for (int64_t t = 0; t < surface.triangles; ++t) {
    const uint32_t* c = surface.corners.get() + 3 * t;
    for (int e = 0; e < 3; ++e) ++edges[{c[e], c[(e + 1) % 3]}];
  }
  for (const auto& [edge, times] : edges) {
    const auto back = edges.find({edge.second, edge.first});
    if (back == edges.end() || back->second != times) return false;
  }
  return true;
}

TEST_CASE("the surface of a ball") {
  for (const double angle : {0.0, 0.4}) {
    const double c = std::cos(angle), s = std::sin(angle);
    const Grid grid{.size = {140, 70, 66},
                    .spacing = {0.5, 1, 1.1},
                    .origin = {-35, -35, -36},
                    .axes = {{c, s, 0}, {-s, c, 0}, {0, 0, 1}}};
    const Vec3 centre = grid.IndexToPatient({70, 34, 33});
    const double r = 20;
    const Surface surface = ExtractSurface({}, Made(grid, [&](Vec3 p) { return r - Norm(p - centre); }), 0);
    CHECK(surface.volume_mm3 == doctest::Approx(4.0 / 3 * std::numbers::pi * r * r * r).epsilon(2e-3));
    CHECK(surface.area_mm2 == doctest::Approx(4 * std::numbers::pi * r * r).epsilon(2e-3));
    double farthest = 0;
    for (int64_t n = 0; n < surface.points; ++n) {
      const float* p = surface.positions.get() + 3 * n;
      farthest = std::max(farthest, std::abs(Norm(Vec3{p[0], p[1], p[2]} - centre) - r));
    }
    CHECK(farthest < 0.02);  // the distance is not linear between voxels: second order
    CHECK(IsClosed(surface));
  }
}

TEST_CASE("a left-handed grid has its outside outside") {
  Grid grid = Sized({20, 20, 20});
  grid.axes.k = {0, 0, -1};
  const Vec3 centre = grid.IndexToPatient({10, 10, 10});
  const Surface surface = ExtractSurface({}, Made(grid, [&](Vec3 p) { return 5 - Norm(p - centre); }), 0);
  CHECK(surface.volume_mm3 == doctest::Approx(4.0 / 3 * std::numbers::pi * 125).epsilon(0.03));
}

TEST_CASE("noise has closed surfaces, whatever the length of its rows") {
  for (const int64_t length : {2, 3, 63, 64, 65, 66, 127, 128, 129, 130}) {
    for (const uint32_t percent : {5U, 50U, 95U}) {
      const Surface surface = ExtractSurface({}, Noise({length, 9, 8}, percent), 0.5);
      CHECK(IsClosed(surface));
      for (int64_t n = 0; n < 3 * surface.triangles; ++n) REQUIRE(surface.corners[static_cast<size_t>(n)] < surface.points);
    }
  }
}

TEST_CASE("one voxel is an octahedron") {
  Volume volume = MakeVolume(Sized({3, 3, 3}), DType::kInt16);
  volume.As<int16_t>()[13] = 100;
  volume.slope = 0.02;
  const Surface surface = ExtractSurface({}, volume, 1);
  CHECK(surface.points == 6);
  CHECK(surface.triangles == 8);
  CHECK(surface.volume_mm3 == doctest::Approx(4.0 / 3 * 0.125));
}

TEST_CASE("nothing inside, all inside, and one voxel thick volumes have no surface") {
  for (const double level : {-1.0, 2.0}) {
    const Surface surface = ExtractSurface({}, Noise({10, 10, 10}, 50), level);
    CHECK(surface.points == 0);
    CHECK(surface.triangles == 0);
  }
  CHECK(ExtractSurface({}, MakeVolume(Sized({5, 5, 1}), DType::kFloat32), 0.5).triangles == 0);
}

TEST_CASE("values that are no numbers are outside, and those without an end give a finite place") {
  Volume volume = MakeVolume(Sized({4, 3, 3}), DType::kFloat32);
  volume.As<float>()[17] = std::numeric_limits<float>::infinity();
  volume.As<float>()[18] = std::numeric_limits<float>::quiet_NaN();
  const Surface surface = ExtractSurface({}, volume, 0.5);
  CHECK(surface.points == 6);
  for (int64_t n = 0; n < 3 * surface.points; ++n) CHECK(std::isfinite(surface.positions[static_cast<size_t>(n)]));
}

}  // namespace
}  // namespace isovox
