// The middle value of a cube of voxels.
#pragma once

#include <cstdint>

#include "exec/exec.h"
#include "filters/boundary.h"
#include "filters/field.h"

namespace isovox::filters {

// Over `support` voxels along i and j, and along k unless `slices`. REQUIRES: support is odd. Float and double.
template <typename T>
Field<T> Median(const Exec& exec, const Field<T>& in, int64_t support, bool slices, Boundary boundary);

}  // namespace isovox::filters
