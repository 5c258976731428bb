#include "radiomics/standard.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"

namespace isovox::radiomics {

Standard StandardOf(const Volume& image) {
  long double sum = 0, square = 0;
  double n = 0;
  bool flat = true;
  VisitDType(image.dtype, [&]<typename T>(T) {
    const auto voxels = image.As<T>();
    n = static_cast<double>(voxels.size());
    flat = std::adjacent_find(voxels.begin(), voxels.end(), std::not_equal_to<T>()) == voxels.end();
    for (const T stored : voxels) {
      const double x = image.slope * static_cast<double>(stored) + image.intercept;
      sum += x;
      square += x * x;
    }
  });
  const auto all = static_cast<double>(sum), squares = static_cast<double>(square);
  const Standard standard{all / n, std::sqrt((squares - all * all / n) / (n - 1))};
  // The formula may leave a flat image a deviation of nothing but rounding.
  if (flat || !(standard.deviation > 0)) throw InvalidArgument("normalize", "an image that is not flat", "a flat image");
  return standard;
}

}  // namespace isovox::radiomics
