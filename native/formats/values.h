// Stored values to another type: with the scaling applied, for formats that have none, or as the user asks.
#pragma once

#include "exec/exec.h"
#include "volume/volume.h"

namespace isovox::formats {

// The same volume (memory shared) when it has no scaling; else its physical values: integers where slope and intercept
// are whole and the values fit, float32 for stored types of at most 16 bits, float64 for the others.
Volume WithoutScaling(const Exec& exec, const Volume& volume);

// The physical values as `dtype`, integers rounded to nearest, halves to even; the same volume when it is of that type
// already. Throws ERR_INVALID_ARGUMENT when a value does not fit: nothing is clipped.
Volume ConvertValues(const Exec& exec, const Volume& volume, DType dtype);

}  // namespace isovox::formats
