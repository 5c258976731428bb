// Gaussian smoothing and derivatives by recursive filters of fourth order (R. Deriche, INRIA RR-1893, 1993; coefficients
// and edges as ITK has them): their cost does not depend on the width.
#pragma once

#include "exec/exec.h"
#include "filters/field.h"

namespace isovox::filters {

// The Laplacian of Gaussian, times sigma^2: ITK's LaplacianRecursiveGaussian normalised across scale. Lines go on with
// their outermost samples; between the passes values are rounded to float32, as there. REQUIRES: 4 or more samples along
// each axis, sigma_mm > 0.
Field<double> RecursiveLaplacian(const Exec& exec, const Field<double>& in, double sigma_mm);

}  // namespace isovox::filters
