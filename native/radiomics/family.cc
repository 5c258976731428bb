#include "radiomics/family.h"

#include <cmath>

namespace isovox::radiomics {
namespace {

constexpr Variant kDirectional[] = {{k2dAverage, "_2D_avg"},    {k2dMerged, "_2D_comb"},
                                    {k25dAverage, "_2_5D_avg"}, {k25dMerged, "_2_5D_comb"},
                                    {k3dAverage, "_3D_avg"},    {k3dMerged, "_3D_comb"}};
constexpr Variant kPlain[] = {{k2dAverage, "_2D"}, {k25dMerged, "_2_5D"}, {k3dMerged, "_3D"}};

}  // namespace

const std::span<const Variant> kDirectionalVariants = kDirectional;
const std::span<const Variant> kPlainVariants = kPlain;

void RowMean::Add(std::span<const double> row) {
  for (size_t f = 0; f < row.size(); ++f) {
    if (std::isnan(row[f])) continue;
    sum_[f] += row[f];
    ++count_[f];
  }
}

void RowMean::AddAll(const RowMean& other) {
  for (size_t f = 0; f < sum_.size(); ++f) {
    sum_[f] += other.sum_[f];
    count_[f] += other.count_[f];
  }
}

void RowMean::Store(std::span<double> row) const {
  for (size_t f = 0; f < sum_.size(); ++f) row[f] = sum_[f] / static_cast<double>(count_[f]);
}

}  // namespace isovox::radiomics
