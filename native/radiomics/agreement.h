// How far a feature keeps its value under perturbations.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace isovox::radiomics {

// Values of one feature: subjects x measurements, a subject's together.
struct Measurements {
  std::span<const double> values;
  int64_t subjects = 0;
  int64_t times = 0;

  std::span<const double> Of(int64_t subject) const {
    return values.subspan(static_cast<size_t>(subject * times), static_cast<size_t>(times));
  }
};

// What is not defined is not a number.
struct Agreement {
  double icc, icc_low, icc_high;                    // ICC(3,1): two-way mixed, consistency, single; 95 % interval
  double cov_pct, cov_q1_pct, cov_q3_pct;           // within-subject coefficient of variation: median and quartiles
  double qcd;                                       // quartile coefficient of dispersion: median over subjects
};

// P. E. Shrout and J. L. Fleiss, Psychol. Bull. 86, 1979; K. O. McGraw and S. P. Wong, Psychol. Methods 1, 1996.
// Coefficients of variation and dispersion need values above 0.
Agreement AgreementOf(const Measurements& m);

// Of feature rows (features x subjects, ordered by how good they are), those to keep: each whose rank correlation with
// every one kept before is at most `limit` in size. Rows with a value that is not finite are not kept.
std::vector<bool> Distinct(std::span<const double> rows, int64_t features, int64_t subjects, double limit);

// The value below which a part `p` of Fisher's F distribution lies.
double FisherQuantile(double p, double d1, double d2);

}  // namespace isovox::radiomics
