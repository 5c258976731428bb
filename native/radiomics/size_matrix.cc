#include "radiomics/size_matrix.h"

#include <algorithm>
#include <map>
#include <utility>

namespace isovox::radiomics {

SizeCounter::SizeCounter(const Levels& levels, int64_t dense_sizes)
    : levels_(&levels),
      dense_sizes_(dense_sizes),
      dense_(static_cast<size_t>((levels.codes() + 1) * dense_sizes), 0) {}

void SizeCounter::Merge(const SizeCounter& other) {
  for (size_t c = 0; c < dense_.size(); ++c) dense_[c] += other.dense_[c];
  large_.insert(large_.end(), other.large_.begin(), other.large_.end());
}

void SizeCounter::Clear() {
  std::fill(dense_.begin(), dense_.end(), 0);
  large_.clear();
}

std::vector<SizeEntry> SizeCounter::Entries() const {
  std::vector<SizeEntry> large = large_;
  std::sort(large.begin(), large.end(),
            [](const SizeEntry& a, const SizeEntry& b) { return std::pair(a.level, a.size) < std::pair(b.level, b.size); });
  std::vector<SizeEntry> out;
  auto next = large.begin();
  for (int64_t code = 1; code <= levels_->codes(); ++code) {
    const int64_t level = levels_->level[static_cast<size_t>(code)];
    for (int64_t j = 0; j < dense_sizes_; ++j) {
      const uint32_t count = dense_[static_cast<size_t>(code * dense_sizes_ + j)];
      if (count > 0) out.push_back({level, j + 1, static_cast<double>(count)});
    }
    for (; next != large.end() && next->level == code; ++next) {
      if (!out.empty() && out.back().level == level && out.back().size == next->size) {
        ++out.back().count;
      } else {
        out.push_back({level, next->size, 1});
      }
    }
  }
  return out;
}

std::vector<SizeEntry> WeightedEntries(const std::vector<SizeCounter>& counts, const std::vector<double>& weights) {
  std::map<std::pair<int64_t, int64_t>, double> sum;
  for (size_t d = 0; d < counts.size(); ++d) {
    for (const SizeEntry& entry : counts[d].Entries()) sum[{entry.level, entry.size}] += weights[d] * entry.count;
  }
  std::vector<SizeEntry> out;
  for (const auto& [at, count] : sum) out.push_back({at.first, at.second, count});
  return out;
}

SizeSums SumsOf(const std::vector<SizeEntry>& entries, double voxels) {
  SizeSums s;
  s.voxels = voxels;
  std::vector<std::pair<int64_t, double>> by_size;
  std::vector<double> small(513, 0);
  double of_level = 0;
  for (size_t e = 0; e < entries.size(); ++e) {
    const double c = entries[e].count;
    const auto i = static_cast<double>(entries[e].level), j = static_cast<double>(entries[e].size);
    const double i2 = i * i, j2 = j * j;
    s.n += c;
    s.inv_j2 += c / j2;
    s.j2 += c * j2;
    s.inv_i2 += c / i2;
    s.i2 += c * i2;
    s.inv_i2_inv_j2 += c / (i2 * j2);
    s.i2_inv_j2 += c * i2 / j2;
    s.inv_i2_j2 += c * j2 / i2;
    s.i2_j2 += c * i2 * j2;
    s.mean_i += c * i;
    s.mean_j += c * j;
    s.energy += c * c;
    s.entropy += c * std::log2(c);
    of_level += c;
    if (e + 1 == entries.size() || entries[e + 1].level != entries[e].level) {
      s.by_level2 += of_level * of_level;
      of_level = 0;
    }
    if (entries[e].size < static_cast<int64_t>(small.size())) {
      small[static_cast<size_t>(entries[e].size)] += c;
    } else {
      by_size.emplace_back(entries[e].size, c);
    }
  }
  for (const double c : small) s.by_size2 += c * c;
  std::sort(by_size.begin(), by_size.end());
  for (size_t a = 0; a < by_size.size();) {
    double total = 0;
    size_t b = a;
    for (; b < by_size.size() && by_size[b].first == by_size[a].first; ++b) total += by_size[b].second;
    s.by_size2 += total * total;
    a = b;
  }
  s.mean_i /= s.n;
  s.mean_j /= s.n;
  for (const SizeEntry& entry : entries) {
    const double c = entry.count;
    const double di = static_cast<double>(entry.level) - s.mean_i, dj = static_cast<double>(entry.size) - s.mean_j;
    s.var_i += c * di * di;
    s.var_j += c * dj * dj;
  }
  s.var_i /= s.n;
  s.var_j /= s.n;
  s.energy /= s.n * s.n;
  s.entropy = std::max(0.0, std::log2(s.n) - s.entropy / s.n);
  return s;
}

}  // namespace isovox::radiomics
