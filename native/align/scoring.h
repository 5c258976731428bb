// How an alignment is scored, and what it may leave out.
#pragma once

#include <string>

namespace isovox::align {

// A match is worth `match`, a mismatch costs `mismatch`, a gap of length L costs gap_opening + L * gap_extension. All
// are 0 or more. With `edit` every mismatch and every letter of a gap costs one and a match is worth nothing.
struct Scoring {
  int match = 2;
  int mismatch = 4;
  int gap_opening = 4;
  int gap_extension = 2;
  bool edit = false;

  int MatchScore() const { return edit ? 0 : match; }
  int MismatchScore() const { return edit ? -1 : -mismatch; }
  int Opening() const { return edit ? 0 : gap_opening; }
  int Extension() const { return edit ? 1 : gap_extension; }
};

enum class Mode {
  kGlobal,  // both sequences from end to end
  kInfix,   // the whole query, anywhere in the reference: what stands before and behind costs nothing
  kLocal,   // the best pair of substrings
};

}  // namespace isovox::align
