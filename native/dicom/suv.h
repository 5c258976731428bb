// Standardised uptake values of PET images: what a value of activity is multiplied with, by the rules of QIBA's
// vendor-neutral pseudo-code for decay correction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dicom/dataset.h"
#include "dicom/finding.h"

namespace isovox::dicom {

enum class SuvType {
  kBodyWeight,        // g/ml
  kLeanJames,         // lean body mass by James, DICOM's LBMJAMES128
  kLeanJanmahasatian, // lean body mass by Janmahasatian
  kBodySurface,       // body surface by Du Bois and Du Bois, cm2/ml
};

// "bw", "lbm", "lbm-janma", "bsa". Throws ERR_INVALID_ARGUMENT.
SuvType SuvTypeFrom(std::string_view name);
const char* SuvUnit(SuvType type);  // "SUVbw", ...

// What the headers of a PET series say; times are seconds since 1970 as written, without zone.
struct PetFacts {
  std::string units, decay_correction, suv_type, sex;
  double weight_kg = 0, size_m = 0;            // 0 when absent
  double dose_bq = 0, half_life_s = 0;
  std::optional<double> injection;             // date and time
  std::optional<double> injection_clock;       // time of day alone
  std::optional<double> series, acquisition;   // SeriesDate/Time; AcquisitionDate/Time
  std::optional<double> scan_start;            // GE's private PET scan start
  double frame_reference_s = 0, frame_duration_s = 0;
  double philips_suv = 0, philips_activity = 0;  // (7053,xx00) and (7053,xx09)
};

PetFacts PetFactsOf(const DataSet& set);

struct Suv {
  double factor = 1;  // SUV = factor * (RescaleSlope * stored + RescaleIntercept)
  double decayed_dose_bq = 0, decay_s = 0;  // 0 when the images hold SUV already
};

// Throws ERR_UNSUPPORTED naming the attribute that is absent or whose value cannot be used.
Suv SuvOf(const PetFacts& facts, SuvType type, Findings& findings);

}  // namespace isovox::dicom
