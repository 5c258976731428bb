#include "filters/wavelets.h"

namespace isovox::filters {
namespace {

struct Row {
  const char* name;
  std::vector<double> low, high;  // high is empty for an orthogonal wavelet
};

const std::vector<Row>& Rows() {
#define ISOVOX_TAPS(...) \
  { __VA_ARGS__ }
#define WAVELET(name, ...) {name, {__VA_ARGS__}, {}},
#define WAVELET_PAIR(name, low, high) {name, ISOVOX_TAPS low, ISOVOX_TAPS high},
  static const std::vector<Row> rows = {
#include "filters/wavelet_table.inc"
  };
#undef WAVELET
#undef WAVELET_PAIR
#undef ISOVOX_TAPS
  return rows;
}

}  // namespace

std::optional<Wavelet> WaveletFromName(std::string_view name) {
  for (const Row& row : Rows()) {
    if (name != row.name) continue;
    Wavelet wavelet{row.low, row.high};
    if (!wavelet.high.empty()) return wavelet;
    for (size_t k = 0; k < row.low.size(); ++k) {
      const double tap = row.low[row.low.size() - 1 - k];
      wavelet.high.push_back(k % 2 == 0 ? -tap : tap);
    }
    return wavelet;
  }
  return std::nullopt;
}

std::vector<std::string> WaveletNames() {
  std::vector<std::string> names;
  for (const Row& row : Rows()) names.emplace_back(row.name);
  return names;
}

Kernel CentredKernel(std::span<const double> taps) {
  Kernel kernel{{taps.begin(), taps.end()}, 0};
  if (kernel.taps.size() % 2 == 0) kernel.taps.push_back(0);
  kernel.centre = static_cast<int64_t>(kernel.taps.size()) / 2;
  return kernel;
}

}  // namespace isovox::filters
