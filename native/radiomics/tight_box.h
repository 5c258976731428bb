// The smallest box that holds what one looks for.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "volume/mask.h"

namespace isovox::radiomics {

// Of the numbers of a box, i fastest, for which `in` holds; empty when there is none.
template <typename T, typename In>
IndexBox TightBox(const T* values, const std::array<int64_t, 3>& size, const In& in) {
  IndexBox box{size, {0, 0, 0}};
  const T* row = values;
  for (int64_t k = 0; k < size[2]; ++k) {
    for (int64_t j = 0; j < size[1]; ++j, row += size[0]) {
      const T* end = row + size[0];
      const T* first = std::find_if(row, end, in);
      if (first == end) continue;
      const T* last = end;
      while (!in(last[-1])) --last;
      box.begin = {std::min(box.begin[0], first - row), std::min(box.begin[1], j), std::min(box.begin[2], k)};
      box.end = {std::max(box.end[0], last - row), std::max(box.end[1], j + 1), k + 1};
    }
  }
  return box;
}

}  // namespace isovox::radiomics
