// Counts of neighbouring level pairs, and every sum of them that co-occurrence features are made from.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "radiomics/levels.h"

namespace isovox::radiomics {

// Pairs are counted one way, from a voxel to a later one; SumsOf makes them symmetric, as IBSI 1 chapter 3.6.1 wants the
// matrix, unless they are asked for as OneWay.
class PairCounts {
 public:
  explicit PairCounts(const Levels& levels)
      : width_(static_cast<size_t>(levels.codes()) + 1), counts_(width_ * width_, 0) {}
  // Adds the pairs along offsets[d] to counts[d], for the voxels of spans [first, last).
  static void Count(const Levels& levels, size_t first_span, size_t last_span, std::span<const int64_t> offsets,
                    std::span<PairCounts> counts);
  void Merge(const PairCounts& other);
  void Clear();
  // By codes; code 0 is outside the mask and must not be asked for.
  uint32_t Symmetric(size_t a, size_t b) const { return counts_[a * width_ + b] + counts_[b * width_ + a]; }
  uint32_t OneWay(size_t a, size_t b) const { return counts_[a * width_ + b]; }
  size_t width() const { return width_; }

 private:
  size_t width_;
  std::vector<uint32_t> counts_;
};

// Counts of several directions, each times a weight.
class WeightedPairs {
 public:
  explicit WeightedPairs(size_t width) : width_(width), values_(width * width, 0) {}
  void Add(const PairCounts& counts, double weight);
  double Symmetric(size_t a, size_t b) const { return values_[a * width_ + b] + values_[b * width_ + a]; }
  double OneWay(size_t a, size_t b) const { return values_[a * width_ + b]; }
  size_t width() const { return width_; }

 private:
  size_t width_;
  std::vector<double> values_;
};

// Pairs and which of the two matrices is made of them.
template <typename Pairs>
struct Matrix {
  const Pairs& pairs;
  bool one_way;  // PyRadiomics' matrices that are not made symmetric
};

// p is the matrix scaled to a sum of 1; the margins, sum and difference are its distributions of i, j, i + j and |i - j|;
// sum_moments are central; mean and variance are those of i.
struct CooccurrenceSums {
  double pairs = 0;
  double max = 0, energy = 0, entropy = 0;
  double mean = 0, variance = 0, correlation = 1;
  double margin_entropies = 0, larger_margin_entropy = 0;  // of i and j: their sum, and the larger one
  double diff_mean = 0, diff_square = 0, diff_variance = 0, diff_entropy = 0;
  double sum_mean = 0, sum_moment2 = 0, sum_moment3 = 0, sum_moment4 = 0, sum_entropy = 0;
  double inverse_difference = 0, inverse_difference_normalised = 0;
  double inverse_difference_moment = 0, inverse_difference_moment_normalised = 0;
  double inverse_variance = 0;
  double autocorrelation = 0;
};

CooccurrenceSums SumsOf(const Matrix<PairCounts>& matrix, const Levels& levels);
CooccurrenceSums SumsOf(const Matrix<WeightedPairs>& matrix, const Levels& levels);

}  // namespace isovox::radiomics
