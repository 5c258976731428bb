// Moments, percentiles and deviations of a list of numbers: what intensity statistics and histograms share.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "radiomics/intensities.h"

namespace isovox::radiomics {

struct Moments {
  double n = 0, sum_square = 0;
  double mean = 0, variance = 0, skewness = 0, kurtosis = 0;  // population moments; excess kurtosis; 0 when flat
  double min = 0, p10 = 0, p25 = 0, median = 0, p75 = 0, p90 = 0, max = 0;
  double mean_deviation = 0;         // mean |x - mean|
  double robust_mean_deviation = 0;  // the same of the values within [p10, p90], about their own mean
  double median_deviation = 0;       // mean |x - median|
};

// Percentiles interpolate linearly between the neighbours in rank.
Moments MomentsOf(const Intensities& intensities);
Moments MomentsOf(std::span<const Counted> values);

}  // namespace isovox::radiomics
