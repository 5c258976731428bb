// Pairwise alignment of two sequences of letters. Global alignments and the paths of all others come from WFA2-lib
// (Marco-Sola et al. 2021 and 2023), the places of infix and local alignments from parasail (Daily 2016).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "align/scoring.h"

namespace isovox::align {

struct Alignment {
  int64_t score = 0;
  int64_t edit_distance = 0;  // mismatches and letters in gaps
  double identity = 0;        // matches per column of the alignment, 0 to 1
  std::string cigar;          // = X I D; I is a letter of the query that the reference lacks
  int64_t query_begin = 0, query_end = 0;          // half open
  int64_t reference_begin = 0, reference_end = 0;  // half open
};

// Keeps its working memory from pair to pair: one per thread.
class Aligner {
 public:
  // Letters are compared as they are; callers settle their case. `most_bytes` bounds the working memory of one pair.
  Aligner(const Scoring& scoring, Mode mode, uint64_t most_bytes);
  ~Aligner();
  Aligner(const Aligner&) = delete;
  Aligner& operator=(const Aligner&) = delete;

  // Throws ERR_RESOURCE when the pair needs more memory than it may have, ERR_INVALID_ARGUMENT for an empty sequence.
  // A local alignment of sequences without any match is empty.
  Alignment Align(std::string_view query, std::string_view reference);

 private:
  struct Paths;
  Scoring scoring_;
  Mode mode_;
  uint64_t most_bytes_;
  std::unique_ptr<Paths> paths_;
};

// Score, edit distance and identity of a path of operations (one letter of M = X I D per column).
Alignment Measure(std::string_view operations, std::string_view query, std::string_view reference,
                  const Scoring& scoring);

}  // namespace isovox::align
