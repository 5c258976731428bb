#include "addon/range_args.h"

#include <cmath>
#include <string>

#include "base/error.h"

namespace isovox::addon {

std::pair<int64_t, int64_t> RangeOfArgs(const Args& args, const char* key, int64_t there) {
  if (!args.Has(key)) return {0, there};
  const auto range = args.Numbers(key, 2);
  for (const double end : range) {
    if (end != std::floor(end) || end < 0 || end > static_cast<double>(there)) {
      throw InvalidArgument(key, "[begin, end) within 0 to " + std::to_string(there), std::to_string(end));
    }
  }
  if (range[1] < range[0]) throw InvalidArgument(key, "an end that is not before its begin", std::to_string(range[1]));
  return {static_cast<int64_t>(range[0]), static_cast<int64_t>(range[1] - range[0])};
}

}  // namespace isovox::addon
