// The dynamic programme of Gotoh (1982) for 32 pairs of sequences at once, one in each lane of 16 bits, within a band of
// diagonals.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isovox::align {

// What a path costs: nothing for a match, `mismatch` for a mismatch, opening + L * extension for a gap of length L.
struct Costs {
  int mismatch = 0, opening = 0, extension = 0;
};

// Sequences of one pair, neither empty. Diagonals are counted from that of the first letters, towards the end of the
// reference; a band is `spare` diagonals wider on both sides than the pair's ends ask for.
struct LanePair {
  std::string_view query, reference;
  int64_t spare = 0;

  int64_t turn() const { return static_cast<int64_t>(reference.size()) - static_cast<int64_t>(query.size()); }
  int64_t low() const { return std::min<int64_t>(0, turn()) - spare; }
  int64_t high() const { return std::max<int64_t>(0, turn()) + spare; }
};

struct LanePath {
  int cost = 0;
  bool certain = false;  // no path outside the band costs as little
  std::string operations;  // M, I (a letter of the query alone) or D (one of the reference), a letter per column
};

class AffineLanes {
 public:
  static constexpr int64_t kLanes = 32;

  explicit AffineLanes(const Costs& costs);

  // The longest sequences whose costs fit 16 bits with these scores, at most 2048; 0: none.
  int64_t longest() const { return longest_; }
  // Of the working memory, at most.
  static constexpr uint64_t kMostBytes = uint64_t{80} << 20;

  // A cheapest path of each of 1 to 32 pairs, none longer than longest(). Of paths that cost the same the one is taken that,
  // read from its end, pairs letters first, then takes a letter of the query, and ends a gap rather than going on. A path
  // that is certain is the same for any wider band, and whatever the other lanes hold.
  std::vector<LanePath> Align(const std::vector<LanePair>& pairs);

 private:
  Costs costs_;
  int64_t longest_ = 0;
  std::vector<int16_t> query_, reference_, best_, vertical_, steps_;
  std::vector<size_t> row_begin_;
};

// The least `spare` with which a path that costs `cost` is certain.
int64_t SpareFor(const Costs& costs, const LanePair& pair, int cost);

}  // namespace isovox::align
