#include "dose/sum.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "dose/point_sampler.h"

namespace isovox {
namespace {

Vec3 NodeAt(const DoseGrid& dose, int64_t i, int64_t j, int64_t k) {
  const Grid& g = dose.grid;
  return g.origin + (static_cast<double>(i) * g.spacing[0]) * g.axes.i +
         (static_cast<double>(j) * g.spacing[1]) * g.axes.j + dose.plane_mm[static_cast<size_t>(k)] * g.axes.k;
}

double Overlap(const DoseGrid& dose, const PointSampler& reference, const Exec& exec) {
  const auto [ni, nj, nk] = dose.grid.size;
  const auto inside = OrderedReduce<int64_t>(
      exec, nk, 8, int64_t{0},
      [&, ni = ni, nj = nj](int64_t begin, int64_t end) {
        int64_t count = 0;
        for (int64_t k = begin; k < end; ++k) {
          for (int64_t j = 0; j < nj; ++j) {
            for (int64_t i = 0; i < ni; ++i) count += reference.Holds(NodeAt(dose, i, j, k));
          }
        }
        return count;
      },
      [](int64_t& into, int64_t&& part) { into += part; });
  return static_cast<double>(inside) / static_cast<double>(dose.grid.voxels());
}

}  // namespace

DoseSum SumDoses(std::span<const std::shared_ptr<const DoseGrid>> doses, std::span<const double> weights,
                 const Exec& exec) {
  DoseSum result;
  for (size_t d = 1; d < doses.size(); ++d) {
    if (doses[d]->grid.voxel_volume_cc() < doses[result.reference]->grid.voxel_volume_cc() * (1 - 1e-6)) {
      result.reference = d;
    }
  }
  const DoseGrid& reference = *doses[result.reference];
  result.dose = std::make_shared<DoseGrid>();
  result.dose->grid = reference.grid;
  result.dose->plane_mm = reference.plane_mm;
  result.dose->values = Storage::Allocate(static_cast<size_t>(reference.grid.voxels()) * sizeof(float));
  auto out = result.dose->values->As<float>();
  const auto [ni, nj, nk] = reference.grid.size;
  const PointSampler lattice(reference);

  for (size_t d = 0; d < doses.size(); ++d) {
    const DoseGrid& dose = *doses[d];
    const auto weight = static_cast<float>(weights[d]);
    const bool same = dose.grid == reference.grid && dose.plane_mm == reference.plane_mm;
    result.overlap.push_back(same ? 1.0 : Overlap(dose, lattice, exec));
    const PointSampler sampler(dose);
    ParallelFor(exec, nk, 4, [&, ni = ni, nj = nj](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; ++k) {
        for (int64_t j = 0; j < nj; ++j) {
          float* row = out.data() + (k * nj + j) * ni;
          if (same) {
            const float* from = dose.gray().data() + (k * nj + j) * ni;
            for (int64_t i = 0; i < ni; ++i) row[i] += weight * from[i];
            continue;
          }
          for (int64_t i = 0; i < ni; ++i) {
            if (const auto gray = sampler.At(NodeAt(reference, i, j, k))) row[i] += weight * *gray;
          }
        }
      }
    });
    if (result.overlap.back() >= 1 - 1e-9) continue;
    const std::string which = "Dose " + std::to_string(d);
    const int percent = static_cast<int>(std::floor(100 * result.overlap.back()));
    if (result.overlap.back() <= 0) {
      result.findings.push_back({"dose.disjoint", Severity::kFail, which + " lies wholly outside the sum's grid"});
    } else {
      result.findings.push_back({"dose.cut", Severity::kWarn,
                                 "Only " + std::to_string(percent) + " % of " + which +
                                     " lies inside the sum's grid; the rest is not in the sum"});
    }
  }
  return result;
}

}  // namespace isovox
