#include "dose/biology.h"

#include <cmath>
#include <numbers>

namespace isovox {
namespace {

double Converted(double dose, const FractionScheme& scheme) {
  return scheme.fractions > 0 ? Eqd2(dose, scheme.fractions, scheme.alpha_beta) : dose;
}

double PowerMean(const Dvh& dvh, double a, const FractionScheme& scheme) {
  double greatest = 0;
  dvh.VisitBins([&](double dose, double) { greatest = std::max(greatest, Converted(dose, scheme)); });
  if (greatest <= 0) return 0;
  // Relative to the greatest dose, so that a = 50 does not overflow.
  double sum = 0, whole = 0;
  dvh.VisitBins([&](double dose, double cc) {
    const double x = Converted(dose, scheme) / greatest;
    sum += cc * (x > 0 || a > 0 ? std::pow(x, a) : HUGE_VAL);
    whole += cc;
  });
  return std::isinf(sum) ? 0 : greatest * std::pow(sum / whole, 1 / a);
}

}  // namespace

double Bed(double dose, double fractions, double alpha_beta) { return dose * (1 + dose / fractions / alpha_beta); }

double Eqd2(double dose, double fractions, double alpha_beta) {
  return dose * (dose / fractions + alpha_beta) / (2 + alpha_beta);
}

double GeneralizedEud(const Dvh& dvh, double a) { return PowerMean(dvh, a, {}); }

double CellKillEud(const Dvh& dvh, double sf2) {
  const double log_sf2 = std::log(sf2);
  // Relative to the least dose, whose cells survive most.
  double sum = 0, whole = 0;
  dvh.VisitBins([&](double dose, double cc) {
    sum += cc * std::exp(log_sf2 * (dose - dvh.min_gy) / 2);
    whole += cc;
  });
  return dvh.min_gy + 2 * std::log(sum / whole) / log_sf2;
}

double LkbNtcp(const Dvh& dvh, double td50, double m, double n, const FractionScheme& scheme) {
  const double t = (PowerMean(dvh, 1 / n, scheme) - td50) / (m * td50);
  return std::erfc(-t / std::numbers::sqrt2) / 2;
}

double PoissonTcp(const Dvh& dvh, double d50, double gamma50, const FractionScheme& scheme) {
  double exponent = 0, whole = 0;
  dvh.VisitBins([&](double dose, double cc) {
    exponent += cc * std::exp(std::numbers::e * gamma50 * (1 - Converted(dose, scheme) / d50));
    whole += cc;
  });
  return std::exp(-std::numbers::ln2 * exponent / whole);
}

}  // namespace isovox
