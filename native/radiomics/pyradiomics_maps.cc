#include "radiomics/pyradiomics_maps.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/error.h"
#include "radiomics/pyradiomics_scene.h"
#include "radiomics/turned.h"

namespace isovox::radiomics {
namespace {

// Where a map's values stand among those that a family computes.
struct MapSource {
  std::string name;  // of_class + "_" + feature
  size_t family, row, feature;
};

// Features of the families under PyRadiomics' names, in its order.
std::vector<MapSource> SourcesOf(const std::vector<const Family*>& families, const PyradiomicsSettings& settings,
                                 const std::vector<std::string>& only) {
  std::vector<MapSource> all;
  const Aggregation directional = settings.force_2d ? (settings.merge_angles ? k25dMerged : k25dAverage)
                                                    : (settings.merge_angles ? k3dMerged : k3dAverage);
  const Aggregation plain = settings.force_2d ? k25dMerged : k3dMerged;
  for (size_t f = 0; f < families.size(); ++f) {
    const Family& family = *families[f];
    const bool own_names = family.variants.empty();
    size_t row = 0;
    if (!own_names) {
      const Aggregation wanted = family.variants.data() == kDirectionalVariants.data() ? directional : plain;
      while (family.variants[row].aggregation != wanted) ++row;
    }
    for (size_t i = 0; own_names && i < family.features.size(); ++i) {
      all.push_back({std::string(family.name) + "_" + family.features[i].tag, f, 0, i});
    }
    for (const PyradiomicsName& name : PyradiomicsNames()) {
      const auto found = std::find_if(family.features.begin(), family.features.end(),
                                      [&](const FeatureInfo& info) { return std::string_view(info.tag) == name.tag; });
      if (own_names || found == family.features.end()) continue;
      all.push_back({std::string(name.of_class) + "_" + name.name, f, row, static_cast<size_t>(found - family.features.begin())});
    }
  }
  if (only.empty()) return all;
  std::vector<MapSource> chosen;
  for (const std::string& name : only) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const MapSource& source) { return source.name == name; });
    if (found == all.end()) throw InvalidArgument("features", "names of features that have maps, such as glcm_Contrast", "\"" + name + "\"");
    chosen.push_back(*found);
  }
  return chosen;
}

// The voxels that kernels look at, and the grey level of each; 0 where it does not count.
struct Ground {
  Region region;  // without surroundings: masks and image have one size
  std::vector<int32_t> level;
  Discretised discretised;
  int64_t beyond = 0;  // a level above all, when there are several
};

Ground GroundOf(const Exec& exec, const Region& of_image, const Settings& settings, bool masked) {
  Ground ground;
  Region& region = ground.region;
  region = of_image;
  region.size = region.image_size;
  region.image_offset = {0, 0, 0};
  region.intensity.assign(static_cast<size_t>(region.voxels()), masked ? 0 : 1);
  if (masked) {
    for (int64_t k = 0; k < of_image.size[2]; ++k) {
      for (int64_t j = 0; j < of_image.size[1]; ++j) {
        const int64_t z = k + of_image.image_offset[2], y = j + of_image.image_offset[1];
        std::copy_n(of_image.intensity.data() + (k * of_image.size[1] + j) * of_image.size[0], of_image.size[0],
                    region.intensity.data() + (z * region.size[1] + y) * region.size[0] + of_image.image_offset[0]);
      }
    }
  }
  for (size_t v = 0; v < region.intensity.size(); ++v) region.intensity[v] = region.intensity[v] && std::isfinite(region.image[v]);
  region.intensity_voxels = std::count(region.intensity.begin(), region.intensity.end(), 1);
  ground.discretised = Discretise(exec, region, IntensitiesOf(exec, region), settings.discretise);
  ground.level.assign(region.intensity.size(), 0);
  const int32_t* next = ground.discretised.level.data();
  for (size_t v = 0; v < ground.level.size(); ++v) {
    if (region.intensity[v] != 0) ground.level[v] = *next++;
  }
  const auto [least, most] = std::minmax_element(ground.discretised.level.begin(), ground.discretised.level.end());
  if (*least < *most) ground.beyond = *most + 1;
  return ground;
}

