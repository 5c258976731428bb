#include "imaging/voxelise.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace isovox {
namespace {

// Contours of a slice are written with rounded coordinates, and are that slice's as they were drawn.
constexpr double kRoundedMm = 0.05;

double DrawnNear(const Solid& solid, double w) {
  const auto& planes = solid.stack().planes;
  const auto above = std::lower_bound(planes.begin(), planes.end(), w,
                                      [](const ContourPlane& plane, double value) { return plane.w < value; });
  double nearest = w, distance = kRoundedMm;
  for (const auto plane : {above, above == planes.begin() ? above : above - 1}) {
    if (plane == planes.end() || !(std::abs(plane->w - w) < distance)) continue;
    distance = std::abs(plane->w - w);
    nearest = plane->w;
  }
  return nearest;
}

// Parts of a voxel's thickness per stretch between breaks of the solid, for kSlab.
constexpr int kSlabParts = 3;

// How a grid's axes stand to the contour planes: rows run along `u`, planes are counted along `w`.
struct Alignment {
  std::array<size_t, 3> axis;  // the grid axis along u, v, w
};

std::optional<Alignment> Align(const Grid& grid, const PlaneFrame& frame) {
  const std::array<Vec3, 3> axes{grid.axes.i, grid.axes.j, grid.axes.k};
  Alignment alignment{};
  for (size_t a = 0; a < 3; ++a) {
    const Vec3 wanted = a == 0 ? frame.axis_u : a == 1 ? frame.axis_v : frame.normal;
    const auto found = std::find(axes.begin(), axes.end(), wanted);
    if (found == axes.end()) return std::nullopt;
    alignment.axis[a] = static_cast<size_t>(found - axes.begin());
  }
  return alignment;
}

struct WeightedRun {
  int64_t plane;
  Run run;
};

// All runs on the planes [0, planes) of a lattice, weights summing to 1 over the sections of a plane.
std::vector<std::vector<WeightedRun>> RunsOf(const Solid& solid, const PlaneLattice& lattice,
                                             const LatticeWindow& window, double w0, double dw, int64_t plane_begin,
                                             int64_t plane_end, CoverageKind kind, const Exec& exec) {
  std::vector<std::vector<WeightedRun>> all(static_cast<size_t>(std::max<int64_t>(0, plane_end - plane_begin)));
  ParallelFor(exec, static_cast<int64_t>(all.size()), 4, [&](int64_t begin, int64_t end) {
    Section section;
    CoverageRaster raster;
    for (int64_t n = begin; n < end; ++n) {
      const int64_t plane = plane_begin + n;
      const double middle = w0 + static_cast<double>(plane) * dw;
      std::vector<std::pair<double, double>> cuts;  // position, weight
      if (kind == CoverageKind::kSection) {
        cuts.emplace_back(DrawnNear(solid, middle), 1.0);
      } else {
        std::vector<double> edges{middle - dw / 2, middle + dw / 2};
        for (const double w : solid.breaks()) {
          if (w > edges[0] && w < middle + dw / 2) edges.push_back(w);
        }
        std::sort(edges.begin(), edges.end());
        for (size_t e = 0; e + 1 < edges.size(); ++e) {
          const double length = edges[e + 1] - edges[e];
          for (int p = 0; p < kSlabParts; ++p) {
            cuts.emplace_back(edges[e] + length * (p + 0.5) / kSlabParts, length / kSlabParts / dw);
          }
        }
      }
      for (const auto& [w, weight] : cuts) {
        solid.SectionAt(w, section);
        if (section.pieces.empty()) continue;
        RasteriseSection(section, lattice, window, raster);
        for (Run run : raster.runs()) {
          run.coverage *= weight;
          all[static_cast<size_t>(n)].push_back({plane, run});
        }
      }
    }
  });
  return all;
}

void SetBox(IndexBox& box, const std::array<int64_t, 3>& at, std::array<int64_t, 3> last) {
  for (size_t a = 0; a < 3; ++a) {
    box.begin[a] = std::min(box.begin[a], at[a]);
    box.end[a] = std::max(box.end[a], last[a] + 1);
  }
}

size_t Offset(const IndexBox& box, const std::array<int64_t, 3>& at) {
  const int64_t ni = box.end[0] - box.begin[0], nj = box.end[1] - box.begin[1];
  return static_cast<size_t>(((at[2] - box.begin[2]) * nj + (at[1] - box.begin[1])) * ni + (at[0] - box.begin[0]));
}

int64_t Voxels(const IndexBox& box) {
  return box.empty() ? 0 : (box.end[0] - box.begin[0]) * (box.end[1] - box.begin[1]) * (box.end[2] - box.begin[2]);
}

constexpr int64_t kFar = int64_t{1} << 40;
IndexBox NoBox() { return {{kFar, kFar, kFar}, {-kFar, -kFar, -kFar}}; }

// The box of voxels that hold something; what the runs of the first pass were found in may be larger.
void Shrink(CoverageMask& mask) {
  IndexBox tight = NoBox();
  for (int64_t k = mask.box.begin[2]; k < mask.box.end[2]; ++k) {
    for (int64_t j = mask.box.begin[1]; j < mask.box.end[1]; ++j) {
      const float* row = mask.coverage.data() + Offset(mask.box, {mask.box.begin[0], j, k});
      const int64_t ni = mask.box.end[0] - mask.box.begin[0];
      int64_t first = 0, last = ni - 1;
      while (first < ni && row[first] <= 0) ++first;
      if (first == ni) continue;
      while (row[last] <= 0) --last;
      SetBox(tight, {mask.box.begin[0] + first, j, k}, {mask.box.begin[0] + last, j, k});
    }
  }
  if (tight.begin == mask.box.begin && tight.end == mask.box.end) return;
  if (tight.empty()) {
    mask.box = {};
    mask.coverage.clear();
    return;
  }
  std::vector<float> kept;
  kept.reserve(static_cast<size_t>(Voxels(tight)));
  for (int64_t k = tight.begin[2]; k < tight.end[2]; ++k) {
    for (int64_t j = tight.begin[1]; j < tight.end[1]; ++j) {
      const float* row = mask.coverage.data() + Offset(mask.box, {tight.begin[0], j, k});
      kept.insert(kept.end(), row, row + (tight.end[0] - tight.begin[0]));
    }
  }
  mask.box = tight;
  mask.coverage = std::move(kept);
}

void VoxeliseAligned(const Solid& solid, const Grid& grid, const Alignment& alignment, CoverageKind kind,
                     const Exec& exec, CoverageMask& mask) {
  const auto [au, av, aw] = alignment.axis;
  const PlaneFrame& frame = solid.frame();
  const double u0 = Dot(grid.origin, frame.axis_u), v0 = Dot(grid.origin, frame.axis_v);
  const double w0 = Dot(grid.origin, frame.normal);
  const double du = grid.spacing[au], dv = grid.spacing[av], dw = grid.spacing[aw];
  const PlaneLattice lattice{u0 - du / 2, v0 - dv / 2, du, dv};
  const LatticeWindow window{0, static_cast<int32_t>(grid.size[au]), 0, static_cast<int32_t>(grid.size[av])};
  const auto plane = [&](double w, double further) {
    return static_cast<int64_t>(std::clamp(std::floor((w - w0) / dw) + further, 0.0, static_cast<double>(grid.size[aw])));
  };
  const int64_t first = plane(solid.breaks().front(), 0), last = std::max(first, plane(solid.breaks().back(), 2));
  const auto planes = RunsOf(solid, lattice, window, w0, dw, first, last, kind, exec);

  mask.box = NoBox();
  for (const auto& runs : planes) {
    for (const auto& [index, run] : runs) {
      std::array<int64_t, 3> a{}, b{};
      a[au] = run.begin, b[au] = run.end - 1;
      a[av] = b[av] = run.row;
      a[aw] = b[aw] = index;
      SetBox(mask.box, a, b);
    }
  }
  if (mask.box.empty()) {
    mask.box = {};
    return;
  }
  mask.coverage.assign(static_cast<size_t>(Voxels(mask.box)), 0);
  std::array<int64_t, 3> stride{1, mask.box.end[0] - mask.box.begin[0], 0};
  stride[2] = stride[1] * (mask.box.end[1] - mask.box.begin[1]);
  ParallelFor(exec, static_cast<int64_t>(planes.size()), 4, [&, au = au, av = av, aw = aw](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      for (const auto& [index, run] : planes[static_cast<size_t>(n)]) {
        std::array<int64_t, 3> at{};
        at[au] = run.begin;
        at[av] = run.row;
        at[aw] = index;
        float* out = mask.coverage.data() + Offset(mask.box, at);
        const auto add = static_cast<float>(run.coverage);
        for (int32_t c = run.begin; c < run.end; ++c, out += stride[au]) *out = std::min(1.0F, *out + add);
      }
    }
  });
}

