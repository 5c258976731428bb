// Patient planes through a volume or dose, for pictures.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "exec/exec.h"
#include "volume/dose_grid.h"
#include "volume/volume.h"

namespace isovox {

// (u, v) are (x, y), (x, z) and (y, z) of LPS.
enum class PatientPlane { kAxial, kCoronal, kSagittal };

Vec3 PatientPoint(PatientPlane plane, double u, double v, double position);

struct SliceRequest {
  PatientPlane plane = PatientPlane::kAxial;
  double position_mm = 0;
  double pixel_mm = 1;
  std::optional<std::array<double, 4>> extent;  // u0, u1, v0, v1; else all of the grid
};

// Pixel (i, j) has its centre at (u0 + i pixel_mm, v0 + j pixel_mm); u is fastest.
struct Slice {
  int64_t width = 0, height = 0;
  double u0 = 0, v0 = 0, pixel_mm = 1;
  std::shared_ptr<Storage> values;  // float32, NaN outside
};

// Trilinear; up to half a voxel beyond the outermost centres the nearest value. Of the first frame and component.
Slice ExtractSlice(const Volume& volume, const SliceRequest& request, const Exec& exec);
Slice ExtractSlice(const DoseGrid& dose, const SliceRequest& request, const Exec& exec);

}  // namespace isovox
