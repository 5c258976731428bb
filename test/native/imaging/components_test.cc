// Components against a flood fill, which is the definition.
#include "imaging/components.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

namespace isovox {
namespace {

std::vector<uint8_t> Noise(const std::array<int64_t, 3>& size, uint32_t percent) {
  std::vector<uint8_t> mask(static_cast<size_t>(size[0] * size[1] * size[2]));
  uint32_t state = 3;
  for (auto& in : mask) {
    state = state * 1664525 + 1013904223;
    in = (state >> 8) % 100 < percent ? 1 : 0;
  }
  return mask;
}

std::vector<int32_t> Flood(const std::vector<uint8_t>& mask, const std::array<int64_t, 3>& size, int reach) {
  std::vector<int32_t> labels(mask.size());
  int32_t count = 0;
  for (size_t seed = 0; seed < mask.size(); ++seed) {
    if (mask[seed] == 0 || labels[seed] != 0) continue;
    labels[seed] = ++count;
    std::vector<size_t> open = {seed};
    while (!open.empty()) {
      const auto at = static_cast<int64_t>(open.back());
      open.pop_back();
      const int64_t i = at % size[0], j = at / size[0] % size[1], k = at / size[0] / size[1];
      for (int64_t c = -1; c <= 1; ++c) {
        for (int64_t b = -1; b <= 1; ++b) {
          for (int64_t a = -1; a <= 1; ++a) {
            if (std::abs(a) + std::abs(b) + std::abs(c) > reach) continue;
            const int64_t x = i + a, y = j + b, z = k + c;
            if (x < 0 || y < 0 || z < 0 || x >= size[0] || y >= size[1] || z >= size[2]) continue;
            const auto next = static_cast<size_t>((z * size[1] + y) * size[0] + x);
            if (mask[next] == 0 || labels[next] != 0) continue;
            labels[next] = count;
            open.push_back(next);
          }
        }
      }
    }
  }
  return labels;
}

// Over memory that holds something else; the sizes that are told are those of the labels.
std::vector<int32_t> Labels(const std::vector<uint8_t>& mask, const std::array<int64_t, 3>& size, Connectivity connectivity) {
  std::vector<int32_t> labels(mask.size(), -7);
  const auto voxels = LabelComponents({}, mask, size, connectivity, labels);
  CHECK(CountComponents({}, mask, size, connectivity) == static_cast<int64_t>(voxels.size()));
  std::vector<int64_t> counted(voxels.size());
  for (const int32_t label : labels) {
    if (label > 0) ++counted[static_cast<size_t>(label - 1)];
  }
  CHECK(counted == voxels);
  return labels;
}

TEST_CASE("components are those of a flood fill, numbered by their first voxels") {
  for (const auto& size : {std::array<int64_t, 3>{23, 17, 29}, {40, 1, 3}, {1, 1, 30}, {70, 5, 9}, {64, 6, 3}, {128, 3, 10}, {131, 4, 17}}) {
    for (const uint32_t percent : {5u, 22u, 35u, 60u, 100u}) {
      const auto mask = Noise(size, percent);
      CHECK(Labels(mask, size, Connectivity::kFaces) == Flood(mask, size, 1));
      CHECK(Labels(mask, size, Connectivity::kEdges) == Flood(mask, size, 2));
      CHECK(Labels(mask, size, Connectivity::kCorners) == Flood(mask, size, 3));
    }
  }
}

TEST_CASE("the largest stays, the small go, holes are filled") {
  const std::array<int64_t, 3> size = {12, 12, 12};
  const auto at = [](int64_t i, int64_t j, int64_t k) { return static_cast<size_t>((k * 12 + j) * 12 + i); };
  std::vector<uint8_t> mask(12 * 12 * 12);
  for (int64_t k = 1; k < 6; ++k) {
    for (int64_t j = 1; j < 6; ++j) {
      for (int64_t i = 1; i < 6; ++i) mask[at(i, j, k)] = 1;
    }
  }
  mask[at(3, 3, 3)] = 0;    // enclosed
  mask[at(1, 3, 3)] = 0;    // a dent
  mask[at(10, 10, 10)] = 1;
  mask[at(10, 11, 10)] = 1;
  mask[at(8, 1, 1)] = 1;
  const auto count = [](const std::vector<uint8_t>& of) { return std::count(of.begin(), of.end(), 1); };
  REQUIRE(count(mask) == 123 + 3);
  auto largest = mask;
  CHECK(KeepLargestComponent({}, largest, size, Connectivity::kFaces) == 3);
  CHECK(count(largest) == 123);
  auto without = mask;
  DropSmallComponents({}, without, size, Connectivity::kFaces, 2);
  CHECK(count(without) == 125);
  auto filled = mask;
  FillHoles({}, filled, size);
  CHECK(count(filled) == 127);
  CHECK(filled[at(3, 3, 3)] == 1);
  CHECK(filled[at(1, 3, 3)] == 0);
}

}  // namespace
}  // namespace isovox
