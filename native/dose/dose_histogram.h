// A dose-volume histogram under construction: every cell spreads its volume evenly over the doses it contains.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace isovox {

class DoseHistogram {
 public:
  DoseHistogram() = default;
  // Bins of `width` gray, the first beginning at `low`.
  DoseHistogram(double low, double width, size_t bins)
      : low_(static_cast<float>(low)), inverse_(static_cast<float>(1 / width)),
        top_(static_cast<float>(bins) - 1e-3F), bins_(bins + 2) {}

  // Adds `volume` spread evenly over [dose - spread, dose + spread], at least one bin wide.
  void Add(float dose, float spread, double volume) {
    const float centre = (dose - low_) * inverse_;
    const float half = std::max(spread * inverse_, 0.5F);
    const float a = std::clamp(centre - half, 0.0F, top_), b = std::clamp(centre + half, 0.0F, top_);
    if (b - a < 0.25F) {  // all of it beyond an end
      bins_[static_cast<size_t>(a)].part += volume;
      return;
    }
    const double density = volume / static_cast<double>(b - a);
    const auto first = static_cast<size_t>(a), last = static_cast<size_t>(b);
    if (first == last) {
      bins_[first].part += volume;
      return;
    }
    bins_[first].part += density * static_cast<double>(static_cast<float>(first + 1) - a);
    bins_[last].part += density * static_cast<double>(b - static_cast<float>(last));
    bins_[first + 1].change += density;
    bins_[last].change -= density;
  }

  void Merge(const DoseHistogram& other) {
    for (size_t b = 0; b < bins_.size(); ++b) {
      bins_[b].part += other.bins_[b].part;
      bins_[b].change += other.bins_[b].change;
    }
  }

  // Volume at or above each bin's lower edge; one more value than bins, the last 0.
  std::vector<double> Cumulative() const {
    const size_t count = bins_.size() - 2;
    std::vector<double> volume(count + 1, 0);
    double density = 0;
    for (size_t b = 0; b < count; ++b) {
      density += bins_[b].change;
      volume[b] = std::max(0.0, bins_[b].part + density);
    }
    for (size_t b = count; b-- > 0;) volume[b] += volume[b + 1];
    return volume;
  }

 private:
  // A bin's own share, and by how much the share of every bin from here on differs from the one before.
  struct Bin {
    double part = 0, change = 0;
  };
  float low_ = 0, inverse_ = 1, top_ = 1;
  std::vector<Bin> bins_;
};

}  // namespace isovox
