// Where in two sequences the best infix or local alignment lies, without its path: memory grows with the lengths, not
// with their product.
#pragma once

#include <cstdint>
#include <string_view>

#include "align/scoring.h"

namespace isovox::align {

struct Place {
  int64_t score = 0;
  int64_t query_begin = 0, query_end = 0;          // half open
  int64_t reference_begin = 0, reference_end = 0;  // half open
};

// Of places with equal scores the one that ends first, and of those that end there the shortest. Mode kInfix or kLocal.
Place Locate(std::string_view query, std::string_view reference, Mode mode, const Scoring& scoring);

}  // namespace isovox::align
