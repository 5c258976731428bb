#include "radiomics/zones.h"

#include <algorithm>
#include <array>
#include <span>

namespace isovox::radiomics {
namespace {

// City-block distance to the nearest voxel outside the structure, laid out as `levels` is; two sweeps are exact.
std::vector<int32_t> BorderDistance(const Region& region, const Levels& levels, bool flat, int64_t k_begin,
                                    int64_t k_end) {
  std::vector<int32_t> distance(levels.code.size(), 0);
  const auto sweep = [&](bool forward) {
    const int64_t sign = forward ? -1 : 1;
    for (int64_t kk = k_begin; kk < k_end; ++kk) {
      const int64_t k = forward ? kk : k_end - 1 - (kk - k_begin);
      for (int64_t jj = 0; jj < levels.size[1]; ++jj) {
        const int64_t j = forward ? jj : levels.size[1] - 1 - jj;
        const uint8_t* in = region.morphology.data() + (k * levels.size[1] + j) * levels.size[0];
        int32_t* row = distance.data() + levels.origin + j * levels.stride[1] + k * levels.stride[2];
        for (int64_t ii = 0; ii < levels.size[0]; ++ii) {
          const int64_t i = forward ? ii : levels.size[0] - 1 - ii;
          if (in[i] == 0) continue;
          int32_t near = std::min(row[i + sign], row[i + sign * levels.stride[1]]);
          if (!flat) near = std::min(near, row[i + sign * levels.stride[2]]);
          row[i] = forward ? near + 1 : std::min(row[i], near + 1);
        }
      }
    }
  };
  sweep(true);
  sweep(false);
  return distance;
}

// Union-find over the voxels of spans [first, last); `before` are the offsets of neighbours that come earlier.
void Label(const Levels& levels, size_t first, size_t last, std::span<const int64_t> before,
           const std::vector<int32_t>& distance, std::vector<uint32_t>& parent, std::vector<Zone>& zones) {
  const auto root_of = [&](uint32_t v) {
    while (parent[v] != v) v = parent[v] = parent[parent[v]];
    return v;
  };
  const uint16_t* code = levels.code.data();
  for (size_t s = first; s < last; ++s) {
    for (int64_t v = levels.spans[s].first; v < levels.spans[s].first + levels.spans[s].length; ++v) {
      uint32_t root = static_cast<uint32_t>(v);
      parent[root] = root;
      for (const int64_t offset : before) {
        if (code[v - offset] != code[v]) continue;
        const uint32_t other = root_of(static_cast<uint32_t>(v - offset));
        if (other == root) continue;
        if (other < root) {
          parent[root] = other;
          root = other;
        } else {
          parent[other] = root;
        }
      }
    }
  }
  // A zone's root is its first voxel, so roots are met before their members.
  std::vector<uint32_t>& place = parent;
  const size_t base = zones.size();
  for (size_t s = first; s < last; ++s) {
    for (int64_t v = levels.spans[s].first; v < levels.spans[s].first + levels.spans[s].length; ++v) {
      const auto at = static_cast<size_t>(v);
      const bool is_root = parent[at] == at;
      size_t zone;
      if (is_root) {
        zone = zones.size();
        zones.push_back({code[v], 0, distance.empty() ? 0 : distance[at]});
      } else {
        zone = base + (place[parent[at]] - (uint32_t{1} << 31));
      }
      place[at] = static_cast<uint32_t>(zone - base) + (uint32_t{1} << 31);
      ++zones[zone].size;
      if (!distance.empty()) zones[zone].distance = std::min<int64_t>(zones[zone].distance, distance[at]);
    }
  }
}

}  // namespace

Zones Zones2d(const Exec& exec, const Region& region, const Levels& levels, bool distances) {
  const std::array<int64_t, 4> before{1, levels.stride[1] - 1, levels.stride[1], levels.stride[1] + 1};
  const int64_t slices = levels.size[2];
  std::vector<std::vector<Zone>> of_slice(static_cast<size_t>(slices));
  std::vector<int32_t> distance;
  if (distances) distance = BorderDistance(region, levels, true, 0, slices);
  std::vector<uint32_t> parent(levels.code.size());
  ParallelFor(exec, slices, 4, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      const auto s = static_cast<size_t>(k);
      Label(levels, levels.slice_spans[s], levels.slice_spans[s + 1], before, distance, parent, of_slice[s]);
    }
  });
  Zones out;
  for (const auto& zones : of_slice) {
    out.slice_zones.push_back(out.zones.size());
    out.zones.insert(out.zones.end(), zones.begin(), zones.end());
  }
  out.slice_zones.push_back(out.zones.size());
  return out;
}

Zones Zones3d(const Region& region, const Levels& levels, bool distances) {
  std::vector<int64_t> before;
  for (int64_t dk = 0; dk <= 1; ++dk) {
    for (int64_t dj = -1; dj <= 1; ++dj) {
      for (int64_t di = -1; di <= 1; ++di) {
        const int64_t offset = di + dj * levels.stride[1] + dk * levels.stride[2];
        if (offset > 0 && (dk > 0 || dj > 0 || (dj == 0 && di > 0))) before.push_back(offset);
      }
    }
  }
  Zones out;
  std::vector<uint32_t> parent(levels.code.size());
  std::vector<int32_t> distance;
  if (distances) distance = BorderDistance(region, levels, false, 0, levels.size[2]);
  Label(levels, 0, levels.spans.size(), before, distance, parent, out.zones);
  return out;
}

}  // namespace isovox::radiomics
