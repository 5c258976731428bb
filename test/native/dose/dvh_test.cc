// Dose-volume histograms against closed forms (the shapes and doses of phantoms.h).
#include "dose/dvh.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

#include "dose/phantoms.h"

namespace isovox {
namespace {

using test::LinearDose;
constexpr double kPi = std::numbers::pi;
constexpr double kRadius = 12, kHeight = 24;

// Area of the shape's section at height x along a direction, for the closed form of its curve.
struct Shape {
  const char* name;
  Roi (*roi)(double spacing);
  double volume;
  double (*area)(char direction, double x);
};

double Chord(double x) { return std::sqrt(std::max(0.0, kRadius * kRadius - x * x)); }
double CylinderArea(bool along, double x) {
  return along ? (std::abs(x) <= kHeight / 2 ? kPi * kRadius * kRadius : 0) : 2 * Chord(x) * kHeight;
}
// Beside the axis at distance d: the area under the hyperbola, the integral of 2 sqrt(r^2 - d^2) over the height.
double ConeArea(bool along, double x) {
  if (along) {
    const double r = kRadius * (0.5 - x / kHeight);
    return std::abs(x) <= kHeight / 2 ? kPi * r * r : 0;
  }
  const double d = std::abs(x);
  if (d >= kRadius) return 0;
  const double c = Chord(d);
  return kHeight / kRadius * (kRadius * c - (d > 0 ? d * d * std::log((kRadius + c) / d) : 0));
}

const Shape kShapes[] = {
    {"sphere", [](double s) { return test::Sphere(kRadius, s, 0.5 * s); }, 4 * kPi / 3 * 1728,
     [](char, double x) { return kPi * Chord(x) * Chord(x); }},
    {"axial cylinder", [](double s) { return test::AxialCylinder(kRadius, kHeight, s); }, kPi * 144 * 24,
     [](char d, double x) { return CylinderArea(d == 'z', x); }},
    {"lying cylinder", [](double s) { return test::LyingCylinder(kRadius, kHeight, s, 0.5 * s); }, kPi * 144 * 24,
     [](char d, double x) { return CylinderArea(d == 'y', x); }},
    {"axial cone", [](double s) { return test::AxialCone(kRadius, kHeight, s); }, kPi * 144 * 8,
     [](char d, double x) { return ConeArea(d == 'z', x); }},
    {"lying cone", [](double s) { return test::LyingCone(kRadius, kHeight, s, 0.5 * s); }, kPi * 144 * 8,
     [](char d, double x) { return ConeArea(d == 'y', x); }},
};

// The dose that a fraction of the shape receives, with 20 + x gray at x; by the areas, 4000 layers.
double ExactDose(const Shape& shape, char direction, double fraction) {
  constexpr int kLayers = 4000;
  const double step = 2 * kRadius / kLayers;
  double whole = 0;
  for (int n = 0; n < kLayers; ++n) whole += shape.area(direction, -kRadius + (n + 0.5) * step);
  double above = 0;
  for (int n = kLayers - 1; n >= 0; --n) {
    const double area = shape.area(direction, -kRadius + (n + 0.5) * step);
    if (above + area >= fraction * whole) {
      return 20 - kRadius + (n + 1 - (fraction * whole - above) / area) * step;
    }
    above += area;
  }
  return 20 - kRadius;
}

TEST_CASE("dvh: Nelms' shapes in linear doses, slices 0.2-3 mm, dose grids 1-3 mm: within 0.5 % or 0.1 Gy") {
  for (const Shape& shape : kShapes) {
    CAPTURE(std::string(shape.name));
    for (const double spacing : {0.2, 1.0, 2.0, 3.0}) {
      CAPTURE(spacing);
      const Roi roi = shape.roi(spacing);
      for (const double grid : {1.0, 2.0, 3.0}) {
        CAPTURE(grid);
        for (const char direction : {'x', 'y', 'z'}) {
          CAPTURE(direction);
          const Vec3 slope{direction == 'x' ? 1.0 : 0, direction == 'y' ? 1.0 : 0, direction == 'z' ? 1.0 : 0};
          const Dvh dvh = ComputeDvh(roi, LinearDose(slope, {grid, grid, grid}), {}, {});
          CHECK(dvh.volume_cc * 1000 == doctest::Approx(shape.volume).epsilon(0.005));
          for (const double percent : {2.0, 5.0, 50.0, 95.0, 98.0}) {
            CAPTURE(percent);
            const double exact = ExactDose(shape, direction, percent / 100);
            // A lying cone's edge at mid-height falls between slices 3 mm apart: no contour tells of it.
            const double part = spacing > 2.5 && std::string_view(shape.name) == "lying cone" ? 0.006 : 0.005;
            CHECK(std::abs(dvh.DoseAt(dvh.curve_cc * percent / 100) - exact) < std::max(0.1, part * exact));
          }
          double mean = 0;
          for (int n = 0; n < 200; ++n) mean += ExactDose(shape, direction, (n + 0.5) / 200) / 200;
          CHECK(std::abs(dvh.mean_gy - mean) < 0.05);
        }
      }
    }
  }
}

TEST_CASE("dvh: extremes of a linear dose lie on the outline") {
  const Dvh x = ComputeDvh(test::AxialCylinder(12, 24, 1), LinearDose({1, 0, 0}, {2, 2, 2}), {}, {});
  CHECK(x.min_gy == doctest::Approx(8).epsilon(1e-3));
  CHECK(x.max_gy == doctest::Approx(32).epsilon(1e-3));
  const Dvh z = ComputeDvh(test::Sphere(12, 1, 0.5), LinearDose({0, 0, 1}, {2, 2, 2}), {}, {});
  CHECK(z.min_gy == doctest::Approx(8).epsilon(2e-3));
  CHECK(z.max_gy == doctest::Approx(32).epsilon(2e-3));
}

TEST_CASE("dvh: a uniform dose is one step") {
  const Dvh dvh = ComputeDvh(test::Sphere(12, 2), LinearDose({0, 0, 0}, {3, 3, 3}), {}, {});
  CHECK(dvh.mean_gy == doctest::Approx(20));
  CHECK(dvh.min_gy == doctest::Approx(20));
  CHECK(dvh.max_gy == doctest::Approx(20));
  CHECK(dvh.DoseAt(dvh.curve_cc * 0.5) == doctest::Approx(20));
  CHECK(dvh.VolumeAt(19.99) == doctest::Approx(dvh.volume_cc));
  CHECK(dvh.VolumeAt(20.01) == 0);
}

TEST_CASE("dvh: the stated bound holds on a curved dose") {
  // 60 exp(-r^2 / 2 s^2) about the origin: the volume above a level is a ball's.
  DoseGrid dose = LinearDose({0, 0, 0}, {1, 1, 1}, 25);
  auto values = dose.values->As<float>();
  size_t n = 0;
  for (int64_t k = 0; k < dose.grid.size[2]; ++k) {
    for (int64_t j = 0; j < dose.grid.size[1]; ++j) {
      for (int64_t i = 0; i < dose.grid.size[0]; ++i) {
        const Vec3 p = dose.grid.IndexToPatient({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        values[n++] = static_cast<float>(60 * std::exp(-Dot(p, p) / (2 * 144)));
      }
    }
  }
  const Dvh dvh = ComputeDvh(test::Sphere(20, 1), dose, {}, {});
  const double whole = 4 * kPi / 3 * 8000;
  CHECK(dvh.bound_cc < 0.002 * dvh.volume_cc);
  for (const double fraction : {0.02, 0.1, 0.5, 0.9, 0.98}) {
    const double r2 = std::pow(fraction * whole / (4 * kPi / 3), 2.0 / 3);
    // Linear interpolation between 1 mm nodes lies below a peak by up to 60 / 144 / 8 * 3 Gy.
    CHECK(dvh.DoseAt(dvh.curve_cc * fraction) == doctest::Approx(60 * std::exp(-r2 / 288)).epsilon(0.005));
  }
}

TEST_CASE("dvh: dose grids turned against the contours, and contours turned against the grid") {
  const double c = std::cos(0.5), s = std::sin(0.5);
  DoseGrid turned = LinearDose({0, 0, 0}, {2, 2, 2}, 30);
  turned.grid.axes = {{c, s, 0}, {-s * c, c * c, s}, {s * s, -s * c, c}};
  const double half = static_cast<double>(turned.grid.size[0] - 1);
  turned.grid.origin = -half * (turned.grid.axes.i + turned.grid.axes.j + turned.grid.axes.k);
  auto values = turned.values->As<float>();
  size_t n = 0;
  for (int64_t k = 0; k < turned.grid.size[2]; ++k) {
    for (int64_t j = 0; j < turned.grid.size[1]; ++j) {
      for (int64_t i = 0; i < turned.grid.size[0]; ++i) {
        values[n++] = static_cast<float>(
            20 + turned.grid.IndexToPatient({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)}).x);
      }
    }
  }
  const Dvh by_grid = ComputeDvh(test::Sphere(12, 2, 1), turned, {}, {});
  CHECK(by_grid.covered_fraction == doctest::Approx(1));
  CHECK(by_grid.volume_cc * 1000 == doctest::Approx(4 * kPi / 3 * 1728).epsilon(0.003));
  CHECK(by_grid.mean_gy == doctest::Approx(20).epsilon(0.001));
  CHECK(std::abs(by_grid.DoseAt(by_grid.curve_cc * 0.02) - ExactDose(kShapes[0], 'x', 0.02)) < 0.1);
  CHECK(std::abs(by_grid.DoseAt(by_grid.curve_cc * 0.98) - ExactDose(kShapes[0], 'x', 0.98)) < 0.1);

  Roi tilted = test::AxialCylinder(12, 24, 2);
  for (Vec3& p : tilted.points) p = {c * p.x + s * p.z, p.y, -s * p.x + c * p.z};
  // Along the cylinder's own axis the dose is that of an axial cylinder in an axial dose.
  const Dvh by_contours = ComputeDvh(tilted, LinearDose({s, 0, c}, {2, 2, 2}, 40), {}, {});
  CHECK(by_contours.volume_cc * 1000 == doctest::Approx(kPi * 144 * 24).epsilon(0.003));
  for (const double fraction : {0.02, 0.25, 0.5, 0.98}) {
    CHECK(std::abs(by_contours.DoseAt(by_contours.curve_cc * fraction) - (32 - 24 * fraction)) < 0.1);
  }
}

TEST_CASE("dvh: sagittal contours in an axis-aligned dose") {
  Roi roi = test::AxialCylinder(12, 24, 2);
  for (Vec3& p : roi.points) p = {p.z, p.x, p.y};
  const Dvh dvh = ComputeDvh(roi, LinearDose({1, 0, 0}, {2, 2, 3}), {}, {});
  CHECK(dvh.volume_cc * 1000 == doctest::Approx(kPi * 144 * 24).epsilon(0.003));
  for (const double fraction : {0.02, 0.25, 0.5, 0.98}) {
    CHECK(std::abs(dvh.DoseAt(dvh.curve_cc * fraction) - (32 - 24 * fraction)) < 0.1);
  }
}

TEST_CASE("dvh: unevenly spaced dose planes") {
  DoseGrid dose = LinearDose({0, 0, 1}, {2, 2, 2}, 30);
  auto values = dose.values->As<float>();
  for (int64_t k = 0; k < dose.grid.size[2]; ++k) {
    double& mm = dose.plane_mm[static_cast<size_t>(k)];
    mm += k % 3 == 1 ? 0.9 : 0;
    for (int64_t n = 0; n < dose.grid.size[0] * dose.grid.size[1]; ++n) {
      values[static_cast<size_t>(k * dose.grid.size[0] * dose.grid.size[1] + n)] =
          static_cast<float>(20 + dose.grid.origin.z + mm);
    }
  }
  const Dvh dvh = ComputeDvh(test::AxialCylinder(12, 24, 2), dose, {}, {});
  for (const double fraction : {0.02, 0.25, 0.5, 0.98}) {
    CHECK(std::abs(dvh.DoseAt(dvh.curve_cc * fraction) - (32 - 24 * fraction)) < 0.05);
  }
}

TEST_CASE("dvh: beyond the dose grid: left out, zero, or the nearest dose; the loss is reported") {
  // Nodes from -10 to 10 along x; the half voxel beyond belongs to the grid: half of a 42 x 20 x 20 box is outside.
  DoseGrid dose = LinearDose({1, 0, 0}, {1, 1, 1}, 10);
  Roi box;
  for (int z = -5; z <= 4; ++z) test::AddLoop(box, test::Rectangle(-10.5, 31.5, -5, 5, z + 0.5));
  const auto run = [&](OutsideGrid outside) {
    DvhOptions options;
    options.outside = outside;
    return ComputeDvh(box, dose, options, {});
  };
  const Dvh out = run(OutsideGrid::kExclude), zero = run(OutsideGrid::kZero), clamp = run(OutsideGrid::kClamp);
  CHECK(out.volume_cc == doctest::Approx(4.2));
  CHECK(out.covered_fraction == doctest::Approx(0.5).epsilon(1e-6));
  CHECK(out.curve_cc == doctest::Approx(2.1));
  CHECK(out.mean_gy == doctest::Approx(20).epsilon(1e-3));
  CHECK(zero.curve_cc == doctest::Approx(4.2));
  CHECK(zero.mean_gy == doctest::Approx(10).epsilon(1e-3));
  CHECK(zero.min_gy == 0);
  CHECK(clamp.mean_gy == doctest::Approx(25).epsilon(1e-3));
  const auto has = [](const Dvh& dvh, std::string_view code) {
    for (const Finding& finding : dvh.findings) {
      if (finding.code == code) return true;
    }
    return false;
  };
  CHECK(has(out, "dose.partial_coverage"));
  CHECK(has(out, "dose.edge"));

  Roi far = test::Sphere(5, 1);
  for (Vec3& p : far.points) p.x += 500;
  const Dvh none = ComputeDvh(far, dose, {}, {});
  CHECK(none.empty());
  CHECK(none.volume_cc > 0.5);
  CHECK(has(none, "dose.outside"));
  CHECK(has(ComputeDvh(Roi{}, dose, {}, {}), "roi.empty"));
  CHECK(has(ComputeDvh(test::Sphere(2, 0.5), dose, {}, {}), "roi.small"));
}

TEST_CASE("dvh: structures that no patient has are refused, not measured") {
  const auto too_large = [](const Dvh& dvh) {
    return std::any_of(dvh.findings.begin(), dvh.findings.end(), [](const Finding& f) { return f.code == "roi.too_large"; });
  };
  Roi far, wide;
  for (const double z : {-1e7, 0.0, 1e7}) test::AddLoop(far, test::Rectangle(-1e8, 1e8, -1e8, 1e8, z));
  for (const double z : {-1000.0, 0.0, 1000.0}) test::AddLoop(wide, test::Rectangle(-1000, 1000, -1000, 1000, z));
  const DoseGrid coarse = LinearDose({1, 0, 0}, {1, 1, 1}, 10);
  CHECK(too_large(ComputeDvh(far, coarse, {}, {})));
  CHECK(too_large(ComputeDvh(wide, LinearDose({1, 0, 0}, {0.1, 0.1, 0.1}, 1), {}, {})));
  CHECK_FALSE(too_large(ComputeDvh(test::Sphere(5, 1), coarse, {}, {})));
}

TEST_CASE("dvh: crossing contours are said to cross, and count once") {
  Roi roi;
  for (int z = 0; z < 10; ++z) {
    test::AddLoop(roi, test::Rectangle(-5, 1, -5, 1, z));
    test::AddLoop(roi, test::Rectangle(-1, 5, -1, 5, z));
  }
  const Dvh dvh = ComputeDvh(roi, LinearDose({1, 0, 0}, {2, 2, 2}), {}, {});
  CHECK(dvh.volume_cc == doctest::Approx((36 + 36 - 4) * 10 / 1000.0).epsilon(1e-6));
  CHECK(dvh.findings.front().code == "roi.self_intersecting");
}

TEST_CASE("dvh: the same bits for 1, 2 and 8 threads") {
  const DoseGrid dose = LinearDose({0.3, 0.2, 0.1}, {1, 1, 1}, 40);
  const Roi roi = test::Sphere(30, 1);
  DvhOptions options;
  options.volume_tolerance = 1e-6;
  options.dose_tolerance_gy = 1e-6;
  Dvh first;
  for (const int threads : {1, 2, 8}) {
    Arena::WithThreads(threads)->Execute([&] {
      const Dvh dvh = ComputeDvh(roi, dose, options, {});
      if (first.cumulative_cc.empty()) first = dvh;
      CHECK(dvh.samples > 1'000'000);
      CHECK(first.cumulative_cc == dvh.cumulative_cc);
      CHECK(first.mean_gy == dvh.mean_gy);
      CHECK(first.min_gy == dvh.min_gy);
      CHECK(first.bound_cc == dvh.bound_cc);
    });
  }
}

TEST_CASE("dvh: what the pilot of a long structure states holds against far finer cells") {
  // 100 planes; a dose that is steep on one side only, and waves along the planes.
  DoseGrid dose = LinearDose({0, 0, 0}, {2.5, 2.5, 3}, 60);
  auto values = dose.values->As<float>();
  size_t n = 0;
  for (int64_t k = 0; k < dose.grid.size[2]; ++k) {
    for (int64_t j = 0; j < dose.grid.size[1]; ++j) {
      for (int64_t i = 0; i < dose.grid.size[0]; ++i) {
        const Vec3 p = dose.grid.IndexToPatient({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        values[n++] = static_cast<float>(30 / (1 + std::exp(-p.x / 2)) * (1 + 0.3 * std::sin(p.z / 9)));
      }
    }
  }
  DvhOptions fine;
  fine.volume_tolerance = 1e-5;
  fine.dose_tolerance_gy = 1e-3;
  for (const Roi& roi : {test::AxialCylinder(15, 100, 1), test::Sphere(50, 1)}) {
    const Dvh usual = ComputeDvh(roi, dose, {}, {}), exact = ComputeDvh(roi, dose, fine, {});
    CHECK(usual.samples < exact.samples / 8);
    CHECK(usual.bound_cc <= 1e-3 * usual.volume_cc);
    CHECK(usual.mean_gy == doctest::Approx(exact.mean_gy).epsilon(1e-3));
    for (double gray = 1; gray < 38; gray += 0.5) {
      CHECK(usual.VolumeAt(gray) <= exact.VolumeAt(gray - usual.bound_gy) + usual.bound_cc + exact.bound_cc);
      CHECK(usual.VolumeAt(gray) >= exact.VolumeAt(gray + usual.bound_gy) - usual.bound_cc - exact.bound_cc);
    }
  }
}

// Found by test/oracles/dvh_random.py, as the three that follow.
TEST_CASE("dvh: an eight whose lobes wind against each other has both") {
  Roi roi;
  for (int k = 0; k < 5; ++k) {
    const double z = 2.0 * k;
    test::AddLoop(roi, {{-10, -10, z}, {10, 10, z}, {10, -10, z}, {-10, 10, z}});
  }
  const Dvh dvh = ComputeDvh(roi, LinearDose({0.2, 0, 0}, {2, 2, 2}, 40), {}, {});
  // Two triangles of 20 mm by 10 mm, five planes 2 mm apart.
  CHECK(dvh.volume_cc == doctest::Approx(2 * 0.1 * 10).epsilon(1e-6));
}

TEST_CASE("dvh: an island within a hole is joined with the island of the next plane, wherever it moves") {
  Roi roi;
  for (int k = 0; k < 5; ++k) {
    const double z = 2.0 * k, x = 3.0 * k, s = 1 - 0.05 * k;
    for (const double half : {20 * s, 8 * s, 1 * s}) test::AddLoop(roi, test::Rectangle(x - half, x + half, -half, half, z));
  }
  DvhOptions options;
  options.solid.end_caps = EndCaps::kNone;
  const Dvh dvh = ComputeDvh(roi, LinearDose({0.2, 0, 0}, {2, 2, 2}, 60), options, {});
  // Frusta of similar squares, 8 mm high, with sides of 1 and 0.8.
  const double frustum = 8 * (1 + 0.8 + 0.64) / 3;
  CHECK(dvh.volume_cc == doctest::Approx((40 * 40 - 16 * 16 + 2 * 2) * frustum / 1000).epsilon(1e-5));
}

TEST_CASE("dvh: the end of the grid cuts a slab where it lies") {
  Roi roi;
  test::AddLoop(roi, test::Rectangle(-10, 10, -10, 10, 43.7));
  DvhOptions options;
  options.solid.slice_thickness_mm = 1;
  // Nodes to z = 42, the grid to 43.5: of the slab from 43.2 to 44.2.
  const Dvh dvh = ComputeDvh(roi, LinearDose({0, 0, 0}, {2, 2, 3}, 40), options, {});
  CHECK(dvh.covered_fraction == doctest::Approx(0.3).epsilon(1e-6));
}

TEST_CASE("dvh: extremes in the middle of long edges, and between the planes of the contours") {
  Roi roi;
  for (const double z : {-9.0, -3.0, 3.0, 9.0}) test::AddLoop(roi, test::Rectangle(-10, 10, -10, 10, z));
  DoseGrid dose = LinearDose({0, 0, 0}, {2.5, 2.5, 2.5}, 30);
  const auto n = dose.grid.size;
  auto gray = dose.values->As<float>();
  for (int64_t k = 0, at = 0; k < n[2]; ++k) {
    for (int64_t j = 0; j < n[1]; ++j) {
      for (int64_t i = 0; i < n[0]; ++i, ++at) {
        const Vec3 p = dose.grid.IndexToPatient({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        gray[static_cast<size_t>(at)] = static_cast<float>(100 + 2 * p.x - 3 * std::abs(p.y) - 3 * std::abs(p.z));
      }
    }
  }
  const Dvh dvh = ComputeDvh(roi, dose, {}, {});
  CHECK(dvh.max_gy == doctest::Approx(120).epsilon(1e-4));  // at 10 0 0
}

TEST_CASE("dvh: several structures together come out as each alone") {
  const DoseGrid dose = LinearDose({0.3, 0.2, 0.1}, {2, 2, 2}, 40);
  const Roi a = test::Sphere(30, 1), b = test::LyingCone(12, 24, 1, 0.5), c = test::AxialCylinder(12, 24, 2);
  const std::vector<const Roi*> rois{&c, &a, &b};
  const auto together = ComputeDvhs(rois, dose, {}, {});
  REQUIRE(together.size() == 3);
  for (size_t n = 0; n < 3; ++n) {
    const Dvh alone = ComputeDvh(*rois[n], dose, {}, {});
    CHECK(together[n].name == alone.name);
    CHECK(together[n].cumulative_cc == alone.cumulative_cc);
    CHECK(together[n].max_gy == alone.max_gy);
    CHECK(together[n].samples == alone.samples);
  }
}

TEST_CASE("dvh: stops when it is cancelled") {
  CancelToken token;
  token.Cancel();
  Exec exec;
  exec.cancel = &token;
  CHECK_THROWS_AS(ComputeDvh(test::Sphere(30, 1), LinearDose({1, 0, 0}, {1, 1, 1}, 40), {}, exec), Error);
}

}  // namespace
}  // namespace isovox
