#include "radiomics/zones.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <limits>

#include "simd/codes.h"

namespace isovox::radiomics {
namespace {

// City-block distance to the nearest voxel outside the structure, laid out as `levels` is; two sweeps are exact.
std::vector<uint16_t> BorderDistance(const Region& region, const Levels& levels, bool flat, int64_t k_begin,
                                    int64_t k_end) {
  std::vector<uint16_t> distance(levels.code.size(), 0);
  const auto sweep = [&](bool forward) {
    const int64_t sign = forward ? -1 : 1;
    for (int64_t kk = k_begin; kk < k_end; ++kk) {
      const int64_t k = forward ? kk : k_end - 1 - (kk - k_begin);
      for (int64_t jj = 0; jj < levels.size[1]; ++jj) {
        const int64_t j = forward ? jj : levels.size[1] - 1 - jj;
        const uint8_t* in = region.morphology.data() + (k * levels.size[1] + j) * levels.size[0];
        uint16_t* row = distance.data() + levels.origin + j * levels.stride[1] + k * levels.stride[2];
        for (int64_t ii = 0; ii < levels.size[0]; ++ii) {
          const int64_t i = forward ? ii : levels.size[0] - 1 - ii;
          if (in[i] == 0) continue;
          uint16_t near = std::min(row[i + sign], row[i + sign * levels.stride[1]]);
          if (!flat) near = std::min(near, row[i + sign * levels.stride[2]]);
          const auto next = static_cast<uint16_t>(near + 1);
          row[i] = forward ? next : std::min(row[i], next);
        }
      }
    }
  };
  sweep(true);
  sweep(false);
  return distance;
}

// A neighbour that comes earlier in memory.
struct Earlier {
  int64_t di, dj, dk;  // how far before
};

std::vector<Earlier> EarlierOf(bool flat) {
  std::vector<Earlier> before;
  for (int64_t dk = 0; dk <= (flat ? 0 : 1); ++dk) {
    for (int64_t dj = -1; dj <= 1; ++dj) {
      for (int64_t di = -1; di <= 1; ++di) {
        if (dk > 0 || dj > 0 || (dj == 0 && di > 0)) before.push_back({di, dj, dk});
      }
    }
  }
  return before;
}

// For every set of earlier neighbours one of each group of them that touch: those of a group are one zone already.
std::vector<uint16_t> GroupsOf(const std::vector<Earlier>& before) {
  std::vector<uint16_t> touching(before.size(), 0);
  for (size_t a = 0; a < before.size(); ++a) {
    for (size_t b = 0; b < before.size(); ++b) {
      const bool near = std::abs(before[a].di - before[b].di) <= 1 && std::abs(before[a].dj - before[b].dj) <= 1 &&
                        std::abs(before[a].dk - before[b].dk) <= 1;
      if (near) touching[a] = static_cast<uint16_t>(touching[a] | 1u << b);
    }
  }
  std::vector<uint16_t> groups(size_t{1} << before.size(), 0);
  for (size_t set = 1; set < groups.size(); ++set) {
    for (size_t rest = set; rest != 0;) {
      size_t group = rest & (~rest + 1), grown = group;
      groups[set] = static_cast<uint16_t>(groups[set] | group);
      do {
        group = grown;
        for (size_t members = group; members != 0; members &= members - 1) {
          grown |= touching[static_cast<size_t>(std::countr_zero(members))] & rest;
        }
      } while (grown != group);
      rest &= ~group;
    }
  }
  return groups;
}

// Zones of consecutive slices, met voxel by voxel. A voxel without an equal neighbour before it begins a zone; one with
// several may join zones. Only the labels of two slices are kept.
class ZoneScan {
 public:
  ZoneScan(const Levels& levels, bool flat)
      : levels_(levels),
        before_(EarlierOf(flat)),
        groups_(flat ? Groups<true>() : Groups<false>()),
        same_(static_cast<size_t>(LongestSpan(levels))) {
    for (auto& labels : labels_) labels.resize(static_cast<size_t>(flat && &labels != labels_.data() ? 0 : levels.stride[2]));
    for (const Earlier& e : before_) {
      offsets_.push_back(-(e.di + e.dj * levels.stride[1] + e.dk * levels.stride[2]));
      in_slice_.push_back(e.di + e.dj * levels.stride[1]);
    }
  }

