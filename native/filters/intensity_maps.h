// Images made voxel by voxel, and the gradient: what PyRadiomics derives without a kernel.
#pragma once

#include "exec/exec.h"
#include "filters/field.h"

namespace isovox::filters {

// Each is scaled back to the range of the image by its largest absolute value; the sign of an intensity is kept by the
// root and the logarithm.
Field<double> SquareMap(const Exec& exec, const Field<double>& in);
Field<double> SquareRootMap(const Exec& exec, const Field<double>& in);
Field<double> LogarithmMap(const Exec& exec, const Field<double>& in);
Field<double> ExponentialMap(const Exec& exec, const Field<double>& in);

// The length of the gradient by central differences, lines going on with their outermost samples, in float32 as ITK
// gives it; per millimetre, or per voxel.
Field<double> GradientMagnitude(const Exec& exec, const Field<double>& in, bool per_mm);

}  // namespace isovox::filters
