// Morphology (IBSI 1 chapter 3.1, HCUG): volume, area and form of the structure, and where its intensities lie in it.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "radiomics/autocorrelation.h"
#include "radiomics/convex_hull.h"
#include "radiomics/ellipsoid.h"
#include "radiomics/family.h"
#include "radiomics/mesh.h"
#include "radiomics/oriented_box.h"
#include "radiomics/shape.h"

namespace isovox::radiomics {
namespace {

struct Form {
  Shape shape;
  std::array<double, 3> oriented_box{0, 0, 0};
  std::array<double, 3> enclosing_ellipsoid{0, 0, 0};
  double mean_intensity = 0;
  double centre_shift = 0;
  Autocorrelation autocorrelation;
};

double BoxVolume(const std::array<double, 3>& e) { return e[0] * e[1] * e[2]; }
double BoxArea(const std::array<double, 3>& e) { return 2 * (e[0] * e[1] + e[1] * e[2] + e[2] * e[0]); }
double EllipsoidVolume(const std::array<double, 3>& s) { return 4 * std::numbers::pi / 3 * s[0] * s[1] * s[2]; }

// Lengths of the principal axes; variances are over N - 1, as in the consortium's reference values. A structure in a plane or
// on a line has no extent across it, where eigenvalues have their rounding.
double Axis(const Form& f, size_t axis) {
  if (f.shape.variance_mm2[axis] <= 1e-14 * f.shape.variance_mm2[0]) return 0;
  return 4 * std::sqrt(f.shape.variance_mm2[axis] * f.shape.voxels / (f.shape.voxels - 1));
}
std::array<double, 3> SemiAxes(const Form& f) { return {Axis(f, 0) / 2, Axis(f, 1) / 2, Axis(f, 2) / 2}; }
double AreaOf(const std::array<double, 3>& s) { return s[2] > 0 ? EllipsoidArea(s[0], s[1], s[2]) : std::nan(""); }
double Sphericity(const Form& f) {
  return std::cbrt(36 * std::numbers::pi * f.shape.mesh.mm3 * f.shape.mesh.mm3) / f.shape.mesh.mm2;
}

using F = Form;

constexpr Formula<F> kFormulas[] = {
    {{"morph_volume", "RNU0", "mm^3", "Volume (mesh)"}, [](const F& f) { return f.shape.mesh.mm3; }},
    {{"morph_vol_approx", "YEKZ", "mm^3", "Volume (voxel counting)"}, [](const F& f) { return f.shape.voxel_mm3; }},
    {{"morph_area_mesh", "C0JK", "mm^2", "Surface area (mesh)"}, [](const F& f) { return f.shape.mesh.mm2; }},
    {{"morph_av", "2PR5", "1/mm", "Surface to volume ratio"},
     [](const F& f) { return f.shape.mesh.mm2 / f.shape.mesh.mm3; }},
    {{"morph_comp_1", "SKGS", "1", "Compactness 1"},
     [](const F& f) { return f.shape.mesh.mm3 / (std::sqrt(std::numbers::pi) * std::pow(f.shape.mesh.mm2, 1.5)); }},
    {{"morph_comp_2", "BQWJ", "1", "Compactness 2"}, [](const F& f) { return std::pow(Sphericity(f), 3); }},
    {{"morph_sph_dispr", "KRCK", "1", "Spherical disproportion"}, [](const F& f) { return 1 / Sphericity(f); }},
    {{"morph_sphericity", "QCFX", "1", "Sphericity"}, Sphericity},
    {{"morph_asphericity", "25C7", "1", "Asphericity"}, [](const F& f) { return 1 / Sphericity(f) - 1; }},
    {{"morph_com", "KLMA", "mm", "Centre of mass shift"}, [](const F& f) { return f.centre_shift; }},
    {{"morph_diam", "L0JK", "mm", "Maximum 3D diameter"}, [](const F& f) { return f.shape.diameter_mm; }},
    {{"morph_pca_maj_axis", "TDIC", "mm", "Major axis length"}, [](const F& f) { return Axis(f, 0); }},
    {{"morph_pca_min_axis", "P9VJ", "mm", "Minor axis length"}, [](const F& f) { return Axis(f, 1); }},
    {{"morph_pca_least_axis", "7J51", "mm", "Least axis length"}, [](const F& f) { return Axis(f, 2); }},
    {{"morph_pca_elongation", "Q3CK", "1", "Elongation"},
     [](const F& f) { return Axis(f, 1) / Axis(f, 0); }},
    {{"morph_pca_flatness", "N17B", "1", "Flatness"},
     [](const F& f) { return Axis(f, 2) / Axis(f, 0); }},
    {{"morph_vol_dens_aabb", "PBX1", "1", "Volume density (axis-aligned bounding box)"},
     [](const F& f) { return f.shape.mesh.mm3 / BoxVolume(f.shape.box_mm); }},
    {{"morph_area_dens_aabb", "R59B", "1", "Area density (axis-aligned bounding box)"},
     [](const F& f) { return f.shape.mesh.mm2 / BoxArea(f.shape.box_mm); }},
    {{"morph_vol_dens_ombb", "ZH1A", "1", "Volume density (oriented minimum bounding box)"},
     [](const F& f) { return f.shape.mesh.mm3 / BoxVolume(f.oriented_box); }},
    {{"morph_area_dens_ombb", "IQYR", "1", "Area density (oriented minimum bounding box)"},
     [](const F& f) { return f.shape.mesh.mm2 / BoxArea(f.oriented_box); }},
    {{"morph_vol_dens_aee", "6BDE", "1", "Volume density (approximate enclosing ellipsoid)"},
     [](const F& f) { return f.shape.mesh.mm3 / EllipsoidVolume(SemiAxes(f)); }},
    {{"morph_area_dens_aee", "RDD2", "1", "Area density (approximate enclosing ellipsoid)"},
     [](const F& f) { return f.shape.mesh.mm2 / AreaOf(SemiAxes(f)); }},
    {{"morph_vol_dens_mvee", "SWZ1", "1", "Volume density (minimum volume enclosing ellipsoid)"},
     [](const F& f) { return f.shape.mesh.mm3 / EllipsoidVolume(f.enclosing_ellipsoid); }},
    {{"morph_area_dens_mvee", "BRI8", "1", "Area density (minimum volume enclosing ellipsoid)"},
     [](const F& f) { return f.shape.mesh.mm2 / AreaOf(f.enclosing_ellipsoid); }},
    {{"morph_vol_dens_conv_hull", "R3ER", "1", "Volume density (convex hull)"},
     [](const F& f) { return f.shape.mesh.mm3 / f.shape.hull_size.mm3; }},
    {{"morph_area_dens_conv_hull", "7T7F", "1", "Area density (convex hull)"},
     [](const F& f) { return f.shape.mesh.mm2 / f.shape.hull_size.mm2; }},
    {{"morph_integ_int", "99N0", "I mm^3", "Integrated intensity"},
     [](const F& f) { return f.mean_intensity * f.shape.mesh.mm3; }},
    {{"morph_moran_i", "N365", "1", "Moran's I index"}, [](const F& f) { return f.autocorrelation.moran; }},
    {{"morph_geary_c", "NPT7", "1", "Geary's C measure"}, [](const F& f) { return f.autocorrelation.geary; }},
};

// Mean intensity, and the distance of the centre of intensity from the centre of the structure.
void AddIntensities(const Region& region, Form& form) {
  double sum = 0, n = 0;
  Vec3 weighted;
  for (int64_t k = 0; k < region.size[2]; ++k) {
    for (int64_t j = 0; j < region.size[1]; ++j) {
      const uint8_t* in = region.intensity.data() + (k * region.size[1] + j) * region.size[0];
      const double* value = region.Row(j, k);
      double row = 0, row_i = 0;
      for (int64_t i = 0; i < region.size[0]; ++i) {
        if (in[i] == 0) continue;
        row += value[i];
        row_i += value[i] * static_cast<double>(i);
        n += 1;
      }
      sum += row;
      weighted = weighted + Vec3{row_i, row * static_cast<double>(j), row * static_cast<double>(k)};
    }
  }
  form.mean_intensity = sum / n;
  const Vec3 centre = (1 / sum) * weighted;
  const Vec3 shift{(centre.x - form.shape.centre.x) * region.spacing[0], (centre.y - form.shape.centre.y) * region.spacing[1],
                   (centre.z - form.shape.centre.z) * region.spacing[2]};
  form.centre_shift = Norm(shift);
}

void Compute(const Subject& subject, const Exec& exec, Values& values) {
  const Region& region = *subject.region;
  Form form;
  // The pieces are independent; the autocorrelation is by far the longest.
  ParallelFor(exec, 2, 1, [&](int64_t piece, int64_t) {
    if (piece == 0) {
      form.autocorrelation = AutocorrelationOf(exec, region);
      return;
    }
    form.shape = ShapeOf(region, Extents(region), MeshKind::kWatertight);
    const std::array<double, 3> half{region.spacing[0] / 2, region.spacing[1] / 2, region.spacing[2] / 2};
    form.oriented_box = SmallestBox(form.shape.hull, half);
    std::vector<Vec3> corners;
    for (const SpacePoint& c : form.shape.hull.corners) {
      corners.push_back({static_cast<double>(c[0]) * half[0], static_cast<double>(c[1]) * half[1],
                         static_cast<double>(c[2]) * half[2]});
    }
    form.enclosing_ellipsoid = SmallestEllipsoid(corners);
    AddIntensities(region, form);
  });
  Evaluate(kFormulas, form, values.Row(0));
}

}  // namespace

Family MorphologyFamily() {
  return {"morphology", "HCUG", "Morphology", InfosOf(kFormulas), {}, false, false, Compute};
}

}  // namespace isovox::radiomics
