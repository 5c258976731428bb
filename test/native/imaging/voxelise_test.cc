// Voxels and pictures of solids whose volume and outline are known.
#include "imaging/voxelise.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "dose/phantoms.h"
#include "imaging/outline.h"

namespace isovox {
namespace {

Grid GridOf(std::array<int64_t, 3> size, std::array<double, 3> spacing, Vec3 origin) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  grid.origin = origin;
  return grid;
}

TEST_CASE("voxelise: a box between voxels covers them by exact fractions") {
  Roi roi;
  for (int z = 0; z < 4; ++z) test::AddLoop(roi, test::Rectangle(0.25, 5.75, 1.5, 4.5, z));
  const Voxelised result = Voxelise(roi, GridOf({10, 10, 10}, {1, 1, 1}, {0, 0, -2}), {}, CoverageKind::kSection, {});
  CHECK(result.mask.box.begin == std::array<int64_t, 3>{0, 2, 2});
  CHECK(result.mask.box.end == std::array<int64_t, 3>{7, 5, 6});
  CHECK(VolumeCc(result.mask) == doctest::Approx(5.5 * 3 * 4 / 1000));
  CHECK(result.mask.coverage[0] == doctest::Approx(0.25));
  CHECK(result.mask.coverage[1] == doctest::Approx(1));
}

TEST_CASE("voxelise: grids finer, coarser, shifted, turned and permuted keep the volume") {
  const double volume = 4 * std::numbers::pi / 3 * 1728 / 1000;
  const Roi sphere = test::Sphere(12, 2, 0.5);
  const auto of = [&](const Grid& grid, CoverageKind kind) { return VolumeCc(Voxelise(sphere, grid, {}, kind, {}).mask); };
  CHECK(of(GridOf({60, 60, 60}, {0.5, 0.5, 0.5}, {-14.8, -14.7, -14.6}), CoverageKind::kSection) ==
        doctest::Approx(volume).epsilon(3e-3));
  CHECK(of(GridOf({12, 12, 8}, {3, 3, 5}, {-16, -17, -18}), CoverageKind::kSlab) == doctest::Approx(volume).epsilon(3e-3));
  Grid permuted = GridOf({16, 16, 16}, {2, 2, 2}, {-15, 15, -15});
  permuted.axes = {{0, 0, 1}, {1, 0, 0}, {0, -1, 0}};
  CHECK(of(permuted, CoverageKind::kSlab) == doctest::Approx(volume).epsilon(5e-3));
  Grid turned = GridOf({20, 20, 20}, {2, 2, 2}, {0, 0, 0});
  const double c = std::cos(0.4), s = std::sin(0.4);
  turned.axes = {{c, 0, s}, {0, 1, 0}, {-s, 0, c}};
  turned.origin = -19.0 * (turned.axes.i + turned.axes.j + turned.axes.k);
  CHECK(of(turned, CoverageKind::kSlab) == doctest::Approx(volume).epsilon(0.01));
}

TEST_CASE("voxelise: structures outside or across the edge of the grid") {
  const Roi sphere = test::Sphere(10, 1, 0);
  const Grid half = GridOf({40, 40, 40}, {1, 1, 1}, {0.5, -20, -20});
  const Voxelised cut = Voxelise(sphere, half, {}, CoverageKind::kSlab, {});
  CHECK(VolumeCc(cut.mask) == doctest::Approx(2 * std::numbers::pi / 3).epsilon(3e-3));
  CHECK(cut.findings.back().code == "roi.cut");
  const Voxelised none = Voxelise(sphere, GridOf({5, 5, 5}, {1, 1, 1}, {100, 0, 0}), {}, CoverageKind::kSlab, {});
  CHECK(none.mask.box.empty());
  CHECK(none.findings.back().code == "roi.outside");
}

TEST_CASE("voxelise: a structure that reaches far beyond a turned grid takes no more than the grid is worth") {
  Roi roi;
  for (const double z : {-1000.0, 0.0, 1000.0}) test::AddLoop(roi, test::Rectangle(-2000, 2000, -2000, 2000, z));
  Grid turned = GridOf({20, 20, 20}, {2, 2, 2}, {0, 0, 0});
  const double c = std::cos(0.4), s = std::sin(0.4);
  turned.axes = {{c, 0, s}, {0, 1, 0}, {-s, 0, c}};
  turned.origin = -19.0 * (turned.axes.i + turned.axes.j + turned.axes.k);
  const Voxelised filled = Voxelise(roi, turned, {}, CoverageKind::kSlab, {});
  CHECK(VolumeCc(filled.mask) == doctest::Approx(40.0 * 40 * 40 / 1000).epsilon(1e-6));
  Roi away;
  for (const double z : {0.0, 3.0}) test::AddLoop(away, test::Rectangle(1000, 2000, 0, 1000, z));
  CHECK(Voxelise(away, turned, {}, CoverageKind::kSlab, {}).mask.box.empty());
}

TEST_CASE("voxelise: the same bits for 1, 2 and 8 threads") {
  const Roi sphere = test::Sphere(20, 1.5, 0.2);
  const Grid grid = GridOf({90, 90, 60}, {0.5, 0.5, 0.7}, {-22, -22, -21});
  std::vector<float> first;
  for (const int threads : {1, 2, 8}) {
    Arena::WithThreads(threads)->Execute([&] {
      const Voxelised result = Voxelise(sphere, grid, {}, CoverageKind::kSlab, {});
      if (first.empty()) first = result.mask.coverage;
      CHECK(first == result.mask.coverage);
    });
  }
}

TEST_CASE("mask volumes: fraction, binary, and back by label") {
  const Roi sphere = test::Sphere(6, 1, 0);
  const Grid grid = GridOf({20, 20, 20}, {1, 1, 1}, {-10, -10, -10});
  const CoverageMask mask = Voxelise(sphere, grid, {}, CoverageKind::kSection, {}).mask;
  const Volume binary = MaskToVolume(mask, MaskVolume::kBinary), fraction = MaskToVolume(mask, MaskVolume::kFraction);
  int64_t ones = 0;
  double sum = 0;
  for (const uint8_t v : binary.As<uint8_t>()) ones += v;
  for (const float v : fraction.As<float>()) sum += static_cast<double>(v);
  CHECK(sum / 1000 == doctest::Approx(VolumeCc(mask)));
  CHECK(static_cast<double>(ones) == doctest::Approx(sum).epsilon(0.03));
  const CoverageMask back = MaskFromVolume(binary, 1.0, {});
  CHECK(VolumeCc(back) == doctest::Approx(static_cast<double>(ones) / 1000));
  CHECK(MaskFromVolume(binary, 2.0, {}).box.empty());
}

TEST_CASE("isolines: a cone's level is a circle, closed and counter-clockwise") {
  constexpr int64_t kSide = 81;
  std::vector<float> values;
  for (int64_t j = 0; j < kSide; ++j) {
    for (int64_t i = 0; i < kSide; ++i) {
      values.push_back(static_cast<float>(20 - std::hypot(0.5 * static_cast<double>(i - 40), 0.5 * static_cast<double>(j - 40))));
    }
  }
  const Polylines lines = Isolines(values, kSide, kSide, 10, -20, -20, 0.5);
  REQUIRE(lines.size() == 1);
  const auto& line = lines[0];
  CHECK(line[0] == line[line.size() - 2]);
  CHECK(line[1] == line[line.size() - 1]);
  double area = 0;
  for (size_t p = 0; p + 3 < line.size(); p += 2) {
    CHECK(std::hypot(line[p], line[p + 1]) == doctest::Approx(10).epsilon(0.002));
    area += (line[p] * line[p + 3] - line[p + 2] * line[p + 1]) / 2;
  }
  CHECK(std::abs(area) == doctest::Approx(std::numbers::pi * 100).epsilon(0.002));
  CHECK(area > 0);
}

TEST_CASE("isolines: lines end where the values are not known") {
  std::vector<float> values(25, 0);
  for (size_t n = 0; n < 25; ++n) values[n] = static_cast<float>(n % 5);
  values[12] = std::nanf("");
  const Polylines lines = Isolines(values, 5, 5, 1.5, 0, 0, 1);
  REQUIRE(lines.size() == 2);
  for (const auto& line : lines) CHECK(line.size() == 4);
}

TEST_CASE("outline: along the contours the contours, across them a circle") {
  const Roi sphere = test::Sphere(12, 2, 0);
  const Polylines axial = OutlineOfRoi(sphere, {}, PatientPlane::kAxial, 0.03, 1);
  REQUIRE(axial.size() == 1);
  CHECK(axial[0].size() == 2 * 361);
  for (const PatientPlane plane : {PatientPlane::kCoronal, PatientPlane::kSagittal}) {
    const Polylines across = OutlineOfRoi(sphere, {}, plane, 0, 0.5);
    REQUIRE(across.size() == 1);
    for (size_t p = 0; p + 1 < across[0].size(); p += 2) {
      CHECK(std::hypot(across[0][p], across[0][p + 1]) == doctest::Approx(12).epsilon(0.03));
    }
  }
  const CoverageMask mask =
      Voxelise(sphere, GridOf({40, 40, 40}, {1, 1, 1}, {-20, -20, -20}), {}, CoverageKind::kSlab, {}).mask;
  const Polylines of_mask = OutlineOfMask(mask, PatientPlane::kCoronal, 0, 0.5, {});
  REQUIRE(of_mask.size() == 1);
  for (size_t p = 0; p + 1 < of_mask[0].size(); p += 2) {
    CHECK(std::hypot(of_mask[0][p], of_mask[0][p + 1]) == doctest::Approx(12).epsilon(0.04));
  }
}

TEST_CASE("slice: trilinear through a linear dose with uneven planes is exact, NaN outside") {
  DoseGrid dose = test::LinearDose({0.1, 0.2, 0.3}, {2, 3, 4}, 20);
  // Every second plane a little further, values to match.
  const auto nk = dose.grid.size[2];
  auto values = dose.values->As<float>();
  for (int64_t k = 0; k < nk; ++k) {
    dose.plane_mm[static_cast<size_t>(k)] += k % 2 != 0 ? 1 : 0;
    const double z = dose.grid.origin.z + dose.plane_mm[static_cast<size_t>(k)];
    for (int64_t j = 0; j < dose.grid.size[1]; ++j) {
      for (int64_t i = 0; i < dose.grid.size[0]; ++i) {
        const Vec3 p = dose.grid.IndexToPatient({static_cast<double>(i), static_cast<double>(j), 0});
        values[static_cast<size_t>((k * dose.grid.size[1] + j) * dose.grid.size[0] + i)] =
            static_cast<float>(20 + 0.1 * p.x + 0.2 * p.y + 0.3 * z);
      }
    }
  }
  SliceRequest request;
  request.plane = PatientPlane::kSagittal;
  request.position_mm = 1.3;
  request.pixel_mm = 0.7;
  request.extent = std::array<double, 4>{-30, 15, -15, 15};
  const Slice slice = ExtractSlice(dose, request, {});
  const auto out = static_cast<const Storage&>(*slice.values).As<float>();
  CHECK(std::isnan(out[0]));
  for (int64_t j = 0; j < slice.height; ++j) {
    for (int64_t i = 0; i < slice.width; ++i) {
      const double y = slice.u0 + static_cast<double>(i) * 0.7, z = slice.v0 + static_cast<double>(j) * 0.7;
      if (std::abs(y) > 20) continue;
      CHECK(out[static_cast<size_t>(j * slice.width + i)] == doctest::Approx(20 + 0.13 + 0.2 * y + 0.3 * z).epsilon(1e-5));
    }
  }
}

// Found by test/oracles/masks_random.py.
TEST_CASE("voxelise: a slice has the contour as drawn whose position was rounded") {
  Roi roi;
  const std::array<double, 3> sides{20, 10, 4};
  for (size_t k = 0; k < 3; ++k) {
    const double half = sides[k] / 2;
    test::AddLoop(roi, test::Rectangle(-half, half, -half, half, 2.0 * static_cast<double>(k) + 0.03));
  }
  Grid grid;
  grid.size = {32, 32, 3};
  grid.origin = {-15.3, -15.1, 0};
  grid.spacing = {1, 1, 2};
  const Voxelised made = Voxelise(roi, grid, {}, CoverageKind::kSection, {});
  const Volume volume = MaskToVolume(made.mask, MaskVolume::kFraction);
  for (size_t k = 0; k < 3; ++k) {
    double area = 0;
    for (const float part : volume.As<float>().subspan(k * 1024, 1024)) area += static_cast<double>(part);
    CHECK(area == doctest::Approx(sides[k] * sides[k]).epsilon(1e-6));
  }
}

}  // namespace
}  // namespace isovox
