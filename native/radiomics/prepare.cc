#include "radiomics/prepare.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "radiomics/intensities.h"
#include "radiomics/sampled.h"
#include "radiomics/tight_box.h"

namespace isovox::radiomics {
namespace {

// A voxel that is covered by half belongs to the structure.
constexpr double kHalf = 0.5 - kOffHalf;

void CheckScalar(const Volume& volume, const char* name) {
  if (volume.frames != 1 || volume.components != 1) {
    throw InvalidArgument(name, "one frame of one component",
                          std::to_string(volume.frames) + " frames of " + std::to_string(volume.components));
  }
}

void CheckSameGrid(const Grid& image, const Grid& mask) {
  const auto size = [](const Grid& g) {
    return std::to_string(g.size[0]) + "x" + std::to_string(g.size[1]) + "x" + std::to_string(g.size[2]);
  };
  if (image.size != mask.size) {
    throw Error(ErrorCode::kGeometry, "Expected a mask of " + size(image) + " voxels but received " + size(mask),
                {{"expected", size(image)}, {"actual", size(mask)}});
  }
  double apart = 0;
  for (int corner = 0; corner < 8; ++corner) {
    const Vec3 index{corner & 1 ? static_cast<double>(image.size[0] - 1) : 0,
                     corner & 2 ? static_cast<double>(image.size[1] - 1) : 0,
                     corner & 4 ? static_cast<double>(image.size[2] - 1) : 0};
    apart = std::max(apart, Norm(image.IndexToPatient(index) - mask.IndexToPatient(index)));
  }
  const double tolerance = 0.01 * std::min({image.spacing[0], image.spacing[1], image.spacing[2]});
  if (apart > tolerance) {
    throw Error(ErrorCode::kGeometry,
                "Expected the mask on the image's grid but their corners are " + std::to_string(apart) + " mm apart",
                {{"expected", std::to_string(tolerance) + " mm"}, {"actual", std::to_string(apart) + " mm"}});
  }
}

template <typename T>
auto InStructure(const Volume& mask, std::optional<int64_t> label) {
  const double slope = mask.slope, intercept = mask.intercept;
  const bool any = !label.has_value();
  const auto wanted = static_cast<double>(label.value_or(0));
  return [=](T stored) {
    const double value = slope * static_cast<double>(stored) + intercept;
    return any ? value > 0 : value == wanted;
  };
}

template <typename Out>
std::vector<Out> ReadMask(const Volume& mask, std::optional<int64_t> label, const IndexBox& box) {
  std::vector<Out> out(static_cast<size_t>((box.end[0] - box.begin[0]) * (box.end[1] - box.begin[1]) * (box.end[2] - box.begin[2])));
  VisitDType(mask.dtype, [&]<typename T>(T) {
    const auto in = InStructure<T>(mask, label);
    const auto voxels = mask.As<T>();
    Out* to = out.data();
    for (int64_t k = box.begin[2]; k < box.end[2]; ++k) {
      for (int64_t j = box.begin[1]; j < box.end[1]; ++j) {
        const T* row = voxels.data() + (k * mask.grid.size[1] + j) * mask.grid.size[0];
        for (int64_t i = box.begin[0]; i < box.end[0]; ++i) *to++ = in(row[i]) ? Out{1} : Out{0};
      }
    }
  });
  return out;
}

std::vector<uint8_t> Cut(const std::vector<double>& covered, const std::array<int64_t, 3>& size, const IndexBox& tight) {
  std::vector<uint8_t> out;
  const std::array<int64_t, 3> cut = SizeOf(tight);
  out.reserve(static_cast<size_t>(cut[0] * cut[1] * cut[2]));
  for (int64_t k = tight.begin[2]; k < tight.end[2]; ++k) {
    for (int64_t j = tight.begin[1]; j < tight.end[1]; ++j) {
      const double* row = covered.data() + (k * size[1] + j) * size[0];
      for (int64_t i = tight.begin[0]; i < tight.end[0]; ++i) out.push_back(row[i] >= kHalf);
    }
  }
  return out;
}

// Takes voxels out of the intensity mask that lie outside the range or among the outliers.
void Resegment(const Exec& exec, const Settings& settings, Region& region, Findings& findings) {
  region.intensity = region.morphology;
  const auto keep_if = [&](auto keep) {
    int64_t dropped = 0;
    for (int64_t k = 0; k < region.size[2]; ++k) {
      for (int64_t j = 0; j < region.size[1]; ++j) {
        uint8_t* in = region.intensity.data() + (k * region.size[1] + j) * region.size[0];
        const double* value = region.Row(j, k);
        for (int64_t i = 0; i < region.size[0]; ++i) {
          if (in[i] == 0 || keep(value[i])) continue;
          in[i] = 0;
          ++dropped;
        }
      }
    }
    region.intensity_voxels -= dropped;
    return dropped;
  };
  region.intensity_voxels = region.morphology_voxels;
  if (const int64_t dropped = keep_if([](double x) { return std::isfinite(x); }); dropped > 0) {
    findings.push_back({"radiomics.not_finite", Severity::kWarn,
                        std::to_string(dropped) + " voxels of the structure are not finite and were left out"});
  }
  double low = -std::numeric_limits<double>::infinity(), high = -low;
  double mean = 0, sigma = 0, most = low;
  if (settings.outliers_sigma || (settings.range && settings.range_mode != RangeMode::kAbsolute)) {
    const std::vector<double> values = IntensitiesOf(exec, region);
    for (const double x : values) {
      mean += x / static_cast<double>(values.size());
      most = std::max(most, x);
    }
    for (const double x : values) sigma += (x - mean) * (x - mean);
    sigma = std::sqrt(sigma / static_cast<double>(values.size()));
  }
  if (settings.outliers_sigma) {
    low = mean - *settings.outliers_sigma * sigma;
    high = mean + *settings.outliers_sigma * sigma;
  }
  if (settings.range && settings.range_mode != RangeMode::kAbsolute) {
    const auto [from, to] = *settings.range;
    const bool deviations = settings.range_mode == RangeMode::kDeviations;
    low = std::max(low, deviations ? mean + sigma * from : most * from);
    high = std::min(high, deviations ? mean + sigma * to : most * to);
  } else if (settings.range) {
    for (size_t end = 0; end < 2; ++end) {
      region.range_given[end] = std::isfinite((*settings.range)[end]);
      region.intensity_range[end] = (*settings.range)[end];
    }
    low = std::max(low, (*settings.range)[0]);
    high = std::min(high, (*settings.range)[1]);
  }
  keep_if([&](double x) { return x >= low && x <= high; });
  if (region.intensity_voxels == 0) {
    findings.push_back({"roi.no_intensities", Severity::kFail, "No voxel of the structure is left after re-segmentation"});
  }
}

}  // namespace

IndexBox BoxOf(const Volume& mask, std::optional<int64_t> label) {
  return VisitDType(mask.dtype, [&]<typename T>(T) {
    return TightBox(mask.As<T>().data(), mask.grid.size, InStructure<T>(mask, label));
  });
}

Region Prepare(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
               const Settings& settings, const Surroundings& surroundings, Findings& findings) {
  CheckScalar(image, "image");
  CheckScalar(mask, "mask");
  CheckSameGrid(image.grid, mask.grid);
  Region region;
  region.unit = image.unit;
  region.spacing = image.grid.spacing;
  const IndexBox found = BoxOf(mask, label);
  if (found.empty()) {
    findings.push_back({"roi.empty", Severity::kFail,
                        label ? "No voxel of the mask is " + std::to_string(*label) : "No voxel of the mask is above 0"});
    return region;
  }
  const Lattice lattice = LatticeOf(image.grid, settings, found);
  const auto& maps = lattice.maps;
  region.spacing = lattice.spacing;
  IndexBox out;
  for (size_t d = 0; d < 3; ++d) {
    // Every output sample whose nearest inputs touch the structure.
    const double first = (static_cast<double>(found.begin[d]) - 1 - maps[d].start) / maps[d].step;
    const double last = (static_cast<double>(found.end[d]) - maps[d].start) / maps[d].step;
    out.begin[d] = std::clamp<int64_t>(static_cast<int64_t>(std::floor(first)), 0, maps[d].size - 1);
    out.end[d] = std::clamp<int64_t>(static_cast<int64_t>(std::ceil(last)) + 1, 1, maps[d].size);
  }
  IndexBox tight;  // of voxels covered by half or more, within `out`
  const bool as_it_is = std::all_of(maps.begin(), maps.end(), [](const AxisMap& m) { return m.kept(); });
  if (as_it_is) {
    out = found;
    tight = {{0, 0, 0}, SizeOf(found)};
    region.morphology = ReadMask<uint8_t>(mask, label, found);
  } else {
    const std::vector<double> covered =
        Sampled(exec, lattice, image.grid.size, out, settings.mask_interpolation,
                [&](const IndexBox& in) { return ReadMask<double>(mask, label, in); });
    tight = TightBox(covered.data(), SizeOf(out), [](double part) { return part >= kHalf; });
    if (tight.empty()) {
      findings.push_back({"roi.empty", Severity::kFail, "No voxel is left of the structure after interpolation"});
      return region;
    }
    region.morphology = Cut(covered, SizeOf(out), tight);
  }
  region.size = SizeOf(tight);
  for (const uint8_t inside : region.morphology) region.morphology_voxels += inside;
  IndexBox wide;
  for (size_t d = 0; d < 3; ++d) {
    const double reach = std::min(surroundings.mm / region.spacing[d], static_cast<double>(maps[d].size));
    const int64_t margin = std::max(surroundings.voxels, static_cast<int64_t>(reach));
    wide.begin[d] = std::max<int64_t>(out.begin[d] + tight.begin[d] - margin, 0);
    wide.end[d] = std::min(out.begin[d] + tight.end[d] + margin, maps[d].size);
    region.image_offset[d] = out.begin[d] + tight.begin[d] - wide.begin[d];
  }
  region.image_size = SizeOf(wide);
  region.lattice_begin = wide.begin;
  region.image = SampledImage(exec, image, settings, lattice, wide);
  Resegment(exec, settings, region, findings);
  if (settings.filter && region.intensity_voxels > 0) FilterRegion(exec, image, settings, lattice, region);
  const auto dimensions = std::count_if(region.size.begin(), region.size.end(), [](int64_t n) { return n > 1; });
  if (region.morphology_voxels < settings.least_voxels || dimensions < settings.least_dimensions) {
    findings.push_back({"roi.too_small", Severity::kFail,
                        "Expected at least " + std::to_string(settings.least_voxels) + " voxels in " +
                            std::to_string(settings.least_dimensions) + " dimensions but the structure has " +
                            std::to_string(region.morphology_voxels) + " in " + std::to_string(dimensions)});
    region.intensity_voxels = 0;
  }
  return region;
}

}  // namespace isovox::radiomics
