// Dose: histograms, metrics, conformity, response, sums, gamma.
#include <algorithm>
#include <cmath>

#include "addon/convert.h"
#include "addon/convert_imaging.h"
#include "addon/registry.h"
#include "base/error.h"
#include "dicom/registration.h"
#include "dose/biology.h"
#include "dose/dvh.h"
#include "dose/gamma.h"
#include "dose/indices.h"
#include "dose/mask_dvh.h"
#include "dose/metrics.h"
#include "dose/sum.h"
#include "dose/warp.h"
#include "imaging/voxelise.h"

namespace isovox::addon {

template <> struct HandleName<Dvh> { static constexpr const char* value = "Dvh"; };

namespace {

OutsideGrid ReadOutside(const Args& args) {
  const std::string text = args.Text("outside", "exclude");
  if (text == "exclude") return OutsideGrid::kExclude;
  if (text == "zero") return OutsideGrid::kZero;
  if (text == "clamp") return OutsideGrid::kClamp;
  throw InvalidArgument("outside", "exclude, zero or clamp", "\"" + text + "\"");
}

DvhOptions ReadDvhOptions(const Args& args) {
  DvhOptions options;
  if (!args.Has("options")) return options;
  const Args given = args.Object("options");
  options.solid = ReadSolidOptions(given);
  options.outside = ReadOutside(given);
  options.volume_tolerance = given.Number("volumeTolerance", options.volume_tolerance);
  options.dose_tolerance_gy = given.Number("doseToleranceGy", options.dose_tolerance_gy);
  options.max_samples = given.Integer("maxSamples", 1000, int64_t{1} << 40, options.max_samples);
  if (!(options.volume_tolerance > 0)) {
    throw InvalidArgument("options.volumeTolerance", "a positive number", std::to_string(options.volume_tolerance));
  }
  if (!(options.dose_tolerance_gy > 0)) {
    throw InvalidArgument("options.doseToleranceGy", "a positive number", std::to_string(options.dose_tolerance_gy));
  }
  return options;
}

Napi::Object DvhToJs(Napi::Env env, std::shared_ptr<Dvh> dvh, int index, int number) {
  const nlohmann::json none;
  const auto dose = [&](double gray) { return dvh->empty() ? none : nlohmann::json(gray); };
  const nlohmann::json plain = {
      {"index", index},
      {"number", number},
      {"name", dvh->name},
      {"volumeCc", dvh->volume_cc},
      {"coveredFraction", dvh->covered_fraction},
      {"minGy", dose(dvh->min_gy)},
      {"maxGy", dose(dvh->max_gy)},
      {"meanGy", dose(dvh->mean_gy)},
      {"medianGy", dose(dvh->empty() ? 0 : dvh->DoseAt(dvh->curve_cc / 2))},
      {"errorBound", {{"volumeCc", dvh->bound_cc}, {"doseGy", dvh->bound_gy}}},
      {"samples", dvh->samples},
      {"findings", FindingsToJson(dvh->findings)},
  };
  auto out = ToJs(env, plain).As<Napi::Object>();
  const auto bytes = static_cast<int64_t>(dvh->cumulative_cc.size() * sizeof(double));
  out.Set("dvh", WrapHandle(env, std::move(dvh), bytes));
  return out;
}

Work ComputeDvhs(Args& args) {
  const auto rois = args.Native<RoiSet>("rois");
  const auto dose = args.Native<DoseGrid>("dose");
  const auto options = ReadDvhOptions(args);
  std::vector<size_t> indices;
  if (args.Has("indices")) {
    for (const double index : args.Numbers("indices")) {
      if (index < 0 || index >= static_cast<double>(rois->rois.size()) || index != std::floor(index)) {
        throw InvalidArgument("indices", "positions below " + std::to_string(rois->rois.size()), std::to_string(index));
      }
      indices.push_back(static_cast<size_t>(index));
    }
  } else {
    for (size_t i = 0; i < rois->rois.size(); ++i) indices.push_back(i);
  }
  return {[rois, dose, options, indices](const Exec& exec) -> Finish {
    std::vector<const Roi*> chosen;
    for (const size_t index : indices) chosen.push_back(&rois->rois[index]);
    std::vector<std::shared_ptr<Dvh>> results;
    for (Dvh& dvh : ComputeDvhs(chosen, *dose, options, exec)) results.push_back(std::make_shared<Dvh>(std::move(dvh)));
    return [rois, indices, results = std::move(results)](Napi::Env env) -> Napi::Value {
      auto out = Napi::Array::New(env, results.size());
      for (size_t n = 0; n < results.size(); ++n) {
        out.Set(static_cast<uint32_t>(n), DvhToJs(env, results[n], static_cast<int>(indices[n]),
                                                  rois->rois[indices[n]].number));
      }
      return out;
    };
  }};
}

Work DvhFromMask(Args& args) {
  const auto dose = args.Native<DoseGrid>("dose");
  const OutsideGrid outside = ReadOutside(args);
  const std::string name = args.Text("name", "");
  std::shared_ptr<CoverageMask> mask;
  std::shared_ptr<Volume> volume;
  std::optional<double> label;
  if (args.Has("mask")) {
    mask = args.Native<CoverageMask>("mask");
  } else {
    volume = args.Native<Volume>("volume");
    if (args.Has("label")) label = args.Number("label");
  }
  return {[=](const Exec& exec) -> Finish {
    auto dvh = std::make_shared<Dvh>(
        DvhOfMask(mask ? *mask : MaskFromVolume(*volume, label, exec), *dose, outside, exec));
    dvh->name = name;
    return [dvh](Napi::Env env) -> Napi::Value { return DvhToJs(env, dvh, -1, -1); };
  }};
}

Napi::Value DvhCurve(const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) throw InvalidArgument("args", "an object", Describe(info[0]));
  const Args args(info[0].As<Napi::Object>());
  const auto dvh = args.Native<Dvh>("dvh");
  const double step = args.Number("stepGy", 0.01);
  if (!(step > 0)) throw InvalidArgument("stepGy", "a positive number", std::to_string(step));
  std::vector<double> dose, volume;
  if (!dvh->empty()) {
    const double count = std::ceil(dvh->max_gy / step) + 1;
    if (count > 5e7) {
      throw InvalidArgument("stepGy", "a step of at least a 50-millionth of the maximum", std::to_string(step));
    }
    for (size_t n = 0; n <= static_cast<size_t>(count); ++n) {
      dose.push_back(static_cast<double>(n) * step);
      volume.push_back(dvh->VolumeAt(dose.back()));
    }
  }
  auto out = Napi::Object::New(info.Env());
  out.Set("doseGy", AdoptNumbers(info.Env(), std::move(dose)));
  out.Set("volumeCc", AdoptNumbers(info.Env(), std::move(volume)));
  return out;
}

Napi::Value DoseMetrics(const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) throw InvalidArgument("args", "an object", Describe(info[0]));
  const Args args(info[0].As<Napi::Object>());
  const auto dvh = args.Native<Dvh>("dvh");
  const MetricContext context{args.Number("rxGy", 0), args.Number("alphaBetaGy", 0), args.Number("fractions", 0)};
  auto values = nlohmann::json::object(), reasons = nlohmann::json::object();
  for (const std::string& name : args.TextList("names")) {
    const MetricValue value = EvaluateMetric(*dvh, name, context);
    values[name] = value.value ? nlohmann::json(*value.value) : nlohmann::json();
    if (!value.value) reasons[name] = value.reason;
  }
  return ToJs(info.Env(), {{"values", values}, {"reasons", reasons}});
}

