// Eigenvalues of dense symmetric matrices.
#pragma once

#include <vector>

namespace isovox::radiomics {

// Of the n x n matrix `a` (row-major, only the lower triangle is read), in no order: Householder reduction to
// tridiagonal form, then implicit QL steps.
std::vector<double> SymmetricEigenvalues(std::vector<double> a, int n);

}  // namespace isovox::radiomics
