#include "dicom/suv.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "dicom/decimal.h"
#include "dicom/private_block.h"

namespace isovox::dicom {
namespace {

constexpr double kDay = 86400;
constexpr const char* kGe = "GEMS_PETD_01";
constexpr const char* kPhilips = "Philips PET Private Group";

constexpr struct {
  const char* name;
  SuvType type;
  const char* unit;
} kTypes[] = {
    {"bw", SuvType::kBodyWeight, "SUVbw"},
    {"lbm", SuvType::kLeanJames, "SUVlbm"},
    {"lbm-janma", SuvType::kLeanJanmahasatian, "SUVlbm(Janma)"},
    {"bsa", SuvType::kBodySurface, "SUVbsa"},
};

Error CannotCompute(const char* what, const std::string& why) {
  return Error(ErrorCode::kUnsupported, "SUV cannot be computed: " + why, {{"what", what}, {"value", why}});
}

// The digits of `text` from `at` on as a number; nothing when they are not all digits.
std::optional<int> Digits(std::string_view text, size_t at, size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  for (const char digit : text.substr(at, count)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  return value;
}

// HHMMSS.FFFFFF, of which only the hour must be there (PS3.5 6.2, TM).
std::optional<double> ClockOf(std::string_view text) {
  const auto hours = Digits(text, 0, 2);
  if (!hours || *hours > 23) return std::nullopt;
  double seconds = *hours * 3600.0 + Digits(text, 2, 2).value_or(0) * 60.0 + Digits(text, 4, 2).value_or(0);
  if (text.size() > 7 && text[6] == '.') {
    const double fraction = ParseDecimal("0" + std::string(text.substr(6)));
    if (std::isfinite(fraction)) seconds += fraction;
  }
  return seconds;
}

std::optional<double> DayOf(std::string_view text) {
  const auto year = Digits(text, 0, 4), month = Digits(text, 4, 2), day = Digits(text, 6, 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count()) * kDay;
}

// YYYYMMDDHHMMSS.FFFFFF with or without a zone, which all times of a series share.
std::optional<double> MomentOf(std::string_view text) {
  const auto day = DayOf(text.substr(0, 8));
  const auto clock = text.size() > 8 ? ClockOf(text.substr(8, text.find_first_of("+-") - 8)) : std::nullopt;
  if (!day || !clock) return std::nullopt;
  return *day + *clock;
}

std::optional<double> MomentOf(const DataSet& set, Tag date, Tag time) {
  const auto day = DayOf(set.Text(date));
  const auto clock = ClockOf(set.Text(time));
  if (!day || !clock) return std::nullopt;
  return *day + *clock;
}

// Activity is decay-corrected to this moment.
double ScanStart(const PetFacts& facts, Findings& findings) {
  if (!facts.acquisition && !facts.series) throw CannotCompute("AcquisitionTime", "date and time of acquisition are absent");
  if (facts.series && (!facts.acquisition || *facts.series <= *facts.acquisition)) return *facts.series;
  // A series time after the acquisition is that of later processing.
  if (facts.scan_start) return *facts.scan_start;
  if (facts.frame_reference_s > 0 && facts.frame_duration_s > 0) {
    const double rate = std::log(2.0) / facts.half_life_s, decay = rate * facts.frame_duration_s;
    const double average = std::log(decay / (1 - std::exp(-decay))) / rate;  // when the mean count rate was
    return *facts.acquisition - facts.frame_reference_s + average;
  }
  findings.push_back({"suv.scan_start", Severity::kWarn,
                      "SeriesTime is after AcquisitionTime and FrameReferenceTime is absent: decay was counted to AcquisitionTime", {}});
  return *facts.acquisition;
}

double DecayedDose(const PetFacts& facts, Suv& suv, Findings& findings) {
  if (!(facts.dose_bq > 0)) throw CannotCompute("RadionuclideTotalDose", "RadionuclideTotalDose is absent");
  double dose = facts.dose_bq;
  if (dose < 1e5) {
    // No patient gets so little: it is the megabecquerels that some exports write.
    dose *= 1e6;
    findings.push_back({"suv.dose_in_mbq", Severity::kWarn, "RadionuclideTotalDose was taken for MBq", {{"MBq", facts.dose_bq}}});
  }
  if (facts.decay_correction == "ADMIN") return dose;
  if (facts.decay_correction != "START") {
    throw CannotCompute("DecayCorrection", "DecayCorrection is " +
                                               (facts.decay_correction.empty() ? std::string("absent") : facts.decay_correction) +
                                               " and not START or ADMIN");
  }
  if (!(facts.half_life_s > 0)) throw CannotCompute("RadionuclideHalfLife", "RadionuclideHalfLife is absent");
  const double start = ScanStart(facts, findings);
  double injection = 0;
  if (facts.injection) {
    injection = *facts.injection;
  } else if (facts.injection_clock) {
    // The day is that of the scan, or the day before when midnight lies between.
    injection = std::floor(start / kDay) * kDay + *facts.injection_clock;
    if (injection > start) injection -= kDay;
  } else {
    throw CannotCompute("RadiopharmaceuticalStartTime", "the time of injection is absent");
  }
  suv.decay_s = start - injection;
  if (suv.decay_s < 0 || suv.decay_s > 10 * facts.half_life_s) {
    throw CannotCompute("RadiopharmaceuticalStartDateTime",
                        "the injection lies " + std::to_string(suv.decay_s) + " s before the scan");
  }
  return dose * std::exp2(-suv.decay_s / facts.half_life_s);
}

// What the mass or surface of the body is, in grams or square centimetres.
double BodyOf(const PetFacts& facts, SuvType type, Findings& findings) {
  const double weight = facts.weight_kg;
  if (!(weight > 0)) throw CannotCompute("PatientWeight", "PatientWeight is absent");
  if (type == SuvType::kBodyWeight) return 1000 * weight;
  double size = facts.size_m;
  if (!(size > 0)) throw CannotCompute("PatientSize", "PatientSize is absent");
  if (size > 3) {
    size /= 100;
    findings.push_back({"suv.size_in_cm", Severity::kWarn, "PatientSize was taken for centimetres", {{"cm", facts.size_m}}});
  }
  if (type == SuvType::kBodySurface) return 1e4 * 0.007184 * std::pow(weight, 0.425) * std::pow(100 * size, 0.725);
  if (facts.sex != "M" && facts.sex != "F") throw CannotCompute("PatientSex", "PatientSex is neither M nor F");
  const bool male = facts.sex == "M";
  if (type == SuvType::kLeanJanmahasatian) {
    const double bmi = weight / (size * size);
    return 1000 * 9270 * weight / ((male ? 6680 : 8780) + (male ? 216 : 244) * bmi);
  }
  const double ratio = weight / (100 * size);
  return 1000 * (male ? 1.10 * weight - 128 * ratio * ratio : 1.07 * weight - 148 * ratio * ratio);
}

bool HoldsBodyWeightSuv(const PetFacts& facts) {
  return facts.units == "GML" && (facts.suv_type.empty() || facts.suv_type == "BW");
}

}  // namespace

SuvType SuvTypeFrom(std::string_view name) {
  std::string known;
  for (const auto& row : kTypes) {
    if (name == row.name) return row.type;
    known += std::string(known.empty() ? "" : ", ") + row.name;
  }
  throw InvalidArgument("suv", "one of " + known, "\"" + std::string(name) + "\"");
}

const char* SuvUnit(SuvType type) {
  return std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& row) { return row.type == type; })->unit;
}