Napi::Value MetricCatalogue(const Napi::CallbackInfo& info) {
  auto rows = nlohmann::json::array();
  for (const MetricFamily& family : MetricFamilies()) {
    auto needs = nlohmann::json::array();
    for (size_t at = 0; at < family.needs.size();) {
      const size_t end = std::min(family.needs.find(' ', at), family.needs.size());
      needs.push_back(std::string(family.needs.substr(at, end - at)));
      at = end + 1;
    }
    rows.push_back({{"name", std::string(family.patterns[0])},
                    {"unit", std::string(family.unit)},
                    {"definition", std::string(family.definition)},
                    {"source", std::string(family.source)},
                    {"needs", needs}});
  }
  return ToJs(info.Env(), rows);
}

Work ConformityIndices(Args& args) {
  const auto target = args.Native<Dvh>("target");
  const double rx = args.Number("rxGy");
  if (!(rx > 0)) throw InvalidArgument("rxGy", "a positive number", std::to_string(rx));
  std::shared_ptr<Dvh> body;
  std::shared_ptr<DoseGrid> dose;
  if (args.Has("body")) {
    body = args.Native<Dvh>("body");
  } else {
    dose = args.Native<DoseGrid>("dose");
  }
  return {[=](const Exec& exec) -> Finish {
    const double at = body ? body->VolumeAt(rx) : GridVolumeAt(*dose, rx, exec);
    const double half = body ? body->VolumeAt(rx / 2) : GridVolumeAt(*dose, rx / 2, exec);
    const Conformity c = ComputeConformity(*target, rx, at, half);
    return [c](Napi::Env env) -> Napi::Value {
      const auto optional = [](const std::optional<double>& x) { return x ? nlohmann::json(*x) : nlohmann::json(); };
      return ToJs(env, {{"targetVolumeCc", c.target_cc},
                        {"prescriptionVolumeCc", c.prescription_cc},
                        {"targetCoveredCc", c.covered_cc},
                        {"rtog", optional(c.rtog)},
                        {"paddick", optional(c.paddick)},
                        {"lomaxSalt", optional(c.lomax_salt)},
                        {"lomaxHealthyTissue", optional(c.lomax_healthy_tissue)},
                        {"gradientIndex", optional(c.gradient)}});
    };
  }};
}

