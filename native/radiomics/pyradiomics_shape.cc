// PyRadiomics' shape class: the mesh of its own table, principal axes over N, diameters between corners of the mesh.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "radiomics/pyradiomics.h"
#include "radiomics/shape.h"

namespace isovox::radiomics {
namespace {

struct Form {
  Shape shape;
  std::array<double, 3> flat_diameter{0, 0, 0};  // between corners with the same k, j and i
};

// The largest distance between two corners of the mesh that share the coordinate of `axis`. In the plane through voxel
// middles lie the crossings along the other two axes, between planes those along the axis itself; of each line of voxels
// only the outermost crossings can be corners of the plane's hull.
class FlatDiameter {
 public:
  FlatDiameter(const Region& region, size_t axis)
      : mm_u_(region.spacing[axis == 0 ? 1 : 0] / 2),
        mm_v_(region.spacing[axis == 2 ? 1 : 2] / 2),
        points_(-1, 2 * region.size[axis == 2 ? 1 : 2] - 1) {}
  void Add(int64_t u2, int64_t v2) { points_.Add(u2, v2); }
  // Measures the points of a plane and begins another.
  void Finish() {
    const std::vector<PlanePoint> hull = points_.Hull();
    points_.Clear();
    double width = 0, height = 0;
    for (const PlanePoint& p : hull) {
      width = std::max(width, std::abs(static_cast<double>(p[0] - hull[0][0])));
      height = std::max(height, std::abs(static_cast<double>(p[1] - hull[0][1])));
    }
    // No two points are farther apart than twice the farthest from one of them.
    if (4 * (width * width * mm_u_ * mm_u_ + height * height * mm_v_ * mm_v_) < most_) return;
    for (size_t p = 0; p < hull.size(); ++p) {
      for (size_t q = 0; q < p; ++q) {
        const double x = static_cast<double>(hull[p][0] - hull[q][0]) * mm_u_;
        const double y = static_cast<double>(hull[p][1] - hull[q][1]) * mm_v_;
        most_ = std::max(most_, x * x + y * y);
      }
    }
  }
  double mm() const { return std::sqrt(most_); }

