// PyRadiomics' maximal correlation coefficient.
#pragma once

#include "radiomics/cooccurrence.h"

namespace isovox::radiomics {

// The root of the second largest eigenvalue of Q(i, j) = sum over k of p(i, k) p(j, k) / (px(i) py(k)); 1 when the structure has
// a single level, 0 when the pairs have, not a number without pairs.
double MaximalCorrelation(const Matrix<PairCounts>& matrix);
double MaximalCorrelation(const Matrix<WeightedPairs>& matrix);

}  // namespace isovox::radiomics
