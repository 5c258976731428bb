// Gabor filters in a plane (IBSI 2 chapter 3.4).
#pragma once

#include <cstdint>
#include <vector>

#include "exec/exec.h"
#include "filters/boundary.h"
#include "filters/field.h"

namespace isovox::filters {

enum class GaborResponse { kModulus, kReal, kImaginary, kPhase };
enum class Pooling { kAverage, kMax, kMin };

struct Gabor {
  double sigma_mm = 1;
  double lambda_mm = 1;
  double gamma = 1;                   // sigma along the wave over sigma across it
  std::vector<double> theta_deg{0};   // responses of several are pooled; clockwise in the plane
  bool orthogonal_planes = false;     // pool the axial, coronal and sagittal planes too
  GaborResponse response = GaborResponse::kModulus;
  Pooling pooling = Pooling::kAverage;
};

// The kernel ends with the image's larger side in the plane, or where its envelope is below 1e-12.
Field<double> FilterGabor(const Exec& exec, const Field<double>& in, const Gabor& gabor, Boundary boundary);

}  // namespace isovox::filters
