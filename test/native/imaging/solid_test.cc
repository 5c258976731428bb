// Planes, chains, ends: what the solid between contours is.
#include "imaging/solid.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "dose/phantoms.h"
#include "imaging/slabs.h"

namespace isovox {
namespace {

using test::AddLoop;
using test::Circle;
using test::Rectangle;

bool Has(const Findings& findings, std::string_view code) {
  for (const Finding& finding : findings) {
    if (finding.code == code) return true;
  }
  return false;
}

// By sections, at the middle of 200 parts of every stretch.
double VolumeOf(const Solid& solid) {
  double volume = 0;
  Section section;
  CoverageRaster raster;
  const PlaneLattice lattice{0, 0, 1, 1};
  for (size_t b = 0; b + 1 < solid.breaks().size(); ++b) {
    const double length = solid.breaks()[b + 1] - solid.breaks()[b];
    for (int p = 0; p < 200; ++p) {
      solid.SectionAt(solid.breaks()[b] + length * (p + 0.5) / 200, section);
      RasteriseSection(section, lattice, {}, raster);
      for (const Run& run : raster.runs()) volume += run.coverage * (run.end - run.begin) * length / 200;
    }
  }
  return volume;
}

double VolumeOf(const Roi& roi, const SolidOptions& options = {}) { return VolumeOf(Solid(StackPlanes(roi), options)); }

TEST_CASE("planes: sorted, grouped, spaced, with duplicates and repeated points") {
  Roi roi;
  AddLoop(roi, Rectangle(0, 10, 0, 10, 6.003));
  AddLoop(roi, Rectangle(0, 10, 0, 10, 0));
  auto twice = Rectangle(0, 10, 0, 10, 3);
  twice.insert(twice.begin() + 1, twice[0]);
  twice.push_back(twice[0]);
  AddLoop(roi, twice);
  AddLoop(roi, Rectangle(20, 30, 0, 10, 6));
  const PlaneStack stack = StackPlanes(roi);
  REQUIRE(stack.planes.size() == 3);
  CHECK(stack.planes[1].w == doctest::Approx(3));
  CHECK(stack.planes[1].loops[0].points.size() == 4);
  CHECK(stack.planes[2].loops.size() == 2);
  CHECK(stack.spacing == doctest::Approx(3));
  CHECK(stack.findings.empty());
}

TEST_CASE("planes: a loop drawn twice, from another point and the other way round, is not its own hole") {
  Roi roi;
  for (const double z : {0.0, 2.0, 4.0}) {
    const auto loop = test::Circle({1, 2, z}, 10.1, 37);
    AddLoop(roi, loop);
    auto other = loop;
    std::rotate(other.begin(), other.begin() + 7, other.end());
    AddLoop(roi, {other.rbegin(), other.rend()});
  }
  for (const ContourPlane& plane : StackPlanes(roi).planes) {
    CHECK(plane.loops[0].depth == 0);
    CHECK(plane.loops[1].depth == 0);
  }
}

TEST_CASE("planes: nothing drawn, points only, a line, and a plane across the others") {
  Roi roi;
  CHECK(Has(StackPlanes(roi).findings, "roi.empty"));
  AddLoop(roi, {{1, 2, 3}}, ContourKind::kPoint);
  AddLoop(roi, {{0, 0, 0}, {1, 1, 0}, {2, 2, 0}, {3, 3, 0}});
  CHECK(Has(StackPlanes(roi).findings, "roi.degenerate"));
  AddLoop(roi, Rectangle(0, 10, 0, 10, 0));
  AddLoop(roi, {{0, 0, 0}, {0, 5, 0}, {0, 5, 5}, {0, 0, 5}});
  const PlaneStack stack = StackPlanes(roi);
  CHECK(stack.planes.size() == 1);
  CHECK(Has(stack.findings, "roi.not_parallel"));
  CHECK(Has(stack.findings, "roi.degenerate"));
}

TEST_CASE("solid: boxes end half a spacing beyond their planes, whatever the planes' direction") {
  for (const Vec3 normal : {Vec3{0, 0, 1}, Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0.6, 0, 0.8}}) {
    const Vec3 u = normal == Vec3{0, 1, 0} ? Vec3{1, 0, 0} : Vec3{0, 1, 0}, v = Cross(normal, u);
    Roi roi;
    for (int n = 0; n < 5; ++n) {
      const Vec3 o = (2.0 * n) * normal + Vec3{5, -3, 8};
      AddLoop(roi, {o, o + 10 * u, o + 10 * u + 7 * v, o + 7 * v});
    }
    CHECK(VolumeOf(roi) == doctest::Approx(10 * 7 * 10).epsilon(1e-9));
    CHECK(VolumeOf(roi, {PlaneInterpolation::kShape, EndCaps::kNone}) == doctest::Approx(10 * 7 * 8).epsilon(1e-9));
  }
}

TEST_CASE("solid: one plane has the thickness it is given") {
  Roi roi;
  AddLoop(roi, Rectangle(0, 10, 0, 10, 0));
  SolidOptions options;
  options.slice_thickness_mm = 2.5;
  const Solid solid(StackPlanes(roi), options);
  CHECK(VolumeOf(solid) == doctest::Approx(250));
  CHECK(Has(solid.findings(), "roi.single_plane"));
}

TEST_CASE("solid: uneven planes meet in the middle; wide gaps close on both sides") {
  Roi uneven;
  for (const double z : {0.0, 2.0, 5.0, 7.0}) AddLoop(uneven, Rectangle(0, 10, 0, 10, z));
  CHECK(VolumeOf(uneven) == doctest::Approx(100 * (1 + 2 + 3 + 2 + 1)));
  Roi bridged;
  for (const double z : {0.0, 2.0, 4.0, 8.0, 10.0}) AddLoop(bridged, Rectangle(0, 10, 0, 10, z));
  const Solid solid(StackPlanes(bridged), {});
  CHECK(VolumeOf(solid) == doctest::Approx(100 * 12));
  CHECK(Has(solid.findings(), "roi.gap"));
  Roi apart;
  for (const double z : {0.0, 2.0, 4.0, 14.0, 16.0}) AddLoop(apart, Rectangle(0, 10, 0, 10, z));
  CHECK(VolumeOf(apart) == doctest::Approx(100 * (6 + 4)));
}

TEST_CASE("solid: spheres, cones and lying cylinders are exact between and beyond coarse planes") {
  const double pi = std::numbers::pi;
  for (const double shift : {0.0, 0.4, 1.5, 2.7}) {
    CHECK(VolumeOf(test::Sphere(12, 3, shift)) == doctest::Approx(4 * pi / 3 * 1728).epsilon(1e-3));
    CHECK(VolumeOf(test::LyingCylinder(12, 24, 3, shift)) == doctest::Approx(pi * 144 * 24).epsilon(2e-3));
    CHECK(VolumeOf(test::LyingCone(12, 24, 3, shift)) == doctest::Approx(pi * 144 * 8).epsilon(4e-3));
  }
  CHECK(VolumeOf(test::AxialCone(12, 24, 3)) == doctest::Approx(pi * 144 * 8).epsilon(1e-3));
  CHECK(VolumeOf(test::AxialCylinder(12, 24, 3)) == doctest::Approx(pi * 144 * 24).epsilon(1e-4));
}

TEST_CASE("solid: a 3 mm sphere on 1 mm planes through its centre is exact to 1 %") {
  CHECK(VolumeOf(test::Sphere(1.5, 1, 0)) == doctest::Approx(4 * std::numbers::pi / 3 * 3.375).epsilon(0.01));
}

TEST_CASE("solid: holes run through, drawn as loops either way round or as key-holes") {
  for (const bool reversed : {false, true}) {
    Roi roi;
    for (int n = 0; n < 4; ++n) {
      AddLoop(roi, Rectangle(0, 20, 0, 20, n));
      auto hole = Rectangle(5, 15, 5, 15, n);
      if (reversed) std::reverse(hole.begin(), hole.end());
      AddLoop(roi, hole);
      AddLoop(roi, Rectangle(8, 12, 8, 12, n));
    }
    CHECK(VolumeOf(roi) == doctest::Approx(4 * (400 - 100 + 16)));
  }
  Roi keyhole;
  for (int n = 0; n < 4; ++n) {
    const double z = n;
    AddLoop(keyhole, {{0, 0, z}, {20, 0, z}, {20, 20, z}, {0, 20, z}, {0, 10, z}, {5, 10, z}, {5, 15, z},
                      {15, 15, z}, {15, 5, z}, {5, 5, z}, {5, 10, z}, {0, 10, z}});
  }
  CHECK(VolumeOf(keyhole) == doctest::Approx(4 * 300));
}

TEST_CASE("solid: a branch ends in the middle between its planes") {
  Roi roi;
  for (const double z : {0.0, 2.0}) AddLoop(roi, Rectangle(0, 30, 0, 10, z));
  for (const double z : {4.0, 6.0}) {
    AddLoop(roi, Rectangle(0, 10, 0, 10, z));
    AddLoop(roi, Rectangle(20, 30, 0, 10, z));
  }
  CHECK(VolumeOf(roi) == doctest::Approx(300 * 4 + 200 * 4));
}

}  // namespace

