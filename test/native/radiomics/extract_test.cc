// Features of made volumes: the same bits for any number of threads, and what degenerate structures give.
#include "radiomics/extract.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <numbers>
#include <string>

#include "base/error.h"
#include "radiomics/registry.h"

namespace isovox::radiomics {
namespace {

struct Pair {
  Volume image, mask;
};

Pair Blank(std::array<int64_t, 3> size, std::array<double, 3> spacing) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  return {MakeVolume(grid, DType::kInt16), MakeVolume(grid, DType::kUint8)};
}

// A ball of `radius_mm` in an image of reproducible noise.
Pair NoisyBall(int64_t n, double radius_mm, std::array<double, 3> spacing) {
  Pair pair = Blank({n, n, n}, spacing);
  uint32_t state = 1;
  for (int64_t v = 0; v < n * n * n; ++v) {
    state = state * 1664525 + 1013904223;
    const double x = static_cast<double>(v % n - n / 2) * spacing[0], y = static_cast<double>(v / n % n - n / 2) * spacing[1];
    const double z = static_cast<double>(v / (n * n) - n / 2) * spacing[2];
    pair.image.As<int16_t>()[static_cast<size_t>(v)] = static_cast<int16_t>((state >> 16) % 200 + static_cast<uint32_t>(std::abs(x)) * 3);
    pair.mask.As<uint8_t>()[static_cast<size_t>(v)] = x * x + y * y + z * z <= radius_mm * radius_mm;
  }
  return pair;
}

Extraction Run(const Pair& pair, const Settings& settings, int threads = 1, std::optional<int64_t> label = {}) {
  Extraction result;
  std::exception_ptr thrown;
  Arena::WithThreads(threads)->Execute([&] {
    try {
      result = Extract(Exec{}, pair.image, pair.mask, label, settings, Families());
    } catch (...) {
      thrown = std::current_exception();
    }
  });
  if (thrown) std::rethrow_exception(thrown);
  return result;
}

std::map<std::string, double> ByName(const Extraction& extraction) {
  std::map<std::string, double> values;
  for (const Feature& feature : extraction.features) values[feature.name] = feature.value;
  return values;
}

Settings Bins(double width) {
  Settings settings;
  settings.discretise = {Binning::kFixedSize, width, 0, {}, false};
  return settings;
}

TEST_CASE("radiomics: same bits for one thread and many") {
  const Pair pair = NoisyBall(40, 17, {1, 1.1, 1.3});
  Settings settings = Bins(10);
  settings.resample_mm = {0.9, 0.9, 0.9};
  settings.image_interpolation = Interpolation::kCubic;
  const Extraction one = Run(pair, settings, 1), many = Run(pair, settings, 7);
  REQUIRE(one.features.size() == many.features.size());
  REQUIRE(one.features.size() == 487);
  for (size_t f = 0; f < one.features.size(); ++f) {
    INFO(one.features[f].name);
    CHECK(std::memcmp(&one.features[f].value, &many.features[f].value, sizeof(double)) == 0);
    CHECK(std::isfinite(one.features[f].value));
  }
}

TEST_CASE("radiomics: Moran and Geary by spectra are the sums over all pairs that define them") {
  const Pair pair = NoisyBall(19, 8, {1, 1.5, 0.75});
  struct Voxel {
    double x, y, z, value;
  };
  std::vector<Voxel> voxels;
  double mean = 0;
  for (int64_t v = 0; v < 19 * 19 * 19; ++v) {
    if (pair.mask.As<uint8_t>()[static_cast<size_t>(v)] == 0) continue;
    const double value = pair.image.As<int16_t>()[static_cast<size_t>(v)];
    voxels.push_back({static_cast<double>(v % 19), 1.5 * static_cast<double>(v / 19 % 19), 0.75 * static_cast<double>(v / 361), value});
    mean += value;
  }
  const auto n = static_cast<double>(voxels.size());
  REQUIRE(n > 1500);
  mean /= n;
  double weight = 0, product = 0, difference = 0, square = 0;
  for (const Voxel& a : voxels) {
    square += (a.value - mean) * (a.value - mean);
    for (const Voxel& b : voxels) {
      if (&a == &b) continue;
      const double w = 1 / std::hypot(a.x - b.x, a.y - b.y, a.z - b.z);
      weight += w;
      product += w * (a.value - mean) * (b.value - mean);
      difference += w * (a.value - b.value) * (a.value - b.value);
    }
  }
  Settings settings = Bins(25);
  settings.families = {"morphology"};
  const auto value = ByName(Run(pair, settings));
  CHECK(std::abs(value.at("morph_moran_i") - n / weight * product / square) < 1e-7);
  CHECK(std::abs(value.at("morph_geary_c") - (n - 1) / (2 * weight) * difference / square) < 1e-6);
}

TEST_CASE("radiomics: a ball has the measures of a ball") {
  const auto value = ByName(Run(NoisyBall(64, 28, {1, 1, 1}), Bins(25)));
  const double volume = 4 * std::numbers::pi / 3 * 28 * 28 * 28;
  CHECK(value.at("morph_volume") == doctest::Approx(volume).epsilon(0.005));
  CHECK(value.at("morph_diam") == doctest::Approx(57).epsilon(0.01));
  CHECK(value.at("morph_pca_flatness") == doctest::Approx(1).epsilon(0.001));
  CHECK(value.at("morph_vol_dens_mvee") == doctest::Approx(1).epsilon(0.05));
  CHECK(value.at("morph_vol_dens_conv_hull") == doctest::Approx(1).epsilon(0.03));
  CHECK(value.at("morph_vol_dens_ombb") == doctest::Approx(std::numbers::pi / 6).epsilon(0.03));
}

TEST_CASE("radiomics: a box's hull, boxes and mesh agree with arithmetic") {
  Pair pair = Blank({20, 20, 20}, {1, 2, 3});
  for (int64_t k = 5; k < 10; ++k) {
    for (int64_t j = 4; j < 12; ++j) {
      for (int64_t i = 3; i < 15; ++i) pair.mask.As<uint8_t>()[static_cast<size_t>((k * 20 + j) * 20 + i)] = 1;
    }
  }
  const auto value = ByName(Run(pair, Bins(25)));
  CHECK(value.at("morph_vol_approx") == doctest::Approx(12 * 16 * 15));
  CHECK(value.at("morph_vol_dens_ombb") == doctest::Approx(value.at("morph_vol_dens_aabb")).epsilon(1e-9));
  CHECK(value.at("morph_vol_dens_conv_hull") == doctest::Approx(1).epsilon(1e-12));
  // The mesh reaches half a voxel beyond the outermost middles along one axis at a time; most is gained along k.
  CHECK(value.at("morph_diam") == doctest::Approx(std::sqrt(11.0 * 11 + 14 * 14 + 15 * 15)));
}

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace {

// KiB of memory that the process holds ("VmRSS:") or has held at most ("VmHWM:").
int64_t HeldKib(const std::string& which) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(which)) return std::stoll(line.substr(which.size()));
  }
  return 0;
}

}  // namespace