Napi::Value DoseResponse(const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) throw InvalidArgument("args", "an object", Describe(info[0]));
  const Args args(info[0].As<Napi::Object>());
  const auto dvh = args.Native<Dvh>("dvh");
  const std::string model = args.Text("model");
  const Args parameters = args.Object("parameters");
  const auto positive = [&](const char* key) {
    const double value = parameters.Number(key);
    if (!(value > 0)) {
      throw InvalidArgument(std::string("parameters.") + key, "a positive number", std::to_string(value));
    }
    return value;
  };
  FractionScheme scheme{args.Number("fractions", 0), args.Number("alphaBetaGy", 0)};
  if (!(scheme.fractions > 0 && scheme.alpha_beta > 0)) scheme = {};
  if (model != "lkb" && model != "poisson") throw InvalidArgument("model", "lkb or poisson", "\"" + model + "\"");
  if (dvh->empty()) return info.Env().Null();
  return Napi::Number::New(info.Env(),
                           model == "lkb" ? LkbNtcp(*dvh, positive("td50Gy"), positive("m"), positive("n"), scheme)
                                          : PoissonTcp(*dvh, positive("d50Gy"), positive("gamma50"), scheme));
}

Work SumDoseGrids(Args& args) {
  const Napi::Value list = args.Raw("doses");
  if (!list.IsArray() || list.As<Napi::Array>().Length() == 0) {
    throw InvalidArgument("doses", "an array of at least one DoseGrid handle", Describe(list));
  }
  std::vector<std::shared_ptr<const DoseGrid>> doses;
  const auto array = list.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) {
    doses.push_back(UnwrapHandle<DoseGrid>(array.Get(i), "doses[" + std::to_string(i) + "]"));
  }
  std::vector<double> weights(doses.size(), 1);
  if (args.Has("weights")) weights = args.Numbers("weights", doses.size());
  int64_t bytes = 0;
  for (const auto& dose : doses) bytes = std::max<int64_t>(bytes, dose->grid.voxels() * 4);
  return {[doses, weights](const Exec& exec) -> Finish {
            auto sum = std::make_shared<DoseSum>(SumDoses(doses, weights, exec));
            return [sum](Napi::Env env) -> Napi::Value {
              auto out = ToJs(env, {{"reference", sum->reference},
                                    {"overlap", sum->overlap},
                                    {"findings", FindingsToJson(sum->findings)}})
                             .As<Napi::Object>();
              out.Set("dose", WrapHandle(env, sum->dose, sum->dose->grid.voxels() * 4));
              return out;
            };
          },
          bytes};
}

