// A dose-volume histogram under construction: every cell spreads its volume evenly over the doses it contains.
#pragma once

#include <algorithm>
#include <array>
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
        even_(bins + 1), odd_(bins + 1) {}

  // Adds `count` cells of `volume` each, spread evenly over [dose - spread, dose + spread], to the nearest edges of
  // bins, one bin at least.
  // REQUIRES: kPadding - 1 more values can be read.
  void AddCells(const float* dose, const float* spread, size_t count, double volume) {
    // Where each begins and ends first, which the compiler does for several cells at a time; then the bins, one by one.
    CellPlaces places;
    for (size_t done = 0; done < count; done += CellPlaces::kBlock) {
      const size_t block = std::min(count - done, CellPlaces::kBlock);
      PlaceCells(dose + done, spread + done, block, scale_, static_cast<float>(volume), places);
      AddPlaces(places, block);
    }
  }

  // The same for parts of cells, which differ in volume; they may wait for others until Flush.
  void AddPart(float dose, float spread, double volume) {
    dose_[waiting_] = dose;
    spread_[waiting_] = spread;
    volume_[waiting_] = static_cast<float>(volume);
    if (++waiting_ == CellPlaces::kBlock) Flush();
  }
  void Flush() {
    CellPlaces places;
    PlaceParts(dose_.data(), spread_.data(), volume_.data(), waiting_, scale_, places);
    AddPlaces(places, waiting_);
    waiting_ = 0;
  }

  // REQUIRES: both are flushed.
  void Merge(const DoseHistogram& other) {
    for (size_t b = 0; b < even_.size(); ++b) {
      even_[b] += other.even_[b];
      odd_[b] += other.odd_[b];
    }
  }

  // Volume at or above each bin's lower edge; the last 0.
  std::vector<double> Cumulative() const {
    const size_t count = even_.size() - 1;
    std::vector<double> volume(count + 1, 0);
    double density = 0;
    for (size_t b = 0; b < count; ++b) {
      density += even_[b] + odd_[b];
      volume[b] = std::max(0.0, density);
    }
    for (size_t b = count; b-- > 0;) volume[b] += volume[b + 1];
    return volume;
  }

 private:
  void AddPlaces(const CellPlaces& places, size_t count) {
    double* __restrict even = even_.data();
    double* __restrict odd = odd_.data();
    const auto add = [&places](double* change, size_t c) {
      const double share = static_cast<double>(places.density[c]);
      change[places.first[c]] += share;
      change[places.last[c]] -= share;
    };
    size_t c = 0;
    for (; c + 1 < count; c += 2) {
      add(even, c);
      add(odd, c + 1);
    }
    if (c < count) add(even, c);
  }

  BinScale scale_{0, 1, 1};
  // By how much the share of every bin from here on differs from the one before. In two parts: cells that are
  // neighbours mostly change the same bins, and each would wait for the one before.
  std::vector<double> even_, odd_;
  std::array<float, CellPlaces::kBlock> dose_{}, spread_{}, volume_{};
  size_t waiting_ = 0;
};

}  // namespace isovox