TEST_CASE("radiomics: all families take no more than three times the memory of the cropped image") {
  const Pair pair = NoisyBall(131, 64, {1, 1, 1});
  constexpr int64_t kCroppedKib = int64_t{129} * 129 * 129 * 8 / 1024;
  std::ofstream("/proc/self/clear_refs") << 5;  // the peak is counted anew
  const int64_t before = HeldKib("VmRSS:");
  REQUIRE(HeldKib("VmHWM:") < before + kCroppedKib);  // else what was done before hides the peak
  const Extraction found = Run(pair, Bins(25));
  REQUIRE(found.features.size() > 400);
  const int64_t taken = HeldKib("VmHWM:") - before;
  MESSAGE("peak: ", static_cast<double>(taken) / static_cast<double>(kCroppedKib), " times the cropped image");
  CHECK(taken < 3 * kCroppedKib);
}
#endif

TEST_CASE("radiomics: a flat structure has no variation and no NaN where IBSI defines a value") {
  const Pair ball = NoisyBall(20, 6, {1, 1, 1});
  Pair pair{MakeVolume(ball.image.grid, DType::kInt16), ball.mask};
  for (int16_t& x : pair.image.As<int16_t>()) x = 7;
  const auto value = ByName(Run(pair, Bins(25)));
  CHECK(value.at("stat_var") == 0);
  CHECK(value.at("stat_skew") == 0);
  CHECK(value.at("cm_joint_entr_3D_comb") == 0);
  CHECK(value.at("cm_corr_3D_comb") == 1);
  CHECK(value.at("ngt_coarseness_3D") == 1e6);
  CHECK(value.at("szm_z_perc_3D") == doctest::Approx(1 / value.at("morph_vol_approx")));
  CHECK(std::isnan(value.at("morph_moran_i")));
}

