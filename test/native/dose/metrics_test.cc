// Metrics of a curve that is a straight line, and biology against hand-worked numbers.
#include "dose/metrics.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "dose/biology.h"
#include "dose/indices.h"
#include "dose/mask_dvh.h"
#include "dose/phantoms.h"

namespace isovox {
namespace {

// 10 cc spread evenly over 10 to 30 Gy.
Dvh Ramp() {
  Dvh dvh;
  dvh.volume_cc = dvh.curve_cc = 10;
  dvh.covered_fraction = 1;
  dvh.min_gy = 10;
  dvh.max_gy = 30;
  dvh.mean_gy = 20;
  dvh.low_gy = 10;
  dvh.bin_gy = 0.01;
  for (int n = 0; n <= 2000; ++n) dvh.cumulative_cc.push_back(10 * (1 - n / 2000.0));
  return dvh;
}

double Value(std::string_view name, const MetricContext& context = {}) {
  const MetricValue value = EvaluateMetric(Ramp(), name, context);
  REQUIRE_MESSAGE(value.value.has_value(), name, value.reason);
  return *value.value;
}

TEST_CASE("metrics: doses, volumes and their spellings") {
  CHECK(Value("Volume") == 10);
  CHECK(Value("Dmean") == 20);
  CHECK(Value("Dmin") == 10);
  CHECK(Value("Dmax") == 30);
  CHECK(Value("Dmedian") == doctest::Approx(20));
  CHECK(Value("D95") == doctest::Approx(11));
  CHECK(Value("D95%") == doctest::Approx(11));
  CHECK(Value("D0.5%") == doctest::Approx(29.9));
  CHECK(Value("D2cc") == doctest::Approx(26));
  CHECK(Value("D0.03cc") == doctest::Approx(29.94));
  CHECK(Value("V20Gy") == doctest::Approx(50));
  CHECK(Value("V20") == doctest::Approx(50));
  CHECK(Value("V12.5Gy_cc") == doctest::Approx(8.75));
  CHECK(Value("V5Gycc") == doctest::Approx(10));
  CHECK(Value("V31Gy") == 0);
  CHECK(Value("Spread") == 20);
  CHECK(Value("IntegralDose") == doctest::Approx(200));
  CHECK(Value("HI") == doctest::Approx((29.6 - 10.4) / 20));
  CHECK(Value("HI_D5D95") == doctest::Approx(29.0 / 11));
  CHECK(Value("MOH10") == doctest::Approx(29).epsilon(1e-3));
  CHECK(Value("MOC10%") == doctest::Approx(11).epsilon(1e-3));
}

TEST_CASE("metrics: relative to the prescription, and without one") {
  const MetricContext context{25, 0, 0};
  CHECK(Value("V80%Rx", context) == doctest::Approx(50));
  CHECK(Value("V80%Rxcc", context) == doctest::Approx(5));
  CHECK(Value("D50%Rx", context) == doctest::Approx(80));
  CHECK(Value("Dmax%Rx", context) == doctest::Approx(120));
  CHECK(Value("HI_RTOG", context) == doctest::Approx(1.2));
  CHECK(Value("HI_Wu", context) == doctest::Approx(19.2 / 25));
  for (const std::string_view name : {"V95%Rx", "Dmean%Rx", "HI_RTOG"}) {
    const MetricValue value = EvaluateMetric(Ramp(), name, {});
    CHECK_FALSE(value.value.has_value());
    CHECK(value.reason == "no prescription is known");
  }
}

TEST_CASE("metrics: undefined values say why, unknown names throw") {
  CHECK(EvaluateMetric(Ramp(), "D11cc", {}).reason == "the structure is smaller than that volume");
  Dvh empty;
  empty.cumulative_cc = {0, 0};
  CHECK_FALSE(EvaluateMetric(empty, "Dmean", {}).value.has_value());
  CHECK(*EvaluateMetric(empty, "Volume", {}).value == 0);
  for (const std::string_view name : {"", "D", "Dx", "V20Gray", "D95cm", "EQD2(V20Gy)", "gEUD()", "D1e"}) {
    CHECK_THROWS_AS(EvaluateMetric(Ramp(), name, {}), Error);
  }
}

TEST_CASE("metrics: every family has a unit, a definition and a name that it reads") {
  for (const MetricFamily& family : MetricFamilies()) {
    CHECK_FALSE(family.unit.empty());
    CHECK_FALSE(family.definition.empty());
    std::string name(family.patterns[0]);
    if (const auto at = name.find("<x>"); at != std::string::npos) name.replace(at, 3, "0.5");
    CHECK_NOTHROW(EvaluateMetric(Ramp(), name, {60, 10, 30}));
  }
}

TEST_CASE("biology: BED, EQD2 and equivalent uniform doses") {
  // 60 Gy in 30 fractions, alpha/beta 10: BED 72, EQD2 60; 54 Gy in 3, alpha/beta 10: BED 151.2, EQD2 126.
  CHECK(Bed(60, 30, 10) == doctest::Approx(72));
  CHECK(Eqd2(60, 30, 10) == doctest::Approx(60));
  CHECK(Bed(54, 3, 10) == doctest::Approx(151.2));
  CHECK(Eqd2(54, 3, 10) == doctest::Approx(126));
  CHECK(Value("EQD2(D50)", {0, 3, 10}) == doctest::Approx(20.0 * (2 + 3) / 5));
  CHECK(Value("BED(D50)", {0, 3, 10}) == doctest::Approx(20 * (1 + 2.0 / 3)));
  // The mean of D (D / n + ab) / (2 + ab) over 10..30: E[D^2] = 400 + 400 / 12.
  CHECK(Value("EQD2mean", {0, 3, 10}) == doctest::Approx((433.3333 / 10 + 60) / 5).epsilon(1e-4));
  CHECK(Value("gEUD(1)") == doctest::Approx(20).epsilon(1e-4));
  CHECK(Value("gEUD(2)") == doctest::Approx(std::sqrt(433.3333)).epsilon(1e-4));
  // (1/20) integral of D^8 over 10..30 is (30^9 - 10^9) / 180.
  CHECK(Value("gEUD(8)") == doctest::Approx(std::pow((std::pow(30, 9) - std::pow(10, 9)) / 180, 1.0 / 8)).epsilon(1e-4));
  CHECK(Value("gEUD(-10)") < 20);
  // SF2 0.5: mean of 2^(-D/2) over 10..30 is (2^-5 - 2^-15) / (10 ln 2).
  const double survival = (std::pow(2, -5) - std::pow(2, -15)) / (10 * std::log(2));
  CHECK(Value("EUD(0.5)") == doctest::Approx(-2 * std::log2(survival)).epsilon(1e-4));
}

TEST_CASE("biology: uniform doses give the models' defining points") {
  const Dvh dvh = ComputeDvh(test::Sphere(12, 2), test::LinearDose({0, 0, 0}, {3, 3, 3}), {}, {});
  CHECK(LkbNtcp(dvh, 20, 0.2, 0.5, {}) == doctest::Approx(0.5).epsilon(1e-4));
  // One slope unit: t = (20 - 16) / (0.25 * 16) = 1.
  CHECK(LkbNtcp(dvh, 16, 0.25, 0.1, {}) == doctest::Approx(0.841345).epsilon(1e-4));
  CHECK(PoissonTcp(dvh, 20, 2, {}) == doctest::Approx(0.5).epsilon(1e-4));
  CHECK(LkbNtcp(dvh, Eqd2(20, 5, 3), 0.2, 0.5, {5, 3}) == doctest::Approx(0.5).epsilon(1e-4));
}

TEST_CASE("indices: a sphere in its own dose conforms; its volumes come from grid or curve") {
  // 40 - r Gy: the ball of radius 12 receives at least 28, half of it the ball of radius 26.
  DoseGrid dose = test::LinearDose({0, 0, 0}, {1, 1, 1}, 35);
  auto values = dose.values->As<float>();
  size_t n = 0;
  for (int64_t k = 0; k < dose.grid.size[2]; ++k) {
    for (int64_t j = 0; j < dose.grid.size[1]; ++j) {
      for (int64_t i = 0; i < dose.grid.size[0]; ++i) {
        values[n++] = static_cast<float>(
            40 - Norm(dose.grid.IndexToPatient({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)})));
      }
    }
  }
  const double ball = 4 * std::numbers::pi / 3 / 1000;
  CHECK(GridVolumeAt(dose, 28, {}) == doctest::Approx(ball * 1728).epsilon(0.003));
  const Dvh target = ComputeDvh(test::Sphere(12, 1), dose, {}, {});
  const Conformity c = ComputeConformity(target, 28, GridVolumeAt(dose, 28, {}), GridVolumeAt(dose, 14, {}));
  CHECK(*c.paddick == doctest::Approx(1).epsilon(0.02));
  CHECK(*c.rtog == doctest::Approx(1).epsilon(0.01));
  CHECK(*c.lomax_salt == doctest::Approx(1).epsilon(0.02));
  CHECK(*c.gradient == doctest::Approx(std::pow(26.0 / 12, 3)).epsilon(0.005));
  const Conformity none = ComputeConformity(target, 100, 0, 0);
  CHECK_FALSE(none.paddick.has_value());
  CHECK(*none.lomax_salt == 0);
}

TEST_CASE("mask dvh: every voxel counts with its coverage and centre dose") {
  CoverageMask mask;
  mask.grid.size = {4, 1, 1};
  mask.grid.spacing = {10, 1, 1};
  mask.box = {{0, 0, 0}, {4, 1, 1}};
  mask.coverage = {1, 0.5F, 0, 1};
  const DoseGrid dose = test::LinearDose({0.1, 0, 0}, {5, 5, 5}, 22);
  const Dvh dvh = DvhOfMask(mask, dose, OutsideGrid::kExclude, {});
  CHECK(dvh.volume_cc == doctest::Approx(0.025));
  CHECK(dvh.covered_fraction == doctest::Approx(1.5 / 2.5));
  CHECK(dvh.mean_gy == doctest::Approx((20 + 0.5 * 21) / 1.5));
  CHECK(DvhOfMask(mask, dose, OutsideGrid::kZero, {}).mean_gy == doctest::Approx((20 + 0.5 * 21) / 2.5));
  CHECK(DvhOfMask(mask, dose, OutsideGrid::kClamp, {}).mean_gy == doctest::Approx((20 + 0.5 * 21 + 22.5) / 2.5));
}

}  // namespace
}  // namespace isovox
