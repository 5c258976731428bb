// Decimal and integer strings (PS3.5 6.2, DS and IS): RTSTRUCT keeps its contours as text, a million numbers in a file.
#pragma once

#include <limits>
#include <string_view>
#include <vector>

namespace isovox::dicom {

// The number that `text` is; NaN when it is none. Spaces and NULs around it are allowed, nothing else.
// Correctly rounded, like strtod in the C locale; "nan" and "inf" are not numbers here.
double ParseDecimal(std::string_view text);

// Appends the numbers of a backslash-separated list, NaN for each value that is none (an empty one too).
void ParseDecimals(std::string_view text, std::vector<double>& into);

}  // namespace isovox::dicom