TEST_CASE("radiomics: one voxel gives what a voxel has") {
  Pair pair = Blank({5, 5, 5}, {1, 1, 1});
  pair.mask.As<uint8_t>()[62] = 1;
  const Extraction extraction = Run(pair, Bins(25));
  const auto value = ByName(extraction);
  CHECK(value.at("morph_vol_approx") == 1);
  CHECK(value.at("rlm_sre_3D_avg") == 1);
  CHECK(std::isnan(value.at("cm_energy_3D_avg")));
  for (const Feature& feature : extraction.features) {
    CHECK(std::isnan(feature.value) == !feature.finding.empty());
  }
}

TEST_CASE("radiomics: halves of a voxel and of an intensity count as such, whatever the rounding of the places") {
  // Of 9 samples of 2.2 mm 20 of 1 mm: number 4 lies at 1.5, for doubles just below it, number 15 at 6.5.
  Pair pair = Blank({9, 1, 1}, {2.2, 1, 1});
  for (size_t i = 0; i < 9; ++i) {
    pair.image.As<int16_t>()[i] = static_cast<int16_t>(i);
    pair.mask.As<uint8_t>()[i] = i >= 2 && i <= 6;
  }
  Settings settings;
  settings.resample_mm = {1, 0, 0};
  settings.rounding = Rounding::kNearest;
  const auto values = ByName(Run(pair, settings));
  CHECK(values.at("morph_vol_approx") == doctest::Approx(12));
  CHECK(values.at("stat_min") == 2);
  CHECK(values.at("stat_max") == 7);
}

TEST_CASE("radiomics: voxels on an oblique line have no extent across it") {
  Pair pair = Blank({9, 9, 9}, {2.2, 1, 0.7});
  for (size_t n = 0; n < 3; ++n) pair.mask.As<uint8_t>()[(1 + n * 2) + 9 * (2 + n * 3) + 81 * (1 + n)] = 1;
  const auto values = ByName(Run(pair, Bins(25)));
  CHECK(values.at("morph_pca_min_axis") == 0);
  CHECK(values.at("morph_pca_least_axis") == 0);
  CHECK(std::isnan(values.at("morph_vol_dens_aee")));
}

TEST_CASE("radiomics: an empty structure is a finding on every row") {
  const Pair pair = NoisyBall(10, 3, {1, 1, 1});
  const Extraction extraction = Run(pair, Bins(25), 1, 5);
  REQUIRE(extraction.findings.size() == 1);
  CHECK(extraction.findings[0].code == "roi.empty");
  REQUIRE(extraction.features.size() == 487);
  for (const Feature& feature : extraction.features) CHECK(feature.finding == "roi.empty");
}

