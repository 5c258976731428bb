#include "loader/intensity.h"

#include <algorithm>
#include <cmath>

namespace isovox::loader {
namespace {

// SplitMix64 (Steele, Lea and Flood 2014) of a counter.
uint64_t Mixed(uint64_t counter) {
  uint64_t z = counter + 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

// Sum of twelve uniform numbers less six: mean 0, deviation 1, no library function whose last bit depends on the CPU.
double NearlyNormal(uint64_t seed, uint64_t place) {
  double sum = -6;
  for (uint64_t part = 0; part < 3; ++part) {
    const uint64_t bits = Mixed(seed + Mixed(place * 3 + part));
    for (int shift = 0; shift < 64; shift += 16) sum += (static_cast<double>(bits >> shift & 0xFFFF) + 0.5) / 65536;
  }
  return sum;
}

struct Changing {
  const std::array<int64_t, 3>& size;
  std::span<float> patch;

  template <typename Function>
  void Each(const Function& function) const {
    for (float& value : patch) value = static_cast<float>(function(static_cast<double>(value)));
  }

  void operator()(const Window& window) const {
    const double scale = 1 / (window.high - window.low);
    Each([&](double v) { return std::clamp((v - window.low) * scale, 0.0, 1.0); });
  }
  void operator()(const Normalise& by) const {
    Each([&](double v) { return (v - by.mean) / by.deviation; });
  }
  void operator()(const Linear& by) const {
    Each([&](double v) { return by.factor * v + by.offset; });
  }
  void operator()(const ZScore&) const {
    if (patch.empty()) return;
    const auto count = static_cast<double>(patch.size());
    double sum = 0, squares = 0;
    for (const float value : patch) sum += static_cast<double>(value);
    const double mean = sum / count;
    for (const float value : patch) squares += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
    const double deviation = std::sqrt(squares / count);
    (*this)(Normalise{mean, deviation > 0 ? deviation : 1});
  }
  void operator()(const Gamma& gamma) const {
    Each([&](double v) { return std::copysign(std::pow(std::abs(v), gamma.exponent), v); });
  }
  void operator()(const Noise& noise) const {
    for (size_t i = 0; i < patch.size(); ++i) {
      patch[i] = static_cast<float>(static_cast<double>(patch[i]) + noise.deviation * NearlyNormal(noise.seed, i));
    }
  }
  void operator()(const BiasField& field) const {
    const auto coordinate = [&](size_t axis, int64_t at) {
      return size[axis] > 1 ? 2 * static_cast<double>(at) / static_cast<double>(size[axis] - 1) - 1 : 0.0;
    };
    size_t at = 0;
    for (int64_t k = 0; k < size[2]; ++k) {
      for (int64_t j = 0; j < size[1]; ++j) {
        for (int64_t i = 0; i < size[0]; ++i, ++at) {
          const double x = coordinate(0, i), y = coordinate(1, j), z = coordinate(2, k);
          double sum = 0, px = 1;
          size_t term = 0;
          for (int a = 0; a <= 3; ++a, px *= x) {
            double py = px;
            for (int b = 0; a + b <= 3; ++b, py *= y) {
              double pz = py;
              for (int c = 0; a + b + c <= 3; ++c, pz *= z) sum += field.coefficients[term++] * pz;
            }
          }
          patch[at] = static_cast<float>(static_cast<double>(patch[at]) * std::exp(sum));
        }
      }
    }
  }
};

}  // namespace

void Apply(const std::vector<Change>& changes, const std::array<int64_t, 3>& size, std::span<float> patch) {
  for (const Change& change : changes) std::visit(Changing{size, patch}, change);
}

}  // namespace isovox::loader
