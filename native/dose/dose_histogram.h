// A dose-volume histogram under construction: every cell spreads its volume evenly over the doses it contains.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "dose/cell_kernels.h"

namespace isovox {

class DoseHistogram {
 public:
  DoseHistogram() = default;
  // Bins of `width` gray, the first beginning at `low`.
  DoseHistogram(double low, double width, size_t bins)
      : scale_{static_cast<float>(low), static_cast<float>(1 / width), static_cast<float>(bins)},
        part_(bins + 2), change_(bins + 2) {}

  // Adds `volume` spread evenly over [dose - spread, dose + spread], at least one bin wide.
  void Add(float dose, float spread, double volume) { AddCells(&dose, &spread, 1, volume); }

  // The same for `count` cells of `volume` each.
  void AddCells(const float* dose, const float* spread, size_t count, double volume) {
    // Where each begins and ends first, which the compiler does for several cells at a time; then the bins, one by one.
    CellPlaces places;
    for (size_t done = 0; done < count; done += CellPlaces::kBlock) {
      const size_t block = count - done < CellPlaces::kBlock ? count - done : CellPlaces::kBlock;
      PlaceCells(dose + done, spread + done, block, scale_, static_cast<float>(volume), places);
      double* __restrict part = part_.data();
      double* __restrict change = change_.data();
      for (size_t c = 0; c < block; ++c) {
        const double share = static_cast<double>(places.density[c]);
        const int32_t f = places.first[c], l = places.last[c];
        part[f] += share * static_cast<double>(static_cast<float>(f + 1) - places.from[c]);
        change[f + 1] += share;
        part[l] += share * static_cast<double>(places.to[c] - static_cast<float>(l));
        change[l] -= share;
      }
    }
  }

  void Merge(const DoseHistogram& other) {
    for (size_t b = 0; b < part_.size(); ++b) {
      part_[b] += other.part_[b];
      change_[b] += other.change_[b];
    }
  }

  // Volume at or above each bin's lower edge; the last 0.
  std::vector<double> Cumulative() const {
    const size_t count = part_.size() - 1;
    std::vector<double> volume(count + 1, 0);
    double density = 0;
    for (size_t b = 0; b < count; ++b) {
      density += change_[b];
      volume[b] = std::max(0.0, part_[b] + density);
    }
    for (size_t b = count; b-- > 0;) volume[b] += volume[b + 1];
    return volume;
  }

 private:
  BinScale scale_{0, 1, 1};
  // A bin's own share, and by how much the share of every bin from here on differs from the one before. Two arrays: a
  // pair of neighbours would be read as one word right after half of it was written, which stalls.
  std::vector<double> part_, change_;
};

}  // namespace isovox