TEST_CASE("radiomics: voxels that are not numbers are left out and told of") {
  const Pair ball = NoisyBall(20, 6, {1, 1, 1});
  Pair pair{MakeVolume(ball.image.grid, DType::kFloat32), ball.mask};
  for (size_t v = 0; v < pair.image.As<float>().size(); ++v) pair.image.As<float>()[v] = static_cast<float>(v % 50);
  pair.image.As<float>()[10 * 400 + 10 * 20 + 10] = std::nanf("");
  const Extraction extraction = Run(pair, Bins(5));
  REQUIRE(extraction.findings.size() == 1);
  CHECK(extraction.findings[0].code == "radiomics.not_finite");
  CHECK(std::isfinite(ByName(extraction).at("stat_mean")));
}

TEST_CASE("radiomics: the mean about a voxel is that of the numbers about it") {
  Pair pair{MakeVolume(Blank({5, 4, 3}, {1, 1, 1}).image.grid, DType::kFloat64), Blank({5, 4, 3}, {1, 1, 1}).mask};
  double sum = 0;
  for (size_t v = 0; v < 60; ++v) sum += pair.image.As<double>()[v] = static_cast<double>(v * v % 37);
  pair.mask.As<uint8_t>()[22] = pair.mask.As<uint8_t>()[23] = 1;
  CHECK(ByName(Run(pair, Bins(1))).at("loc_peak_glob") == doctest::Approx(sum / 60));  // the sphere holds the whole image
  sum -= pair.image.As<double>()[30];
  pair.image.As<double>()[30] = std::nan("");
  CHECK(ByName(Run(pair, Bins(1))).at("loc_peak_glob") == doctest::Approx(sum / 59));
}

TEST_CASE("radiomics: voxels of micrometres lie in one sphere, which costs no more than the image") {
  const Pair pair = NoisyBall(9, 4e-6, {1e-6, 1e-6, 1e-6});
  double sum = 0;
  for (const int16_t x : pair.image.As<int16_t>()) sum += x;
  CHECK(ByName(Run(pair, Bins(25))).at("loc_peak_loc") == doctest::Approx(sum / 729));
}

TEST_CASE("radiomics: intensities over more steps than can be listed have a histogram of those that occur") {
  Pair pair{MakeVolume(Blank({3, 1, 1}, {1, 1, 1}).image.grid, DType::kFloat64), Blank({3, 1, 1}, {1, 1, 1}).mask};
  for (size_t v = 0; v < 3; ++v) {
    pair.image.As<double>()[v] = static_cast<double>(v) * 1e30;
    pair.mask.As<uint8_t>()[v] = 1;
  }
  const auto values = ByName(Run(pair, Bins(1e30)));
  CHECK(values.at("ivh_v10") == doctest::Approx(2.0 / 3));
  CHECK(values.at("ivh_i90") == 1e30);
}

TEST_CASE("radiomics: textures of undiscretised fractions and of too many levels are findings") {
  const Pair ball = NoisyBall(20, 6, {1, 1, 1});
  Pair pair{MakeVolume(ball.image.grid, DType::kFloat32), ball.mask};
  for (size_t v = 0; v < pair.image.As<float>().size(); ++v) pair.image.As<float>()[v] = static_cast<float>(v) * 0.3F;
  CHECK(Run(pair, Settings{}).findings.at(0).code == "radiomics.not_discretised");
  CHECK(Run(pair, Bins(0.1)).findings.at(0).code == "radiomics.too_many_levels");
}

TEST_CASE("radiomics: a mask on another grid is refused") {
  Pair pair = NoisyBall(10, 3, {1, 1, 1});
  pair.mask.grid.origin.x += 1;
  CHECK_THROWS_AS(Run(pair, Bins(25)), Error);
  CHECK_THROWS_AS(Run(NoisyBall(10, 3, {1, 1, 1}), Bins(-1)), Error);
}

}  // namespace
}  // namespace isovox::radiomics
