// PyRadiomics' maximal correlation coefficient.
#pragma once

#include "radiomics/cooccurrence.h"

namespace isovox::radiomics {

// The root of the second largest eigenvalue of Q(i, j) = sum over k of p(i, k) p(j, k) / (p(i) p(k)); 1 when the structure has
// a single level, 0 when the pairs have, not a number without pairs.
double MaximalCorrelation(const PairCounts& counts);
double MaximalCorrelation(const WeightedPairs& counts);

}  // namespace isovox::radiomics
