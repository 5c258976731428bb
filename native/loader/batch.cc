#include "loader/batch.h"

#include <algorithm>

#include "base/error.h"

namespace isovox::loader {

void FillBatch(const Exec& exec, const std::vector<Sample>& samples, const BatchShape& shape, std::span<float> out) {
  const size_t values = shape.sample_values();
  if (out.size() < values * samples.size()) {
    throw InvalidArgument("buffer", "at least " + std::to_string(values * samples.size()) + " values",
                          std::to_string(out.size()));
  }
  const auto voxels = static_cast<size_t>(shape.size[0] * shape.size[1] * shape.size[2]);
  for (const Sample& sample : samples) {
    if (static_cast<int64_t>(sample.channels.size()) != shape.channels) {
      throw InvalidArgument("channels", std::to_string(shape.channels) + " volumes per sample",
                            std::to_string(sample.channels.size()));
    }
  }
  const Exec quiet{exec.cancel, nullptr};
  const auto tasks = static_cast<int64_t>(samples.size()) * shape.channels;
  exec.SetTotal(tasks);
  ParallelFor(exec, tasks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const auto s = static_cast<size_t>(task / shape.channels), c = static_cast<size_t>(task % shape.channels);
      const Sample& sample = samples[s];
      const auto block = out.subspan(s * values, values);
      if (shape.classes.empty()) {
        const auto patch = block.subspan(c * voxels, voxels);
        CutPatch(quiet, sample.channels[c], sample.placement, shape.size, patch);
        Apply(sample.changes, shape.size, patch);
      } else {
        std::vector<float> labels(voxels);
        CutPatch(quiet, sample.channels[c], sample.placement, shape.size, labels);
        for (size_t k = 0; k < shape.classes.size(); ++k) {
          const auto wanted = static_cast<float>(shape.classes[k]);
          std::transform(labels.begin(), labels.end(), block.begin() + static_cast<std::ptrdiff_t>(k * voxels),
                         [wanted](float label) { return label == wanted ? 1.0f : 0.0f; });
        }
      }
      exec.Step();
    }
  });
}

std::vector<int32_t> SampleForeground(const Exec& exec, const Source& source, const std::vector<double>& labels,
                                      int64_t count, uint64_t seed) {
  const auto size = source.description().grid.size;
  const auto in_foreground = [&](float value) {
    if (labels.empty()) return value > 0;
    return std::any_of(labels.begin(), labels.end(), [&](double label) { return static_cast<float>(label) == value; });
  };
  struct Voxel {
    uint64_t rank;
    std::array<int32_t, 3> at;
  };
  // The `count` voxels whose hashes are smallest: an even draw that does not depend on the order of reading.
  const auto by_rank = [](const Voxel& a, const Voxel& b) { return a.rank < b.rank; };
  std::vector<Voxel> drawn;
  constexpr int64_t kSlab = 16;
  for (int64_t z0 = 0; z0 < size[2]; z0 += kSlab) {
    exec.CheckCancelled();
    Placement slab;
    slab.start = {0, 0, z0};
    const std::array<int64_t, 3> extent = {size[0], size[1], std::min(kSlab, size[2] - z0)};
    std::vector<float> values(static_cast<size_t>(extent[0] * extent[1] * extent[2]));
    CutPatch(exec, source, slab, extent, values);
    for (size_t i = 0; i < values.size(); ++i) {
      if (!in_foreground(values[i])) continue;
      const auto x = static_cast<int64_t>(i) % size[0], y = static_cast<int64_t>(i) / size[0] % size[1];
      const int64_t z = z0 + static_cast<int64_t>(i) / (size[0] * size[1]);
      const auto place = static_cast<uint64_t>((z * size[1] + y) * size[0] + x);
      uint64_t rank = (place + seed) * 0x9E3779B97F4A7C15;
      rank = (rank ^ (rank >> 30)) * 0xBF58476D1CE4E5B9;
      rank = (rank ^ (rank >> 27)) * 0x94D049BB133111EB;
      rank ^= rank >> 31;
      const Voxel voxel{rank, {static_cast<int32_t>(x), static_cast<int32_t>(y), static_cast<int32_t>(z)}};
      if (static_cast<int64_t>(drawn.size()) < count) {
        drawn.push_back(voxel);
        std::push_heap(drawn.begin(), drawn.end(), by_rank);
      } else if (count > 0 && rank < drawn.front().rank) {
        std::pop_heap(drawn.begin(), drawn.end(), by_rank);
        drawn.back() = voxel;
        std::push_heap(drawn.begin(), drawn.end(), by_rank);
      }
    }
  }
  std::sort(drawn.begin(), drawn.end(), [](const Voxel& a, const Voxel& b) {
    return std::array{a.at[2], a.at[1], a.at[0]} < std::array{b.at[2], b.at[1], b.at[0]};
  });
  std::vector<int32_t> places;
  for (const Voxel& voxel : drawn) places.insert(places.end(), voxel.at.begin(), voxel.at.end());
  return places;
}

}  // namespace isovox::loader