 private:
  double mm_u_, mm_v_, most_ = 0;
  RowPoints points_;
};

// `ends` of the lines `line(row)` of a plane, as points at `along` and `row` in half voxels; `beyond` reaches the faces.
template <typename Line>
void AddRows(const Ends& ends, int64_t rows, int64_t beyond, Line line, FlatDiameter& plane) {
  for (int64_t r = 0; r < rows; ++r) {
    const auto at = static_cast<size_t>(line(r));
    if (ends.first[at] < 0) continue;
    plane.Add(2 * ends.first[at] - beyond, 2 * r);
    plane.Add(2 * ends.last[at] + beyond, 2 * r);
  }
}

template <typename Line>
void AddColumns(const Ends& ends, int64_t columns, Line line, FlatDiameter& plane) {
  for (int64_t c = 0; c < columns; ++c) {
    const auto at = static_cast<size_t>(line(c));
    if (ends.first[at] < 0) continue;
    plane.Add(2 * c, 2 * ends.first[at] - 1);
    plane.Add(2 * c, 2 * ends.last[at] + 1);
  }
}

std::array<double, 3> FlatDiameters(const Region& region, const Extents& in, const Changes& across) {
  const auto [nx, ny, nz] = region.size;
  const int64_t wide = nx, high = ny, deep = nz;
  FlatDiameter i_plane(region, 0), j_plane(region, 1), k_plane(region, 2);
  for (int64_t i = 0; i <= wide; ++i) {
    AddRows(across.across_i, deep, 0, [&](int64_t k) { return i * deep + k; }, i_plane);
    i_plane.Finish();
    if (i == wide) break;
    AddRows(in.along_j, deep, 1, [&](int64_t k) { return k * wide + i; }, i_plane);
    AddColumns(in.along_k, high, [&](int64_t j) { return j * wide + i; }, i_plane);
    i_plane.Finish();
  }
  for (int64_t j = 0; j <= high; ++j) {
    AddRows(across.across_j, deep, 0, [&](int64_t k) { return j * deep + k; }, j_plane);
    j_plane.Finish();
    if (j == high) break;
    AddRows(in.along_i, deep, 1, [&](int64_t k) { return k * high + j; }, j_plane);
    AddColumns(in.along_k, wide, [&](int64_t i) { return j * wide + i; }, j_plane);
    j_plane.Finish();
  }
  for (int64_t k = 0; k <= deep; ++k) {
    AddRows(across.across_k, high, 0, [&](int64_t j) { return k * high + j; }, k_plane);
    k_plane.Finish();
    if (k == deep) break;
    AddRows(in.along_i, high, 1, [&](int64_t j) { return k * high + j; }, k_plane);
    AddColumns(in.along_j, wide, [&](int64_t i) { return k * wide + i; }, k_plane);
    k_plane.Finish();
  }
  return {i_plane.mm(), j_plane.mm(), k_plane.mm()};
}

double Axis(const Form& f, size_t axis) { return 4 * std::sqrt(f.shape.variance_mm2[axis]); }

using F = Form;

constexpr Formula<F> kFormulas[] = {
    {{"MeshVolume", "RNU0", "mm^3", "Volume (mesh)"}, [](const F& f) { return f.shape.mesh.mm3; }},
    {{"VoxelVolume", "YEKZ", "mm^3", "Volume (voxel counting)"}, [](const F& f) { return f.shape.voxel_mm3; }},
    {{"SurfaceArea", "C0JK", "mm^2", "Surface area"}, [](const F& f) { return f.shape.mesh.mm2; }},
    {{"SurfaceVolumeRatio", "2PR5", "1/mm", "Surface to volume ratio"},
     [](const F& f) { return f.shape.mesh.mm2 / f.shape.mesh.mm3; }},
    {{"Sphericity", "QCFX", "1", "Sphericity"},
     [](const F& f) {
       return std::cbrt(36 * std::numbers::pi * f.shape.mesh.mm3 * f.shape.mesh.mm3) / f.shape.mesh.mm2;
     }},
    {{"Maximum3DDiameter", "L0JK", "mm", "Largest distance between corners of the mesh"},
     [](const F& f) { return f.shape.diameter_mm; }},
    {{"Maximum2DDiameterSlice", "", "mm", "The same within a plane of i and j"},
     [](const F& f) { return f.flat_diameter[2]; }},
    {{"Maximum2DDiameterColumn", "", "mm", "The same within a plane of i and k"},
     [](const F& f) { return f.flat_diameter[1]; }},
    {{"Maximum2DDiameterRow", "", "mm", "The same within a plane of j and k"},
     [](const F& f) { return f.flat_diameter[0]; }},
    {{"MajorAxisLength", "TDIC", "mm", "Major axis length"}, [](const F& f) { return Axis(f, 0); }},
    {{"MinorAxisLength", "P9VJ", "mm", "Minor axis length"}, [](const F& f) { return Axis(f, 1); }},
    {{"LeastAxisLength", "7J51", "mm", "Least axis length"}, [](const F& f) { return Axis(f, 2); }},
    {{"Elongation", "Q3CK", "1", "Elongation"}, [](const F& f) { return Axis(f, 1) / Axis(f, 0); }},
    {{"Flatness", "N17B", "1", "Flatness"}, [](const F& f) { return Axis(f, 2) / Axis(f, 0); }},
};

void Compute(const Subject& subject, const Exec& exec, Values& values) {
  const Region& region = *subject.region;
  const Extents extents(region);
  Form form;
  ParallelFor(exec, 2, 1, [&](int64_t piece, int64_t) {
    if (piece == 0) {
      form.shape = ShapeOf(region, extents, MeshKind::kMirrored);
    } else {
      form.flat_diameter = FlatDiameters(region, extents, Changes(region));
    }
  });
  Evaluate(kFormulas, form, values.Row(0));
}

}  // namespace

Family PyradiomicsShapeFamily() {
  return {"shape", "HCUG", "Shape", InfosOf(kFormulas), {}, false, false, Compute};
}

}  // namespace isovox::radiomics
