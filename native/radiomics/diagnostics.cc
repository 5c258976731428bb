#include "radiomics/diagnostics.h"

#include <algorithm>
#include <cmath>

#include "radiomics/intensities.h"
#include "radiomics/prepare.h"
#include "radiomics/sampled.h"
#include "radiomics/tight_box.h"

namespace isovox::radiomics {
namespace {

class Rows {
 public:
  explicit Rows(std::string unit) : unit_(UnitOf("I", unit)) {}

  void Add(const std::string& tag, double value, const std::string& unit) {
    const bool defined = std::isfinite(value);
    rows_.push_back({tag, defined ? value : std::nan(""), unit, "", "diagnostics", defined ? "" : "feature.undefined"});
  }
  void AddThree(const std::string& head, const std::string& tail, const std::array<double, 3>& xyz, const std::string& unit) {
    for (size_t d = 0; d < 3; ++d) Add(head + "xyz"[d] + tail, xyz[d], unit);
  }
  void AddIntensities(const std::string& head, const std::string& tail, const std::vector<double>& values) {
    double sum = 0;
    for (const double x : values) sum += x;
    const auto ends = std::minmax_element(values.begin(), values.end());
    const bool any = !values.empty();
    Add(head + "mean_int" + tail, sum / static_cast<double>(values.size()), unit_);
    Add(head + "min_int" + tail, any ? *ends.first : std::nan(""), unit_);
    Add(head + "max_int" + tail, any ? *ends.second : std::nan(""), unit_);
  }
  std::vector<Feature> Take() { return std::move(rows_); }

 private:
  std::string unit_;
  std::vector<Feature> rows_;
};

std::array<double, 3> Numbers(const std::array<int64_t, 3>& n) {
  return {static_cast<double>(n[0]), static_cast<double>(n[1]), static_cast<double>(n[2])};
}

std::array<double, 3> ExtentOf(const std::vector<uint8_t>& mask, const std::array<int64_t, 3>& size) {
  const IndexBox box = TightBox(mask.data(), size, [](uint8_t in) { return in != 0; });
  return box.empty() ? std::array<double, 3>{0, 0, 0} : Numbers(SizeOf(box));
}

void AddImage(Rows& rows, const std::string& tail, const std::array<int64_t, 3>& size, const std::array<double, 3>& spacing,
              const std::vector<double>& values) {
  rows.AddThree("img_dim_", tail, Numbers(size), "1");
  rows.AddThree("vox_dim_", tail, spacing, "mm");
  rows.AddIntensities("", tail, values);
}

void AddRoi(const Exec& exec, Rows& rows, const std::string& tail, const std::array<int64_t, 3>& image_size, const Region& region) {
  rows.AddThree("int_mask_dim_", tail, Numbers(image_size), "1");
  rows.AddThree("int_mask_bb_dim_", tail, ExtentOf(region.intensity, region.size), "1");
  rows.AddThree("morph_mask_bb_dim_", tail, ExtentOf(region.morphology, region.size), "1");
  rows.Add("int_mask_vox_count" + tail, static_cast<double>(region.intensity_voxels), "1");
  rows.Add("morph_mask_vox_count" + tail, static_cast<double>(region.morphology_voxels), "1");
  rows.AddIntensities("int_mask_", tail, IntensitiesOf(exec, region));
}

// The whole image as a region without a structure, on the lattice that `settings` asks for.
std::vector<double> WholeImage(const Exec& exec, const Volume& image, const Settings& settings,
                               std::array<int64_t, 3>& size, std::array<double, 3>& spacing) {
  Volume everything = MakeVolume(image.grid, DType::kUint8);
  std::fill(everything.As<uint8_t>().begin(), everything.As<uint8_t>().end(), uint8_t{1});
  Findings ignored;
  Region region = Prepare(exec, image, everything, std::nullopt, settings, {}, ignored);
  size = region.size;
  spacing = region.spacing;
  return std::move(region.image);
}

}  // namespace

std::vector<Feature> Diagnostics(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                                 const Settings& settings) {
  Settings untouched;
  Settings interpolated = settings;
  interpolated.range.reset();
  interpolated.outliers_sigma.reset();
  Findings ignored;
  Rows rows(image.unit);
  std::array<int64_t, 3> size, interpolated_size;
  std::array<double, 3> spacing;
  const std::vector<double> initial = WholeImage(exec, image, untouched, size, spacing);
  AddImage(rows, "_init_img", size, spacing, initial);
  const std::vector<double> after = WholeImage(exec, image, interpolated, interpolated_size, spacing);
  AddImage(rows, "_interp_img", interpolated_size, spacing, after);
  AddRoi(exec, rows, "_init_roi", size, Prepare(exec, image, mask, label, untouched, {}, ignored));
  AddRoi(exec, rows, "_interp_roi", interpolated_size, Prepare(exec, image, mask, label, interpolated, {}, ignored));
  AddRoi(exec, rows, "_reseg_roi", interpolated_size, Prepare(exec, image, mask, label, settings, {}, ignored));
  return rows.Take();
}

}  // namespace isovox::radiomics
