// Counts by grey level and a second whole number (run length, zone size, zone distance, dependence), and the sums of
// them from which the sixteen features that run, zone and dependence matrices share are made (IBSI 1 chapters 3.7-3.11).
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "radiomics/levels.h"

namespace isovox::radiomics {

struct SizeEntry {
  int64_t level;
  int64_t size;
  double count;
};

// Gathers counts: small sizes in a dense table, large ones in a list.
class SizeCounter {
 public:
  explicit SizeCounter(const Levels& levels, int64_t dense_sizes = 256);
  void Add(uint16_t code, int64_t size) {
    if (size <= dense_sizes_) {
      ++dense_[static_cast<size_t>(code * dense_sizes_ + size - 1)];
    } else {
      large_.push_back({code, size, 1});
    }
  }
  // REQUIRES: size is within the dense table.
  void AddMany(uint16_t code, int64_t size, int64_t times) {
    dense_[static_cast<size_t>(code * dense_sizes_ + size - 1)] += static_cast<uint32_t>(times);
  }
  void Merge(const SizeCounter& other);
  void Clear();
  // Non-zero counts by their real levels, ordered by level, then size.
  std::vector<SizeEntry> Entries() const;

 private:
  const Levels* levels_;
  int64_t dense_sizes_;
  std::vector<uint32_t> dense_;
  std::vector<SizeEntry> large_;
};

// i is the level, j the size, c the count.
struct SizeSums {
  double n = 0;                                    // sum of c
  double voxels = 0;                               // in the structure (times directions, when these are merged)
  double inv_j2 = 0, j2 = 0, inv_i2 = 0, i2 = 0;   // sums of c / j^2, c j^2, ...
  double inv_i2_inv_j2 = 0, i2_inv_j2 = 0, inv_i2_j2 = 0, i2_j2 = 0;
  double by_level2 = 0, by_size2 = 0;              // sums over i of (sum over j of c)^2, and the other way
  double mean_i = 0, var_i = 0, mean_j = 0, var_j = 0;
  double entropy = 0, energy = 0;                  // of c / n; entropy in bits
};

// Entries are ordered by level, then size.
SizeSums SumsOf(const std::vector<SizeEntry>& entries, double voxels);

// Counts of several directions, each times a weight, ordered as entries are.
std::vector<SizeEntry> WeightedEntries(const std::vector<SizeCounter>& counts, const std::vector<double>& weights);

}  // namespace isovox::radiomics
