// Area coverage against areas known in closed form.
#include "imaging/coverage.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <numbers>
#include <random>

#include "imaging/resolve_overlaps.h"
#include "imaging/solid.h"

namespace isovox {
namespace {

using Loop2 = std::vector<Point2>;

double Area(const CoverageRaster& raster, const PlaneLattice& lattice) {
  double sum = 0;
  for (const Run& run : raster.runs()) sum += run.coverage * (run.end - run.begin);
  return sum * lattice.du * lattice.dv;
}

std::map<std::pair<int, int>, double> Cells(const CoverageRaster& raster) {
  std::map<std::pair<int, int>, double> cells;
  for (const Run& run : raster.runs()) {
    for (int32_t c = run.begin; c < run.end; ++c) cells[{c, run.row}] += run.coverage;
  }
  return cells;
}

Loop2 Circle(double u, double v, double r, int points, bool clockwise = false) {
  Loop2 loop;
  for (int p = 0; p < points; ++p) {
    const double a = (clockwise ? -1 : 1) * 2 * std::numbers::pi * p / points;
    loop.push_back({u + r * std::cos(a), v + r * std::sin(a)});
  }
  return loop;
}

// Sutherland-Hodgman against one cell, then the shoelace formula: an independent way to the same numbers.
Moments CellMoments(Loop2 loop, double u0, double v0, double u1, double v1) {
  const auto clip = [&loop](auto inside, auto cross) {
    Loop2 out;
    for (size_t i = 0; i < loop.size(); ++i) {
      const Point2 a = loop[i], b = loop[(i + 1) % loop.size()];
      if (inside(a)) out.push_back(a);
      if (inside(a) != inside(b)) out.push_back(cross(a, b));
    }
    loop = out;
  };
  const auto at_u = [](double u) {
    return [u](Point2 a, Point2 b) { return Point2{u, a.v + (b.v - a.v) * (u - a.u) / (b.u - a.u)}; };
  };
  const auto at_v = [](double v) {
    return [v](Point2 a, Point2 b) { return Point2{a.u + (b.u - a.u) * (v - a.v) / (b.v - a.v), v}; };
  };
  clip([u0](Point2 p) { return p.u >= u0; }, at_u(u0));
  clip([u1](Point2 p) { return p.u <= u1; }, at_u(u1));
  clip([v0](Point2 p) { return p.v >= v0; }, at_v(v0));
  clip([v1](Point2 p) { return p.v <= v1; }, at_v(v1));
  return loop.size() < 3 ? Moments{} : MomentsOf(loop);
}

TEST_CASE("coverage: every cell of a convex polygon equals the clipped polygon's area") {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> place(-3, 3), size(0.2, 9);
  for (int round = 0; round < 50; ++round) {
    const PlaneLattice lattice{place(random), place(random), 0.7, 1.3};
    const Loop2 loop = Circle(place(random), place(random), size(random), 3 + round % 11, round % 2 != 0);
    CoverageRaster raster;
    raster.Begin(lattice);
    raster.AddLoop(loop, round % 2 != 0 ? -1 : 1);
    REQUIRE(raster.Finish());
    CHECK(Area(raster, lattice) == doctest::Approx(std::abs(MomentsOf(loop).area)).epsilon(1e-9));
    for (const auto& [cell, coverage] : Cells(raster)) {
      const double u = lattice.u0 + cell.first * lattice.du, v = lattice.v0 + cell.second * lattice.dv;
      const double area = std::abs(CellMoments(loop, u, v, u + lattice.du, v + lattice.dv).area);
      CHECK(coverage == doctest::Approx(area / (lattice.du * lattice.dv)).epsilon(1e-6));
    }
    for (const Run& run : raster.runs()) {
      if (run.coverage < 1e-3) continue;
      const double u = lattice.u0 + run.begin * lattice.du, v = lattice.v0 + run.row * lattice.dv;
      const Moments part = CellMoments(loop, u, v, u + lattice.du, v + lattice.dv);
      CHECK(run.centroid_u == doctest::Approx((part.u - u) / lattice.du - 0.5).epsilon(1e-3));
      CHECK(run.centroid_v == doctest::Approx((part.v - v) / lattice.dv - 0.5).epsilon(1e-3));
    }
  }
}

TEST_CASE("coverage: a window clips exactly, on every side") {
  const Loop2 loop = Circle(5, 5, 7, 90);
  const PlaneLattice lattice{0, 0, 1, 1};
  CoverageRaster whole, part;
  whole.Begin(lattice);
  whole.AddLoop(loop, 1);
  REQUIRE(whole.Finish());
  const LatticeWindow window{0, 10, 2, 9};
  part.Begin(lattice, window);
  part.AddLoop(loop, 1);
  REQUIRE(part.Finish());
  auto expected = Cells(whole);
  std::erase_if(expected, [](const auto& item) {
    const auto [column, row] = item.first;
    return column < 0 || column >= 10 || row < 2 || row >= 9;
  });
  const auto got = Cells(part);
  CHECK(got.size() == expected.size());
  for (const auto& [cell, coverage] : expected) {
    REQUIRE(got.count(cell) == 1);
    CHECK(got.at(cell) == doctest::Approx(coverage).epsilon(1e-12));
  }
}

TEST_CASE("coverage: a key-hole takes its hole away and its seam is nothing") {
  // A square with a square hole, joined by a seam along v = 5.
  const Loop2 loop{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 5}, {3, 5}, {3, 7}, {7, 7}, {7, 3}, {3, 3}, {3, 5}, {0, 5}};
  for (const double cell : {1.0, 0.3, 2.7}) {
    const PlaneLattice lattice{-0.1, -0.2, cell, cell};
    CoverageRaster raster;
    raster.Begin(lattice);
    raster.AddLoop(loop, 1);
    REQUIRE(raster.Finish());
    CHECK(Area(raster, lattice) == doctest::Approx(84).epsilon(1e-12));
  }
  CHECK(MomentsOf(loop).area == doctest::Approx(84));
}

TEST_CASE("coverage: horizontal edges inside a row cover its cells in part") {
  const Loop2 loop{{0.5, 0.25}, {20.5, 0.25}, {20.5, 0.75}, {0.5, 0.75}};
  CoverageRaster raster;
  raster.Begin({0, 0, 1, 1});
  raster.AddLoop(loop, 1);
  REQUIRE(raster.Finish());
  const auto cells = Cells(raster);
  CHECK(cells.at({0, 0}) == doctest::Approx(0.25));
  CHECK(cells.at({10, 0}) == doctest::Approx(0.5));
  CHECK(cells.at({20, 0}) == doctest::Approx(0.25));
  const Run& long_run = raster.runs()[1];
  CHECK(long_run.end - long_run.begin == 19);
  CHECK(long_run.centroid_u == 0);
  CHECK(std::abs(long_run.centroid_v) < 1e-6F);
}

double Resolved(std::span<const PlaneLoop> loops, double cell = 0.37) {
  const PlaneLattice lattice{0.05, 0.02, cell, cell};
  CoverageRaster raster;
  raster.Begin(lattice);
  for (const Edge& edge : ResolveOverlaps(loops)) raster.AddEdge(edge);
  REQUIRE(raster.Finish());
  return Area(raster, lattice);
}

TEST_CASE("overlaps: a figure eight has two lobes, and is noticed") {
  const Loop2 eight{{0, 0}, {4, 4}, {4, 0}, {0, 4}};
  CoverageRaster raster;
  raster.Begin({0, 0, 0.5, 0.5});
  raster.AddLoop(eight, 1);
  CHECK_FALSE(raster.Finish());
  const PlaneLoop loops[] = {{eight, 0, false}};
  CHECK(Resolved(loops) == doctest::Approx(8));
}

TEST_CASE("overlaps: loops beside each other unite, XOR takes the overlap away") {
  const Loop2 a{{0, 0}, {4, 0}, {4, 4}, {0, 4}}, b{{2, 2}, {6, 2}, {6, 6}, {2, 6}};
  const PlaneLoop united[] = {{a, 0, false}, {b, 0, false}};
  CHECK(Resolved(united) == doctest::Approx(28));
  const PlaneLoop exclusive[] = {{a, 0, true}, {b, 0, true}};
  CHECK(Resolved(exclusive) == doctest::Approx(24));
}

TEST_CASE("overlaps: holes, islands in holes, and a hole without its outline") {
  const Loop2 outer = Circle(0, 0, 10, 200), hole = Circle(0, 0, 6, 200), island = Circle(0, 0, 2, 200);
  const auto area = [](const Loop2& loop) { return MomentsOf(loop).area; };
  const PlaneLoop nested[] = {{outer, 0, false}, {hole, 1, false}, {island, 2, false}};
  CHECK(Resolved(nested) == doctest::Approx(area(outer) - area(hole) + area(island)).epsilon(1e-9));
  const PlaneLoop lonely[] = {{hole, 1, false}};
  CHECK(Resolved(lonely) == doctest::Approx(0));
  // A hole reaching beyond its outline takes away only what is there.
  const Loop2 square{{0, 0}, {4, 0}, {4, 4}, {0, 4}}, beyond{{3, 1}, {6, 1}, {6, 3}, {3, 3}};
  const PlaneLoop reaching[] = {{square, 0, false}, {beyond, 1, false}};
  CHECK(Resolved(reaching) == doctest::Approx(14));
}

TEST_CASE("overlaps: random star polygons agree with a fine point count by the even-odd rule") {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> place(0, 10);
  for (int round = 0; round < 20; ++round) {
    Loop2 loop;
    for (int p = 0; p < 9; ++p) loop.push_back({place(random), place(random)});
    const PlaneLoop loops[] = {{loop, 0, false}};
    int inside = 0;
    constexpr int kSide = 400;
    for (int j = 0; j < kSide; ++j) {
      for (int i = 0; i < kSide; ++i) inside += Contains(loop, {(i + 0.5) * 10 / kSide, (j + 0.5) * 10 / kSide});
    }
    CHECK(Resolved(loops) == doctest::Approx(inside * 100.0 / (kSide * kSide)).epsilon(0.01));
  }
}

}  // namespace
}  // namespace isovox
