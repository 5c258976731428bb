// Numbers read off a dose-volume histogram, by name: D95, D2cc, V20Gy, V95%Rx, HI, gEUD(8), EQD2(Dmean).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dose/dvh.h"

namespace isovox {

// What a metric may need besides the curve; 0 means not known.
struct MetricContext {
  double rx_gy = 0;
  double alpha_beta_gy = 0;
  double fractions = 0;
};

struct MetricValue {
  std::optional<double> value;
  std::string reason;  // why there is no value
};

struct MetricFamily;

using MetricFunction = MetricValue (*)(const Dvh& dvh, const MetricContext& context, double x);

// One row of the catalogue. A pattern is literal but for <x>, a number. The first pattern is the name; the others are
// read too.
struct MetricFamily {
  std::span<const std::string_view> patterns;
  std::string_view unit;
  std::string_view definition;
  std::string_view source;
  std::string_view needs;  // "", "rxGy", "alphaBetaGy fractions"
  MetricFunction function;
};

std::span<const MetricFamily> MetricFamilies();

// Throws ERR_INVALID_ARGUMENT for a name that no family reads. A dose metric followed by "%Rx" is that dose in percent
// of the prescription; BED(name) and EQD2(name) convert a dose metric.
MetricValue EvaluateMetric(const Dvh& dvh, std::string_view name, const MetricContext& context);

}  // namespace isovox
