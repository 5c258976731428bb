// Extremes, mean, spread, percentiles and histogram of a volume after scaling; the same bits for any number of threads.
#pragma once

#include <cstdint>
#include <vector>

#include "exec/exec.h"
#include "volume/volume.h"

namespace isovox::formats {

struct Statistics {
  double min = 0, max = 0, mean = 0;
  double deviation = 0;  // square root of the mean squared distance from the mean
  int64_t count = 0;  // finite values; all fields are 0 when there are none
};

Statistics StatisticsOf(const Exec& exec, const Volume& volume);

// The values below which `percents`, 0 to 100, of the finite values lie, linearly between the two nearest of them (the
// seventh of Hyndman and Fan 1996, which NumPy takes). Empty when there are no finite values.
std::vector<double> PercentilesOf(const Exec& exec, const Volume& volume, const std::vector<double>& percents);

// How many values lie in each of `bins` bins of equal width from `low` to `high`; the last one holds `high` too. What lies
// outside is in none. REQUIRES: low < high, bins >= 1.
std::vector<int64_t> HistogramOf(const Exec& exec, const Volume& volume, double low, double high, int64_t bins);

}  // namespace isovox::formats
