#include "dicom/decimal.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
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

// The plain form [+-]digits[.digits] with at most 15 digits, which ends at `end` or a backslash: moves `at` there. Up to 15
// digits and a power of ten up to 22 are both exact in a double, so one division rounds correctly.
inline bool ParsePlain(const char*& at, const char* end, double& value) {
  const char* p = at;
  const bool negative = p < end && *p == '-';
  if (p < end && (negative || *p == '+')) ++p;
  uint64_t digits = 0;
  const char* const first = p;
  unsigned digit;
  for (; p < end && (digit = static_cast<unsigned char>(*p) - unsigned{'0'}) < 10; ++p) digits = digits * 10 + digit;
  auto count = p - first;
  std::ptrdiff_t fraction = 0;
  if (p < end && *p == '.') {
    const char* const point = ++p;
    for (; p < end && (digit = static_cast<unsigned char>(*p) - unsigned{'0'}) < 10; ++p) digits = digits * 10 + digit;
    fraction = p - point;
    count += fraction;
  }
  if (count == 0 || count > 15 || (p < end && *p != '\\')) return false;
  const double magnitude = static_cast<double>(digits) / kPowersOfTen[fraction];
  value = negative ? -magnitude : magnitude;
  at = p;
  return true;
}

}  // namespace

double ParseDecimal(std::string_view text) {
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end && IsPadding(*at)) ++at;
  while (at < end && IsPadding(end[-1])) --end;
  if (at == end) return kNaN;
  const char* begin = at;
  double value = 0;
  if (ParsePlain(at, end, value)) return at == end ? value : kNaN;
  return ParseSlowly(begin, end);
}

void ParseDecimals(std::string_view text, std::vector<double>& into) {
  while (!text.empty() && IsPadding(text.back())) text.remove_suffix(1);
  if (text.empty()) return;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;; ++at) {
    double value = 0;
    if (!ParsePlain(at, end, value)) {
      const char* stop = std::find(at, end, '\\');
      value = ParseDecimal({at, static_cast<size_t>(stop - at)});
      at = stop;
    }
    into.push_back(value);
    if (at == end) return;
  }
}

}  // namespace isovox::dicom
