#include "dose/warp.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/error.h"
#include "dose/point_sampler.h"

namespace isovox {
namespace {

constexpr int64_t kPlanesPerChunk = 2;

std::string Percent(double part) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * part);
  return text;
}

Vec3 VoxelAt(const Grid& g, const std::vector<double>& plane_mm, int64_t i, int64_t j, int64_t k) {
  return g.origin + (static_cast<double>(i) * g.spacing[0]) * g.axes.i +
         (static_cast<double>(j) * g.spacing[1]) * g.axes.j + plane_mm[static_cast<size_t>(k)] * g.axes.k;
}

struct Fetched {
  int64_t inside = 0, undefined = 0;
};

struct Differences {
  int64_t voxels = 0, within = 0, outside = 0;
  double sum = 0, squares = 0;
  double least = std::numeric_limits<double>::infinity(), most = -std::numeric_limits<double>::infinity();
};

}  // namespace

WarpedDose WarpDose(const DoseGrid& dose, const SpatialMap& to_source, const Grid& target,
                    const std::vector<double>& plane_mm, const Exec& exec) {
  WarpedDose result;
  result.dose = std::make_shared<DoseGrid>();
  result.dose->grid = target;
  result.dose->plane_mm = plane_mm;
  result.dose->values = Storage::Allocate(static_cast<size_t>(target.voxels()) * sizeof(float));
  if (target.voxels() == 0) return result;
  const auto out = result.dose->values->As<float>();
  const auto [ni, nj, nk] = target.size;
  const PointSampler sampler(dose);
  exec.SetTotal(nk);
  const auto fetched = OrderedReduce<Fetched>(
      exec, nk, kPlanesPerChunk, Fetched{},
      [&, ni = ni, nj = nj](int64_t begin, int64_t end) {
        Fetched part;
        for (int64_t k = begin; k < end; ++k) {
          exec.CheckCancelled();
          for (int64_t j = 0; j < nj; ++j) {
            float* row = out.data() + (k * nj + j) * ni;
            for (int64_t i = 0; i < ni; ++i) {
              const auto at = to_source(VoxelAt(target, plane_mm, i, j, k));
              if (!at) {
                ++part.undefined;
                continue;
              }
              const auto gray = sampler.At(*at);
              part.inside += gray.has_value();
              row[i] = gray.value_or(0);
            }
          }
          exec.Step();
        }
        return part;
      },
      [](Fetched& into, Fetched&& part) {
        into.inside += part.inside;
        into.undefined += part.undefined;
      });
  const auto voxels = static_cast<double>(target.voxels());
  result.inside = static_cast<double>(fetched.inside) / voxels;
  if (fetched.inside == 0) {
    result.findings.push_back({"dose.outside", Severity::kFail, "No voxel of the target lies inside the dose"});
  } else if (result.inside < 1 - 1e-9) {
    result.findings.push_back({"dose.partial_coverage", Severity::kInfo,
                               Percent(1 - result.inside) + " of the target's voxels lie outside the dose: they are 0"});
  }
  if (fetched.undefined > 0) {
    result.findings.push_back({"registration.undefined", Severity::kWarn,
                               Percent(static_cast<double>(fetched.undefined) / voxels) +
                                   " of the target's voxels lie where the deformation is not defined: they are 0"});
  }
  return result;
}

DoseDifference SubtractDoses(const DoseGrid& reference, const DoseGrid& evaluated, double cutoff, double tolerance,
                             const Exec& exec) {
  DoseDifference result;
  result.difference = MakeUnsetVolume(reference.grid, DType::kFloat32);
  result.difference.unit = "Gy";
  const auto out = result.difference.As<float>();
  const auto [ni, nj, nk] = reference.grid.size;
  const PointSampler sampler(evaluated);
  const auto gray = reference.gray();
  const auto d = OrderedReduce<Differences>(
      exec, nk, kPlanesPerChunk, Differences{},
      [&, ni = ni, nj = nj](int64_t begin, int64_t end) {
        Differences part;
        for (int64_t k = begin; k < end; ++k) {
          exec.CheckCancelled();
          for (int64_t j = 0; j < nj; ++j) {
            for (int64_t i = 0; i < ni; ++i) {
              const auto v = static_cast<size_t>((k * nj + j) * ni + i);
              const auto other = sampler.At(VoxelAt(reference.grid, reference.plane_mm, i, j, k));
              if (!other) {
                out[v] = std::numeric_limits<float>::quiet_NaN();
                ++part.outside;
                continue;
              }
              out[v] = *other - gray[v];
              if (static_cast<double>(gray[v]) < cutoff) continue;
              const auto difference = static_cast<double>(out[v]);
              ++part.voxels;
              part.within += std::abs(difference) <= tolerance;
              part.sum += difference;
              part.squares += difference * difference;
              part.least = std::min(part.least, difference);
              part.most = std::max(part.most, difference);
            }
          }
        }
        return part;
      },
      [](Differences& into, Differences&& part) {
        into.voxels += part.voxels;
        into.within += part.within;
        into.outside += part.outside;
        into.sum += part.sum;
        into.squares += part.squares;
        into.least = std::min(into.least, part.least);
        into.most = std::max(into.most, part.most);
      });
  result.voxels = d.voxels;
  const auto all = static_cast<double>(reference.grid.voxels());
  if (d.voxels > 0) {
    const auto count = static_cast<double>(d.voxels);
    result.mean = d.sum / count;
    result.rms = std::sqrt(d.squares / count);
    result.least = d.least;
    result.most = d.most;
    result.within = static_cast<double>(d.within) / count;
  }
  if (static_cast<double>(d.outside) >= all) {
    result.findings.push_back({"dose.disjoint", Severity::kFail, "The doses share no voxel"});
  } else if (d.outside > 0) {
    result.findings.push_back({"dose.cut", Severity::kWarn,
                               Percent(static_cast<double>(d.outside) / all) +
                                   " of the reference lies outside the evaluated dose and was not compared"});
  }
  return result;
}

}  // namespace isovox
