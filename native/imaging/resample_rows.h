// The engine of resampling: rows of numbers are asked for and runs of results handed over, so that neither the input nor
// the output need be there as a block of the numbers that are computed with.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "exec/exec.h"
#include "imaging/resample.h"

namespace isovox {

// Fills `row` with the numbers of row (j, k). Called by several threads.
template <typename T>
using RowReader = std::function<void(int64_t j, int64_t k, T* row)>;

// Takes n results from place `first` on of the box, i fastest. Called by several threads, once for every place.
template <typename T>
using RunWriter = std::function<void(int64_t first, int64_t n, const T* values)>;

// As ResampleBox, for float or double.
template <typename T>
void ResampleRows(const Exec& exec, const std::array<int64_t, 3>& input_size, const std::array<AxisMap, 3>& axes,
                  const IndexBox& box, Interpolation method, const RowReader<T>& read, const RunWriter<T>& write);

}  // namespace isovox