Work GammaIndex(Args& args) {
  const auto reference = args.Native<DoseGrid>("reference"), evaluated = args.Native<DoseGrid>("evaluated");
  GammaOptions options;
  const auto positive = [&](const char* key, double fallback) {
    const double value = args.Has(key) ? args.Number(key) : fallback;
    if (!(value > 0) || !std::isfinite(value)) throw InvalidArgument(key, "a positive number", std::to_string(value));
    return value;
  };
  options.dose_percent = positive("dosePercent", options.dose_percent);
  options.distance_mm = positive("distanceMm", options.distance_mm);
  options.max_gamma = positive("maxGamma", options.max_gamma);
  options.cutoff_percent = args.Number("cutoffPercent", options.cutoff_percent);
  if (!(options.cutoff_percent >= 0 && options.cutoff_percent <= 100)) {
    throw InvalidArgument("cutoffPercent", "a number from 0 to 100", std::to_string(options.cutoff_percent));
  }
  options.local = args.Flag("local", false);
  const int64_t bytes = reference->grid.voxels() * 4 + evaluated->grid.voxels() * 8;
  return {[=](const Exec& exec) -> Finish {
            auto map = std::make_shared<GammaMap>(ComputeGamma(*reference, *evaluated, options, exec));
            return [map](Napi::Env env) -> Napi::Value {
              auto out = ToJs(env, {{"passRate", map->pass_rate},
                                    {"meanGamma", map->mean},
                                    {"maxGamma", map->max},
                                    {"evaluatedVoxels", map->points},
                                    {"findings", FindingsToJson(map->findings)}})
                             .As<Napi::Object>();
              auto volume = std::make_shared<Volume>(std::move(map->gamma));
              const auto size = static_cast<int64_t>(volume->bytes());
              out.Set("gamma", WrapHandle(env, std::move(volume), size));
              return out;
            };
          },
          bytes};
}

// The lattice that a dose is taken to: that of another dose, of a volume, or a grid.
std::pair<Grid, std::vector<double>> LatticeOf(const Args& args) {
  if (args.Has("reference")) {
    const auto reference = args.Native<DoseGrid>("reference");
    return {reference->grid, reference->plane_mm};
  }
  const Grid grid = args.Has("volume") ? args.Native<Volume>("volume")->grid : ReadGrid(args.Object("grid"));
  std::vector<double> planes;
  for (int64_t k = 0; k < grid.size[2]; ++k) planes.push_back(static_cast<double>(k) * grid.spacing[2]);
  return {grid, planes};
}

Work WarpDoseRow(Args& args) {
  const auto dose = args.Native<DoseGrid>("dose");
  const auto [grid, planes] = LatticeOf(args);
  const std::string path = args.Text("registration"), from = args.Text("fromFrame", ""), to = args.Text("toFrame", "");
  return {[=, grid = grid, planes = planes](const Exec& exec) -> Finish {
            const dicom::Registration registration = dicom::ReadRegistration(path);
            auto warped = std::make_shared<WarpedDose>(
                WarpDose(*dose, dicom::MapBetween(registration, from, to), grid, planes, exec));
            return [warped, summary = registration.summary](Napi::Env env) -> Napi::Value {
              auto out = ToJs(env, {{"inside", warped->inside},
                                    {"registration", summary},
                                    {"findings", FindingsToJson(warped->findings)}})
                             .As<Napi::Object>();
              out.Set("dose", WrapHandle(env, warped->dose, warped->dose->grid.voxels() * 4));
              return out;
            };
          },
          grid.voxels() * 4};
}

Work ReadRegistrationRow(Args& args) {
  return {[path = args.Text("path")](const Exec&) -> Finish {
    auto read = std::make_shared<dicom::Registration>(dicom::ReadRegistration(path));
    return [read](Napi::Env env) { return ToJs(env, read->summary); };
  }};
}

