// Many pairs at once, on the pool.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "align/aligner.h"
#include "exec/exec.h"

namespace isovox::align {

enum class Strands { kForward, kReverse, kBoth };

struct BatchOptions {
  Mode mode = Mode::kInfix;
  Scoring scoring;
  Strands strands = Strands::kForward;  // of the query; with kBoth the better score wins, forward when they are equal
  int64_t batch = 50;                   // pairs that one task takes, at least
  uint64_t most_bytes = uint64_t{1} << 30;  // working memory per task
};

struct PairResult {
  std::optional<Alignment> alignment;
  bool reverse = false;  // the reverse complement of the query was aligned
  std::string code, message;  // why there is no alignment
};

// Aligns queries[i] with references[i], or with the only reference. A pair that fails has its reason and spoils no
// other. Letters are upper case.
std::vector<PairResult> AlignPairs(const Exec& exec, const std::vector<std::string>& queries,
                                   const std::vector<std::string>& references, const BatchOptions& options);

}  // namespace isovox::align
