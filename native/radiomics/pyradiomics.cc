#include "radiomics/pyradiomics.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "radiomics/prepare.h"
#include "radiomics/registry.h"
#include "radiomics/sampled.h"

namespace isovox::radiomics {
namespace {

// A feature of a class and the tag, before its aggregation, of the definition it shares.
struct Name {
  const char* of_class;
  const char* name;
  const char* tag;
};

constexpr Name kNames[] = {
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

std::span<const Family> DialectFamilies() {
  static const Family families[] = {PyradiomicsShapeFamily(), PyradiomicsFirstOrderFamily(), PyradiomicsGlcmFamily(),
                                    GlrlmFamily(),            GlszmFamily(),                 NgldmFamily(), PyradiomicsNgtdmFamily()};
  return families;
}

// Families that give the features of a class.
std::vector<std::string> FamiliesOf(const std::string& of_class) {
  if (of_class == "gldm") return {"ngldm"};
  return {of_class};
}

struct Spread {
  double mean = 0, deviation = 0, max = 0;
};

// Mean and sample deviation of a whole image.
Spread SpreadOf(const Volume& image) {
  Spread spread;
  VisitDType(image.dtype, [&]<typename T>(T) {
    const auto voxels = image.As<T>();
    const auto n = static_cast<double>(voxels.size());
    double sum = 0, square = 0;
    for (const T x : voxels) sum += static_cast<double>(x);
    const double mean = sum / n;
    for (const T x : voxels) square += (static_cast<double>(x) - mean) * (static_cast<double>(x) - mean);
    spread.mean = image.slope * mean + image.intercept;
    spread.deviation = std::abs(image.slope) * std::sqrt(square / (n - 1));
  });
  return spread;
}

bool HoldsWholeNumbers(const Volume& image) {
  return image.dtype != DType::kFloat32 && image.dtype != DType::kFloat64 && image.slope == std::floor(image.slope) &&
         image.intercept == std::floor(image.intercept);
}

Settings Translate(const PyradiomicsSettings& s, Volume& image) {
  Settings out;
  out.families.clear();
  for (const std::string& of_class : s.classes) {
    for (const std::string& family : FamiliesOf(of_class)) out.families.push_back(family);
  }
  out.discretise.method = s.bin_count ? Binning::kFixedCount : Binning::kFixedSize;
  out.discretise.width = s.bin_width;
  out.discretise.bins = s.bin_count.value_or(0);
  out.discretise.at_multiples = true;
  out.align_corners = true;
  out.resample_mm = s.resampled_spacing;
  out.keep_flat_axes = true;
  out.image_interpolation = s.interpolator;
  out.mask_interpolation = Interpolation::kNearest;
  out.intensity_shift = s.voxel_array_shift;
  out.least_voxels = s.minimum_roi_size;
  out.least_dimensions = s.minimum_roi_dimensions;
  out.pair_distances = out.neighbour_distances = s.distances;
  out.coarseness = s.gldm_a;
  out.aggregations.fill(false);
  out.aggregations[s.force_2d ? k25dAverage : k3dAverage] = !s.merge_angles;
  out.aggregations[s.force_2d ? k25dMerged : k3dMerged] = true;
  if (s.normalize) {
    const Spread spread = SpreadOf(image);
    if (!(spread.deviation > 0)) throw InvalidArgument("normalize", "an image that is not flat", "a flat image");
    const double scale = s.normalize_scale / spread.deviation;
    image.slope *= scale;
    image.intercept = (image.intercept - spread.mean) * scale;
    if (s.remove_outliers) out.clip = {-*s.remove_outliers * s.normalize_scale, *s.remove_outliers * s.normalize_scale};
  } else if (s.resampled_spacing && HoldsWholeNumbers(image)) {
    out.rounding = Rounding::kTowardsZero;
  }
  if (!s.range.empty()) {
    const double infinity = std::numeric_limits<double>::infinity();
    out.range = {s.range[0], s.range.size() > 1 ? s.range[1] : infinity};
    out.range_mode = s.range_mode == PyradiomicsSettings::RangeMode::kAbsolute   ? RangeMode::kAbsolute
                     : s.range_mode == PyradiomicsSettings::RangeMode::kRelative ? RangeMode::kOfMaximum
                                                                                 : RangeMode::kDeviations;
  }
  return out;
}

// The part of the lattice that derived images are made of.
IndexBox LoadedBox(const Lattice& lattice, const PyradiomicsSettings& s, const IndexBox& structure) {
  IndexBox box = lattice.all();
  for (size_t d = 0; d < 3; ++d) {
    const int64_t size = box.end[d];
    int64_t low, high;  // inclusive
    if (s.resampled_spacing && std::any_of(lattice.maps.begin(), lattice.maps.end(), [](const AxisMap& m) { return m.step != 1; })) {
      const double ratio = 1 / lattice.maps[d].step, pad = static_cast<double>(s.pad_distance);
      low = static_cast<int64_t>(std::floor((static_cast<double>(structure.begin[d]) - 0.5) * ratio - pad));
      high = static_cast<int64_t>(std::ceil((static_cast<double>(structure.end[d]) - 0.5) * ratio + pad));
    } else if (s.resampled_spacing || s.pre_crop) {
      low = structure.begin[d] - s.pad_distance;
      high = structure.end[d] - 1 + s.pad_distance;
    } else {
      continue;
    }
    box.begin[d] = std::clamp<int64_t>(low, 0, size - 1);
    box.end[d] = std::clamp<int64_t>(high + 1, 1, size);
  }
  return box;
}

// The structure's voxels as a mask over a box of the lattice.
std::vector<uint8_t> MaskOver(const Region& region, const IndexBox& box) {
  const std::array<int64_t, 3> size = SizeOf(box);
  std::vector<uint8_t> mask(static_cast<size_t>(size[0] * size[1] * size[2]), 0);
  for (int64_t k = 0; k < region.size[2]; ++k) {
    for (int64_t j = 0; j < region.size[1]; ++j) {
      const int64_t z = k + region.lattice_begin[2] - box.begin[2], y = j + region.lattice_begin[1] - box.begin[1];
      std::copy_n(region.intensity.data() + (k * region.size[1] + j) * region.size[0], region.size[0],
                  mask.data() + (z * size[1] + y) * size[0] + region.lattice_begin[0] - box.begin[0]);
    }
  }
  return mask;
}

// The region with another image in its place.
Region WithImage(const Region& region, const filters::Field<double>& image, const IndexBox& box) {
  Region out = region;
  for (int64_t k = 0; k < region.size[2]; ++k) {
    for (int64_t j = 0; j < region.size[1]; ++j) {
      const int64_t z = k + region.lattice_begin[2] - box.begin[2], y = j + region.lattice_begin[1] - box.begin[1];
      std::copy_n(image.data() + (z * image.size[1] + y) * image.size[0] + region.lattice_begin[0] - box.begin[0], region.size[0],
                  out.image.data() + (k * region.size[1] + j) * region.size[0]);
    }
  }
  out.range_given[0] = out.range_given[1] = false;
  out.unit.clear();
  return out;
}

// Families' rows under PyRadiomics' names, in its order.
void Rename(std::vector<Feature> features, const PyradiomicsSettings& settings, const std::string& image,
            std::vector<Feature>& out) {
  const std::string average = settings.force_2d ? "_2_5D_avg" : "_3D_avg";
  const std::string merged = settings.force_2d ? "_2_5D_comb" : "_3D_comb";
  const std::string directional = settings.merge_angles ? merged : average;
  const std::string plain = settings.force_2d ? "_2_5D" : "_3D";
  std::map<std::string, Feature> by_tag;
  for (Feature& feature : features) {
    if (feature.family == "shape" || feature.family == "firstorder") {
      feature.name = image + "_" + feature.family + "_" + feature.name;
      out.push_back(std::move(feature));
    } else {
      by_tag.emplace(feature.name, std::move(feature));
    }
  }
  for (const Name& name : kNames) {
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

Extraction ExtractPyradiomics(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                              const PyradiomicsSettings& settings) {
  if (settings.bin_count && *settings.bin_count < 1) {
    throw InvalidArgument("binCount", "a positive number", std::to_string(*settings.bin_count));
  }
  Volume own = image;  // shares the voxels
  const Settings translated = Translate(settings, own);
  CheckSettings(translated);
  std::vector<const Family*> shape, others;
  for (const Family* family : WantedFamilies(translated, DialectFamilies())) {
    (std::string_view(family->name) == "shape" ? shape : others).push_back(family);
  }
  Extraction out;
  const Region region = Prepare(exec, own, mask, label, translated, false, out.findings);
  if (settings.resegment_shape && !shape.empty()) {
    Region cut = region;
    cut.morphology = cut.intensity;
    cut.morphology_voxels = cut.intensity_voxels;
    Rename(FeaturesOf(exec, cut, translated, shape, out.findings), settings, "original", out.features);
  } else {
    Rename(FeaturesOf(exec, region, translated, shape, out.findings), settings, "original", out.features);
  }
  const IndexBox structure = BoxOf(mask, label);
  const Lattice lattice = LatticeOf(own.grid, translated, structure);
  std::optional<filters::Field<double>> loaded;
  IndexBox box;
  for (const ImageType& type : settings.images) {
    Settings of_type = translated;
    if (type.bin_width || type.bin_count) {
      of_type.discretise.method = type.bin_count ? Binning::kFixedCount : Binning::kFixedSize;
      of_type.discretise.bins = type.bin_count.value_or(0);
      of_type.discretise.width = type.bin_width.value_or(settings.bin_width);
    }
    CheckSettings(of_type);
    if (type.kind == ImageKind::kOriginal || region.intensity_voxels == 0) {
      if (type.kind == ImageKind::kOriginal) {
        Rename(FeaturesOf(exec, region, of_type, others, out.findings), settings, "original", out.features);
      }
      continue;
    }
    if (!loaded) {
      box = LoadedBox(lattice, settings, structure);
      loaded.emplace(SizeOf(box), lattice.spacing);
      const std::vector<double> values = SampledImage(exec, own, translated, lattice, box);
      std::transform(values.begin(), values.end(), loaded->data(), [](double x) { return std::isfinite(x) ? x : 0; });
    }
    const bool whole = HoldsWholeNumbers(own);
    DeriveImages(exec, type, *loaded, MaskOver(region, box), settings.force_2d, whole, out.findings,
                 [&](const std::string& name, const filters::Field<double>& derived) {
                   exec.CheckCancelled();
                   const Region of_image = WithImage(region, derived, box);
                   Rename(FeaturesOf(exec, of_image, of_type, others, out.findings), settings, name, out.features);
                 });
  }
  return out;
}

}  // namespace isovox::radiomics
