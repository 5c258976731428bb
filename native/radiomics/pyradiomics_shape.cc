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

// The largest distance between two corners of the mesh that share the coordinate of `axis`.
double FlatDiameter(const Region& region, size_t axis) {
  const size_t u = axis == 0 ? 1 : 0, v = axis == 2 ? 1 : 2;
  const std::array<int64_t, 3> stride{1, region.size[0], region.size[0] * region.size[1]};
  double most = 0;
  // In the plane through voxel middles lie the crossings along u and v; between planes those along the axis itself.
  for (int64_t half = -1; half < 2 * region.size[axis]; ++half) {
    std::vector<PlanePoint> points;
    const auto inside = [&](int64_t plane, int64_t a, int64_t b) {
      return plane >= 0 && plane < region.size[axis] && a >= 0 && a < region.size[u] && b >= 0 && b < region.size[v] &&
             region.morphology[static_cast<size_t>(plane * stride[axis] + a * stride[u] + b * stride[v])] != 0;
    };
    const int64_t plane = half < 0 ? -1 : half / 2;
    const bool between = half < 0 || half % 2 == 1;
    for (int64_t b = 0; b <= region.size[v]; ++b) {
      for (int64_t a = 0; a <= region.size[u]; ++a) {
        if (between) {
          if (inside(plane, a, b) != inside(plane + 1, a, b)) points.push_back({2 * a, 2 * b});
          continue;
        }
        const bool here = inside(plane, a, b);
        if (here != inside(plane, a - 1, b)) points.push_back({2 * a - 1, 2 * b});
        if (here != inside(plane, a, b - 1)) points.push_back({2 * a, 2 * b - 1});
      }
    }
    const std::vector<PlanePoint> hull = PlaneHull(std::move(points));
    for (size_t p = 0; p < hull.size(); ++p) {
      for (size_t q = 0; q < p; ++q) {
        const double x = static_cast<double>(hull[p][0] - hull[q][0]) * region.spacing[u] / 2;
        const double y = static_cast<double>(hull[p][1] - hull[q][1]) * region.spacing[v] / 2;
        most = std::max(most, x * x + y * y);
      }
    }
  }
  return std::sqrt(most);
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
  Form form;
  ParallelFor(exec, 4, 1, [&](int64_t piece, int64_t) {
    if (piece == 3) {
      form.shape = ShapeOf(*subject.region, MeshKind::kMirrored);
    } else {
      form.flat_diameter[static_cast<size_t>(piece)] = FlatDiameter(*subject.region, static_cast<size_t>(piece));
    }
  });
  Evaluate(kFormulas, form, values.Row(0));
}

}  // namespace

Family PyradiomicsShapeFamily() {
  return {"shape", "HCUG", "Shape", InfosOf(kFormulas), {}, false, false, Compute};
}

}  // namespace isovox::radiomics
