// Where voxels are: index <-> patient millimetres. Patient space is LPS (DICOM PS3.3 C.7.6.2.1.1) everywhere inside.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

namespace isovox {

struct Vec3 {
  double x = 0, y = 0, z = 0;

  friend Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  friend Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
  friend Vec3 operator*(double s, Vec3 a) { return {s * a.x, s * a.y, s * a.z}; }
  friend bool operator==(Vec3 a, Vec3 b) = default;
};

inline double Dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec3 Cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline double Norm(Vec3 a) { return std::sqrt(Dot(a, a)); }

// Three unit axes: i (along a row, to the next column), j (down a column, to the next row), k (to the next slice).
struct Axes {
  Vec3 i{1, 0, 0}, j{0, 1, 0}, k{0, 0, 1};
  friend bool operator==(const Axes&, const Axes&) = default;
};

// A regular lattice: voxel centre (i, j, k) lies at origin + i*spacing[0]*axes.i + j*spacing[1]*axes.j + ...
// i is fastest in memory. Spacings are positive millimetres; axes need not be right-handed, nor exactly orthogonal
// (a tilted gantry shears them).
struct Grid {
  std::array<int64_t, 3> size{0, 0, 0};
  std::array<double, 3> spacing{1, 1, 1};
  Vec3 origin;
  Axes axes;

  int64_t voxels() const { return size[0] * size[1] * size[2]; }
  double voxel_volume_cc() const;  // the parallelepiped's volume, 1 cc = 1000 mm^3

  Vec3 IndexToPatient(Vec3 index) const {
    return origin + (index.x * spacing[0]) * axes.i + (index.y * spacing[1]) * axes.j +
           (index.z * spacing[2]) * axes.k;
  }
  // The continuous index of a patient position. Throws ERR_GEOMETRY for axes that span no volume.
  Vec3 PatientToIndex(Vec3 patient) const;

  // "LPS", "RAS": for each axis the direction in which its index grows, by its largest component.
  std::string OrientationCode() const;
  // Row-major 4x4 from index to RAS millimetres, as NIfTI and nibabel have it.
  std::array<double, 16> AffineRas() const;

  friend bool operator==(const Grid&, const Grid&) = default;
};

// index = matrix * (patient - origin), precomputed for loops. Rows of the inverse of [si*i sj*j sk*k].
struct PatientToIndexMap {
  explicit PatientToIndexMap(const Grid& grid);
  Vec3 operator()(Vec3 patient) const {
    const Vec3 d = patient - origin;
    return {Dot(row_i, d), Dot(row_j, d), Dot(row_k, d)};
  }
  Vec3 origin, row_i, row_j, row_k;
};

}  // namespace isovox