Work DoseDifferenceRow(Args& args) {
  const auto reference = args.Native<DoseGrid>("reference"), evaluated = args.Native<DoseGrid>("evaluated");
  const double cutoff = args.Number("cutoffGy", 0), tolerance = args.Number("toleranceGy", 0);
  if (!(cutoff >= 0)) throw InvalidArgument("cutoffGy", "a number that is not negative", std::to_string(cutoff));
  if (!(tolerance >= 0)) throw InvalidArgument("toleranceGy", "a number that is not negative", std::to_string(tolerance));
  return {[=](const Exec& exec) -> Finish {
            auto found =
                std::make_shared<DoseDifference>(SubtractDoses(*reference, *evaluated, cutoff, tolerance, exec));
            return [found](Napi::Env env) -> Napi::Value {
              auto out = ToJs(env, {{"voxels", found->voxels},
                                    {"meanGy", found->mean},
                                    {"rmsGy", found->rms},
                                    {"minGy", found->least},
                                    {"maxGy", found->most},
                                    {"withinTolerance", found->within},
                                    {"findings", FindingsToJson(found->findings)}})
                             .As<Napi::Object>();
              auto volume = std::make_shared<Volume>(std::move(found->difference));
              const auto size = static_cast<int64_t>(volume->bytes());
              out.Set("difference", WrapHandle(env, std::move(volume), size));
              return out;
            };
          },
          reference->grid.voxels() * 4};
}

constexpr Row kRows[] = {
    {"computeDvh", ComputeDvhs, nullptr, "(args: ComputeDvhArgs) => Promise<DvhResult[]>",
     "Dose-volume histograms of contoured structures, each with the bound of its error."},
    {"dvhFromMask", DvhFromMask, nullptr, "(args: DvhFromMaskArgs) => Promise<DvhResult>",
     "A dose-volume histogram by counting the voxels of a mask."},
    {"dvhCurve", nullptr, DvhCurve, "(args: { dvh: Handle<'Dvh'>; stepGy?: number }) => DvhCurve",
     "The cumulative curve at 0, stepGy, 2 stepGy, ... (0.01 Gy when absent)."},
    {"doseMetrics", nullptr, DoseMetrics, "(args: DoseMetricsArgs) => DoseMetricsResult",
     "Metrics by name: D95, D2cc, V20Gy, V95%Rx, HI, gEUD(8), EQD2(Dmean), ..."},
    {"metricCatalogue", nullptr, MetricCatalogue, "() => MetricDescription[]",
     "Every family of metrics with unit, definition and source."},
    {"conformity", ConformityIndices, nullptr, "(args: ConformityArgs) => Promise<ConformityResult>",
     "RTOG, Paddick, Lomax/SALT and gradient index of a target."},
    {"doseResponse", nullptr, DoseResponse, "(args: ResponseArgs) => number | null",
     "Complication (Lyman-Kutcher-Burman) or control (Poisson) probability, 0..1."},
    {"sumDoses", SumDoseGrids, nullptr, "(args: SumDosesArgs) => Promise<SumDosesResult>",
     "The weighted sum of dose grids on the finest of them, trilinear, 0 outside."},
    {"gammaIndex", GammaIndex, nullptr, "(args: GammaArgs) => Promise<GammaResult>",
     "The gamma index of an evaluated dose at every voxel of a reference."},
    {"doseDifference", DoseDifferenceRow, nullptr, "(args: DoseDifferenceArgs) => Promise<DoseDifferenceResult>",
     "An evaluated dose minus a reference, at every voxel of the reference."},
    {"readRegistration", ReadRegistrationRow, nullptr, "(args: { path: string }) => Promise<RegistrationSummary>",
     "A spatial registration, rigid, affine or deformable: which frames it joins and how."},
    {"warpDose", WarpDoseRow, nullptr, "(args: WarpDoseArgs) => Promise<WarpDoseResult>",
     "A dose in another frame of reference, by a spatial registration."},
};

}  // namespace

Table DoseTable() { return kRows; }

}  // namespace isovox::addon
