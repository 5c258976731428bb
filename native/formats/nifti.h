// The NIfTI-1 and NIfTI-2 headers (nifti1.h of 2007, nifti2.h of 2011), byte order and version taken out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/dtype.h"
#include "volume/grid.h"

namespace isovox::formats {

inline constexpr size_t kNifti1HeaderBytes = 348, kNifti2HeaderBytes = 540;

struct NiftiHeader {
  int version = 1;
  bool single = true;  // one file; false: a .hdr/.img pair
  Endian endian = Endian::kLittle;
  std::array<int64_t, 8> dim{};  // as in the file: dim[0] axes
  int datatype = 0;
  std::array<double, 8> pixdim{};
  int64_t vox_offset = 0;
  double scl_slope = 0, scl_inter = 0;
  int qform_code = 0, sform_code = 0, xyzt_units = 0, intent_code = 0;
  std::array<double, 6> quatern{};               // b, c, d, offset x, y, z
  std::array<std::array<double, 4>, 3> srow{};   // index to RAS mm
  std::string descrip, intent_name;
};

struct NiftiType {
  int code;
  DType dtype;
  int64_t components;
};
// Null for types that are not read (binary, 128-bit floats).
const NiftiType* FindNiftiType(int code);
const NiftiType* FindNiftiType(DType dtype, int64_t components);

bool IsNiftiHeader(std::span<const std::byte> bytes);
// Throws ERR_CORRUPT_DATA for what is no NIfTI header.
NiftiHeader ParseNiftiHeader(std::span<const std::byte> bytes);
std::vector<std::byte> SerialiseNiftiHeader(const NiftiHeader& header);

// Where the voxels are: the sform, else the qform, else the voxel sizes about the centre, as nibabel decides.
Grid GridOf(const NiftiHeader& header);
// Writes `grid` into sform, qform (when its axes are orthogonal) and pixdim.
void PutGrid(const Grid& grid, NiftiHeader& header);

}  // namespace isovox::formats