double WholeVolume(const Solid& solid) {
  return solid.PlainIntegral(solid.breaks().front(), solid.breaks().back()).value().volume;
}

TEST_CASE("solid: the volume by the sections' areas is the body's") {
  const double sphere = 4.0 / 3 * std::numbers::pi * 1000;
  const Solid ball(StackPlanes(test::Sphere(10, 2, 0.7)), {});
  CHECK(WholeVolume(ball) == doctest::Approx(sphere).epsilon(1e-3));
  const Solid cone(StackPlanes(test::AxialCone(10, 20, 1)), {});
  CHECK(WholeVolume(cone) == doctest::Approx(std::numbers::pi * 100 * 20 / 3).epsilon(1e-3));
  Roi exclusive;
  test::AddLoop(exclusive, test::Rectangle(0, 10, 0, 10, 0), ContourKind::kClosedPlanarXor);
  CHECK_FALSE(Solid(StackPlanes(exclusive), {}).PlainIntegral(-1, 1).has_value());
}

TEST_CASE("slabs: as thick as they may be, they keep volume and centre") {
  // A cone of height 20 from its base at -10: volume pi r^2 h / 3, centre a quarter up.
  const Solid cone(StackPlanes(test::AxialCone(10, 20, 1)), {});
  for (const int parts : {1, 3, 17}) {
    std::vector<double> edges;
    for (int e = 0; e <= parts; ++e) {
      edges.push_back(cone.breaks().front() + (cone.breaks().back() - cone.breaks().front()) * e / parts);
    }
    double volume = 0, moment = 0;
    for (size_t e = 0; e + 1 < edges.size(); ++e) {
      const auto slab = CutSlab(cone, edges[e], edges[e + 1]);
      REQUIRE(slab.has_value());
      const double part = slab->thickness * cone.AreaAt(slab->w);
      volume += part;
      moment += part * slab->w;
      CHECK(slab->length == doctest::Approx((edges.back() - edges.front()) / parts));
    }
    CHECK(volume == doctest::Approx(std::numbers::pi * 100 * 20 / 3).epsilon(1e-3));
    CHECK(moment / volume == doctest::Approx(-5).epsilon(2e-3));
  }
}

TEST_CASE("solid: a ball of 3 mm on planes of 1 mm keeps its volume within 1 %, wherever it lies") {
  // The published errors of clinical systems on such balls reach -33 % (Stanley et al., J Appl Clin Med Phys 22 (2021)).
  const double sphere = 4.0 / 3 * std::numbers::pi * 1.5 * 1.5 * 1.5;
  for (int shift = 0; shift < 20; ++shift) {
    const Solid ball(StackPlanes(test::Sphere(1.5, 1, 0.05 * shift + 0.01)), {});
    CHECK(WholeVolume(ball) == doctest::Approx(sphere).epsilon(0.01));
  }
  const Solid two(StackPlanes(test::Sphere(1.5, 1, 0.5)), {});
  CHECK(two.stack().planes.size() == 2);
  CHECK(WholeVolume(two) == doctest::Approx(sphere).epsilon(0.01));
  // A disc far wider than its planes are apart would show more planes were it a ball: it ends flat.
  const Solid disc(StackPlanes(test::AxialCylinder(10, 2, 1)), {});
  CHECK(disc.stack().planes.size() == 2);
  CHECK(WholeVolume(disc) == doctest::Approx(std::numbers::pi * 100 * 2).epsilon(1e-3));
}

}  // namespace isovox