// The part of the ground within `radius` of a voxel, as families see it.
class Kernel {
 public:
  Kernel(const Exec& exec, const Ground& ground, const Settings& settings, const std::array<int64_t, 3>& at,
         const std::array<int64_t, 3>& radius, const AxisOrder& order, bool zones_3d, bool zones_2d) {
    const Region& from = ground.region;
    const std::array<int64_t, 3> strides{1, from.size[0], from.size[0] * from.size[1]};
    std::array<int64_t, 3> begin, stride;
    for (size_t n = 0; n < 3; ++n) {
      const size_t d = order[n];
      begin[n] = std::max<int64_t>(at[d] - radius[d], 0);
      region_.size[n] = std::min(at[d] + radius[d] + 1, from.size[d]) - begin[n];
      region_.spacing[n] = from.spacing[d];
      stride[n] = strides[d];
    }
    region_.image_size = region_.size;
    for (int64_t k = begin[2]; k < begin[2] + region_.size[2]; ++k) {
      for (int64_t j = begin[1]; j < begin[1] + region_.size[1]; ++j) {
        for (int64_t i = begin[0]; i < begin[0] + region_.size[0]; ++i) {
          const auto v = static_cast<size_t>(k * stride[2] + j * stride[1] + i * stride[0]);
          region_.intensity.push_back(from.intensity[v]);
          region_.image.push_back(from.image[v]);
          if (from.intensity[v] == 0) continue;
          intensities_.values.push_back(from.image[v]);
          discretised_.level.push_back(ground.level[v]);
        }
      }
    }
    region_.morphology = region_.intensity;
    region_.intensity_voxels = region_.morphology_voxels = static_cast<int64_t>(intensities_.values.size());
    discretised_.top = ground.discretised.top;
    discretised_.first_edge = ground.discretised.first_edge;
    discretised_.width = ground.discretised.width;
    levels_ = LayOut(exec, region_, discretised_, FarthestOf(settings));
    // What the structure has and this box has not is still a level: a flat box is no flat structure.
    if (ground.beyond > 0) levels_.level.push_back(ground.beyond);
    if (zones_3d) zones_3d_ = Zones3d(exec, region_, levels_, false);
    if (zones_2d) zones_2d_ = Zones2d(exec, region_, levels_, false);
    subject_ = {&region_, &intensities_, &discretised_, &levels_, &zones_2d_, &zones_3d_, &settings};
  }
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  const Subject& subject() const { return subject_; }

 private:
  Region region_;
  Intensities intensities_;
  Discretised discretised_;
  Levels levels_;
  Zones zones_2d_, zones_3d_;
  Subject subject_;
};

Grid GridOf(const PyradiomicsScene& scene) {
  const Region& region = scene.region;
  Grid grid = scene.image.grid;
  Vec3 first;
  for (size_t d = 0; d < 3; ++d) {
    const double at = scene.lattice.maps[d].start + scene.lattice.maps[d].step * static_cast<double>(region.lattice_begin[d]);
    (d == 0 ? first.x : d == 1 ? first.y : first.z) = at;
  }
  grid.origin = scene.image.grid.IndexToPatient(first);
  grid.size = region.image_size;
  grid.spacing = region.spacing;
  return grid;
}

