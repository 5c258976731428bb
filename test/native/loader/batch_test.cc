#include "loader/batch.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <numbers>

#include "base/error.h"
#include "store/volume_store.h"

namespace isovox::loader {
namespace {

// Voxel (x, y, z) of 8 x 6 x 5 holds x + 10 y + 100 z, told as HU by slope 2 and intercept -1.
Source Ramp() {
  Grid grid;
  grid.size = {8, 6, 5};
  auto volume = std::make_shared<Volume>(MakeVolume(grid, DType::kInt16, 1, 1));
  volume->slope = 2;
  volume->intercept = -1;
  const auto values = volume->As<int16_t>();
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<int16_t>(i % 8 + 10 * (i / 8 % 6) + 100 * (i / 48));
  }
  return {nullptr, volume};
}

float RampAt(int64_t x, int64_t y, int64_t z) { return static_cast<float>(2 * (x + 10 * y + 100 * z) - 1); }

std::vector<float> Cut(const Placement& placement, std::array<int64_t, 3> size) {
  std::vector<float> out(static_cast<size_t>(size[0] * size[1] * size[2]));
  CutPatch({}, Ramp(), placement, size, out);
  return out;
}

}  // namespace

TEST_CASE("a patch holds the physical values of its voxels, and `outside` beyond the volume") {
  Placement placement;
  placement.start = {6, -1, 3};
  placement.outside = -7;
  const auto patch = Cut(placement, {3, 3, 2});
  size_t at = 0;
  for (int64_t z = 3; z < 5; ++z) {
    for (int64_t y = -1; y < 2; ++y) {
      for (int64_t x = 6; x < 9; ++x, ++at) CHECK(patch[at] == (y < 0 || x > 7 ? -7.0f : RampAt(x, y, z)));
    }
  }
}

TEST_CASE("mirrored axes run backwards") {
  Placement placement;
  placement.start = {1, 2, 0};
  placement.flip = {true, false, true};
  const auto patch = Cut(placement, {3, 2, 4});
  CHECK(patch.front() == RampAt(3, 2, 3));
  CHECK(patch.back() == RampAt(1, 3, 0));
}

TEST_CASE("an affine map takes a linear image to exact values, trilinear or nearest") {
  Placement placement;
  placement.start = {2, 1, 1};
  // x by a half step, y and z swapped: values stay linear, so that interpolation is exact.
  placement.affine = {0.5, 0, 0, 0.25, 0, 0, 1, 0, 0, 1, 0, 0};
  const auto patch = Cut(placement, {4, 3, 3});
  for (int64_t k = 0; k < 3; ++k) {
    for (int64_t j = 0; j < 3; ++j) {
      for (int64_t i = 0; i < 4; ++i) {
        const double x = 2 + 0.5 * static_cast<double>(i) + 0.25;
        const double value = 2 * (x + 10.0 * static_cast<double>(1 + k) + 100.0 * static_cast<double>(1 + j)) - 1;
        CHECK(patch[static_cast<size_t>((k * 3 + j) * 4 + i)] == doctest::Approx(value));
      }
    }
  }
  placement.nearest = true;
  CHECK(Cut(placement, {4, 3, 3})[1] == RampAt(3, 1, 1));
}