PetFacts PetFactsOf(const DataSet& set) {
  PetFacts facts;
  facts.units = set.Text(tag::kUnits);
  facts.decay_correction = set.Text(tag::kDecayCorrection);
  facts.suv_type = set.Text(tag::kSUVType);
  facts.sex = set.Text(tag::kPatientSex);
  facts.weight_kg = set.Number(tag::kPatientWeight).value_or(0);
  facts.size_m = set.Number(tag::kPatientSize).value_or(0);
  for (const DataSet& item : set.Items(tag::kRadiopharmaceuticalInformationSequence)) {
    facts.dose_bq = item.Number(tag::kRadionuclideTotalDose).value_or(0);
    facts.half_life_s = item.Number(tag::kRadionuclideHalfLife).value_or(0);
    facts.injection = MomentOf(item.Text(tag::kRadiopharmaceuticalStartDateTime));
    facts.injection_clock = ClockOf(item.Text(tag::kRadiopharmaceuticalStartTime));
    break;
  }
  facts.series = MomentOf(set, tag::kSeriesDate, tag::kSeriesTime);
  facts.acquisition = MomentOf(set.Text(tag::kAcquisitionDateTime));
  if (!facts.acquisition) facts.acquisition = MomentOf(set, tag::kAcquisitionDate, tag::kAcquisitionTime);
  facts.scan_start = MomentOf(PrivateText(set, 0x0009, kGe, 0x0D));
  facts.frame_reference_s = set.Number(tag::kFrameReferenceTime).value_or(0) / 1000;
  facts.frame_duration_s = set.Number(tag::kActualFrameDuration).value_or(0) / 1000;
  const auto philips = [&](uint32_t element) {
    const double value = ParseDecimal(PrivateText(set, 0x7053, kPhilips, element));
    return std::isfinite(value) && value > 0 ? value : 0;
  };
  facts.philips_suv = philips(0x00);
  facts.philips_activity = philips(0x09);
  return facts;
}

Suv SuvOf(const PetFacts& facts, SuvType type, Findings& findings) {
  Suv suv;
  // Images and factors that are of body weight already become another type by the ratio of bodies.
  const auto from_body_weight = [&](double factor) {
    suv.factor = factor;
    if (type != SuvType::kBodyWeight) suv.factor *= BodyOf(facts, type, findings) / BodyOf(facts, SuvType::kBodyWeight, findings);
    return suv;
  };
  if (HoldsBodyWeightSuv(facts)) return from_body_weight(1);
  double activity = 1;  // Bq/ml of a unit
  if (facts.units == "CNTS") {
    if (facts.philips_suv > 0) return from_body_weight(facts.philips_suv);
    if (!(facts.philips_activity > 0)) throw CannotCompute("Units", "Units is CNTS, without Philips' factors in group 7053");
    activity = facts.philips_activity;
  } else if (facts.units != "BQML") {
    throw CannotCompute("Units", "Units is " + (facts.units.empty() ? std::string("absent") : facts.units) + " and not BQML, CNTS or GML");
  }
  suv.decayed_dose_bq = DecayedDose(facts, suv, findings);
  suv.factor = activity * BodyOf(facts, type, findings) / suv.decayed_dose_bq;
  return suv;
}

}  // namespace isovox::dicom