// The maps of one image.
void AddMaps(const Exec& exec, const PyradiomicsScene& scene, const Region& of_image, const std::string& image_name,
             const Settings& settings, bool flat, const AxisOrder& order, const KernelSettings& kernel, const std::vector<const Family*>& families,
             const std::vector<MapSource>& sources, FeatureMaps& out) {
  const Ground ground = GroundOf(exec, of_image, settings, kernel.masked);
  if (ground.discretised.top > settings.max_levels) {
    out.findings.push_back({"radiomics.too_many_levels", Severity::kWarn,
                            "Expected at most " + std::to_string(settings.max_levels) + " grey levels but the discretisation of " +
                                image_name + " gives " + std::to_string(ground.discretised.top)});
    return;
  }
  const Grid grid = GridOf(scene);
  const size_t first = out.maps.size();
  for (const MapSource& source : sources) {
    out.maps.push_back({image_name + "_" + source.name, MakeUnsetVolume(grid, DType::kFloat64)});
    const auto voxels = out.maps.back().volume.As<double>();
    std::fill(voxels.begin(), voxels.end(), kernel.initial);
  }
  std::vector<std::array<int64_t, 3>> targets;
  for (int64_t k = 0; k < of_image.size[2]; ++k) {
    for (int64_t j = 0; j < of_image.size[1]; ++j) {
      for (int64_t i = 0; i < of_image.size[0]; ++i) {
        if (of_image.intensity[static_cast<size_t>((k * of_image.size[1] + j) * of_image.size[0] + i)] == 0) continue;
        targets.push_back({i + of_image.image_offset[0], j + of_image.image_offset[1], k + of_image.image_offset[2]});
      }
    }
  }
  std::array<int64_t, 3> radius{kernel.radius, kernel.radius, kernel.radius};
  if (flat) radius[order[2]] = 0;
  const bool zones = std::any_of(families.begin(), families.end(), [](const Family* f) { return f->needs_zones; });
  ParallelFor(exec, static_cast<int64_t>(targets.size()), 16, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const auto& at = targets[static_cast<size_t>(t)];
      const Kernel around(exec, ground, settings, at, radius, order, zones && !flat, zones && flat);
      std::vector<std::unique_ptr<Values>> values;
      for (const Family* family : families) {
        values.push_back(std::make_unique<Values>(std::max<size_t>(family->variants.size(), 1), family->features.size()));
        family->compute(around.subject(), exec, *values.back());
      }
      const auto v = static_cast<size_t>((at[2] * ground.region.size[1] + at[1]) * ground.region.size[0] + at[0]);
      for (size_t m = 0; m < sources.size(); ++m) {
        const double value = values[sources[m].family]->At(sources[m].row, sources[m].feature);
        out.maps[first + m].volume.As<double>()[v] = std::isfinite(value) ? value : std::nan("");
      }
    }
    exec.Step(end - begin);
  });
}

}  // namespace

FeatureMaps PyradiomicsMaps(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                            const PyradiomicsSettings& settings, const KernelSettings& kernel) {
  if (kernel.radius < 1 || kernel.radius > 16) throw InvalidArgument("kernelRadius", "1 to 16", std::to_string(kernel.radius));
  FeatureMaps out;
  // Nothing of the image is read beyond what is loaded.
  const bool loads_part = settings.resampled_spacing.has_value() || settings.pre_crop;
  const int64_t margin = loads_part ? std::min(kernel.radius, settings.pad_distance) : kernel.radius;
  const PyradiomicsScene scene = PyradiomicsSceneOf(exec, image, mask, label, settings, {0, margin}, out.findings);
  std::vector<const Family*> families;
  for (const Family* family : WantedFamilies(scene.settings, PyradiomicsFamilies())) {
    if (!std::string_view(family->name).starts_with("shape")) families.push_back(family);
  }
  std::vector<MapSource> sources = SourcesOf(families, settings, kernel.features);
  std::vector<const Family*> used;
  for (MapSource& source : sources) {
    const Family* family = families[source.family];
    source.family = static_cast<size_t>(std::find(used.begin(), used.end(), family) - used.begin());
    if (source.family == used.size()) used.push_back(family);
  }
  if (scene.region.intensity_voxels == 0) return out;
  const AxisOrder order = settings.force_2d ? SlicesAcross(settings.force_2d_dimension) : kAsGiven;
  exec.SetTotal(scene.region.intensity_voxels);
  ForEachImage(exec, scene, settings, out.findings, [&](const std::string& name, const Region& region, const Settings& of_type) {
    AddMaps(exec, scene, region, name, of_type, settings.force_2d, order, kernel, used, sources, out);
  });
  return out;
}

}  // namespace isovox::radiomics
