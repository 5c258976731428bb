#include "radiomics/cooccurrence.h"

#include <algorithm>
#include <array>

namespace isovox::radiomics {
namespace {

// c log2 c of whole numbers, from a table where they are small.
double XLog2X(uint64_t c) {
  static const std::array<double, 4096> table = [] {
    std::array<double, 4096> values{};
    for (size_t i = 1; i < values.size(); ++i) values[i] = static_cast<double>(i) * std::log2(static_cast<double>(i));
    return values;
  }();
  return c < table.size() ? table[c] : static_cast<double>(c) * std::log2(static_cast<double>(c));
}

double XLog2X(double c) { return c > 0 ? c * std::log2(c) : 0; }

// Entropy in bits of counts whose c log2 c sum to `weighted` and which sum to n. One pair of n in a cell of its own is more
// than 1 / n; what is far below is the rounding of a single cell, which features divide by.
double Entropy(double weighted, double n) {
  const double bits = std::log2(n) - weighted / n;
  return bits > 1e-13 ? bits : 0;
}

}  // namespace

namespace {

// Neighbouring voxels often ask for the same count: with a table for each direction its additions need not wait for each
// other.
template <size_t N>
void CountAlong(const Levels& levels, size_t first_span, size_t last_span, const int64_t* offsets, uint32_t* const* counts,
                size_t width) {
  for (size_t s = first_span; s < last_span; ++s) {
    const uint16_t* code = levels.code.data() + levels.spans[s].first;
    for (int64_t x = 0; x < levels.spans[s].length; ++x) {
      const size_t row = code[x] * width;
      for (size_t d = 0; d < N; ++d) ++counts[d][row + code[x + offsets[d]]];
    }
  }
}

}  // namespace

void PairCounts::Count(const Levels& levels, size_t first_span, size_t last_span, std::span<const int64_t> offsets,
                       std::span<PairCounts> counts) {
  for (size_t d = 0; d < offsets.size(); d += 4) {
    const size_t n = std::min<size_t>(offsets.size() - d, 4);
    uint32_t* tables[4];
    for (size_t t = 0; t < n; ++t) tables[t] = counts[d + t].counts_.data();
    const auto along = n == 4 ? CountAlong<4> : n == 3 ? CountAlong<3> : n == 2 ? CountAlong<2> : CountAlong<1>;
    along(levels, first_span, last_span, offsets.data() + d, tables, counts[0].width_);
  }
}

void PairCounts::Merge(const PairCounts& other) {
  for (size_t c = 0; c < counts_.size(); ++c) counts_[c] += other.counts_[c];
}

void PairCounts::Clear() { std::fill(counts_.begin(), counts_.end(), 0); }

void WeightedPairs::Add(const PairCounts& counts, double weight) {
  for (size_t a = 1; a < width_; ++a) {
    for (size_t b = 1; b < width_; ++b) values_[a * width_ + b] += weight * counts.OneWay(a, b);
  }
}

namespace {

struct Margin {
  double mean = 0, variance = 0, entropy = 0;
};

template <typename Count>
Margin MarginOf(const std::vector<Count>& counts, const Levels& levels, double n) {
  Margin m;
  double weighted = 0;
  for (size_t a = 1; a < counts.size(); ++a) {
    m.mean += static_cast<double>(counts[a]) * static_cast<double>(levels.level[a]) / n;
    weighted += XLog2X(counts[a]);
  }
  m.entropy = Entropy(weighted, n);
  for (size_t a = 1; a < counts.size(); ++a) {
    const double d = static_cast<double>(levels.level[a]) - m.mean;
    m.variance += static_cast<double>(counts[a]) * d * d / n;
  }
  return m;
}

template <typename Count, bool kOneWay, typename Pairs>
CooccurrenceSums Sums(const Pairs& counts, const Levels& levels) {
  CooccurrenceSums s;
  const auto top = static_cast<size_t>(levels.top);
  std::vector<Count> margin(counts.width(), 0), margin_j(kOneWay ? counts.width() : 0, 0), sum(2 * top + 1, 0), difference(top + 1, 0);
  Count max = 0;
  double energy = 0, joint = 0;
  for (size_t a = 1; a < counts.width(); ++a) {
    const int64_t level_a = levels.level[a];
    const auto visit = [&](size_t b, Count times) {
      const Count c = kOneWay ? counts.OneWay(a, b) : counts.Symmetric(a, b);
      if (c == 0) return;
      max = std::max(max, c);
      energy += static_cast<double>(times) * static_cast<double>(c) * static_cast<double>(c);
      joint += static_cast<double>(times) * XLog2X(c);
      margin[a] += c;
      if (times == 2) margin[b] += c;
      if (kOneWay) margin_j[b] += c;
      sum[static_cast<size_t>(level_a + levels.level[b])] += times * c;
      difference[static_cast<size_t>(std::abs(levels.level[b] - level_a))] += times * c;
    };
    if (kOneWay) {
      for (size_t b = 1; b < counts.width(); ++b) visit(b, 1);
    } else {
      visit(a, 1);
      for (size_t b = a + 1; b < counts.width(); ++b) visit(b, 2);
    }
  }
  Count total = 0;
  for (const Count c : margin) total += c;
  s.pairs = static_cast<double>(total);
  if (total == 0) return s;
  const double n = s.pairs;
  s.max = static_cast<double>(max) / n;
  s.energy = energy / (n * n);
  s.entropy = Entropy(joint, n);

  const Margin i = MarginOf(margin, levels, n), j = kOneWay ? MarginOf(margin_j, levels, n) : i;
  s.mean = i.mean;
  s.variance = i.variance;
  s.margin_entropies = i.entropy + j.entropy;
  s.larger_margin_entropy = std::max(i.entropy, j.entropy);

  double weighted = 0;
  const auto levels_in_all = static_cast<double>(levels.top);
  for (size_t k = 0; k < difference.size(); ++k) {
    if (difference[k] == 0) continue;
    const double p = static_cast<double>(difference[k]) / n, d = static_cast<double>(k);
    s.diff_mean += d * p;
    s.diff_square += d * d * p;
    s.inverse_difference += p / (1 + d);
    s.inverse_difference_normalised += p / (1 + d / levels_in_all);
    s.inverse_difference_moment += p / (1 + d * d);
    s.inverse_difference_moment_normalised += p / (1 + d * d / (levels_in_all * levels_in_all));
    if (k > 0) s.inverse_variance += p / (d * d);
    weighted += XLog2X(difference[k]);
  }
  s.diff_entropy = Entropy(weighted, n);
  for (size_t k = 0; k < difference.size(); ++k) {
    const double d = static_cast<double>(k) - s.diff_mean;
    s.diff_variance += d * d * static_cast<double>(difference[k]) / n;
  }

  weighted = 0;
  double square = 0;
  for (size_t k = 2; k < sum.size(); ++k) {
    const double p = static_cast<double>(sum[k]) / n, d = static_cast<double>(k);
    s.sum_mean += d * p;
    square += d * d * p;
    weighted += XLog2X(sum[k]);
  }
  s.sum_entropy = Entropy(weighted, n);
  for (size_t k = 2; k < sum.size(); ++k) {
    if (sum[k] == 0) continue;
    const double p = static_cast<double>(sum[k]) / n, d = static_cast<double>(k) - s.sum_mean;
    s.sum_moment2 += d * d * p;
    s.sum_moment3 += d * d * d * p;
    s.sum_moment4 += d * d * d * d * p;
  }
  // (i + j)^2 - (i - j)^2 = 4 i j.
  s.autocorrelation = (square - s.diff_square) / 4;
  const double spread = kOneWay ? std::sqrt(i.variance) * std::sqrt(j.variance) : i.variance;
  if (spread > 0) s.correlation = (s.autocorrelation - i.mean * j.mean) / spread;
  return s;
}

}  // namespace

CooccurrenceSums SumsOf(const Matrix<PairCounts>& matrix, const Levels& levels) {
  return matrix.one_way ? Sums<uint64_t, true>(matrix.pairs, levels) : Sums<uint64_t, false>(matrix.pairs, levels);
}
CooccurrenceSums SumsOf(const Matrix<WeightedPairs>& matrix, const Levels& levels) {
  return matrix.one_way ? Sums<double, true>(matrix.pairs, levels) : Sums<double, false>(matrix.pairs, levels);
}

}  // namespace isovox::radiomics
