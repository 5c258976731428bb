// Eigenvalues and eigenvectors of symmetric 3 x 3 matrices.
#pragma once

#include <array>

namespace isovox::filters {

using Matrix3 = std::array<std::array<double, 3>, 3>;

struct Eigen3 {
  std::array<double, 3> values;  // descending
  Matrix3 vectors;               // rows; the largest component of each is positive
};

// By Jacobi rotations, to the last bits.
Eigen3 EigenOf(Matrix3 m);

}  // namespace isovox::filters
