#include "align/affine_lanes.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace isovox::align {
namespace {

constexpr int64_t kLanes = AffineLanes::kLanes;
constexpr int kUnreached = 30'000;
constexpr int64_t kLongest = 2048;
constexpr int64_t kCellsPerWord = 4;  // four bits of each cell make a word of 16
constexpr int64_t kPadding = kCellsPerWord;

// What is known of a cell, for the way back.
constexpr int16_t kGap = 1;              // the best path into it ends in a gap
constexpr int16_t kOfQuery = 2;          // which is one of letters of the query alone
constexpr int16_t kReferenceGoesOn = 4;  // the best gap of letters of the reference that ends here is longer than one
constexpr int16_t kQueryGoesOn = 8;

struct Band {
  int64_t rows, columns;  // letters of the longest query, and of the longest reference
  int64_t low, width;     // its first diagonal, and how many there are: a multiple of kCellsPerWord
};

// Where the path of a lane ends, and what it costs.
struct End {
  int64_t row, diagonal;
  int* cost;
};

struct Kernel {
  Band band;
  int16_t mismatch, opened, extension;  // `opened`: of a gap's first letter
  const int16_t* query;      // [row][lane]
  const int16_t* reference;  // [column][lane], valid from -kPadding to before columns + kPadding
  int16_t* best;             // [diagonal][lane]: cheapest path into the cell of the row above, and one diagonal behind the last
  int16_t* vertical;         // the same of paths that end in a gap of the query's letters
  int16_t* steps;            // [word][lane]
  const size_t* row_begin;   // first word of each row
  const End* ends;           // [lane]
};

// First and last diagonal, from the band's own, that row i (of 1 to rows) has cells of column 0 or more on.
int64_t FirstOf(const Band& band, int64_t i) { return std::max<int64_t>(0, -(i + band.low)); }
int64_t LastOf(const Band& band, int64_t i) { return std::min(band.width - 1, band.columns - i - band.low); }
int64_t WordsOf(const Band& band, int64_t i) {
  const int64_t first = FirstOf(band, i), last = LastOf(band, i);
  return last < first ? 0 : last / kCellsPerWord - first / kCellsPerWord + 1;
}


template <typename Lanes>
[[gnu::always_inline]] inline void Load(const int16_t* from, Lanes& to) {
  std::memcpy(&to, from, sizeof to);
}
template <typename Lanes>
[[gnu::always_inline]] inline void Store(const Lanes& from, int16_t* to) {
  std::memcpy(to, &from, sizeof from);
}

// Row i for as many lanes, from `lane`, `Lanes` holds.
template <typename Lanes>
[[gnu::always_inline]] inline void RowOf(const Kernel& kernel, int64_t i, int64_t lane) {
  const Band& band = kernel.band;
  const int64_t first = FirstOf(band, i), last = LastOf(band, i);
  const Lanes unreached = Lanes{} + static_cast<int16_t>(kUnreached);
  const int16_t mismatch = kernel.mismatch, opened = kernel.opened, extension = kernel.extension;
  const int16_t* reference = kernel.reference + (i + band.low - 1) * kLanes + lane;
  int16_t* best = kernel.best + lane;
  int16_t* vertical = kernel.vertical + lane;
  int16_t* steps = kernel.steps + static_cast<int64_t>(kernel.row_begin[i]) * kLanes + lane;
  Lanes letter, other, diagonal, above, gap_above;
  Load(kernel.query + (i - 1) * kLanes + lane, letter);
  Lanes left = unreached, gap = unreached;  // of the cell to the left: its best, and what ends in a gap of the reference
  for (int64_t d = first - first % kCellsPerWord; d <= last; d += kCellsPerWord) {
    Lanes word{};
    Load(best + d * kLanes, diagonal);
#pragma GCC unroll 4
    for (int64_t cell = 0; cell < kCellsPerWord; ++cell) {
      const int64_t at = (d + cell) * kLanes;
      Load(reference + at, other);
      Load(best + at + kLanes, above);
      Load(vertical + at + kLanes, gap_above);
      const Lanes paired = diagonal + ((other != letter) & mismatch);
      const Lanes query_opened = above + opened, query_longer = gap_above + extension;
      const Lanes query_gap = query_longer < query_opened ? query_longer : query_opened;
      const Lanes gap_opened = left + opened, gap_longer = gap + extension;
      gap = gap_longer < gap_opened ? gap_longer : gap_opened;
      const Lanes best_gap = query_gap < gap ? query_gap : gap;
      left = best_gap < paired ? best_gap : paired;
      const Lanes known = ((best_gap < paired) & kGap) | ((query_gap <= gap) & kOfQuery) |
                          ((gap_longer < gap_opened) & kReferenceGoesOn) | ((query_longer < query_opened) & kQueryGoesOn);
      word |= known << static_cast<int16_t>(4 * cell);
      Lanes kept = query_gap;
      if (d + cell < first) left = gap = kept = unreached;  // before the first column
      Store(left, best + at);
      Store(kept, vertical + at);
      diagonal = above;
    }
    Store(word, steps);
    steps += kLanes;
  }
}

template <typename Lanes>
[[gnu::always_inline]] inline void RowsOf(const Kernel& kernel) {
  constexpr int64_t kAtOnce = sizeof(Lanes) / sizeof(int16_t);
  for (int64_t lane = 0; lane < kLanes; lane += kAtOnce) {
    for (int64_t i = 1; i <= kernel.band.rows; ++i) {
      RowOf<Lanes>(kernel, i, lane);
      for (int64_t l = lane; l < lane + kAtOnce; ++l) {
        if (kernel.ends[l].row == i) *kernel.ends[l].cost = kernel.best[kernel.ends[l].diagonal * kLanes + l];
      }
    }
  }
}

typedef int16_t Lanes8 __attribute__((vector_size(16)));
typedef int16_t Lanes16 __attribute__((vector_size(32)));
typedef int16_t Lanes32 __attribute__((vector_size(64)));

void PlainRows(const Kernel& kernel) { RowsOf<Lanes8>(kernel); }
#if defined(__x86_64__)
__attribute__((target("avx2"))) void Avx2Rows(const Kernel& kernel) { RowsOf<Lanes16>(kernel); }
__attribute__((target("avx512bw"))) void Avx512Rows(const Kernel& kernel) { RowsOf<Lanes32>(kernel); }
#endif

void Rows(const Kernel& kernel) {
#if defined(__x86_64__)
  static const auto chosen = __builtin_cpu_supports("avx512bw") ? Avx512Rows
                             : __builtin_cpu_supports("avx2")   ? Avx2Rows
                                                                : PlainRows;
  chosen(kernel);
#else
  PlainRows(kernel);
#endif
}

// The way back of one lane, from its end.
class WayBack {
 public:
  explicit WayBack(const LanePair& pair)
      : i_(static_cast<int64_t>(pair.query.size())),
        j_(static_cast<int64_t>(pair.reference.size())),
        operations_(pair.query.size() + pair.reference.size(), 'D'),
        at_(operations_.size()) {}

