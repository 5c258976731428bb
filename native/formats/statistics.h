// Smallest, largest and mean value of a volume after scaling; the same bits for any number of threads.
#pragma once

#include <cstdint>

#include "exec/exec.h"
#include "volume/volume.h"

namespace isovox::formats {

struct Statistics {
  double min = 0, max = 0, mean = 0;
  int64_t count = 0;  // finite values; all fields are 0 when there are none
};

Statistics StatisticsOf(const Exec& exec, const Volume& volume);

}  // namespace isovox::formats
