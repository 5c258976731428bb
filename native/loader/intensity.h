// Changes of the values of a patch, one after the other.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

namespace isovox::loader {

struct Window { double low = 0, high = 1; };             // low to 0, high to 1, clipped
struct Normalise { double mean = 0, deviation = 1; };    // (v - mean) / deviation
struct ZScore {};                                        // by the patch's own mean and deviation
struct Linear { double factor = 1, offset = 0; };        // factor * v + offset
struct Gamma { double exponent = 1; };                   // |v| to that power, with the sign of v
// Adds numbers of nearly normal distribution (twelve uniform ones summed), each of its own place and the seed only.
struct Noise { double deviation = 0; uint64_t seed = 0; };
// Multiplies by exp of a polynomial of third order in coordinates from -1 to 1: coefficients of x^a y^b z^c with
// a + b + c <= 3, a slowest (Sudre et al. 2017; TorchIO's order).
struct BiasField { std::array<double, 20> coefficients{}; };

using Change = std::variant<Window, Normalise, ZScore, Linear, Gamma, Noise, BiasField>;

void Apply(const std::vector<Change>& changes, const std::array<int64_t, 3>& size, std::span<float> patch);

}  // namespace isovox::loader
