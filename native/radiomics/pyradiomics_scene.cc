#include "radiomics/pyradiomics_scene.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "radiomics/standard.h"
#include "radiomics/tight_box.h"
#include "radiomics/turned.h"

namespace isovox::radiomics {
namespace {

const std::vector<std::string> kDefaultClasses{"shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm"};

// Families that give the features of a class.
std::vector<std::string> FamiliesOf(const std::string& of_class) {
  if (of_class == "gldm") return {"ngldm"};
  return {of_class};
}

Numbers NumbersOf(const Volume& image) {
  if (image.dtype == DType::kFloat32) return Numbers::kSingle;
  const bool scaled = image.slope != std::floor(image.slope) || image.intercept != std::floor(image.intercept);
  return image.dtype == DType::kFloat64 || scaled ? Numbers::kDouble : Numbers::kWhole;
}

// Resampled images hold what they held before.
Rounding RoundingOf(Numbers numbers) {
  return numbers == Numbers::kWhole ? Rounding::kTowardsZero : numbers == Numbers::kSingle ? Rounding::kToSingle : Rounding::kNone;
}

Settings Translate(const PyradiomicsSettings& s, const Volume& image) {
  Settings out;
  out.families.clear();
  for (const std::string& of_class : s.classes.empty() ? kDefaultClasses : s.classes) {
    for (const std::string& family : FamiliesOf(of_class)) out.families.push_back(family);
  }
  out.discretise.method = s.bin_count ? Binning::kFixedCount : Binning::kFixedSize;
  out.discretise.width = s.bin_width;
  out.discretise.bins = s.bin_count.value_or(0);
  out.discretise.at_multiples = true;
  out.cut_padding = s.pad_distance;
  out.resample_mm = s.resampled_spacing;
  out.image_interpolation = s.interpolator;
  out.mask_interpolation = Interpolation::kNearest;
  out.intensity_shift = s.voxel_array_shift;
  out.least_voxels = s.minimum_roi_size + 1;
  out.least_dimensions = s.minimum_roi_dimensions;
  out.pair_distances = out.neighbour_distances = s.distances;
  out.coarseness = s.gldm_a;
  out.weighting = s.weighting;
  out.pairs_one_way = !s.symmetrical_glcm;
  out.aggregations.fill(false);
  out.aggregations[s.force_2d ? k25dAverage : k3dAverage] = !s.merge_angles;
  out.aggregations[s.force_2d ? k25dMerged : k3dMerged] = true;
  if (s.normalize) {
    out.standard = StandardOf(image);
    out.standard->scale = s.normalize_scale;
    if (s.remove_outliers) out.standard->outliers = *s.remove_outliers;
  } else if (s.resampled_spacing) {
    out.rounding = RoundingOf(NumbersOf(image));
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

// PyRadiomics measures shapes within the box of what re-segmentation left.
void KeepShapeWithinIntensities(Region& region) {
  const IndexBox left = TightBox(region.intensity.data(), region.size, [](uint8_t in) { return in != 0; });
  uint8_t* row = region.morphology.data();
  region.morphology_voxels = 0;
  for (int64_t k = 0; k < region.size[2]; ++k) {
    for (int64_t j = 0; j < region.size[1]; ++j, row += region.size[0]) {
      const bool inside = j >= left.begin[1] && j < left.end[1] && k >= left.begin[2] && k < left.end[2];
      std::fill(row, row + (inside ? left.begin[0] : region.size[0]), uint8_t{0});
      std::fill(row + left.end[0], row + region.size[0], uint8_t{0});
      region.morphology_voxels += std::accumulate(row, row + region.size[0], int64_t{0});
    }
  }
}

// The structure's voxels as a mask over a box of the lattice.
std::vector<uint8_t> MaskOver(const Region& region, const IndexBox& box) {
  const std::array<int64_t, 3> size = SizeOf(box);
  std::vector<uint8_t> mask(static_cast<size_t>(size[0] * size[1] * size[2]), 0);
  for (int64_t k = 0; k < region.size[2]; ++k) {
    for (int64_t j = 0; j < region.size[1]; ++j) {
      const auto at = [&](size_t d) { return region.lattice_begin[d] + region.image_offset[d] - box.begin[d]; };
      std::copy_n(region.intensity.data() + (k * region.size[1] + j) * region.size[0], region.size[0],
                  mask.data() + ((k + at(2)) * size[1] + j + at(1)) * size[0] + at(0));
    }
  }
  return mask;
}

// The region with another image in its place.
Region WithImage(const Region& region, const filters::Field<double>& image, const IndexBox& box) {
  Region out = region;
  const std::array<int64_t, 3> size = region.image_size;
  for (int64_t k = 0; k < size[2]; ++k) {
    for (int64_t j = 0; j < size[1]; ++j) {
      const int64_t z = k + region.lattice_begin[2] - box.begin[2], y = j + region.lattice_begin[1] - box.begin[1];
      std::copy_n(image.data() + (z * image.size[1] + y) * image.size[0] + region.lattice_begin[0] - box.begin[0], size[0],
                  out.image.data() + (k * size[1] + j) * size[0]);
    }
  }
  out.range_given[0] = out.range_given[1] = false;
  out.unit.clear();
  return out;
}

}  // namespace

PyradiomicsScene PyradiomicsSceneOf(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                         const PyradiomicsSettings& settings, const Surroundings& surroundings, Findings& findings) {
  if (settings.bin_count && *settings.bin_count < 1) {
    throw InvalidArgument("binCount", "a positive number", std::to_string(*settings.bin_count));
  }
  if (settings.force_2d_dimension < 0 || settings.force_2d_dimension > 2) {
    throw InvalidArgument("force2Ddimension", "0, 1 or 2", std::to_string(settings.force_2d_dimension));
  }
  PyradiomicsScene scene;
  scene.image = image;
  scene.settings = Translate(settings, scene.image);
  CheckSettings(scene.settings);
  scene.region = Prepare(exec, scene.image, mask, label, scene.settings, surroundings, findings);
  if (scene.settings.range && scene.region.intensity_voxels > 0) KeepShapeWithinIntensities(scene.region);
  scene.structure = BoxOf(mask, label);
  scene.lattice = LatticeOf(scene.image.grid, scene.settings, scene.structure);
  return scene;
}

IndexBox LoadedBox(const PyradiomicsScene& scene, const PyradiomicsSettings& s) {
  const Lattice& lattice = scene.lattice;
  const IndexBox& structure = scene.structure;
  if (lattice.cut) return *lattice.cut;
  IndexBox box = lattice.all();
  for (size_t d = 0; d < 3; ++d) {
    const int64_t size = box.end[d];
    int64_t low, high;  // inclusive
    if (s.resampled_spacing || s.pre_crop) {
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

void ForEachImage(const Exec& exec, const PyradiomicsScene& scene, const PyradiomicsSettings& settings, Findings& findings,
                  const std::function<void(const std::string&, const Region&, const Settings&)>& use) {
  std::optional<filters::Field<double>> loaded;
  IndexBox box;
  for (const ImageType& type : settings.images) {
    Settings of_type = scene.settings;
    if (type.bin_width || type.bin_count) {
      of_type.discretise.method = type.bin_count ? Binning::kFixedCount : Binning::kFixedSize;
      of_type.discretise.bins = type.bin_count.value_or(0);
      of_type.discretise.width = type.bin_width.value_or(settings.bin_width);
    }
    CheckSettings(of_type);
    if (type.kind == ImageKind::kOriginal) {
      use("original", scene.region, of_type);
      continue;
    }
    if (scene.region.intensity_voxels == 0) continue;
    if (!loaded) {
      box = LoadedBox(scene, settings);
      loaded.emplace(SizeOf(box), scene.lattice.spacing);
      const std::vector<double> values = SampledImage(exec, scene.image, scene.settings, scene.lattice, box);
      std::transform(values.begin(), values.end(), loaded->data(), [](double x) { return std::isfinite(x) ? x : 0; });
    }
    // Only these two know slices.
    const AxisOrder order = type.kind == ImageKind::kLbp2d ? PatternsAcross(settings.force_2d_dimension)
                            : type.kind == ImageKind::kWavelet && settings.force_2d
                                ? SlicesAcross(settings.force_2d_dimension)
                                : kAsGiven;
    const auto take = [&](const std::string& name, const filters::Field<double>& derived) {
      exec.CheckCancelled();
      use(name, WithImage(scene.region, derived, box), of_type);
    };
    const Numbers numbers = settings.normalize ? Numbers::kDouble : NumbersOf(scene.image);
    if (order == kAsGiven) {
      DeriveImages(exec, type, *loaded, MaskOver(scene.region, box), settings.force_2d, numbers, findings, take);
    } else {
      // Neither looks at the mask.
      DeriveImages(exec, type, Turned(*loaded, order), {}, settings.force_2d, numbers, findings,
                   [&](const std::string& name, const filters::Field<double>& derived) {
                     take(name, Turned(derived, Inverse(order)));
                   });
    }
  }
}

}  // namespace isovox::radiomics
