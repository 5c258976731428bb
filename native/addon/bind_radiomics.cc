// Radiomics: features of a structure, and the catalogue of all there are.
#include <cmath>
#include <numeric>
#include <nlohmann/json.hpp>

#include "addon/convert.h"
#include "addon/read_filter.h"
#include "addon/registry.h"
#include "radiomics/agreement.h"
#include "radiomics/diagnostics.h"
#include "radiomics/extract.h"
#include "radiomics/perturbed_features.h"
#include "radiomics/place_mask.h"
#include "radiomics/pyradiomics.h"
#include "radiomics/pyradiomics_diagnostics.h"
#include "radiomics/pyradiomics_maps.h"
#include "radiomics/registry.h"

namespace isovox::addon {
namespace {

using nlohmann::json;
using radiomics::Binning;
using radiomics::Discretisation;
using radiomics::Settings;

constexpr const char* kAggregationNames[] = {"2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb", "3D_avg", "3D_comb"};

Discretisation ReadDiscretisation(const Args& args) {
  Discretisation out;
  const std::string method = args.Text("method", "none");
  if (method == "fbs") {
    out.method = Binning::kFixedSize;
    out.width = args.Number("width");
    if (args.Has("min")) out.min = args.Number("min");
  } else if (method == "fbn") {
    out.method = Binning::kFixedCount;
    out.bins = args.Integer("bins", 1, 65535);
  } else if (method != "none") {
    throw InvalidArgument("method", "fbs, fbn or none", method);
  }
  return out;
}

Interpolation ReadInterpolation(const Args& args, const char* key, Interpolation fallback) {
  if (!args.Has(key)) return fallback;
  const std::string name = args.Text(key);
  const auto method = InterpolationFromName(name);
  if (!method) throw InvalidArgument(key, "nearest, linear or cubic", name);
  return *method;
}

Settings ReadSettings(const Args& args) {
  Settings s;
  if (args.Has("resample")) {
    const Args resample = args.Object("resample");
    const auto mm = resample.Numbers("spacingMm", 3);
    s.resample_mm = {mm[0], mm[1], mm[2]};
    s.image_interpolation = ReadInterpolation(resample, "imageInterpolation", s.image_interpolation);
    s.mask_interpolation = ReadInterpolation(resample, "maskInterpolation", s.mask_interpolation);
    if (resample.Flag("round")) s.rounding = radiomics::Rounding::kNearest;
  }
  if (args.Has("resegment")) {
    const Args resegment = args.Object("resegment");
    const bool low = resegment.Has("least"), high = resegment.Has("most");
    if (low || high) {
      const double infinity = std::numeric_limits<double>::infinity();
      s.range = {low ? resegment.Number("least") : -infinity, high ? resegment.Number("most") : infinity};
    }
    if (resegment.Has("outliersSigma")) s.outliers_sigma = resegment.Number("outliersSigma");
  }
  if (args.Has("filter")) s.filter = ReadFilter(args.Object("filter"));
  if (args.Has("discretise")) s.discretise = ReadDiscretisation(args.Object("discretise"));
  if (args.Has("ivh")) s.ivh = ReadDiscretisation(args.Object("ivh"));
  if (args.Has("aggregations")) {
    s.aggregations.fill(false);
    for (const std::string& name : args.TextList("aggregations")) {
      const auto* found = std::find(std::begin(kAggregationNames), std::end(kAggregationNames), name);
      if (found == std::end(kAggregationNames)) throw InvalidArgument("aggregations", "names of aggregations", name);
      s.aggregations[static_cast<size_t>(found - kAggregationNames)] = true;
    }
  }
  if (args.Has("families")) s.families = args.TextList("families");
  const int distance = static_cast<int>(args.Integer("distance", 1, 16, 1));
  s.pair_distances = {distance};
  s.neighbour_distances.resize(static_cast<size_t>(distance));
  std::iota(s.neighbour_distances.begin(), s.neighbour_distances.end(), 1);
  s.coarseness = static_cast<int>(args.Integer("coarseness", 0, 65535, s.coarseness));
  s.max_levels = args.Integer("maxLevels", 1, 65535, s.max_levels);
  return s;
}

json Describe(const Findings& findings) {
  auto list = json::array();
  for (const Finding& finding : findings) {
    const char* severity = finding.severity == Severity::kInfo ? "info" : finding.severity == Severity::kWarn ? "warn" : "fail";
    list.push_back({{"code", finding.code}, {"severity", severity}, {"message", finding.message}});
  }
  return list;
}

Finish Answer(radiomics::Extraction result, std::vector<radiomics::Diagnostic> diagnostics = {}) {
  return [result = std::move(result), diagnostics = std::move(diagnostics)](Napi::Env env) {
    auto features = json::array();
    for (const auto& f : result.features) {
      features.push_back({{"name", f.name},
                          {"value", std::isfinite(f.value) ? json(f.value) : json(nullptr)},
                          {"unit", f.unit},
                          {"ibsiId", f.id},
                          {"family", f.family},
                          {"finding", f.finding}});
    }
    json out{{"features", features}, {"findings", Describe(result.findings)}};
    for (const auto& row : diagnostics) {
      out["diagnostics"].push_back({row.name, row.tuple ? json(row.numbers) : json(row.numbers[0])});
    }
    return ToJs(env, out);
  };
}

std::optional<int64_t> ReadLabel(const Args& args) {
  if (!args.Has("label")) return std::nullopt;
  return args.Integer("label", -(int64_t{1} << 53), int64_t{1} << 53);
}

radiomics::MaskPlacement ReadPlacement(const Args& args) {
  radiomics::MaskPlacement how;
  const std::string grid = args.Text("maskGrid", "refuse");
  if (grid != "refuse" && grid != "resample") throw InvalidArgument("maskGrid", "refuse or resample", grid);
  how.resample = grid == "resample";
  how.tolerance = args.Number("geometryTolerance", how.tolerance);
  if (!(how.tolerance >= 0 && how.tolerance <= 1)) throw InvalidArgument("geometryTolerance", "0 to 1 voxels", std::to_string(how.tolerance));
  return how;
}

Work ExtractFeatures(Args& args) {
  const auto image = args.Native<const Volume>("image");
  const auto mask = args.Native<const Volume>("mask");
  const auto label = ReadLabel(args);
  const Settings settings = args.Has("settings") ? ReadSettings(args.Object("settings")) : Settings{};
  const bool diagnostics = args.Flag("diagnostics");
  const auto placement = ReadPlacement(args);
  return {[=](const Exec& exec) -> Finish {
    Findings findings;
    const auto placed = radiomics::PlaceMask(exec, image->grid, *mask, label, placement, findings);
    auto result = radiomics::Extract(exec, *image, placed.mask, placed.label, settings, radiomics::Families());
    result.findings.insert(result.findings.begin(), findings.begin(), findings.end());
    if (diagnostics) {
      auto rows = radiomics::Diagnostics(exec, *image, placed.mask, placed.label, settings);
      result.features.insert(result.features.begin(), rows.begin(), rows.end());
    }
    return Answer(std::move(result));
  }};
}

radiomics::ImageType ReadImageType(const Args& args) {
  using radiomics::ImageKind;
  static constexpr std::pair<const char*, ImageKind> kinds[] = {
      {"Original", ImageKind::kOriginal},       {"LoG", ImageKind::kLog},           {"Wavelet", ImageKind::kWavelet},
      {"Square", ImageKind::kSquare},           {"SquareRoot", ImageKind::kSquareRoot}, {"Logarithm", ImageKind::kLogarithm},
      {"Exponential", ImageKind::kExponential}, {"Gradient", ImageKind::kGradient}, {"LBP2D", ImageKind::kLbp2d},
      {"LBP3D", ImageKind::kLbp3d}};
  static constexpr std::pair<const char*, filters::PatternMethod> methods[] = {{"default", filters::PatternMethod::kDefault},
                                                                               {"ror", filters::PatternMethod::kRotated},
                                                                               {"uniform", filters::PatternMethod::kUniform},
                                                                               {"var", filters::PatternMethod::kVariance}};
  radiomics::ImageType type;
  const std::string name = args.Text("type");
  const auto* kind = std::find_if(std::begin(kinds), std::end(kinds), [&](const auto& row) { return name == row.first; });
  if (kind == std::end(kinds)) throw InvalidArgument("type", "an image type of PyRadiomics", "\"" + name + "\"");
  type.kind = kind->second;
  if (args.Has("binWidth")) type.bin_width = args.Number("binWidth");
  if (args.Has("binCount")) type.bin_count = args.Integer("binCount", 1, 65535);
  if (args.Has("sigma")) type.sigma_mm = args.Numbers("sigma");
  for (const double sigma : type.sigma_mm) {
    if (!(sigma > 0 && sigma <= 1e4)) throw InvalidArgument("sigma", "positive millimetres", std::to_string(sigma));
  }
  type.wavelet = args.Text("wavelet", type.wavelet);
  type.start_level = static_cast<int>(args.Integer("startLevel", 0, 16, type.start_level));
  type.level = static_cast<int>(args.Integer("level", 1, 16, type.level));
  type.gradient_per_mm = args.Flag("gradientUseSpacing", true);
  type.lbp_samples = static_cast<int>(args.Integer("lbp2DSamples", 1, 24, type.lbp_samples));
  type.lbp_radius = args.Number("lbp2DRadius", type.lbp_radius);
  const std::string method = args.Text("lbp2DMethod", "uniform");
  const auto* known = std::find_if(std::begin(methods), std::end(methods), [&](const auto& row) { return method == row.first; });
  if (known == std::end(methods)) throw InvalidArgument("lbp2DMethod", "default, ror, uniform or var", "\"" + method + "\"");
  type.lbp_method = known->second;
  type.sphere_levels = static_cast<int>(args.Integer("lbp3DLevels", 1, 8, type.sphere_levels));
  type.sphere_radius = args.Number("lbp3DIcosphereRadius", type.sphere_radius);
  type.sphere_subdivisions = static_cast<int>(args.Integer("lbp3DIcosphereSubdivision", 0, 4, type.sphere_subdivisions));
  if (!(type.lbp_radius > 0 && type.lbp_radius < 1e3 && type.sphere_radius > 0 && type.sphere_radius < 1e3)) {
    throw InvalidArgument("lbpRadius", "positive voxels", std::to_string(type.lbp_radius));
  }
  return type;
}

radiomics::PyradiomicsSettings ReadPyradiomics(const Args& args) {
  using RangeMode = radiomics::PyradiomicsSettings::RangeMode;
  radiomics::PyradiomicsSettings s;
  s.bin_width = args.Number("binWidth", s.bin_width);
  if (args.Has("binCount")) s.bin_count = args.Integer("binCount", 1, 65535);
  s.normalize = args.Flag("normalize");
  s.normalize_scale = args.Number("normalizeScale", s.normalize_scale);
  if (args.Has("removeOutliers")) s.remove_outliers = args.Number("removeOutliers");
  if (args.Has("resampledPixelSpacing")) {
    const auto mm = args.Numbers("resampledPixelSpacing", 3);
    s.resampled_spacing = {mm[0], mm[1], mm[2]};
  }
  s.interpolator = ReadInterpolation(args, "interpolator", s.interpolator);
  if (args.Has("resegmentRange")) s.range = args.Numbers("resegmentRange");
  const std::string mode = args.Text("resegmentMode", "absolute");
  s.range_mode = mode == "sigma" ? RangeMode::kSigma : mode == "relative" ? RangeMode::kRelative : RangeMode::kAbsolute;
  s.voxel_array_shift = args.Number("voxelArrayShift", 0);
  if (args.Has("distances")) {
    s.distances.clear();
    for (const double distance : args.Numbers("distances")) s.distances.push_back(static_cast<int>(distance));
  }
  s.gldm_a = static_cast<int>(args.Integer("gldmA", 0, 65535, 0));
  s.force_2d = args.Flag("force2D");
  s.force_2d_dimension = static_cast<int>(args.Integer("force2Ddimension", 0, 2, 0));
  if (args.Has("weightingNorm")) {
    static constexpr std::pair<const char*, std::optional<radiomics::StepNorm>> norms[] = {{"no_weighting", std::nullopt},
                                                                                       {"manhattan", radiomics::StepNorm::kManhattan},
                                                                                       {"euclidean", radiomics::StepNorm::kEuclidean},
                                                                                       {"infinity", radiomics::StepNorm::kInfinity}};
    const std::string name = args.Text("weightingNorm");
    const auto* norm = std::find_if(std::begin(norms), std::end(norms), [&](const auto& row) { return name == row.first; });
    if (norm == std::end(norms)) throw InvalidArgument("weightingNorm", "no_weighting, manhattan, euclidean or infinity", "\"" + name + "\"");
    s.merge_angles = true;
    s.weighting = norm->second;
  }
  s.symmetrical_glcm = args.Flag("symmetricalGLCM", true);
  s.minimum_roi_size = args.Integer("minimumROISize", 0, int64_t{1} << 53, 0);
  s.minimum_roi_dimensions = static_cast<int>(args.Integer("minimumROIDimensions", 1, 3, 2));
  s.pad_distance = args.Integer("padDistance", 0, 1 << 20, s.pad_distance);
  s.pre_crop = args.Flag("preCrop");
  s.resegment_shape = args.Flag("resegmentShape");
  if (args.Has("classes")) s.classes = args.TextList("classes");
  if (args.Has("images")) {
    const auto list = args.Raw("images");
    if (!list.IsArray()) throw InvalidArgument("images", "a list", addon::Describe(list));
    const auto array = list.As<Napi::Array>();
    s.images.clear();
    for (uint32_t n = 0; n < array.Length(); ++n) {
      const Napi::Value item = array.Get(n);
      if (!item.IsObject()) throw InvalidArgument("images", "a list of objects", addon::Describe(item));
      s.images.push_back(ReadImageType(Args(item.As<Napi::Object>(), "images.")));
    }
  }
  return s;
}

Work ExtractPyradiomics(Args& args) {
  const auto image = args.Native<const Volume>("image");
  const auto mask = args.Native<const Volume>("mask");
  const auto label = args.Integer("label", -(int64_t{1} << 53), int64_t{1} << 53, 1);
  const auto settings = args.Has("settings") ? ReadPyradiomics(args.Object("settings")) : radiomics::PyradiomicsSettings{};
  const auto placement = ReadPlacement(args);
  const bool diagnostics = args.Flag("diagnostics");
  return {[=](const Exec& exec) -> Finish {
    Findings findings;
    const auto placed = radiomics::PlaceMask(exec, image->grid, *mask, label, placement, findings);
    auto result = radiomics::ExtractPyradiomics(exec, *image, placed.mask, placed.label, settings);
    result.findings.insert(result.findings.begin(), findings.begin(), findings.end());
    std::vector<radiomics::Diagnostic> rows;
    if (diagnostics) {
      rows = radiomics::PyradiomicsDiagnostics(exec, *image, *mask, label, placed.mask, placed.label, settings);
    }
    return Answer(std::move(result), std::move(rows));
  }};
}

Work PyradiomicsMaps(Args& args) {
  const auto image = args.Native<const Volume>("image");
  const auto mask = args.Native<const Volume>("mask");
  const auto label = args.Integer("label", -(int64_t{1} << 53), int64_t{1} << 53, 1);
  const auto settings = args.Has("settings") ? ReadPyradiomics(args.Object("settings")) : radiomics::PyradiomicsSettings{};
  const auto placement = ReadPlacement(args);
  radiomics::KernelSettings kernel;
  kernel.radius = args.Integer("kernelRadius", 1, 16, kernel.radius);
  kernel.masked = args.Flag("maskedKernel", kernel.masked);
  kernel.initial = args.Number("initValue", kernel.initial);
  if (args.Has("features")) kernel.features = args.TextList("features");
  return {[=](const Exec& exec) -> Finish {
    Findings findings;
    const auto placed = radiomics::PlaceMask(exec, image->grid, *mask, label, placement, findings);
    auto found = std::make_shared<radiomics::FeatureMaps>(
        radiomics::PyradiomicsMaps(exec, *image, placed.mask, placed.label, settings, kernel));
    found->findings.insert(found->findings.begin(), findings.begin(), findings.end());
    return [found](Napi::Env env) -> Napi::Value {
      auto out = ToJs(env, {{"findings", Describe(found->findings)}}).As<Napi::Object>();
      auto maps = Napi::Array::New(env, found->maps.size());
      for (size_t m = 0; m < found->maps.size(); ++m) {
        auto map = Napi::Object::New(env);
        map.Set("name", found->maps[m].name);
        auto volume = std::make_shared<Volume>(std::move(found->maps[m].volume));
        map.Set("volume", WrapHandle(env, volume, static_cast<int64_t>(volume->bytes())));
        maps.Set(static_cast<uint32_t>(m), map);
      }
      out.Set("maps", maps);
      return out;
    };
  }};
}

std::vector<radiomics::Perturbation> ReadPerturbations(const Args& args, uint64_t seed) {
  const auto list = args.Raw("perturbations");
  if (!list.IsArray()) throw InvalidArgument("perturbations", "a list", addon::Describe(list));
  const auto array = list.As<Napi::Array>();
  if (array.Length() < 1 || array.Length() > 100'000) {
    throw InvalidArgument("perturbations", "1 to 100000", std::to_string(array.Length()));
  }
  std::vector<radiomics::Perturbation> out;
  for (uint32_t n = 0; n < array.Length(); ++n) {
    const Napi::Value value = array.Get(n);
    if (!value.IsObject()) throw InvalidArgument("perturbations", "a list of objects", addon::Describe(value));
    const Args item(value.As<Napi::Object>(), "perturbations.");
    radiomics::Perturbation p;
    p.noise = item.Number("noise", 0);
    if (item.Has("shiftMm")) {
      const auto mm = item.Numbers("shiftMm", 3);
      p.shift_mm = {mm[0], mm[1], mm[2]};
    }
    // The outline moves by 50 to 100 % of the largest offset, in or out: contour 0 is the given one.
    const int64_t contour = item.Integer("contour", 0, 10'000, 0);
    if (contour > 0) {
      const double most = item.Number("offsetMm");
      const double part = 0.5 + 0.5 * radiomics::UniformAt(seed, static_cast<uint64_t>(2 * contour));
      const bool inwards = radiomics::UniformAt(seed, static_cast<uint64_t>(2 * contour + 1)) < 0.5;
      p.offset_mm = (inwards ? -part : part) * most;
    }
    p.volume = item.Number("volume", 0);
    p.rotation_deg = item.Number("rotationDeg", 0);
    if (!(p.noise >= 0) || !(p.volume > -1 && p.volume <= 10) || !(std::abs(p.rotation_deg) <= 360) || !(std::abs(p.offset_mm) < 1e3)) {
      throw InvalidArgument("perturbations", "noise of 0 or more, volume above -1 to 10, rotation within a circle", "another");
    }
    out.push_back(p);
  }
  return out;
}

Work PerturbedFeatures(Args& args) {
  const auto image = args.Native<const Volume>("image");
  const auto mask = args.Native<const Volume>("mask");
  const auto label = ReadLabel(args);
  const auto seed = static_cast<uint64_t>(args.Integer("seed", 0, int64_t{1} << 53, 42));
  const auto perturbations = ReadPerturbations(args, seed);
  const auto placement = ReadPlacement(args);
  radiomics::AnySettings settings;
  if (args.Has("pyradiomics")) {
    settings = ReadPyradiomics(args.Object("pyradiomics"));
  } else {
    settings = args.Has("settings") ? ReadSettings(args.Object("settings")) : Settings{};
  }
  return {[=](const Exec& exec) -> Finish {
    Findings findings;
    const auto placed = radiomics::PlaceMask(exec, image->grid, *mask, label, placement, findings);
    auto found = std::make_shared<radiomics::PerturbedFeatures>(
        radiomics::ExtractPerturbed(exec, *image, placed.mask, placed.label, settings, perturbations, seed));
    return [found](Napi::Env env) -> Napi::Value {
      auto out = ToJs(env, {{"names", found->names}, {"failed", found->failed}}).As<Napi::Object>();
      out.Set("values", AdoptNumbers(env, std::move(found->values)));
      return out;
    };
  }};
}

std::vector<double> ReadAnyNumbers(const Args& args, const char* key) {
  const auto value = args.Raw(key);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_float64_array) {
    throw InvalidArgument(key, "a Float64Array", addon::Describe(value));
  }
  const auto array = value.As<Napi::Float64Array>();
  return {array.Data(), array.Data() + array.ElementLength()};
}

Work FeatureAgreement(Args& args) {
  auto values = ReadAnyNumbers(args, "values");
  const int64_t subjects = args.Integer("subjects", 1, int64_t{1} << 31), times = args.Integer("times", 1, int64_t{1} << 31);
  const auto each = static_cast<size_t>(subjects * times);
  if (values.empty() || values.size() % each != 0) {
    throw InvalidArgument("values", "features x subjects x times numbers", std::to_string(values.size()));
  }
  return {[=, values = std::move(values)](const Exec& exec) -> Finish {
    const auto features = static_cast<int64_t>(values.size() / each);
    std::vector<radiomics::Agreement> rows(static_cast<size_t>(features));
    ParallelFor(exec, features, 8, [&](int64_t begin, int64_t end) {
      for (int64_t f = begin; f < end; ++f) {
        rows[static_cast<size_t>(f)] =
            radiomics::AgreementOf({std::span(values).subspan(static_cast<size_t>(f) * each, each), subjects, times});
      }
    });
    return [rows](Napi::Env env) {
      auto list = json::array();
      const auto number = [](double x) { return std::isfinite(x) ? json(x) : json(nullptr); };
      for (const auto& r : rows) {
        list.push_back({{"icc", number(r.icc)},       {"iccLow", number(r.icc_low)},     {"iccHigh", number(r.icc_high)},
                        {"covPct", number(r.cov_pct)}, {"covQ1Pct", number(r.cov_q1_pct)}, {"covQ3Pct", number(r.cov_q3_pct)},
                        {"qcd", number(r.qcd)}});
      }
      return ToJs(env, list);
    };
  }};
}

Work DistinctFeatures(Args& args) {
  auto values = ReadAnyNumbers(args, "values");
  const int64_t subjects = args.Integer("subjects", 1, int64_t{1} << 31);
  const double limit = args.Number("limit", 0.9);
  if (values.size() % static_cast<size_t>(subjects) != 0) {
    throw InvalidArgument("values", "features x subjects numbers", std::to_string(values.size()));
  }
  return {[=, values = std::move(values)](const Exec&) -> Finish {
    const auto keep = radiomics::Distinct(values, static_cast<int64_t>(values.size()) / subjects, subjects, limit);
    return [keep](Napi::Env env) { return ToJs(env, json(keep)); };
  }};
}

Napi::Value FeatureCatalogue(const Napi::CallbackInfo& info) {
  auto list = json::array();
  for (const radiomics::Family& family : radiomics::Families()) {
    for (size_t v = 0; v < std::max<size_t>(family.variants.size(), 1); ++v) {
      const bool plain = family.variants.empty();
      for (const radiomics::FeatureInfo& feature : family.features) {
        list.push_back({{"name", std::string(feature.tag) + (plain ? "" : family.variants[v].suffix)},
                        {"title", feature.name},
                        {"unit", radiomics::UnitOf(feature.unit, "")},
                        {"ibsiId", feature.id},
                        {"family", family.name},
                        {"familyTitle", family.title},
                        {"familyIbsiId", family.id},
                        {"aggregation", plain ? json(nullptr) : json(kAggregationNames[family.variants[v].aggregation])}});
      }
    }
  }
  return ToJs(info.Env(), list);
}

constexpr Row kRows[] = {
    {"extractFeatures", ExtractFeatures, nullptr, "(args: ExtractFeaturesArgs) => Promise<ExtractFeaturesResult>",
     "All radiomics features of one structure of an image."},
    {"extractPyradiomics", ExtractPyradiomics, nullptr, "(args: ExtractPyradiomicsArgs) => Promise<ExtractPyradiomicsRows>",
     "The features of PyRadiomics, under its names and by its definitions."},
    {"pyradiomicsMaps", PyradiomicsMaps, nullptr, "(args: PyradiomicsMapsArgs) => Promise<PyradiomicsMapsResult>",
     "At every voxel of a structure the features of the box around it, a volume of each."},
    {"perturbedFeatures", PerturbedFeatures, nullptr, "(args: PerturbedFeaturesArgs) => Promise<PerturbedFeaturesResult>",
     "Features of a structure under a list of perturbations of image and outline."},
    {"featureAgreement", FeatureAgreement, nullptr,
     "(args: { values: Float64Array; subjects: number; times: number }) => Promise<FeatureAgreement[]>",
     "Of every feature the intraclass correlation, the coefficients of variation and of dispersion."},
    {"distinctFeatures", DistinctFeatures, nullptr,
     "(args: { values: Float64Array; subjects: number; limit?: number }) => Promise<boolean[]>",
     "Which features, best first, are not rank-correlated with a better one."},
    {"featureCatalogue", nullptr, FeatureCatalogue, "() => FeatureDescription[]",
     "Every radiomics feature with its IBSI id, unit and family."},
};

}  // namespace

Table RadiomicsTable() { return kRows; }

}  // namespace isovox::addon
