#include "dicom/decimal.h"

#include <charconv>
#include <cstdint>

namespace isovox::dicom {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool IsPadding(char c) { return c == ' ' || c == '\0' || c == '\t' || c == '\r' || c == '\n'; }

double ParseSlowly(const char* begin, const char* end) {
  if (begin < end && *begin == '+') ++begin;
  double value = 0;
  const auto [stop, error] = std::from_chars(begin, end, value);
  // from_chars accepts "inf" and "nan", which no decimal string is.
  if (error != std::errc() || stop != end || value - value != 0) return kNaN;
  return value;
}

}  // namespace

double ParseDecimal(std::string_view text) {
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end && IsPadding(*at)) ++at;
  while (at < end && IsPadding(end[-1])) --end;
  if (at == end) return kNaN;
  // Up to 15 digits and a power of ten up to 22 are both exact in a double, so one division rounds correctly.
  const char* begin = at;
  const bool negative = *at == '-';
  if (negative || *at == '+') ++at;
  uint64_t digits = 0;
  int count = 0, fraction = 0;
  for (; at < end && static_cast<unsigned char>(*at - '0') < 10; ++at, ++count) {
    digits = digits * 10 + static_cast<uint64_t>(*at - '0');
  }
  if (at < end && *at == '.') {
    for (++at; at < end && static_cast<unsigned char>(*at - '0') < 10; ++at, ++count, ++fraction) {
      digits = digits * 10 + static_cast<uint64_t>(*at - '0');
    }
  }
  if (count == 0) return kNaN;
  if (at != end || count > 15) return ParseSlowly(begin, end);
  const double magnitude = static_cast<double>(digits) / kPowersOfTen[fraction];
  return negative ? -magnitude : magnitude;
}

void ParseDecimals(std::string_view text, std::vector<double>& into) {
  while (!text.empty() && IsPadding(text.back())) text.remove_suffix(1);
  if (text.empty()) return;
  size_t begin = 0;
  while (true) {
    const size_t end = text.find('\\', begin);
    into.push_back(ParseDecimal(text.substr(begin, end == std::string_view::npos ? end : end - begin)));
    if (end == std::string_view::npos) return;
    begin = end + 1;
  }
}

}  // namespace isovox::dicom