// Where a grid's voxels reach to along an axis in space.
std::array<double, 2> ReachOf(const Grid& grid, const Vec3& axis) {
  std::array<double, 2> reach{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (int corner = 0; corner < 8; ++corner) {
    const auto end = [&](size_t a) { return (corner >> a & 1) != 0 ? static_cast<double>(grid.size[a]) - 0.5 : -0.5; };
    const double at = Dot(grid.IndexToPatient({end(0), end(1), end(2)}), axis);
    reach = {std::min(reach[0], at), std::max(reach[1], at)};
  }
  return reach;
}

// A lattice along the contours, twice as fine as the grid and no larger than what of the structure it can hold, and then every
// voxel's parts looked up in it.
void VoxeliseTurned(const Solid& solid, const Grid& grid, const Exec& exec, CoverageMask& mask) {
  const double finest = *std::min_element(grid.spacing.begin(), grid.spacing.end()) / 2;
  const PlaneFrame& frame = solid.frame();
  const Box2& bounds = solid.bounds();
  Grid fine;
  fine.axes = {frame.axis_u, frame.axis_v, frame.normal};
  fine.spacing = {finest, finest, finest};
  const std::array<Vec3, 3> axes{frame.axis_u, frame.axis_v, frame.normal};
  const std::array<std::array<double, 2>, 3> ends{{{bounds.u0, bounds.u1}, {bounds.v0, bounds.v1}, {solid.breaks().front(), solid.breaks().back()}}};
  std::array<double, 3> nearest{};
  for (size_t a = 0; a < 3; ++a) {
    const auto [low, high] = ReachOf(grid, axes[a]);
    if (ends[a][0] > high || ends[a][1] < low) return;
    // Whole steps from the structure's own end, which the lattice begins with wherever the grid holds it.
    nearest[a] = ends[a][0] + finest * std::max(0.0, std::floor((low - ends[a][0]) / finest) - 1);
    fine.size[a] = static_cast<int64_t>(std::ceil((std::min(ends[a][1], high + finest) - nearest[a]) / finest)) + 1;
  }
  fine.origin = frame.ToPatient(nearest[0], nearest[1], nearest[2] + finest / 2);
  CoverageMask source;
  source.grid = fine;
  VoxeliseAligned(solid, fine, {{0, 1, 2}}, CoverageKind::kSlab, exec, source);
  if (source.box.empty()) return;

  const PatientToIndexMap to_grid(grid), to_fine(fine);
  mask.box = NoBox();
  for (int corner = 0; corner < 8; ++corner) {
    const auto end = [&](size_t a) {
      return static_cast<double>((corner >> a & 1) != 0 ? source.box.end[a] : source.box.begin[a] - 1);
    };
    const Vec3 at = to_grid(fine.IndexToPatient({end(0), end(1), end(2)}));
    const std::array<double, 3> index{at.x, at.y, at.z};
    for (size_t a = 0; a < 3; ++a) {
      mask.box.begin[a] = std::min(mask.box.begin[a], static_cast<int64_t>(std::floor(index[a])));
      mask.box.end[a] = std::max(mask.box.end[a], static_cast<int64_t>(std::ceil(index[a])) + 1);
    }
  }
  for (size_t a = 0; a < 3; ++a) {
    mask.box.begin[a] = std::clamp<int64_t>(mask.box.begin[a], 0, grid.size[a]);
    mask.box.end[a] = std::clamp<int64_t>(mask.box.end[a], 0, grid.size[a]);
  }
  if (mask.box.empty()) {
    mask.box = {};
    return;
  }
  mask.coverage.assign(static_cast<size_t>(Voxels(mask.box)), 0);
  std::array<int, 3> parts{};
  for (size_t a = 0; a < 3; ++a) parts[a] = std::max(2, static_cast<int>(std::lround(grid.spacing[a] / finest)));
  const auto look_up = [&](Vec3 patient) {
    const Vec3 f = to_fine(patient);
    const std::array<int64_t, 3> at{std::llround(f.x), std::llround(f.y), std::llround(f.z)};
    for (size_t a = 0; a < 3; ++a) {
      if (at[a] < source.box.begin[a] || at[a] >= source.box.end[a]) return 0.0F;
    }
    return source.coverage[Offset(source.box, at)];
  };
  ParallelFor(exec, mask.box.end[2] - mask.box.begin[2], 1, [&](int64_t begin, int64_t end) {
    for (int64_t k = mask.box.begin[2] + begin; k < mask.box.begin[2] + end; ++k) {
      for (int64_t j = mask.box.begin[1]; j < mask.box.end[1]; ++j) {
        for (int64_t i = mask.box.begin[0]; i < mask.box.end[0]; ++i) {
          double sum = 0;
          for (int c = 0; c < parts[2]; ++c) {
            for (int b = 0; b < parts[1]; ++b) {
              for (int a = 0; a < parts[0]; ++a) {
                sum += static_cast<double>(
                    look_up(grid.IndexToPatient({static_cast<double>(i) + (a + 0.5) / parts[0] - 0.5,
                                                 static_cast<double>(j) + (b + 0.5) / parts[1] - 0.5,
                                                 static_cast<double>(k) + (c + 0.5) / parts[2] - 0.5})));
              }
            }
          }
          mask.coverage[Offset(mask.box, {i, j, k})] = static_cast<float>(sum / (parts[0] * parts[1] * parts[2]));
        }
      }
    }
  });
}

bool CutByGrid(const Solid& solid, const Grid& grid) {
  const PatientToIndexMap map(grid);
  const Box2& b = solid.bounds();
  for (int corner = 0; corner < 8; ++corner) {
    const Vec3 p = solid.frame().ToPatient((corner & 1) != 0 ? b.u1 : b.u0, (corner & 2) != 0 ? b.v1 : b.v0,
                                           (corner & 4) != 0 ? solid.breaks().back() : solid.breaks().front());
    const Vec3 index = map(p);
    const auto out = [](double x, int64_t count) { return x < -0.5 || x > static_cast<double>(count) - 0.5; };
    if (out(index.x, grid.size[0]) || out(index.y, grid.size[1]) || out(index.z, grid.size[2])) return true;
  }
  return false;
}

}  // namespace

