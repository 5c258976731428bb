#include "dose/metrics.h"

#include <charconv>
#include <cmath>

#include "base/error.h"
#include "dose/biology.h"

namespace isovox {
namespace {

MetricValue None(std::string reason) { return {std::nullopt, std::move(reason)}; }

MetricValue NoPrescription() { return None("no prescription is known"); }

MetricValue DosePercent(const Dvh& dvh, double x) {
  if (x < 0 || x > 100) return None("a percentage lies between 0 and 100");
  return {dvh.DoseAt(dvh.curve_cc * x / 100), {}};
}

MetricValue DoseCc(const Dvh& dvh, const MetricContext&, double x) {
  if (x > dvh.curve_cc) return None("the structure is smaller than that volume");
  return {dvh.DoseAt(x), {}};
}

double Percent(const Dvh& dvh, double cc) { return 100 * cc / dvh.curve_cc; }

// The mean dose of the `cc` that receive most, from the area under the curve.
double MeanOfHottest(const Dvh& dvh, double cc) {
  double left = cc, sum = 0;
  for (size_t b = dvh.cumulative_cc.size() - 1; b-- > 0 && left > 0;) {
    const double here = std::min(left, dvh.cumulative_cc[b] - dvh.cumulative_cc[b + 1]);
    sum += here * std::clamp(dvh.low_gy + (static_cast<double>(b) + 0.5) * dvh.bin_gy, dvh.min_gy, dvh.max_gy);
    left -= here;
  }
  return sum / cc;
}

MetricValue MeanOfHottestPercent(const Dvh& dvh, const MetricContext&, double x) {
  if (!(x > 0 && x <= 100)) return None("a percentage lies between 0 and 100");
  return {MeanOfHottest(dvh, dvh.curve_cc * x / 100), {}};
}

MetricValue MeanOfColdestPercent(const Dvh& dvh, const MetricContext&, double x) {
  if (!(x > 0 && x <= 100)) return None("a percentage lies between 0 and 100");
  const double hot = dvh.curve_cc * (1 - x / 100);
  const double rest = hot > 0 ? MeanOfHottest(dvh, hot) * hot : 0;
  return {(MeanOfHottest(dvh, dvh.curve_cc) * dvh.curve_cc - rest) / (dvh.curve_cc * x / 100), {}};
}

MetricValue Ratio(double above, double below, const char* why) {
  return below > 0 ? MetricValue{above / below, {}} : None(why);
}

using V = MetricValue;
using D = const Dvh&;
using C = const MetricContext&;
using Names = std::string_view;

// Patterns: the first is the name in tables.
constexpr Names kVolume[] = {"Volume"}, kDmean[] = {"Dmean"}, kDmax[] = {"Dmax"}, kDmin[] = {"Dmin"};
constexpr Names kDmedian[] = {"Dmedian"};
constexpr Names kDcc[] = {"D<x>cc", "D<x>cm3"}, kDpercent[] = {"D<x>%", "D<x>"};
constexpr Names kVGyCc[] = {"V<x>Gycc", "V<x>Gy(cc)", "V<x>Gy (cc)", "V<x>Gy (cm³)", "V<x>Gy_cc"};
constexpr Names kVGy[] = {"V<x>Gy", "V<x>Gy%", "V<x>Gy(%)", "V<x>Gy (%)", "V<x>Gy_pct", "V<x>"};
constexpr Names kVRxCc[] = {"V<x>%Rxcc", "V<x>%Rx(cc)", "V<x>%Rx (cc)", "V<x>%Rx (cm³)", "V<x>%Rx_cc"};
constexpr Names kVRx[] = {"V<x>%Rx", "V<x>%Rx(%)", "V<x>%Rx (%)", "V<x>%", "V<x>%Rx_pct"};
constexpr Names kHi[] = {"HI", "HI_ICRU83"}, kHiRtog[] = {"HI_RTOG"}, kHiWu[] = {"HI_Wu"}, kHi595[] = {"HI_D5D95"};
constexpr Names kSpread[] = {"Spread", "SpreadGy"}, kIntegral[] = {"IntegralDose", "IntegralDose_Gycm3"};
constexpr Names kMoh[] = {"MOH<x>%", "MOH<x>"}, kMoc[] = {"MOC<x>%", "MOC<x>"};
constexpr Names kGeud[] = {"gEUD(<x>)"}, kEud[] = {"EUD(<x>)"};
constexpr Names kBedMean[] = {"BEDmean"}, kEqd2Mean[] = {"EQD2mean"};

constexpr std::string_view kIcru83 = "ICRU Report 83 (2010)";

constexpr MetricFamily kFamilies[] = {
    {kVolume, "cc", "Volume of the structure, inside the dose grid or not", "", "",
     [](D d, C, double) { return V{d.volume_cc, {}}; }},
    {kDmean, "Gy", "Mean dose", kIcru83, "", [](D d, C, double) { return V{d.mean_gy, {}}; }},
    {kDmax, "Gy", "Greatest dose at any point", kIcru83, "", [](D d, C, double) { return V{d.max_gy, {}}; }},
    {kDmin, "Gy", "Least dose at any point", kIcru83, "", [](D d, C, double) { return V{d.min_gy, {}}; }},
    {kDmedian, "Gy", "Dose that half of the volume receives at least", kIcru83, "",
     [](D d, C, double) { return DosePercent(d, 50); }},
    {kDcc, "Gy", "Dose that the hottest x cc receive at least", "TG-101, Med. Phys. 37 (2010) 4078", "", DoseCc},
    {kDpercent, "Gy", "Dose that x percent of the volume receive at least", kIcru83, "",
     [](D d, C, double x) { return DosePercent(d, x); }},
    {kVGyCc, "cc", "Volume that receives at least x gray", kIcru83, "",
     [](D d, C, double x) { return V{d.VolumeAt(x), {}}; }},
    {kVGy, "%", "Part of the volume that receives at least x gray", kIcru83, "",
     [](D d, C, double x) { return V{Percent(d, d.VolumeAt(x)), {}}; }},
    {kVRxCc, "cc", "Volume that receives at least x percent of the prescription", kIcru83, "rxGy",
     [](D d, C c, double x) { return c.rx_gy > 0 ? V{d.VolumeAt(x / 100 * c.rx_gy), {}} : NoPrescription(); }},
    {kVRx, "%", "Part of the volume that receives at least x percent of the prescription", kIcru83, "rxGy",
     [](D d, C c, double x) {
       return c.rx_gy > 0 ? V{Percent(d, d.VolumeAt(x / 100 * c.rx_gy)), {}} : NoPrescription();
     }},
    {kHi, "1", "Homogeneity index (D2% - D98%) / D50%", kIcru83, "",
     [](D d, C, double) {
       return Ratio(*DosePercent(d, 2).value - *DosePercent(d, 98).value, *DosePercent(d, 50).value, "D50% is 0");
     }},
    {kHiRtog, "1", "Homogeneity index Dmax / prescription", "E. Shaw et al., IJROBP 27 (1993) 1231", "rxGy",
     [](D d, C c, double) { return c.rx_gy > 0 ? V{d.max_gy / c.rx_gy, {}} : NoPrescription(); }},
    {kHiWu, "1", "Homogeneity index (D2% - D98%) / prescription", "Q. Wu et al., IJROBP 56 (2003) 573", "rxGy",
     [](D d, C c, double) {
       return c.rx_gy > 0 ? V{(*DosePercent(d, 2).value - *DosePercent(d, 98).value) / c.rx_gy, {}} : NoPrescription();
     }},
    {kHi595, "1", "Homogeneity index D5% / D95%", "T. Kataria et al., J. Med. Phys. 37 (2012) 207", "",
     [](D d, C, double) { return Ratio(*DosePercent(d, 5).value, *DosePercent(d, 95).value, "D95% is 0"); }},
    {kSpread, "Gy", "Dmax - Dmin", "", "", [](D d, C, double) { return V{d.max_gy - d.min_gy, {}}; }},
    {kIntegral, "Gy*cc", "Mean dose times the volume that the curve counts", "", "",
     [](D d, C, double) { return V{d.mean_gy * d.curve_cc, {}}; }},
    {kMoh, "Gy", "Mean dose of the hottest x percent", "J. Deasy et al., CERR, Med. Phys. 30 (2003) 979", "",
     MeanOfHottestPercent},
    {kMoc, "Gy", "Mean dose of the coldest x percent", "J. Deasy et al., CERR, Med. Phys. 30 (2003) 979", "",
     MeanOfColdestPercent},
    {kGeud, "Gy", "Generalised equivalent uniform dose (sum v D^x)^(1/x)",
     "A. Niemierko, Med. Phys. 26 (1999) 1100", "",
     [](D d, C, double x) { return x != 0 ? V{GeneralizedEud(d, x), {}} : None("the exponent is 0"); }},
    {kEud, "Gy", "Equivalent uniform dose by cell survival, x the surviving fraction at 2 Gy",
     "A. Niemierko, Med. Phys. 24 (1997) 103", "",
     [](D d, C, double x) {
       return x > 0 && x < 1 ? V{CellKillEud(d, x), {}} : None("a surviving fraction lies between 0 and 1");
     }},
    {kBedMean, "Gy", "Mean of the biologically effective dose, converted point by point",
     "J. F. Fowler, Br. J. Radiol. 62 (1989) 679", "alphaBetaGy fractions",
     [](D d, C c, double) {
       if (!(c.fractions > 0 && c.alpha_beta_gy > 0)) return None("alpha/beta or the number of fractions is not known");
       double sum = 0, whole = 0;
       d.VisitBins([&](double dose, double cc) {
         sum += cc * Bed(dose, c.fractions, c.alpha_beta_gy);
         whole += cc;
       });
       return V{sum / whole, {}};
     }},
    {kEqd2Mean, "Gy", "Mean of the equivalent dose in 2 Gy fractions, converted point by point",
     "H. R. Withers et al., IJROBP 9 (1983) 1691", "alphaBetaGy fractions",
     [](D d, C c, double) {
       if (!(c.fractions > 0 && c.alpha_beta_gy > 0)) return None("alpha/beta or the number of fractions is not known");
       double sum = 0, whole = 0;
       d.VisitBins([&](double dose, double cc) {
         sum += cc * Eqd2(dose, c.fractions, c.alpha_beta_gy);
         whole += cc;
       });
       return V{sum / whole, {}};
     }},
};

// The number at <x>; 0 for a pattern without one; nullopt when the name is another.
std::optional<double> Match(std::string_view pattern, std::string_view name) {
  const size_t hole = pattern.find("<x>");
  if (hole == std::string_view::npos) return pattern == name ? std::optional(0.0) : std::nullopt;
  const std::string_view before = pattern.substr(0, hole), after = pattern.substr(hole + 3);
  if (name.size() <= before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after)) {
    return std::nullopt;
  }
  const std::string_view number = name.substr(before.size(), name.size() - before.size() - after.size());
  double x = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), x);
  if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(x)) return std::nullopt;
  return x;
}

