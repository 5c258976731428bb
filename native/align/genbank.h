// GenBank flat files (INSDC feature table): sequences with their features.
#pragma once

#include <vector>

#include "align/sequences.h"
#include "align/text_lines.h"

namespace isovox::align {

// Entries up to the end of the text. Features whose location leaves the sequence, or lies in another entry, are left out.
std::vector<Sequence> ParseGenbank(TextLines& lines);

}  // namespace isovox::align
