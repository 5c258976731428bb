#include "imaging/mask_contours.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <functional>

#include "imaging/contour_planes.h"
#include "imaging/voxelise.h"

namespace isovox {
namespace {

CoverageMask MaskOf(std::array<int64_t, 3> size, const std::function<bool(int64_t, int64_t, int64_t)>& inside) {
  Grid grid;
  grid.size = size;
  grid.spacing = {1.5, 1.25, 2};
  grid.origin = {-20, 7, 30};
  Volume volume = MakeVolume(grid, DType::kUint8);
  auto out = volume.As<uint8_t>();
  size_t n = 0;
  for (int64_t k = 0; k < size[2]; ++k) {
    for (int64_t j = 0; j < size[1]; ++j) {
      for (int64_t i = 0; i < size[0]; ++i) out[n++] = inside(i, j, k) ? 1 : 0;
    }
  }
  return MaskFromVolume(volume, std::nullopt, {});
}

// Voxels that differ after mask -> contours -> mask, and voxels of the mask.
std::array<int64_t, 2> RoundTrip(const CoverageMask& mask, const ContourOptions& options) {
  const Roi roi = MaskContours(mask, options, {});
  const Voxelised back = Voxelise(roi, mask.grid, {}, CoverageKind::kSection, {});
  const Volume a = MaskToVolume(mask, MaskVolume::kBinary), b = MaskToVolume(back.mask, MaskVolume::kBinary);
  std::array<int64_t, 2> counts{0, 0};
  for (size_t n = 0; n < a.As<uint8_t>().size(); ++n) {
    counts[0] += a.As<uint8_t>()[n] != b.As<uint8_t>()[n];
    counts[1] += a.As<uint8_t>()[n];
  }
  return counts;
}

CoverageMask HollowBall() {
  return MaskOf({70, 80, 40}, [](int64_t i, int64_t j, int64_t k) {
    const double x = 1.5 * (static_cast<double>(i) - 35), y = 1.25 * (static_cast<double>(j) - 40),
                 z = 2 * (static_cast<double>(k) - 20);
    const double r = std::sqrt(x * x + y * y + z * z);
    return r < 34 && (r > 14 || r < 6);
  });
}

TEST_CASE("mask contours: exact back without simplification, also with holes, islands and touching corners") {
  for (const HoleStyle holes : {HoleStyle::kLoops, HoleStyle::kKeyhole}) {
    CHECK(RoundTrip(HollowBall(), {0, holes})[0] == 0);
  }
  uint32_t state = 7;
  const CoverageMask noise = MaskOf({24, 20, 6}, [&](int64_t, int64_t, int64_t) {
    state = state * 1664525 + 1013904223;
    return (state >> 16) % 5 < 2;
  });
  CHECK(RoundTrip(noise, {})[0] == 0);
  CHECK(MaskContours(CoverageMask{}, {}, {}).contours.empty());
}

// Found by test/oracles/masks_random.py.
TEST_CASE("mask contours: an island comes back that meets the rim of its hole at corners only") {
  for (const std::array<const char*, 5>& rows : {std::array<const char*, 5>{"#####", "##..#", "#.#.#", "#..##", "#####"},
                                                std::array<const char*, 5>{"#####", "#...#", "#.#.#", "##.##", "#####"},
                                                std::array<const char*, 5>{"#####", "##.##", "#.#.#", "##.##", "#####"}}) {
    const CoverageMask mask = MaskOf({5, 5, 2}, [&](int64_t i, int64_t j, int64_t) {
      return rows[static_cast<size_t>(j)][i] == '#';
    });
    for (const HoleStyle holes : {HoleStyle::kLoops, HoleStyle::kKeyhole}) CHECK(RoundTrip(mask, {0, holes})[0] == 0);
  }
}

TEST_CASE("mask contours: simplified, 99.9 % of the voxels come back") {
  const CoverageMask ball = HollowBall();
  const size_t exact = MaskContours(ball, {}, {}).points.size();
  for (const HoleStyle holes : {HoleStyle::kLoops, HoleStyle::kKeyhole}) {
    const auto [wrong, voxels] = RoundTrip(ball, {0.4, holes});
    CHECK(voxels > 30'000);
    CHECK(static_cast<double>(wrong) <= 0.001 * static_cast<double>(voxels));
  }
  // A tolerance of most of a voxel takes the steps away too.
  const auto [wrong, voxels] = RoundTrip(ball, {1, HoleStyle::kLoops});
  CHECK(MaskContours(ball, {1, HoleStyle::kLoops}, {}).points.size() * 2 < exact);
  CHECK(static_cast<double>(wrong) <= 0.03 * static_cast<double>(voxels));
}

TEST_CASE("mask contours: outlines counter-clockwise, holes clockwise, a hole's seam in one loop") {
  const CoverageMask ring = MaskOf({9, 9, 1}, [](int64_t i, int64_t j, int64_t) {
    return i > 0 && i < 8 && j > 0 && j < 8 && (i < 3 || i > 5 || j < 3 || j > 5);
  });
  const Roi loops = MaskContours(ring, {}, {});
  REQUIRE(loops.contours.size() == 2);
  CHECK(loops.contours[0].count == 4);
  const auto area = [&](const Roi& roi, size_t n) {
    std::vector<Point2> points;
    for (const Vec3& p : roi.PointsOf(roi.contours[n])) points.push_back({p.x, p.y});
    return MomentsOf(points).area;
  };
  CHECK(area(loops, 0) == doctest::Approx(49 * 1.5 * 1.25));
  CHECK(area(loops, 1) == doctest::Approx(-9 * 1.5 * 1.25));
  const Roi seam = MaskContours(ring, {0, HoleStyle::kKeyhole}, {});
  REQUIRE(seam.contours.size() == 1);
  CHECK(area(seam, 0) == doctest::Approx(40 * 1.5 * 1.25));
  CHECK(seam.contours[0].count == 11);
}

TEST_CASE("mask contours: the same for 1, 2 and 8 threads") {
  const CoverageMask ball = HollowBall();
  std::vector<Vec3> first;
  for (const int threads : {1, 2, 8}) {
    Roi roi;
    Arena::WithThreads(threads)->Execute([&] { roi = MaskContours(ball, {0.5, HoleStyle::kKeyhole}, {}); });
    if (threads == 1) first = roi.points;
    CHECK(roi.points == first);
  }
}

}  // namespace
}  // namespace isovox
