// The window with networks made of plain code: expected values follow from the definition of the weighted mean.
#include "inference/sliding_window.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "inference/window.h"

namespace isovox {
namespace {

std::vector<float> Ramp(const std::array<int64_t, 3>& size) {
  std::vector<float> image(static_cast<size_t>(size[0] * size[1] * size[2]));
  for (size_t n = 0; n < image.size(); ++n) image[n] = static_cast<float>((n * 2654435761u) % 1000);
  return image;
}

std::vector<float> Slide(const std::array<int64_t, 3>& size, const std::vector<float>& image, const Window& window,
                         const PredictTiles& predict) {
  std::vector<float> out;
  int64_t expected = 0;
  SlideWindow({}, size, image.data(), window, predict, [&](int64_t k, const float* values) {
    CHECK(k == expected++);
    out.insert(out.end(), values, values + window.outputs * size[0] * size[1]);
  });
  CHECK(expected == size[2]);
  return out;
}

TEST_CASE("tile starts are those of nnU-Net's compute_steps_for_sliding_window") {
  // nnunetv2 2.5.2: compute_steps_for_sliding_window((110,), (64,), 0.5) and so on.
  CHECK(TileStarts(110, 64, 0.5) == std::vector<int64_t>{0, 23, 46});
  CHECK(TileStarts(123, 64, 0.5) == std::vector<int64_t>{0, 30, 59});
  CHECK(TileStarts(165, 64, 0.5) == std::vector<int64_t>{0, 25, 50, 76, 101});
  CHECK(TileStarts(64, 64, 0.5) == std::vector<int64_t>{0});
  CHECK(TileStarts(10, 1, 1) == std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("a network that gives its input back gives the image back") {
  const std::array<int64_t, 3> size = {19, 13, 17};
  const auto image = Ramp(size);
  Window window;
  window.tile = {8, 5, 6};
  window.batch = 4;
  window.elsewhere = true;
  window.mirror = {true, false, true};
  const auto out = Slide(size, image, window, [](const Exec&, int64_t, std::span<const float> in, std::span<float> to) {
    std::copy(in.begin(), in.end(), to.begin());
  });
  double most = 0;
  for (size_t n = 0; n < image.size(); ++n) most = std::max(most, std::abs(static_cast<double>(out[n] - image[n])));
  CHECK(most < 2e-3);  // of values up to 1000: float rounding
}

TEST_CASE("on the pool's cores or elsewhere, by any batch, side by side or not: the same bits") {
  const std::array<int64_t, 3> size = {19, 13, 17};
  const auto image = Ramp(size);
  std::vector<float> first;
  for (const bool elsewhere : {false, true}) {
    for (const auto& [batch, lanes] : {std::pair{1, 1}, {3, 1}, {1000, 1}, {1, 2}, {2, 3}, {1, 1000}}) {
      Window window;
      window.tile = {8, 5, 6};
      window.outputs = 2;
      window.mirror = {false, true, true};
      window.batch = batch;
      window.lanes = lanes;
      window.elsewhere = elsewhere;
      const auto out = Slide(size, image, window, [](const Exec&, int64_t tiles, std::span<const float> in, std::span<float> to) {
        const size_t voxels = in.size() / static_cast<size_t>(tiles);
        for (size_t n = 0; n < in.size(); ++n) {
          const size_t tile = n / voxels, at = n % voxels;
          to[2 * tile * voxels + at] = in[n];
          to[(2 * tile + 1) * voxels + at] = in[n] * in[n];
        }
      });
      if (first.empty()) first = out;
      CHECK(out == first);
    }
  }
}

TEST_CASE("tiles are weighted as defined and flipped tiles are flipped back") {
  // The network gives the place within the tile: the result at a voxel is the weighted mean of its places.
  const std::array<int64_t, 3> size = {12, 1, 1};
  const std::vector<float> image(12, 0.0f);
  Window window;
  window.tile = {6, 1, 1};
  window.overlap = 0.5;
  const auto places = [](const Exec&, int64_t tiles, std::span<const float>, std::span<float> to) {
    for (int64_t t = 0; t < tiles; ++t) std::iota(to.begin() + t * 6, to.begin() + (t + 1) * 6, 0.0f);
  };
  const auto out = Slide(size, image, window, places);
  const auto starts = TileStarts(12, 6, 0.5);
  const auto weight = [](double x) { return std::exp(-0.5 * (x - 3) * (x - 3) / (0.75 * 0.75)); };
  for (int64_t i = 0; i < 12; ++i) {
    double sum = 0, weights = 0;
    for (const int64_t start : starts) {
      if (i < start || i >= start + 6) continue;
      sum += weight(static_cast<double>(i - start)) * static_cast<double>(i - start);
      weights += weight(static_cast<double>(i - start));
    }
    CHECK(out[static_cast<size_t>(i)] == doctest::Approx(sum / weights).epsilon(1e-5));
  }
  window.mirror = {true, false, false};
  for (const float value : Slide(size, image, window, places)) CHECK(value == doctest::Approx(2.5));
}

TEST_CASE("a batch that does not fit is halved until it does, and no tile is lost") {
  const std::array<int64_t, 3> size = {32, 32, 32};
  const auto image = Ramp(size);
  Window window;
  window.tile = {8, 8, 8};
  window.overlap = 0;
  window.batch = 16;
  std::atomic<int64_t> most = 0;
  const auto predict = [&](const Exec&, int64_t tiles, std::span<const float> in, std::span<float> to) {
    if (tiles > 3) throw Error(ErrorCode::kResource, "Failed to allocate memory");
    most = std::max(most.load(), tiles);
    std::copy(in.begin(), in.end(), to.begin());
  };
  std::vector<float> out;
  const int64_t fitted = SlideWindow({}, size, image.data(), window, predict, [&](int64_t, const float* values) {
    out.insert(out.end(), values, values + size[0] * size[1]);
  });
  CHECK(fitted == 2);
  CHECK(most == 2);
  double worst = 0;
  for (size_t n = 0; n < image.size(); ++n) worst = std::max(worst, std::abs(static_cast<double>(out[n] - image[n])));
  CHECK(worst < 1e-3);
}

TEST_CASE("batches that fit one at a time only are run one after another, and no tile is lost") {
  const std::array<int64_t, 3> size = {32, 32, 32};
  const auto image = Ramp(size);
  Window window;
  window.tile = {8, 8, 8};
  window.overlap = 0;
  window.batch = 2;
  window.lanes = 4;
  std::atomic<int64_t> runs = 0;
  const auto out = Slide(size, image, window, [&](const Exec&, int64_t, std::span<const float> in, std::span<float> to) {
    if (runs++ == 1) throw Error(ErrorCode::kResource, "Failed to allocate memory");
    std::copy(in.begin(), in.end(), to.begin());
  });
  CHECK(runs >= 32 + 1);
  double worst = 0;
  for (size_t n = 0; n < image.size(); ++n) worst = std::max(worst, std::abs(static_cast<double>(out[n] - image[n])));
  CHECK(worst < 1e-3);
}

TEST_CASE("a single tile that does not fit is an error, as is any other failure") {
  const std::vector<float> image(512, 0.0f);
  Window window;
  window.tile = {8, 8, 8};
  const auto fails = [&](ErrorCode code) {
    try {
      Slide({8, 8, 8}, image, window, [&](const Exec&, int64_t, std::span<const float>, std::span<float>) {
        throw Error(code, "no");
      });
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  CHECK(fails(ErrorCode::kResource) == ErrorCode::kResource);
  CHECK(fails(ErrorCode::kModel) == ErrorCode::kModel);
}

TEST_CASE("a raised token stops before the next batch") {
  const std::array<int64_t, 3> size = {64, 64, 64};
  const auto image = Ramp(size);
  Window window;
  window.tile = {8, 8, 8};
  CancelToken token;
  std::atomic<int> runs = 0;
  const Exec exec{&token, nullptr};
  CHECK_THROWS_AS(SlideWindow(
                      exec, size, image.data(), window,
                      [&](const Exec&, int64_t, std::span<const float>, std::span<float>) {
                        if (++runs == 3) token.Cancel();
                      },
                      [](int64_t, const float*) {}),
                  Error);
  CHECK(runs == 3);
}

}  // namespace
}  // namespace isovox
