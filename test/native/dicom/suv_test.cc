// Closed forms: SUV = activity * body / (dose * 2^(-decay / half-life)); James, Janmahasatian and Du Bois by hand.
#include "dicom/suv.h"

#include <doctest/doctest.h>

#include <cmath>

#include "dicom/maker.h"

using namespace isovox;
using namespace isovox::dicom;
using namespace isovox::test;

namespace {

constexpr double kHalfLife = 6586.2;  // F-18

PetFacts SomeFacts() {
  PetFacts facts;
  facts.units = "BQML";
  facts.decay_correction = "START";
  facts.sex = "M";
  facts.weight_kg = 70;
  facts.size_m = 1.75;
  facts.dose_bq = 350e6;
  facts.half_life_s = kHalfLife;
  facts.series = facts.acquisition = 86400.0 * 19000 + 36000;  // 10:00
  facts.injection_clock = 36000 - 3600;
  return facts;
}

Suv Of(const PetFacts& facts, SuvType type = SuvType::kBodyWeight) {
  Findings findings;
  return SuvOf(facts, type, findings);
}

const double kDecayed = 350e6 * std::exp2(-3600 / kHalfLife);

}  // namespace

TEST_CASE("SUV: by body weight, lean mass and surface") {
  const PetFacts facts = SomeFacts();
  CHECK(Of(facts).decay_s == 3600);
  CHECK(Of(facts).factor == doctest::Approx(70000 / kDecayed).epsilon(1e-12));
  // 1.10 * 70 - 128 * (70 / 175)^2 = 56.52 kg; 9270 * 70 / (6680 + 216 * 22.857142...) = 55.8474... kg
  CHECK(Of(facts, SuvType::kLeanJames).factor == doctest::Approx(56520 / kDecayed).epsilon(1e-12));
  CHECK(Of(facts, SuvType::kLeanJanmahasatian).factor ==
        doctest::Approx(1000 * 9270 * 70 / (6680 + 216 * 70 / (1.75 * 1.75)) / kDecayed).epsilon(1e-12));
  // 0.007184 * 70^0.425 * 175^0.725 = 1.8480928 m2
  CHECK(Of(facts, SuvType::kBodySurface).factor == doctest::Approx(18480.928 / kDecayed).epsilon(1e-6));
  PetFacts woman = facts;
  woman.sex = "F";
  CHECK(Of(woman, SuvType::kLeanJames).factor == doctest::Approx((1.07 * 70 - 148 * 0.16) * 1000 / kDecayed).epsilon(1e-12));
}

TEST_CASE("SUV: the beginning of the scan by QIBA's rules") {
  PetFacts facts = SomeFacts();
  SUBCASE("corrected to the injection") {
    facts.decay_correction = "ADMIN";
    CHECK(Of(facts).factor == doctest::Approx(70000 / 350e6));
  }
  SUBCASE("series time of later processing, GE says when the scan began") {
    facts.series = *facts.acquisition + 5000;
    facts.scan_start = *facts.acquisition - 100;
    CHECK(Of(facts).decay_s == doctest::Approx(3500));
  }
  SUBCASE("series time of later processing, by the frame's reference time") {
    facts.series = *facts.acquisition + 5000;
    facts.frame_reference_s = 600;
    facts.frame_duration_s = 180;
    // The mean count rate of a frame of 180 s of F-18 is that of 89.8579... s after its beginning.
    const double rate = std::log(2.0) / kHalfLife;
    const double average = std::log(rate * 180 / (1 - std::exp(-rate * 180))) / rate;
    CHECK(average == doctest::Approx(89.858).epsilon(1e-4));
    CHECK(Of(facts).decay_s == doctest::Approx(3600 - 600 + average));
  }
  SUBCASE("injected before midnight") {
    facts.series = facts.acquisition = 86400.0 * 19000 + 1800;
    facts.injection_clock = 85000;
    CHECK(Of(facts).decay_s == doctest::Approx(1800 + 1400));
  }
  SUBCASE("date and time of injection outrank the time alone") {
    facts.injection = *facts.series - 4000;
    CHECK(Of(facts).decay_s == doctest::Approx(4000));
  }
}

TEST_CASE("SUV: vendors") {
  PetFacts facts = SomeFacts();
  SUBCASE("Philips counts with the factor to SUV") {
    facts.units = "CNTS";
    facts.philips_suv = 0.000551;
    CHECK(Of(facts).factor == doctest::Approx(0.000551));
    CHECK(Of(facts, SuvType::kLeanJames).factor == doctest::Approx(0.000551 * 56.52 / 70));
  }
  SUBCASE("Philips counts with the factor to activity") {
    facts.units = "CNTS";
    facts.philips_activity = 1.5;
    CHECK(Of(facts).factor == doctest::Approx(1.5 * 70000 / kDecayed));
  }
  SUBCASE("images that hold SUV") {
    facts.units = "GML";
    CHECK(Of(facts).factor == 1);
  }
  SUBCASE("dose in MBq, size in centimetres: with a finding") {
    facts.dose_bq = 350;
    facts.size_m = 175;
    Findings findings;
    CHECK(SuvOf(facts, SuvType::kLeanJames, findings).factor == doctest::Approx(56520 / kDecayed));
    CHECK(findings.size() == 2);
  }
}

TEST_CASE("SUV: what is absent is named") {
  const auto what = [](void (*spoil)(PetFacts&)) {
    PetFacts facts = SomeFacts();
    spoil(facts);
    try {
      Of(facts);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kUnsupported);
      return error.context().at(0).second;
    }
    return std::string();
  };
  CHECK(what([](PetFacts& f) { f.weight_kg = 0; }) == "PatientWeight");
  CHECK(what([](PetFacts& f) { f.dose_bq = 0; }) == "RadionuclideTotalDose");
  CHECK(what([](PetFacts& f) { f.half_life_s = 0; }) == "RadionuclideHalfLife");
  CHECK(what([](PetFacts& f) { f.injection_clock.reset(); }) == "RadiopharmaceuticalStartTime");
  CHECK(what([](PetFacts& f) { f.decay_correction = "NONE"; }) == "DecayCorrection");
  CHECK(what([](PetFacts& f) { f.units = "CNTS"; }) == "Units");
  CHECK(what([](PetFacts& f) { f.injection_clock = 37000; f.series = f.acquisition = 36000 + 86400.0 * 19000; f.half_life_s = 600; }) ==
        "RadiopharmaceuticalStartDateTime");
  CHECK(CodeOf([] { SuvTypeFrom("SUV"); }) == "ERR_INVALID_ARGUMENT");
}
