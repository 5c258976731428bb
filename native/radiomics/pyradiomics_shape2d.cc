// PyRadiomics' shape2D class: the outline through the middles of edges between pixels, of a structure in one slice.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "radiomics/pyradiomics.h"
#include "radiomics/shape.h"

namespace isovox::radiomics {
namespace {

struct Outline {
  double mm2 = 0, mm = 0;                        // inside it, and its length
  double pixel_mm2 = 0;                          // of all pixels
  double diameter_mm = 0;                        // largest distance between two of its corners
  std::array<double, 2> variance_mm2{0, 0};      // of the pixels along their principal axes, descending; over N
};

// Squares between four pixels: one inside cuts off an eighth, two beside each other halve it, two across from each other
// cut off an eighth each.
void MeasureSquares(const Region& region, Outline& outline) {
  const auto [nx, ny, nz] = region.size;
  const double dx = region.spacing[0], dy = region.spacing[1], slanted = std::hypot(dx, dy) / 2;
  const auto inside = [&](int64_t i, int64_t j) {
    const bool in_box = i >= 0 && i < region.size[0] && j >= 0 && j < region.size[1];
    return in_box && region.morphology[static_cast<size_t>(j * region.size[0] + i)] != 0;
  };
  RowPoints corners(-1, 2 * ny - 1);
  int64_t eighths = 0, along_i = 0, along_j = 0, across = 0;
  for (int64_t j = -1; j < ny; ++j) {
    for (int64_t i = -1; i < nx; ++i) {
      const bool a = inside(i, j), b = inside(i + 1, j), c = inside(i, j + 1), d = inside(i + 1, j + 1);
      if (a != b) corners.Add(2 * i + 1, 2 * j);
      if (a != c) corners.Add(2 * i, 2 * j + 1);
      const int count = a + b + c + d;
      eighths += count == 1 ? 1 : count == 2 ? (a == d ? 2 : 4) : count == 3 ? 7 : count == 4 ? 8 : 0;
      across += count == 2 ? (a == d ? 2 : 0) : count % 2;
      along_i += count == 2 && a == b;
      along_j += count == 2 && a == c;
    }
  }
  outline.mm2 = static_cast<double>(eighths) / 8 * dx * dy;
  outline.mm = static_cast<double>(across) * slanted + static_cast<double>(along_i) * dx + static_cast<double>(along_j) * dy;
  const std::vector<PlanePoint> hull = corners.Hull();
  for (size_t p = 0; p < hull.size(); ++p) {
    for (size_t q = 0; q < p; ++q) {
      const double x = static_cast<double>(hull[p][0] - hull[q][0]) * dx / 2, y = static_cast<double>(hull[p][1] - hull[q][1]) * dy / 2;
      outline.diameter_mm = std::max(outline.diameter_mm, std::hypot(x, y));
    }
  }
}

using O = Outline;

constexpr Formula<O> kFormulas[] = {
    {{"MeshSurface", "", "mm^2", "Area inside the outline"}, [](const O& o) { return o.mm2; }},
    {{"PixelSurface", "", "mm^2", "Area of the pixels"}, [](const O& o) { return o.pixel_mm2; }},
    {{"Perimeter", "", "mm", "Length of the outline"}, [](const O& o) { return o.mm; }},
    {{"PerimeterSurfaceRatio", "", "1/mm", "Perimeter to area ratio"}, [](const O& o) { return o.mm / o.mm2; }},
    {{"Sphericity", "", "1", "Perimeter of a circle of the same area to that of the outline"},
     [](const O& o) { return 2 * std::sqrt(std::numbers::pi * o.mm2) / o.mm; }},
    {{"MaximumDiameter", "", "mm", "Largest distance between corners of the outline"}, [](const O& o) { return o.diameter_mm; }},
    {{"MajorAxisLength", "", "mm", "Major axis length"}, [](const O& o) { return 4 * std::sqrt(o.variance_mm2[0]); }},
    {{"MinorAxisLength", "", "mm", "Minor axis length"}, [](const O& o) { return 4 * std::sqrt(o.variance_mm2[1]); }},
    {{"Elongation", "", "1", "Minor to major axis length"},
     [](const O& o) { return std::sqrt(o.variance_mm2[1] / o.variance_mm2[0]); }},
};

void Compute(const Subject& subject, const Exec&, Values& values) {
  const Region& region = *subject.region;
  if (region.size[2] != 1) return;
  Outline outline;
  MeasureSquares(region, outline);
  const Shape shape = ShapeOf(region, Extents(region), MeshKind::kMirrored);
  outline.pixel_mm2 = shape.voxels * region.spacing[0] * region.spacing[1];
  outline.variance_mm2 = {shape.variance_mm2[0], shape.variance_mm2[1]};
  Evaluate(kFormulas, outline, values.Row(0));
}

}  // namespace

Family PyradiomicsShape2dFamily() {
  return {"shape2D", "", "Shape in a slice", InfosOf(kFormulas), {}, false, false, Compute};
}

}  // namespace isovox::radiomics
