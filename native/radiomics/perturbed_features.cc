#include "radiomics/perturbed_features.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "base/error.h"
#include "radiomics/registry.h"
#include "radiomics/standard.h"

namespace isovox::radiomics {
namespace {

// Voxels beyond the reach of the changes that interpolation and filters look at.
constexpr double kSurroundingsMm = 40;

using ImageKey = std::tuple<double, double>;
using MaskKey = std::tuple<std::array<double, 3>, double, double, double>;

ImageKey ImageOf(const Perturbation& p) { return {p.noise, p.rotation_deg}; }
MaskKey MaskOf(const Perturbation& p) { return {p.shift_mm, p.offset_mm, p.volume, p.rotation_deg}; }

double MarginOf(const std::vector<Perturbation>& perturbations) {
  double margin = 0;
  for (const Perturbation& p : perturbations) {
    double shift = 0;
    for (const double s : p.shift_mm) shift = std::max(shift, std::abs(s));
    // A volume grown by a part grows each radius by less than that part of it; 25 mm is that of a litre doubled.
    margin = std::max(margin, shift + std::abs(p.offset_mm) + (p.volume > 0 ? 25 * std::min(p.volume, 1.0) : 0));
  }
  return margin + kSurroundingsMm;
}

Extraction Features(const Exec& exec, const Volume& image, const Volume& mask, const AnySettings& settings) {
  if (const auto* ibsi = std::get_if<Settings>(&settings)) return Extract(exec, image, mask, 1, *ibsi, Families());
  return ExtractPyradiomics(exec, image, mask, 1, std::get<PyradiomicsSettings>(settings));
}

// Normalises by the whole image, so that what follows may look at a part.
void NormaliseScene(const Volume& whole, AnySettings& settings, Scene& scene) {
  auto* s = std::get_if<PyradiomicsSettings>(&settings);
  if (s == nullptr || !s->normalize) return;
  if (s->remove_outliers) {
    throw Error(ErrorCode::kUnsupported, "Outliers are not removed from perturbed images", {{"what", "removeOutliers"}, {"value", "set"}});
  }
  const Standard standard = StandardOf(whole);
  scene.image.slope = s->normalize_scale / standard.deviation;
  scene.image.intercept = -standard.mean * scene.image.slope;
  s->normalize = false;
}

}  // namespace

PerturbedFeatures ExtractPerturbed(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                                   const AnySettings& asked, const std::vector<Perturbation>& perturbations, uint64_t seed) {
  AnySettings settings = asked;
  Scene scene = SceneOf(exec, image, mask, label, MarginOf(perturbations));
  NormaliseScene(image, settings, scene);
  AnySettings shape = settings, others = settings;
  bool with_shape = false, with_others = true;
  if (auto* s = std::get_if<PyradiomicsSettings>(&others)) {
    if (s->classes.empty()) s->classes = {"shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm"};
    with_shape = std::erase(s->classes, "shape") > 0;
    with_others = !s->classes.empty();
    std::get<PyradiomicsSettings>(shape).classes = {"shape"};
    std::get<PyradiomicsSettings>(shape).images = {ImageType{}};
  }
  std::map<ImageKey, Volume> images;
  std::map<MaskKey, Volume> masks;
  std::map<MaskKey, std::vector<Feature>> shapes;
  for (const Perturbation& p : perturbations) {
    if (!images.contains(ImageOf(p))) images.emplace(ImageOf(p), PerturbedImage(exec, scene, p, seed));
    if (!masks.contains(MaskOf(p))) masks.emplace(MaskOf(p), PerturbedMask(exec, scene, p));
  }
  std::vector<const std::pair<const MaskKey, Volume>*> outlines;
  for (const auto& entry : masks) {
    outlines.push_back(&entry);
    shapes[entry.first];
  }
  exec.SetTotal(static_cast<int64_t>(perturbations.size()));
  if (with_shape) {
    ParallelFor(exec, static_cast<int64_t>(outlines.size()), 1, [&](int64_t n, int64_t) {
      const auto& [key, outline] = *outlines[static_cast<size_t>(n)];
      shapes.at(key) = Features(exec, scene.image, outline, shape).features;
    });
  }
  std::vector<std::vector<Feature>> rows(perturbations.size());
  PerturbedFeatures out;
  out.failed.resize(perturbations.size());
  const Exec quiet{exec.cancel, nullptr};
  ParallelFor(exec, static_cast<int64_t>(perturbations.size()), 1, [&](int64_t n, int64_t) {
    const Perturbation& p = perturbations[static_cast<size_t>(n)];
    std::vector<Feature>& row = rows[static_cast<size_t>(n)];
    row = shapes.at(MaskOf(p));
    if (with_others) {
      const Extraction found = Features(quiet, images.at(ImageOf(p)), masks.at(MaskOf(p)), others);
      row.insert(row.end(), found.features.begin(), found.features.end());
      for (const Finding& finding : found.findings) {
        if (finding.severity == Severity::kFail) out.failed[static_cast<size_t>(n)] = finding.code;
      }
    }
    exec.Step();
  });
  for (const Feature& feature : rows.empty() ? std::vector<Feature>{} : rows.front()) out.names.push_back(feature.name);
  for (size_t n = 0; n < rows.size(); ++n) {
    if (rows[n].size() != out.names.size() && out.failed[n].empty()) out.failed[n] = "radiomics.features_differ";
    for (size_t f = 0; f < out.names.size(); ++f) out.values.push_back(f < rows[n].size() ? rows[n][f].value : std::nan(""));
  }
  return out;
}

}  // namespace isovox::radiomics