Voxelised Voxelise(const Roi& roi, const Grid& grid, const SolidOptions& options, CoverageKind kind, const Exec& exec) {
  Voxelised result;
  result.mask.grid = grid;
  const Solid solid(StackPlanes(roi, grid.axes), options);
  result.findings = solid.findings();
  if (solid.empty() || grid.voxels() == 0) return result;
  if (const auto alignment = Align(grid, solid.frame())) {
    VoxeliseAligned(solid, grid, *alignment, kind, exec, result.mask);
  } else {
    VoxeliseTurned(solid, grid, exec, result.mask);
  }
  Shrink(result.mask);
  if (result.mask.box.empty()) {
    result.findings.push_back({"roi.outside", Severity::kWarn, "No voxel of the grid is covered by the structure"});
  } else if (CutByGrid(solid, grid)) {
    result.findings.push_back({"roi.cut", Severity::kInfo, "The structure's box reaches beyond the grid"});
  }
  return result;
}

double VolumeCc(const CoverageMask& mask) {
  double sum = 0;
  for (const float value : mask.coverage) sum += static_cast<double>(value);
  return sum * mask.grid.voxel_volume_cc();
}

Volume MaskToVolume(const CoverageMask& mask, MaskVolume mode) {
  const bool binary = mode == MaskVolume::kBinary;
  Volume volume = MakeVolume(mask.grid, binary ? DType::kUint8 : DType::kFloat32);
  if (mask.box.empty()) return volume;
  const auto [ni, nj, nk] = mask.grid.size;
  static_cast<void>(nk);
  const float* in = mask.coverage.data();
  for (int64_t k = mask.box.begin[2]; k < mask.box.end[2]; ++k) {
    for (int64_t j = mask.box.begin[1]; j < mask.box.end[1]; ++j) {
      const auto row = static_cast<size_t>((k * nj + j) * ni);
      for (int64_t i = mask.box.begin[0]; i < mask.box.end[0]; ++i, ++in) {
        const size_t at = row + static_cast<size_t>(i);
        if (binary) {
          volume.As<uint8_t>()[at] = *in >= 0.5F;
        } else {
          volume.As<float>()[at] = *in;
        }
      }
    }
  }
  return volume;
}

CoverageMask MaskFromVolume(const Volume& volume, std::optional<double> label, const Exec& exec) {
  CoverageMask mask;
  mask.grid = volume.grid;
  mask.box = {{0, 0, 0}, volume.grid.size};
  if (volume.grid.voxels() == 0) {
    mask.box = {};
    return mask;
  }
  mask.coverage.assign(static_cast<size_t>(volume.grid.voxels()), 0);
  VisitDType(volume.dtype, [&](auto type) {
    using T = decltype(type);
    const auto values = volume.As<T>();
    const auto components = static_cast<size_t>(volume.components);
    ParallelFor(exec, volume.grid.voxels(), 1 << 20, [&](int64_t begin, int64_t end) {
      for (auto v = static_cast<size_t>(begin); v < static_cast<size_t>(end); ++v) {
        const double value = volume.slope * static_cast<double>(values[v * components]) + volume.intercept;
        mask.coverage[v] = label ? value == *label : value > 0;
      }
    });
    return 0;
  });
  Shrink(mask);
  return mask;
}

}  // namespace isovox
