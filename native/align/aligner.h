// Pairwise alignment of two sequences of letters. Paths of up to 2048 letters with affine gaps come from lanes of 16 bits,
// all others from WFA2-lib (Marco-Sola et al. 2021 and 2023); the places of infix and local alignments from parasail
// (Daily 2016).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "align/scoring.h"
#include "base/error.h"
#include "exec/exec.h"

namespace isovox::align {

struct Alignment {
  int64_t score = 0;
  int64_t edit_distance = 0;  // mismatches and letters in gaps
  double identity = 0;        // matches per column of the alignment, 0 to 1
  std::string cigar;          // = X I D; I is a letter of the query that the reference lacks
  int64_t query_begin = 0, query_end = 0;          // half open
  int64_t reference_begin = 0, reference_end = 0;  // half open
};

struct Pair {
  std::string_view query, reference;
};

struct Outcome {
  std::optional<Alignment> alignment;
  std::optional<Error> error;  // why there is no alignment
};

// Keeps its working memory from pair to pair: one per thread.
class Aligner {
 public:
  // Letters are compared as they are; callers settle their case. `most_bytes` bounds the working memory of one pair.
  Aligner(const Scoring& scoring, Mode mode, uint64_t most_bytes);
  ~Aligner();
  Aligner(const Aligner&) = delete;
  Aligner& operator=(const Aligner&) = delete;

  // Of each pair in turn; that of a pair does not depend on the others. Errors are ERR_RESOURCE when the pair needs more
  // memory than it may have, ERR_INVALID_ARGUMENT for an empty sequence. A local alignment of sequences without any match
  // is empty.
  std::vector<Outcome> Align(const Exec& exec, const std::vector<Pair>& pairs);

 private:
  struct Paths;
  struct Job;
  Job Begin(const Pair& pair) const;
  Alignment Finish(const Job& job) const;

  Scoring scoring_;
  Mode mode_;
  uint64_t most_bytes_;
  std::unique_ptr<Paths> paths_;
};

// Score, edit distance and identity of a path of operations (one letter of M = X I D per column).
Alignment Measure(std::string_view operations, std::string_view query, std::string_view reference,
                  const Scoring& scoring);

}  // namespace isovox::align
