// Conformity of a prescription isodose with a target.
#pragma once

#include <optional>

#include "dose/dvh.h"

namespace isovox {

// All are null where a volume they divide by is 0.
struct Conformity {
  double target_cc = 0;        // TV
  double prescription_cc = 0;  // PIV: of the body, at or above the prescription
  double covered_cc = 0;       // TV_PIV: of the target, at or above the prescription
  // PIV / TV. E. Shaw et al., IJROBP 27 (1993) 1231.
  std::optional<double> rtog;
  // TV_PIV^2 / (TV PIV). I. Paddick, J. Neurosurg. 93 Suppl. 3 (2000) 219.
  std::optional<double> paddick;
  // TV_PIV / TV, the SALT group's lesion coverage, and TV_PIV / PIV, the healthy tissue index.
  // N. J. Lomax, S. G. Scheib, IJROBP 55 (2003) 1409.
  std::optional<double> lomax_salt, lomax_healthy_tissue;
  // Volume at half the prescription over the volume at the prescription. I. Paddick, B. Lippitz, J. Neurosurg. 105
  // Suppl. (2006) 194.
  std::optional<double> gradient;
};

// `piv_cc` and `half_cc`: volumes of body or dose grid at the prescription and at half of it.
Conformity ComputeConformity(const Dvh& target, double rx_gy, double piv_cc, double half_cc);

// Volume of a dose grid's voxels at or above `gray`, each voxel divided by the trilinear dose inside it into 4^3 parts.
double GridVolumeAt(const DoseGrid& dose, double gray, const Exec& exec);

}  // namespace isovox
