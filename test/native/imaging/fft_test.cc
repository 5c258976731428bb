// Discrete Fourier transforms against the sum that defines them, of lines that are full and of lines that end in zeros.
#include "imaging/fft.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <type_traits>
#include <vector>

namespace isovox {
namespace {

double ValueAt(int64_t t, int64_t line) { return std::sin(static_cast<double>(3 * t + 7 * line + 1)); }

}  // namespace

TEST_CASE_TEMPLATE("fft: lines that end in zeros are transformed as if they held them", T, float, double) {
  constexpr int64_t kBatch = 19;  // whole vectors and what is left
  const double tolerance = std::is_same_v<T, float> ? 1e-4 : 1e-11;
  // First steps of 4, 3, 2 and 5, a length of one, and one of other factors; filled to below a half, to it, above and whole.
  for (const int64_t length : {1, 5, 8, 10, 18, 27, 36, 45, 48, 135, 14, 62}) {
    const Fft<T> plan(length);
    for (const int64_t filled : {int64_t{0}, length / 3, length / 2, 2 * length / 3, length}) {
      std::vector<T> re(static_cast<size_t>(length * kBatch), T{99}), im(re.size(), T{-99});
      for (int64_t t = 0; t < filled; ++t) {
        for (int64_t b = 0; b < kBatch; ++b) {
          re[static_cast<size_t>(t * kBatch + b)] = static_cast<T>(ValueAt(t, b));
          im[static_cast<size_t>(t * kBatch + b)] = static_cast<T>(ValueAt(t, b + 10));
        }
      }
      plan.Forward(re.data(), im.data(), kBatch, filled);
      for (int64_t f = 0; f < length; ++f) {
        for (int64_t b = 0; b < kBatch; ++b) {
          double sum_re = 0, sum_im = 0;
          for (int64_t t = 0; t < filled; ++t) {
            const double angle = -2 * std::numbers::pi * static_cast<double>(f * t % length) / static_cast<double>(length);
            const double c = std::cos(angle), s = std::sin(angle), x = ValueAt(t, b), y = ValueAt(t, b + 10);
            sum_re += x * c - y * s;
            sum_im += x * s + y * c;
          }
          const auto at = static_cast<size_t>(f * kBatch + b);
          REQUIRE(std::abs(re[at] - sum_re) < tolerance);
          REQUIRE(std::abs(im[at] - sum_im) < tolerance);
        }
      }
    }
  }
}

}  // namespace isovox
