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
double FlatDiameter(const Region& region, size_t axis) {
  const size_t u = axis == 0 ? 1 : 0, v = axis == 2 ? 1 : 2;
  const std::array<int64_t, 3> stride{1, region.size[0], region.size[0] * region.size[1]};
  const std::vector<uint8_t> nothing(region.morphology.size() + 1, 0);
  const auto plane_at = [&](int64_t p) {
    return p < 0 || p >= region.size[axis] ? nothing.data() : region.morphology.data() + p * stride[axis];
  };
  double most = 0;
  const auto measure = [&](std::vector<PlanePoint> points) {
    const std::vector<PlanePoint> hull = PlaneHull(std::move(points));
    for (size_t p = 0; p < hull.size(); ++p) {
      for (size_t q = 0; q < p; ++q) {
        const double x = static_cast<double>(hull[p][0] - hull[q][0]) * region.spacing[u] / 2;
        const double y = static_cast<double>(hull[p][1] - hull[q][1]) * region.spacing[v] / 2;
        most = std::max(most, x * x + y * y);
      }
    }
  };
  std::vector<int64_t> first_b(static_cast<size_t>(region.size[u])), last_b(first_b.size());
  for (int64_t plane = -1; plane < region.size[axis]; ++plane) {
    const uint8_t *here = plane_at(plane), *next = plane_at(plane + 1);
    std::vector<PlanePoint> middle, between;
    std::fill(first_b.begin(), first_b.end(), -1);
    for (int64_t b = 0; b < region.size[v]; ++b) {
      int64_t first = -1, last = -1, first_change = -1, last_change = -1;
      for (int64_t a = 0; a < region.size[u]; ++a) {
        const int64_t at = a * stride[u] + b * stride[v];
        if (here[at] != next[at]) {
          if (first_change < 0) first_change = a;
          last_change = a;
        }
        if (here[at] == 0) continue;
        if (first < 0) first = a;
        last = a;
        if (first_b[static_cast<size_t>(a)] < 0) first_b[static_cast<size_t>(a)] = b;
        last_b[static_cast<size_t>(a)] = b;
      }
      if (first >= 0) middle.insert(middle.end(), {PlanePoint{2 * first - 1, 2 * b}, PlanePoint{2 * last + 1, 2 * b}});
      if (first_change >= 0) {
        between.insert(between.end(), {PlanePoint{2 * first_change, 2 * b}, PlanePoint{2 * last_change, 2 * b}});
      }
    }
    for (int64_t a = 0; a < region.size[u]; ++a) {
      const auto at = static_cast<size_t>(a);
      if (first_b[at] >= 0) {
        middle.insert(middle.end(), {PlanePoint{2 * a, 2 * first_b[at] - 1}, PlanePoint{2 * a, 2 * last_b[at] + 1}});
      }
    }
    measure(std::move(middle));
    measure(std::move(between));
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
