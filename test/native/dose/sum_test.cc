// Sums of linear doses are linear whatever the grids.
#include "dose/sum.h"

#include <doctest/doctest.h>

#include "dose/phantoms.h"

namespace isovox {
namespace {

using test::LinearDose;

TEST_CASE("sum: on the finest grid, weighted, across turned and uneven grids") {
  auto fine = std::make_shared<DoseGrid>(LinearDose({0.1, 0, 0}, {2, 2, 2}, 20));
  auto coarse = std::make_shared<DoseGrid>(LinearDose({0, 0, 0}, {4, 4, 4}, 60));
  // Turned a quarter about z, and with uneven planes; 20 + 0.2 y - 0.1 z.
  coarse->grid.axes = {{0, 1, 0}, {-1, 0, 0}, {0, 0, 1}};
  coarse->grid.origin = {60, -60, -60};
  auto values = coarse->values->As<float>();
  size_t n = 0;
  for (int64_t k = 0; k < coarse->grid.size[2]; ++k) {
    double& mm = coarse->plane_mm[static_cast<size_t>(k)];
    mm += k % 2 != 0 ? 1 : 0;
    for (int64_t j = 0; j < coarse->grid.size[1]; ++j) {
      for (int64_t i = 0; i < coarse->grid.size[0]; ++i) {
        const Vec3 p = coarse->grid.IndexToPatient({static_cast<double>(i), static_cast<double>(j), 0});
        values[n++] = static_cast<float>(20 + 0.2 * p.y - 0.1 * (mm - 60));
      }
    }
  }
  const std::shared_ptr<const DoseGrid> doses[] = {coarse, fine};
  const double weights[] = {2, 1};
  const DoseSum sum = SumDoses(doses, weights, {});
  CHECK(sum.reference == 1);
  CHECK(sum.dose->grid == fine->grid);
  CHECK(sum.overlap[1] == 1);
  CHECK(sum.overlap[0] < 0.2);
  REQUIRE(sum.findings.size() == 1);
  CHECK(sum.findings[0].code == "dose.cut");
  n = 0;
  for (int64_t k = 0; k < fine->grid.size[2]; ++k) {
    for (int64_t j = 0; j < fine->grid.size[1]; ++j) {
      for (int64_t i = 0; i < fine->grid.size[0]; ++i) {
        const Vec3 p = fine->grid.IndexToPatient({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        CHECK(sum.dose->gray()[n++] == doctest::Approx(2 * (20 + 0.2 * p.y - 0.1 * p.z) + 20 + 0.1 * p.x).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("sum: a dose elsewhere adds nothing and is said to") {
  auto here = std::make_shared<DoseGrid>(LinearDose({0, 0, 0}, {2, 2, 2}, 10));
  auto there = std::make_shared<DoseGrid>(LinearDose({0, 0, 0}, {2, 2, 2}, 10));
  there->grid.origin.x += 1000;
  const std::shared_ptr<const DoseGrid> doses[] = {here, there};
  const double weights[] = {1, 1};
  const DoseSum sum = SumDoses(doses, weights, {});
  CHECK(sum.findings[0].code == "dose.disjoint");
  CHECK(sum.dose->gray()[0] == 20);
}

}  // namespace
}  // namespace isovox
