// What is done when a device's memory is short, with a network of plain code on a device that bears so many voxels.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "inference/segment.h"

namespace isovox {
namespace {

// Two outputs: 0, and the input less 100; so that voxels above 100 get the second label.
class Threshold : public Model {
 public:
  Threshold(int64_t most_voxels, std::string provider, bool any_size)
      : most_voxels_(most_voxels), provider_(std::move(provider)), any_size_(any_size) {
    const int64_t side = any_size ? -1 : 64;
    inputs_ = {{"in", TensorType::kFloat32, {-1, 1, side, side, side}}};
    outputs_ = {{"out", TensorType::kFloat32, {-1, 2, side, side, side}}};
  }

  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  const std::string& provider() const override { return provider_; }
  const std::string& note() const override { return note_; }
  const ModelOptions& options() const override { return options_; }
  std::shared_ptr<Model> OnCpu() const override {
    return std::make_shared<Threshold>(most_on_cpu, "cpu", any_size_);
  }
  std::vector<Tensor> Run(const Exec&, std::span<const Tensor>) override { return {}; }
  void RunInto(const Exec&, std::span<const Tensor> inputs, std::span<const Tensor> outputs) override {
    const int64_t tiles = inputs[0].shape[0], count = inputs[0].elements();
    if (count > most_voxels_) throw Error(ErrorCode::kResource, "Failed to allocate memory");
    const auto* in = static_cast<const float*>(inputs[0].data);
    auto* out = static_cast<float*>(outputs[0].data);
    const int64_t voxels = count / tiles;
    for (int64_t t = 0; t < tiles; ++t) {
      std::fill_n(out + 2 * t * voxels, voxels, 0.0f);
      for (int64_t n = 0; n < voxels; ++n) out[(2 * t + 1) * voxels + n] = in[t * voxels + n] - 100;
    }
  }

  int64_t most_on_cpu = int64_t{1} << 40;

 private:
  int64_t most_voxels_;
  std::string provider_, note_;
  bool any_size_;
  ModelOptions options_;
  std::vector<TensorInfo> inputs_, outputs_;
};

std::shared_ptr<Volume> Image() {
  Grid grid;
  grid.size = {80, 70, 66};
  auto image = std::make_shared<Volume>(MakeVolume(grid, DType::kInt16));
  const auto values = image->As<int16_t>();
  for (size_t n = 0; n < values.size(); ++n) values[n] = static_cast<int16_t>(n * 7919 % 200);
  return image;
}

ModelSpec Spec() {
  ModelSpec spec;
  spec.channels = {Normalisation{}};
  spec.tile = {64, 64, 64};
  spec.batch = 4;
  spec.labels = {0, 3};
  return spec;
}

constexpr int64_t kTile = 64 * 64 * 64;

void CheckLabels(const Segmented& found) {
  const auto image = Image();
  const auto values = image->As<int16_t>();
  const auto labels = found.labels.As<uint8_t>();
  REQUIRE(labels.size() == values.size());
  int64_t wrong = 0;
  // A weighted mean of equal numbers may miss them by a rounding: 100 itself is on the edge.
  for (size_t n = 0; n < values.size(); ++n) wrong += values[n] != 100 && labels[n] != (values[n] > 100 ? 3 : 0) ? 1 : 0;
  CHECK(wrong == 0);
}

Segmented Run(int64_t most_voxels, bool any_size = true, const std::string& provider = "cuda:0") {
  return Segment({}, {Image()}, {std::make_shared<Threshold>(most_voxels, provider, any_size)}, Spec(), false);
}

bool Says(const Segmented& found, const std::string& part) {
  return std::any_of(found.notes.begin(), found.notes.end(),
                     [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

TEST_CASE("enough memory: no note") {
  const Segmented found = Run(4 * kTile);
  CheckLabels(found);
  CHECK(found.notes.empty());
  CHECK(found.provider == "cuda:0");
}

TEST_CASE("the batch is halved first") {
  for (const auto& [most, batch] : {std::pair(3 * kTile, "batches of 2 tiles"), std::pair(kTile, "batches of 1 tiles")}) {
    const Segmented found = Run(most);
    CheckLabels(found);
    CHECK(found.notes.size() == 1);
    CHECK(Says(found, batch));
    CHECK(found.provider == "cuda:0");
  }
}

TEST_CASE("then the tile, where the network takes any size") {
  const Segmented found = Run(kTile / 4);
  CheckLabels(found);
  CHECK(Says(found, "tiles of 32x64x64"));
  CHECK(Says(found, "tiles of 32x32x64"));
  CHECK(found.provider == "cuda:0");
}

TEST_CASE("then the CPU, with the tile that was wanted") {
  for (const bool any_size : {true, false}) {
    const Segmented found = Run(1000, any_size);
    CheckLabels(found);
    CHECK(Says(found, "runs on the CPU: the memory of cuda:0 was short"));
    CHECK(Says(found, "tiles of") == any_size);
    CHECK(found.provider == "cpu");
  }
}

TEST_CASE("on the CPU there is nothing left to try") {
  try {
    Run(1000, true, "cpu");
    FAIL("it should not fit");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kResource);
  }
}

}  // namespace
}  // namespace isovox
