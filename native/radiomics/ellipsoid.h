// Principal variances, areas of ellipsoids and the smallest ellipsoid around points.
#pragma once

#include <array>
#include <vector>

#include "volume/grid.h"

namespace isovox::radiomics {

// Eigenvalues, descending, of the symmetric matrix {xx, yy, zz, xy, xz, yz} without negative ones: 0 for those that
// rounding made so.
std::array<double, 3> VariancesOf(const std::array<double, 6>& matrix);

// By the Legendre series of IBSI 1 (3.1.20), to 20 terms. REQUIRES: a >= b >= c > 0.
double EllipsoidArea(double a, double b, double c);

// Semi-axes, descending, of the smallest ellipsoid that holds all points to 0.01 % of the volume. REQUIRES: points that
// span a volume.
std::array<double, 3> SmallestEllipsoid(const std::vector<Vec3>& points);

}  // namespace isovox::radiomics