  // Through the cells of row i, whose words begin at `words` with that of diagonal `first`.
  [[gnu::always_inline]] void Along(int64_t i, int64_t low, const int16_t* words, int64_t first) {
    while (i_ == i && j_ > 0) {
      const int64_t d = j_ - i - low;
      const int known = words[(d - first) / kCellsPerWord * kLanes] >> (4 * (d % kCellsPerWord));
      if (in_ == In::kPairs && (known & kGap) != 0) in_ = (known & kOfQuery) != 0 ? In::kQueryGap : In::kReferenceGap;
      if (in_ == In::kPairs) {
        operations_[--at_] = 'M';
        --i_, --j_;
      } else if (in_ == In::kQueryGap) {
        operations_[--at_] = 'I';
        --i_;
        if ((known & kQueryGoesOn) == 0) in_ = In::kPairs;
      } else {
        operations_[--at_] = 'D';
        --j_;
        if ((known & kReferenceGoesOn) == 0) in_ = In::kPairs;
      }
    }
  }

  // Along the edge of the matrix to the first letters.
  std::string Finish() {
    for (; i_ > 0; --i_) operations_[--at_] = 'I';
    for (; j_ > 0; --j_) operations_[--at_] = 'D';
    operations_.erase(0, at_);
    return std::move(operations_);
  }

 private:
  enum class In { kPairs, kReferenceGap, kQueryGap };
  int64_t i_, j_;
  In in_ = In::kPairs;
  std::string operations_;
  size_t at_;
};

}  // namespace

AffineLanes::AffineLanes(const Costs& costs) : costs_(costs) {
  // The dearest cell is reached along a diagonal of mismatches and through one gap.
  constexpr int kMost = 29'000, kMostStep = 1'000;
  if (std::max({costs.mismatch, costs.opening, costs.extension}) > kMostStep) return;
  longest_ = std::min<int64_t>(kLongest, (kMost - 2 * costs.opening) / (costs.mismatch + costs.extension) - kPadding);
}

