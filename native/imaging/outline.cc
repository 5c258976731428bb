#include "imaging/outline.h"

#include <algorithm>
#include <cmath>

#include "imaging/voxelise.h"

namespace isovox {
namespace {

Vec3 NormalOf(PatientPlane plane) {
  if (plane == PatientPlane::kAxial) return {0, 0, 1};
  return plane == PatientPlane::kCoronal ? Vec3{0, 1, 0} : Vec3{1, 0, 0};
}

Polylines SectionLines(const Solid& solid, PatientPlane plane, double position) {
  // On a drawn plane, its contours, although written with rounded coordinates.
  const double direction = Dot(solid.frame().normal, NormalOf(plane));
  double w = position * direction;
  for (const ContourPlane& drawn : solid.stack().planes) {
    if (std::abs(drawn.w - w) < 0.1) w = drawn.w;
  }
  Section section;
  solid.SectionAt(w, section);
  Polylines lines;
  for (const Section::Piece& piece : section.pieces) {
    std::vector<double> line;
    const auto add = [&](const Point2& p) {
      const Vec3 at = solid.frame().ToPatient(p.u, p.v, w);
      line.push_back(plane == PatientPlane::kSagittal ? at.y : at.x);
      line.push_back(plane == PatientPlane::kAxial ? at.y : at.z);
    };
    for (const Point2& p : section.PointsOf(piece)) add(p);
    add(section.PointsOf(piece).front());
    lines.push_back(std::move(line));
  }
  return lines;
}

// One voxel thick, its middle plane at `position`, with a margin of two pixels about [low, high].
Grid PlaneGrid(PatientPlane plane, double position, double pixel, Vec3 low, Vec3 high) {
  Grid grid;
  const bool sagittal = plane == PatientPlane::kSagittal, axial = plane == PatientPlane::kAxial;
  const double u_low = sagittal ? low.y : low.x, u_high = sagittal ? high.y : high.x;
  const double v_low = axial ? low.y : low.z, v_high = axial ? high.y : high.z;
  const double u0 = (std::floor(u_low / pixel) - 2) * pixel, v0 = (std::floor(v_low / pixel) - 2) * pixel;
  const auto count = [pixel](double from, double to) {
    return static_cast<int64_t>(std::ceil((to - from) / pixel)) + 3;
  };
  const int64_t nu = count(u0, u_high), nv = count(v0, v_high);
  grid.spacing = {pixel, pixel, pixel};
  grid.origin = PatientPoint(plane, u0, v0, position);
  if (axial) grid.size = {nu, nv, 1};
  if (plane == PatientPlane::kCoronal) grid.size = {nu, 1, nv};
  if (sagittal) grid.size = {1, nu, nv};
  return grid;
}

// Half coverage on a grid that is one voxel thick.
Polylines Follow(const CoverageMask& mask, PatientPlane plane) {
  const Grid& grid = mask.grid;
  const int64_t width = plane == PatientPlane::kSagittal ? grid.size[1] : grid.size[0];
  const int64_t height = plane == PatientPlane::kAxial ? grid.size[1] : grid.size[2];
  const Volume volume = MaskToVolume(mask, MaskVolume::kFraction);
  const double u0 = plane == PatientPlane::kSagittal ? grid.origin.y : grid.origin.x;
  const double v0 = plane == PatientPlane::kAxial ? grid.origin.y : grid.origin.z;
  return Isolines(volume.As<float>(), width, height, 0.5, u0, v0, grid.spacing[0]);
}

}  // namespace

Polylines OutlineOfRoi(const Roi& roi, const SolidOptions& options, PatientPlane plane, double position, double pixel) {
  if (roi.points.empty()) return {};
  const Solid solid(StackPlanes(roi), options);
  if (solid.empty()) return {};
  if (Norm(Cross(solid.frame().normal, NormalOf(plane))) < 1e-4) return SectionLines(solid, plane, position);
  Vec3 low = roi.points.front(), high = low;
  for (const Vec3& p : roi.points) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y), std::min(low.z, p.z)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y), std::max(high.z, p.z)};
  }
  // The ends reach beyond the drawn points.
  const double reach = solid.stack().spacing + options.slice_thickness_mm + 1;
  const Vec3 n = solid.frame().normal, more{std::abs(n.x) * reach, std::abs(n.y) * reach, std::abs(n.z) * reach};
  const Grid grid = PlaneGrid(plane, position, pixel, low - more, high + more);
  return Follow(Voxelise(roi, grid, options, CoverageKind::kSection, {}).mask, plane);
}

Polylines OutlineOfMask(const CoverageMask& mask, PatientPlane plane, double position, double pixel, const Exec& exec) {
  if (mask.box.empty()) return {};
  // The mask's box with a rim of empty voxels, so that lines close.
  Grid grid = mask.grid;
  grid.origin = mask.grid.IndexToPatient({static_cast<double>(mask.box.begin[0] - 1),
                                          static_cast<double>(mask.box.begin[1] - 1),
                                          static_cast<double>(mask.box.begin[2] - 1)});
  for (size_t a = 0; a < 3; ++a) grid.size[a] = mask.box.end[a] - mask.box.begin[a] + 2;
  Volume volume = MakeVolume(grid, DType::kFloat32);
  auto out = volume.As<float>();
  const float* in = mask.coverage.data();
  for (int64_t k = 1; k + 1 < grid.size[2]; ++k) {
    for (int64_t j = 1; j + 1 < grid.size[1]; ++j) {
      for (int64_t i = 1; i + 1 < grid.size[0]; ++i) {
        out[static_cast<size_t>((k * grid.size[1] + j) * grid.size[0] + i)] = *in++;
      }
    }
  }
  SliceRequest request;
  request.plane = plane;
  request.position_mm = position;
  request.pixel_mm = pixel;
  const Slice slice = ExtractSlice(volume, request, exec);
  const auto pixels = static_cast<size_t>(slice.width * slice.height);
  return Isolines(static_cast<const Storage&>(*slice.values).As<float>().first(pixels), slice.width, slice.height, 0.5,
                  slice.u0, slice.v0, slice.pixel_mm);
}

}  // namespace isovox