const MetricFamily* Find(std::string_view name, double& x) {
  for (const MetricFamily& family : kFamilies) {
    for (const std::string_view pattern : family.patterns) {
      if (const auto number = Match(pattern, name)) {
        x = *number;
        return &family;
      }
    }
  }
  return nullptr;
}

bool Inside(std::string_view name, std::string_view opening, std::string_view& inner) {
  if (!name.starts_with(opening) || !name.ends_with(")")) return false;
  inner = name.substr(opening.size(), name.size() - opening.size() - 1);
  return true;
}

}  // namespace

std::span<const MetricFamily> MetricFamilies() { return kFamilies; }

MetricValue EvaluateMetric(const Dvh& dvh, std::string_view name, const MetricContext& context) {
  double x = 0;
  if (const MetricFamily* family = Find(name, x)) {
    if (dvh.empty() && family->function != kFamilies[0].function) return None("no part of the structure has a dose");
    return family->function(dvh, context, x);
  }
  const auto dose_metric = [&](std::string_view inner) {
    double ignored = 0;
    const MetricFamily* family = Find(inner, ignored);
    return family != nullptr && family->unit == "Gy";
  };
  std::string_view inner;
  if (name.ends_with("%Rx") && dose_metric(inner = name.substr(0, name.size() - 3))) {
    MetricValue value = EvaluateMetric(dvh, inner, context);
    if (!value.value) return value;
    if (!(context.rx_gy > 0)) return NoPrescription();
    return {100 * *value.value / context.rx_gy, {}};
  }
  const bool bed = Inside(name, "BED(", inner);
  if ((bed || Inside(name, "EQD2(", inner)) && dose_metric(inner)) {
    MetricValue value = EvaluateMetric(dvh, inner, context);
    if (!value.value) return value;
    if (!(context.fractions > 0 && context.alpha_beta_gy > 0)) {
      return None("alpha/beta or the number of fractions is not known");
    }
    return {bed ? Bed(*value.value, context.fractions, context.alpha_beta_gy)
                : Eqd2(*value.value, context.fractions, context.alpha_beta_gy),
            {}};
  }
  throw InvalidArgument("names", "a metric such as D95, D2cc, V20Gy, V95%Rx, HI or gEUD(8)", std::string(name));
}

}  // namespace isovox