TEST_CASE("changes do what they say, in their order") {
  std::vector<float> patch = {-1, 0, 1, 3};
  Apply({Window{0, 2}, Linear{4, -2}}, {4, 1, 1}, patch);
  CHECK(patch == std::vector<float>{-2, -2, 0, 2});
  Apply({Gamma{2}}, {4, 1, 1}, patch);
  CHECK(patch == std::vector<float>{-4, -4, 0, 4});
  Apply({ZScore{}}, {4, 1, 1}, patch);
  double sum = 0, squares = 0;
  for (const float value : patch) {
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  CHECK(sum == doctest::Approx(0).epsilon(1e-6));
  CHECK(squares / 4 == doctest::Approx(1));
}

TEST_CASE("noise has the mean, deviation and tails of a normal distribution, and belongs to its seed") {
  constexpr size_t kCount = 200'000;
  std::vector<float> patch(kCount), again(kCount), other(kCount);
  Apply({Noise{2, 17}}, {static_cast<int64_t>(kCount), 1, 1}, patch);
  Apply({Noise{2, 17}}, {static_cast<int64_t>(kCount), 1, 1}, again);
  Apply({Noise{2, 18}}, {static_cast<int64_t>(kCount), 1, 1}, other);
  CHECK(patch == again);
  CHECK(patch != other);
  double sum = 0, squares = 0;
  size_t within = 0;
  for (const float value : patch) {
    const auto v = static_cast<double>(value);
    sum += v;
    squares += v * v;
    within += std::abs(v) < 2 ? 1 : 0;
  }
  // Five standard errors of the mean and of the variance; erf(1 / sqrt 2) = 0.6827 lies within one deviation, for the
  // sum of twelve uniform numbers 0.6808.
  CHECK(std::abs(sum / kCount) < 5 * 2 / std::sqrt(kCount));
  CHECK(squares / kCount == doctest::Approx(4).epsilon(5 * std::sqrt(2.0 / kCount)));
  CHECK(static_cast<double>(within) / kCount == doctest::Approx(0.68).epsilon(0.01));
}

TEST_CASE("a bias field of one constant scales, and of x is odd about the middle") {
  std::vector<float> patch(5, 1);
  BiasField field;
  field.coefficients[0] = std::numbers::ln2;
  Apply({field}, {5, 1, 1}, patch);
  CHECK(patch[0] == doctest::Approx(2));
  patch.assign(5, 1);
  field.coefficients = {};
  field.coefficients[10] = 1;  // behind the ten terms without x
  Apply({field}, {5, 1, 1}, patch);
  CHECK(patch[0] * patch[4] == doctest::Approx(1));
  CHECK(patch[4] == doctest::Approx(std::numbers::e));
}

TEST_CASE("a batch is sample after sample, channel after channel; labels become classes") {
  BatchShape shape;
  shape.size = {2, 1, 1};
  shape.channels = 2;
  std::vector<float> out(8);
  Sample a{{Ramp(), Ramp()}, {}, {}}, b = a;
  b.placement.start = {3, 0, 0};
  FillBatch({}, {a, b}, shape, out);
  CHECK(out == std::vector<float>{-1, 1, -1, 1, 5, 7, 5, 7});
  shape.channels = 1;
  shape.classes = {7, 5};
  FillBatch({}, {{{Ramp()}, b.placement, {}}}, shape, out);
  CHECK(std::vector<float>(out.begin(), out.begin() + 4) == std::vector<float>{0, 1, 1, 0});
  CHECK_THROWS_AS(FillBatch({}, {a, b, a, b, a}, {{2, 1, 1}, 2, {}}, out), Error);
  CHECK_THROWS_AS(FillBatch({}, {a}, {{2, 1, 1}, 1, {}}, out), Error);
}

TEST_CASE("foreground voxels are of the foreground, all when there are few, the same for a seed") {
  const auto all = SampleForeground({}, Ramp(), {RampAt(1, 0, 0), RampAt(7, 5, 4)}, 100, 1);
  CHECK(all == std::vector<int32_t>{1, 0, 0, 7, 5, 4});
  const auto some = SampleForeground({}, Ramp(), {}, 50, 1);
  CHECK(some.size() == 150);
  CHECK(some == SampleForeground({}, Ramp(), {}, 50, 1));
  CHECK(some != SampleForeground({}, Ramp(), {}, 50, 2));
}

TEST_CASE("a patch is the same from a store and from memory: every type, scaling, mirrors, partly or wholly outside") {
  const auto folder = std::filesystem::temp_directory_path() / ("isovox-patch-" + std::to_string(::getpid()));
  for (const DType dtype : {DType::kInt8, DType::kUint8, DType::kInt16, DType::kUint16, DType::kInt32, DType::kUint32,
                            DType::kInt64, DType::kUint64, DType::kFloat32, DType::kFloat64}) {
    for (const bool scaled : {false, true}) {
      Grid grid;
      grid.size = {13, 11, 9};
      auto volume = std::make_shared<Volume>(MakeVolume(grid, dtype));
      VisitDType(dtype, [&](auto sample) {
        using T = decltype(sample);
        const auto numbers = volume->As<T>();
        for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<T>(i * 2'654'435'761U >> 3);
      });
      if (scaled) volume->slope = 0.37, volume->intercept = -5;
      const std::string path = (folder.string() + std::string(DTypeName(dtype)) + (scaled ? "s" : "p"));
      store::VolumeLayout layout;
      layout.chunk = {4, 8, 4};
      store::SaveVolume({}, *volume, path, layout);
      const Source sources[] = {{std::make_shared<const store::StoredVolume>(store::OpenVolume(path)), nullptr}, {nullptr, volume}};
      for (const std::array<int64_t, 3> start : {std::array<int64_t, 3>{2, 3, 1}, {-2, 7, -3}, {9, -4, 6}, {40, 0, 0}}) {
        for (int mirrors = 0; mirrors < 8; ++mirrors) {
          const std::array<int64_t, 3> size = {6, 7, 5};
          Placement placement;
          placement.start = start;
          placement.flip = {(mirrors & 1) != 0, (mirrors & 2) != 0, (mirrors & 4) != 0};
          placement.outside = -77;
          std::vector<float> expected;
          for (int64_t k = 0; k < size[2]; ++k) {
            for (int64_t j = 0; j < size[1]; ++j) {
              for (int64_t i = 0; i < size[0]; ++i) {
                const int64_t x = start[0] + (placement.flip[0] ? size[0] - 1 - i : i);
                const int64_t y = start[1] + (placement.flip[1] ? size[1] - 1 - j : j);
                const int64_t z = start[2] + (placement.flip[2] ? size[2] - 1 - k : k);
                const bool inside = x >= 0 && y >= 0 && z >= 0 && x < 13 && y < 11 && z < 9;
                const double number = inside ? VisitDType(dtype, [&](auto sample) {
                  return static_cast<double>(volume->As<decltype(sample)>()[static_cast<size_t>((z * 11 + y) * 13 + x)]);
                }) : 0;
                expected.push_back(inside ? static_cast<float>(number * volume->slope + volume->intercept) : -77);
              }
            }
          }
          for (const Source& source : sources) {
            std::vector<float> patch(expected.size(), 1e9F);
            CutPatch({}, source, placement, size, patch);
            CHECK(patch == expected);
          }
        }
      }
      std::filesystem::remove_all(path);
    }
  }
}

}  // namespace isovox::loader
