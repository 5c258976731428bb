// A number as a voxel of a type: whole numbers are rounded to the nearest and held within the type.
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

namespace isovox {

template <typename T>
T HeldValue(double value) {
  if constexpr (std::is_integral_v<T>) {
    const double rounded = std::nearbyint(value);
    // The type's largest value as a double may lie above it.
    if (!(rounded > static_cast<double>(std::numeric_limits<T>::lowest()))) return std::numeric_limits<T>::lowest();
    if (rounded >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    return static_cast<T>(rounded);
  } else {
    return static_cast<T>(value);
  }
}

}  // namespace isovox
