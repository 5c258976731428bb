#include "radiomics/pyradiomics_diagnostics.h"

#include <algorithm>
#include <array>
#include <limits>

#include "imaging/components.h"
#include "radiomics/pyradiomics_scene.h"

namespace isovox::radiomics {
namespace {

struct Statistics {
  double mean, least, most;
};

template <typename Each>
Statistics StatisticsOf(const Each& each) {
  double sum = 0, count = 0, least = std::numeric_limits<double>::infinity(), most = -least;
  each([&](double x) {
    sum += x;
    ++count;
    least = std::min(least, x);
    most = std::max(most, x);
  });
  return {sum / count, least, most};
}

class Diagnostics {
 public:
  void Number(const std::string& name, double value) { rows_.push_back({name, {value}, false}); }
  template <typename T>
  void Tuple(const std::string& name, const T& values) {
    Diagnostic row{name, {}, true};
    for (const auto value : values) row.numbers.push_back(static_cast<double>(value));
    rows_.push_back(std::move(row));
  }
  void Point(const std::string& name, const Vec3& at) { Tuple(name, std::array<double, 3>{at.x, at.y, at.z}); }
  void Numbers(const std::string& head, const Statistics& of) {
    Number(head + "_Mean", of.mean);
    Number(head + "_Minimum", of.least);
    Number(head + "_Maximum", of.most);
  }
  std::vector<Diagnostic> Take() { return std::move(rows_); }

 private:
  std::vector<Diagnostic> rows_;
};

// A part of an image: what PyRadiomics has loaded.
struct Frame {
  Grid grid;
  std::array<int64_t, 3> begin{0, 0, 0};  // on the lattice
};

Frame LoadedFrame(const PyradiomicsScene& scene, const PyradiomicsSettings& settings) {
  const IndexBox box = LoadedBox(scene, settings);
  Frame frame{scene.image.grid, box.begin};
  std::array<double, 3> at;
  for (size_t d = 0; d < 3; ++d) at[d] = scene.lattice.maps[d].PlaceOf(box.begin[d]);
  frame.grid.origin = scene.image.grid.IndexToPatient({at[0], at[1], at[2]});
  frame.grid.size = SizeOf(box);
  frame.grid.spacing = scene.lattice.spacing;
  return frame;
}

// `voxels` are of the region's masks.
void AddMask(const Exec& exec, const std::string& head, const Frame& frame, const Region& region,
             const std::vector<uint8_t>& voxels, bool with_values, Diagnostics& out) {
  out.Tuple(head + "_Spacing", frame.grid.spacing);
  out.Tuple(head + "_Size", frame.grid.size);
  std::array<int64_t, 3> low = region.size, high{-1, -1, -1};
  std::array<double, 3> sum{0, 0, 0};
  int64_t count = 0;
  for (int64_t v = 0; v < static_cast<int64_t>(voxels.size()); ++v) {
    if (voxels[static_cast<size_t>(v)] == 0) continue;
    ++count;
    const std::array<int64_t, 3> at{v % region.size[0], v / region.size[0] % region.size[1], v / (region.size[0] * region.size[1])};
    for (size_t d = 0; d < 3; ++d) {
      low[d] = std::min(low[d], at[d]);
      high[d] = std::max(high[d], at[d]);
      sum[d] += static_cast<double>(at[d]);
    }
  }
  if (count == 0) {
    out.Number(head + "_VoxelNum", 0);
    return;
  }
  std::array<int64_t, 6> box;
  std::array<double, 3> centre;
  for (size_t d = 0; d < 3; ++d) {
    const int64_t first = region.lattice_begin[d] + region.image_offset[d] - frame.begin[d];
    box[d] = low[d] + first;
    box[d + 3] = high[d] - low[d] + 1;
    centre[d] = sum[d] / static_cast<double>(count) + static_cast<double>(first);
  }
  out.Tuple(head + "_BoundingBox", box);
  out.Number(head + "_VoxelNum", static_cast<double>(count));
  out.Number(head + "_VolumeNum", static_cast<double>(CountComponents(exec, voxels, region.size, Connectivity::kCorners)));
  out.Tuple(head + "_CenterOfMassIndex", centre);
  out.Point(head + "_CenterOfMass", frame.grid.IndexToPatient({centre[0], centre[1], centre[2]}));
  if (!with_values) return;
  out.Numbers(head, StatisticsOf([&](auto add) {
                for (int64_t k = 0; k < region.size[2]; ++k) {
                  for (int64_t j = 0; j < region.size[1]; ++j) {
                    const double* row = region.Row(j, k);
                    const uint8_t* in = voxels.data() + (k * region.size[1] + j) * region.size[0];
                    for (int64_t i = 0; i < region.size[0]; ++i) {
                      if (in[i] != 0) add(row[i]);
                    }
                  }
                }
              }));
}

}  // namespace

std::vector<Diagnostic> PyradiomicsDiagnostics(const Exec& exec, const Volume& image, const Volume& mask,
                                               std::optional<int64_t> label, const Volume& placed,
                                               std::optional<int64_t> placed_label, const PyradiomicsSettings& settings) {
  Diagnostics out;
  Findings ignored;
  out.Tuple("Image-original_Spacing", image.grid.spacing);
  out.Tuple("Image-original_Size", image.grid.size);
  out.Numbers("Image-original", StatisticsOf([&](auto add) {
                VisitDType(image.dtype, [&]<typename T>(T) {
                  for (const T x : image.As<T>()) add(image.slope * static_cast<double>(x) + image.intercept);
                });
              }));
  // The mask as an image of itself, on its own grid.
  const Region own = Prepare(exec, mask, mask, label, Settings{}, {}, ignored);
  AddMask(exec, "Mask-original", {mask.grid, {0, 0, 0}}, own, own.morphology, false, out);
  const PyradiomicsScene scene = PyradiomicsSceneOf(exec, image, placed, placed_label, settings, {}, ignored);
  const Region& region = scene.region;
  const bool part = settings.resampled_spacing || settings.pre_crop;
  const Frame frame = part && !scene.structure.empty() ? LoadedFrame(scene, settings) : Frame{image.grid, {0, 0, 0}};
  if (settings.resampled_spacing && !scene.structure.empty()) {
    const std::vector<double> values = SampledImage(exec, scene.image, scene.settings, scene.lattice, LoadedBox(scene, settings));
    out.Tuple("Image-interpolated_Spacing", frame.grid.spacing);
    out.Tuple("Image-interpolated_Size", frame.grid.size);
    out.Numbers("Image-interpolated", StatisticsOf([&](auto add) { std::for_each(values.begin(), values.end(), add); }));
    AddMask(exec, "Mask-interpolated", frame, region, region.morphology, true, out);
  } else if (mask.grid.size != image.grid.size || mask.grid.spacing != image.grid.spacing) {
    AddMask(exec, "Mask-corrected", frame, region, region.morphology, true, out);
  }
  if (!settings.range.empty()) AddMask(exec, "Mask-resegmented", frame, region, region.intensity, true, out);
  return out.Take();
}

}  // namespace isovox::radiomics
