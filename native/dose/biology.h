// Biological models on dose-volume histograms. All doses in gray; alpha/beta in gray.
#pragma once

#include "dose/dvh.h"

namespace isovox {

// Biologically effective dose of `dose` in `fractions` equal parts, linear-quadratic: D (1 + (D/n) / (a/b)).
// J. F. Fowler, Br. J. Radiol. 62 (1989) 679.
double Bed(double dose, double fractions, double alpha_beta);

// The dose in 2 Gy fractions with the same effect: D ((D/n) + a/b) / (2 + a/b).
// H. R. Withers et al., Int. J. Radiat. Oncol. Biol. Phys. 9 (1983) 1691.
double Eqd2(double dose, double fractions, double alpha_beta);

// (sum v_i D_i^a)^(1/a); a = 1 is the mean, large a the maximum, negative a for targets.
// A. Niemierko, Med. Phys. 26 (1999) 1100 (abstract). REQUIRES: a != 0, dvh not empty.
double GeneralizedEud(const Dvh& dvh, double a);

// The uniform dose, in 2 Gy fractions, with the same mean survival: 2 ln(sum v_i SF2^(D_i / 2)) / ln(SF2).
// A. Niemierko, Med. Phys. 24 (1997) 103. REQUIRES: 0 < sf2 < 1, dvh not empty.
double CellKillEud(const Dvh& dvh, double sf2);

struct FractionScheme {
  double fractions = 0;   // 0: doses are used as they are
  double alpha_beta = 0;
};

// Lyman-Kutcher-Burman: Phi((gEUD(1/n) - TD50) / (m TD50)), every bin converted to 2 Gy fractions first when a scheme
// is given. J. T. Lyman, Radiat. Res. Suppl. 8 (1985) S13; G. J. Kutcher, C. Burman, IJROBP 16 (1989) 1623.
double LkbNtcp(const Dvh& dvh, double td50, double m, double n, const FractionScheme& scheme);

// Poisson with D50 and the normalised slope gamma50: the product over bins of P(D_i)^v_i with
// P(D) = 2^(-exp(e gamma50 (1 - D / D50))). P. Kaellman et al., Int. J. Radiat. Biol. 62 (1992) 249.
double PoissonTcp(const Dvh& dvh, double d50, double gamma50, const FractionScheme& scheme);

}  // namespace isovox