std::vector<LanePath> AffineLanes::Align(const std::vector<LanePair>& pairs) {
  Band band{0, 0, 0, 0};
  int64_t high = 0;
  for (const LanePair& pair : pairs) {
    band.rows = std::max(band.rows, static_cast<int64_t>(pair.query.size()));
    band.columns = std::max(band.columns, static_cast<int64_t>(pair.reference.size()));
    band.low = std::min(band.low, pair.low());
    high = std::max(high, pair.high());
  }
  band.low = std::max(band.low, -band.rows);
  high = std::min(high, band.columns);
  band.width = (high - band.low) / kCellsPerWord * kCellsPerWord + kCellsPerWord;

  const auto lanes = static_cast<size_t>(kLanes);
  query_.assign(static_cast<size_t>(band.rows) * lanes, -1);
  reference_.assign(static_cast<size_t>(band.columns + 2 * kPadding) * lanes, -2);
  const auto spread = [](std::string_view letters, int16_t* to) {
    for (const char letter : letters) {
      *to = static_cast<uint8_t>(letter);
      to += kLanes;
    }
  };
  std::vector<LanePath> paths(pairs.size());
  std::array<End, kLanes> ends{};
  for (size_t l = 0; l < pairs.size(); ++l) {
    spread(pairs[l].query, query_.data() + l);
    spread(pairs[l].reference, reference_.data() + static_cast<size_t>(kPadding) * lanes + l);
    ends[l] = {static_cast<int64_t>(pairs[l].query.size()), pairs[l].turn() - band.low, &paths[l].cost};
  }
  best_.assign(static_cast<size_t>(band.width + 1) * lanes, kUnreached);
  vertical_.assign(best_.size(), kUnreached);
  for (int64_t d = -band.low; d < band.width; ++d) {
    const int64_t j = d + band.low;
    const int64_t cost = j == 0 ? 0 : costs_.opening + costs_.extension * j;
    std::fill_n(best_.begin() + d * kLanes, kLanes, static_cast<int16_t>(cost));
  }
  row_begin_.assign(static_cast<size_t>(band.rows) + 2, 0);
  for (int64_t i = 1; i <= band.rows; ++i) {
    row_begin_[static_cast<size_t>(i) + 1] = row_begin_[static_cast<size_t>(i)] + static_cast<size_t>(WordsOf(band, i));
  }
  if (steps_.size() < row_begin_.back() * lanes) steps_.resize(row_begin_.back() * lanes);
  const Kernel kernel{band,
                      static_cast<int16_t>(costs_.mismatch),
                      static_cast<int16_t>(costs_.opening + costs_.extension),
                      static_cast<int16_t>(costs_.extension),
                      query_.data(),
                      reference_.data() + static_cast<size_t>(kPadding) * lanes,
                      best_.data(),
                      vertical_.data(),
                      steps_.data(),
                      row_begin_.data(),
                      ends.data()};
  Rows(kernel);

  std::vector<WayBack> ways(pairs.begin(), pairs.end());
  // Row by row, since the cells of all lanes lie side by side.
  for (int64_t i = band.rows; i > 0; --i) {
    const int16_t* words = steps_.data() + row_begin_[static_cast<size_t>(i)] * lanes;
    const int64_t first = FirstOf(band, i) / kCellsPerWord * kCellsPerWord;
    for (size_t l = 0; l < ways.size(); ++l) ways[l].Along(i, band.low, words + l, first);
  }
  for (size_t l = 0; l < pairs.size(); ++l) {
    paths[l].operations = ways[l].Finish();
    const int64_t turn = pairs[l].turn(), last = band.low + band.width - 1;
    // A path that leaves the band has that many letters in gaps, in two gaps at least.
    const int64_t above = 2 * (last + 1) - turn, below = 2 * (1 - band.low) + turn;
    const auto dearer = [&](int64_t letters) { return 2 * costs_.opening + costs_.extension * letters > paths[l].cost; };
    paths[l].certain = (last >= static_cast<int64_t>(pairs[l].reference.size()) || dearer(above)) &&
                       (-band.low >= static_cast<int64_t>(pairs[l].query.size()) || dearer(below));
  }
  return paths;
}

int64_t SpareFor(const Costs& costs, const LanePair& pair, int cost) {
  const int64_t short_of = cost - 2 * costs.opening - costs.extension * (std::abs(pair.turn()) + 2);
  return short_of < 0 ? 0 : short_of / (2 * costs.extension) + 1;
}

}  // namespace isovox::align