  // `distance` is empty or has one per voxel of levels.code.
  void Slice(int64_t k, const std::vector<uint16_t>& distance) {
    const auto slice = static_cast<size_t>(k);
    if (!labels_[1].empty()) std::swap(labels_[0], labels_[1]);
    uint32_t* now = labels_[0].data();
    const uint32_t* last = labels_[1].data();
    const int64_t base = k * levels_.stride[2] + (levels_.origin - levels_.stride[1] * levels_.pad - levels_.pad);
    for (size_t s = levels_.slice_spans[slice]; s < levels_.slice_spans[slice + 1]; ++s) {
      const Span span = levels_.spans[s];
      const uint16_t* code = levels_.code.data() + span.first;
      simd::SameAsEach({code, span.length}, offsets_.data(), static_cast<int>(offsets_.size()), same_.data());
      for (int64_t x = 0; x < span.length; ++x) {
        const int64_t at = span.first + x - base;
        uint32_t label;
        unsigned groups = groups_[same_[static_cast<size_t>(x)]];
        if (groups == 0) {
          label = static_cast<uint32_t>(zones_.size());
          parent_.push_back(label);
          zones_.push_back({code[x], std::numeric_limits<uint16_t>::max(), 0});
        } else {
          const auto label_of = [&](int n) {
            const auto d = static_cast<size_t>(n);
            return (before_[d].dk > 0 ? last : now)[at - in_slice_[d]];
          };
          label = label_of(std::countr_zero(groups));
          while ((groups &= groups - 1) != 0) label = Join(label, label_of(std::countr_zero(groups)));
        }
        now[at] = label;
        Zone& zone = zones_[label];
        ++zone.size;
        if (!distance.empty()) zone.distance = std::min(zone.distance, distance[static_cast<size_t>(span.first + x)]);
      }
    }
  }

  // The zones met so far, in the order of their first voxels; the scan begins anew.
  std::vector<Zone> Take() {
    std::vector<Zone> zones;
    for (uint32_t label = 0; label < parent_.size(); ++label) {
      const uint32_t root = parent_[label] == label ? label : RootOf(parent_[label]);
      if (root == label) continue;
      zones_[root].size += zones_[label].size;
      zones_[root].distance = std::min(zones_[root].distance, zones_[label].distance);
    }
    for (uint32_t label = 0; label < parent_.size(); ++label) {
      if (parent_[label] == label) zones.push_back(zones_[label]);
    }
    parent_.clear();
    zones_.clear();
    return zones;
  }

 private:
  template <bool kFlat>
  static const std::vector<uint16_t>& Groups() {
    static const std::vector<uint16_t> groups = GroupsOf(EarlierOf(kFlat));
    return groups;
  }
  uint32_t RootOf(uint32_t label) {
    while (parent_[label] != label) label = parent_[label] = parent_[parent_[label]];
    return label;
  }
  // The lower label stays, so that a zone's root is its first voxel's.
  uint32_t Join(uint32_t a, uint32_t b) {
    a = RootOf(a);
    b = RootOf(b);
    const uint32_t low = std::min(a, b);
    parent_[std::max(a, b)] = low;
    return low;
  }

  const Levels& levels_;
  std::vector<Earlier> before_;
  const std::vector<uint16_t>& groups_;
  std::vector<int64_t> offsets_, in_slice_;
  std::vector<uint16_t> same_;
  std::array<std::vector<uint32_t>, 2> labels_;  // of this slice and the last
  std::vector<uint32_t> parent_;
  std::vector<Zone> zones_;  // by label
};

}  // namespace

Zones Zones2d(const Exec& exec, const Region& region, const Levels& levels, bool distances) {
  const int64_t slices = levels.size[2];
  std::vector<std::vector<Zone>> of_slice(static_cast<size_t>(slices));
  std::vector<uint16_t> distance;
  if (distances) distance = BorderDistance(region, levels, true, 0, slices);
  ParallelFor(exec, slices, 16, [&](int64_t begin, int64_t end) {
    ZoneScan scan(levels, true);
    for (int64_t k = begin; k < end; ++k) {
      scan.Slice(k, distance);
      of_slice[static_cast<size_t>(k)] = scan.Take();
    }
  });
  Zones out;
  size_t count = 0;
  for (const auto& zones : of_slice) count += zones.size();
  out.zones.reserve(count);
  for (auto& zones : of_slice) {
    out.slice_zones.push_back(out.zones.size());
    out.zones.insert(out.zones.end(), zones.begin(), zones.end());
    zones = {};
  }
  out.slice_zones.push_back(out.zones.size());
  return out;
}

Zones Zones3d(const Exec& exec, const Region& region, const Levels& levels, bool distances) {
  std::vector<uint16_t> distance;
  if (distances) distance = BorderDistance(region, levels, false, 0, levels.size[2]);
  ZoneScan scan(levels, false);
  for (int64_t k = 0; k < levels.size[2]; ++k) {
    exec.CheckCancelled();
    scan.Slice(k, distance);
  }
  return {scan.Take(), {}};
}

}  // namespace isovox::radiomics
