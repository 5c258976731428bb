#include "radiomics/pyradiomics.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "radiomics/pyradiomics_scene.h"
#include "radiomics/registry.h"
#include "radiomics/turned.h"

namespace isovox::radiomics {
namespace {

constexpr PyradiomicsName kNames[] = {
    {"glcm", "Autocorrelation", "cm_auto_corr"},
    {"glcm", "JointAverage", "cm_joint_avg"},
    {"glcm", "ClusterProminence", "cm_clust_prom"},
    {"glcm", "ClusterShade", "cm_clust_shade"},
    {"glcm", "ClusterTendency", "cm_clust_tend"},
    {"glcm", "Contrast", "cm_contrast"},
    {"glcm", "Correlation", "cm_corr"},
    {"glcm", "DifferenceAverage", "cm_diff_avg"},
    {"glcm", "DifferenceEntropy", "cm_diff_entr"},
    {"glcm", "DifferenceVariance", "cm_diff_var"},
    {"glcm", "JointEnergy", "cm_energy"},
    {"glcm", "JointEntropy", "cm_joint_entr"},
    {"glcm", "Imc1", "cm_info_corr1"},
    {"glcm", "Imc2", "cm_info_corr2"},
    {"glcm", "Idm", "cm_inv_diff_mom"},
    {"glcm", "Idmn", "cm_inv_diff_mom_norm"},
    {"glcm", "Id", "cm_inv_diff"},
    {"glcm", "Idn", "cm_inv_diff_norm"},
    {"glcm", "InverseVariance", "cm_inv_var"},
    {"glcm", "MaximumProbability", "cm_joint_max"},
    {"glcm", "MCC", "MCC"},
    {"glcm", "SumAverage", "cm_sum_avg"},
    {"glcm", "SumEntropy", "cm_sum_entr"},
    {"glcm", "SumSquares", "cm_joint_var"},
    {"glrlm", "GrayLevelNonUniformity", "rlm_glnu"},
    {"glrlm", "GrayLevelNonUniformityNormalized", "rlm_glnu_norm"},
    {"glrlm", "GrayLevelVariance", "rlm_gl_var"},
    {"glrlm", "HighGrayLevelRunEmphasis", "rlm_hgre"},
    {"glrlm", "LongRunEmphasis", "rlm_lre"},
    {"glrlm", "LongRunHighGrayLevelEmphasis", "rlm_lrhge"},
    {"glrlm", "LongRunLowGrayLevelEmphasis", "rlm_lrlge"},
    {"glrlm", "LowGrayLevelRunEmphasis", "rlm_lgre"},
    {"glrlm", "RunEntropy", "rlm_rl_entr"},
    {"glrlm", "RunLengthNonUniformity", "rlm_rlnu"},
    {"glrlm", "RunLengthNonUniformityNormalized", "rlm_rlnu_norm"},
    {"glrlm", "RunPercentage", "rlm_r_perc"},
    {"glrlm", "RunVariance", "rlm_rl_var"},
    {"glrlm", "ShortRunEmphasis", "rlm_sre"},
    {"glrlm", "ShortRunHighGrayLevelEmphasis", "rlm_srhge"},
    {"glrlm", "ShortRunLowGrayLevelEmphasis", "rlm_srlge"},
    {"glszm", "GrayLevelNonUniformity", "szm_glnu"},
    {"glszm", "GrayLevelNonUniformityNormalized", "szm_glnu_norm"},
    {"glszm", "GrayLevelVariance", "szm_gl_var"},
    {"glszm", "HighGrayLevelZoneEmphasis", "szm_hgze"},
    {"glszm", "LargeAreaEmphasis", "szm_lze"},
    {"glszm", "LargeAreaHighGrayLevelEmphasis", "szm_lzhge"},
    {"glszm", "LargeAreaLowGrayLevelEmphasis", "szm_lzlge"},
    {"glszm", "LowGrayLevelZoneEmphasis", "szm_lgze"},
    {"glszm", "SizeZoneNonUniformity", "szm_zsnu"},
    {"glszm", "SizeZoneNonUniformityNormalized", "szm_zsnu_norm"},
    {"glszm", "SmallAreaEmphasis", "szm_sze"},
    {"glszm", "SmallAreaHighGrayLevelEmphasis", "szm_szhge"},
    {"glszm", "SmallAreaLowGrayLevelEmphasis", "szm_szlge"},
    {"glszm", "ZoneEntropy", "szm_zs_entr"},
    {"glszm", "ZonePercentage", "szm_z_perc"},
    {"glszm", "ZoneVariance", "szm_zs_var"},
    {"gldm", "DependenceEntropy", "ngl_dc_entr"},
    {"gldm", "DependenceNonUniformity", "ngl_dcnu"},
    {"gldm", "DependenceNonUniformityNormalized", "ngl_dcnu_norm"},
    {"gldm", "DependenceVariance", "ngl_dc_var"},
    {"gldm", "GrayLevelNonUniformity", "ngl_glnu"},
    {"gldm", "GrayLevelVariance", "ngl_gl_var"},
    {"gldm", "HighGrayLevelEmphasis", "ngl_hgce"},
    {"gldm", "LargeDependenceEmphasis", "ngl_hde"},
    {"gldm", "LargeDependenceHighGrayLevelEmphasis", "ngl_hdhge"},
    {"gldm", "LargeDependenceLowGrayLevelEmphasis", "ngl_hdlge"},
    {"gldm", "LowGrayLevelEmphasis", "ngl_lgce"},
    {"gldm", "SmallDependenceEmphasis", "ngl_lde"},
    {"gldm", "SmallDependenceHighGrayLevelEmphasis", "ngl_ldhge"},
    {"gldm", "SmallDependenceLowGrayLevelEmphasis", "ngl_ldlge"},
    {"ngtdm", "Busyness", "ngt_busyness"},
    {"ngtdm", "Coarseness", "ngt_coarseness"},
    {"ngtdm", "Complexity", "ngt_complexity"},
    {"ngtdm", "Contrast", "ngt_contrast"},
    {"ngtdm", "Strength", "ngt_strength"},
};

bool IsShape(std::string_view family) { return family == "shape" || family == "shape2D"; }

// Families' rows under PyRadiomics' names, in its order.
void Rename(std::vector<Feature> features, const PyradiomicsSettings& settings, const std::string& image,
            std::vector<Feature>& out) {
  const std::string average = settings.force_2d ? "_2_5D_avg" : "_3D_avg";
  const std::string merged = settings.force_2d ? "_2_5D_comb" : "_3D_comb";
  const std::string directional = settings.merge_angles ? merged : average;
  const std::string plain = settings.force_2d ? "_2_5D" : "_3D";
  std::map<std::string, Feature> by_tag;
  for (Feature& feature : features) {
    if (IsShape(feature.family) || feature.family == "firstorder") {
      feature.name = image + "_" + feature.family + "_" + feature.name;
      out.push_back(std::move(feature));
    } else {
      by_tag.emplace(feature.name, std::move(feature));
    }
  }
  for (const PyradiomicsName& name : kNames) {
    auto found = by_tag.find(name.tag + directional);
    if (found == by_tag.end()) found = by_tag.find(name.tag + plain);
    if (found == by_tag.end()) continue;
    Feature feature = found->second;
    feature.name = image + "_" + name.of_class + "_" + name.name;
    feature.family = name.of_class;
    out.push_back(std::move(feature));
  }
}

}  // namespace

std::span<const PyradiomicsName> PyradiomicsNames() { return kNames; }

std::span<const Family> PyradiomicsFamilies() {
  static const Family families[] = {PyradiomicsShapeFamily(), PyradiomicsShape2dFamily(), PyradiomicsFirstOrderFamily(),
                                    PyradiomicsGlcmFamily(),  PyradiomicsGlrlmFamily(),   GlszmFamily(),
                                    NgldmFamily(),            PyradiomicsNgtdmFamily()};
  return families;
}

Extraction ExtractPyradiomics(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                              const PyradiomicsSettings& settings) {
  Extraction out;
  const PyradiomicsScene scene = PyradiomicsSceneOf(exec, image, mask, label, settings, {}, out.findings);
  const Region& region = scene.region;
  std::vector<const Family*> shape, others;
  for (const Family* family : WantedFamilies(scene.settings, PyradiomicsFamilies())) {
    (IsShape(family->name) ? shape : others).push_back(family);
  }
  const auto flat = std::find_if(shape.begin(), shape.end(), [](const Family* f) { return std::string_view(f->name) == "shape2D"; });
  // Slices of what follows are across k; features that know no slices do not mind.
  const AxisOrder order = settings.force_2d ? SlicesAcross(settings.force_2d_dimension) : kAsGiven;
  if (flat != shape.end() && (!settings.force_2d || region.size[order[2]] > 1)) {
    out.findings.push_back({"radiomics.no_shape_2d", Severity::kWarn, "shape2D is of a structure in one slice, with force2D"});
    shape.erase(flat);
  }
  std::vector<const Family*> solid;
  for (const Family* family : shape) {
    if (std::string_view(family->name) == "shape") solid.push_back(family);
  }
  const auto add_shape = [&](const Region& of_shape) {
    Rename(FeaturesOf(exec, of_shape, scene.settings, solid, out.findings), settings, "original", out.features);
    if (solid.size() == shape.size()) return;
    const std::vector<const Family*> in_slice(shape.begin() + static_cast<std::ptrdiff_t>(solid.size()), shape.end());
    Rename(FeaturesOf(exec, Turned(of_shape, order), scene.settings, in_slice, out.findings), settings, "original",
           out.features);
  };
  if (settings.resegment_shape && !shape.empty()) {
    Region cut = region;
    cut.morphology = cut.intensity;
    cut.morphology_voxels = cut.intensity_voxels;
    add_shape(cut);
  } else {
    add_shape(region);
  }
  ForEachImage(exec, scene, settings, out.findings, [&](const std::string& name, const Region& of_image, const Settings& of_type) {
    if (order == kAsGiven) {
      Rename(FeaturesOf(exec, of_image, of_type, others, out.findings), settings, name, out.features);
    } else {
      Rename(FeaturesOf(exec, Turned(of_image, order), of_type, others, out.findings), settings, name, out.features);
    }
  });
  return out;
}

}  // namespace isovox::radiomics
