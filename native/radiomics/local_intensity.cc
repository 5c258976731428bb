// Local intensity (IBSI 1 chapter 3.2, 9ST6): the mean in a sphere of 1 cc, at the brightest voxel and at its highest.
#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "radiomics/family.h"
#include "radiomics/local_intensity.h"
#include "simd/lines.h"
#include "simd/targets.h"

namespace isovox::radiomics {
namespace {

constexpr int64_t kSlicesAtOnce = 12;  // each with the sums of its own surroundings

struct Peaks {
  double at_maximum = -std::numeric_limits<double>::infinity();
  double brightest = -std::numeric_limits<double>::infinity();
  double highest = -std::numeric_limits<double>::infinity();

  void Add(double intensity, double mean) {
    if (intensity > brightest) {
      brightest = intensity;
      at_maximum = mean;
    } else if (intensity == brightest) {
      at_maximum = std::max(at_maximum, mean);
    }
    highest = std::max(highest, mean);
  }
};

// A row of the sphere: where it is relative to the centre's row, and its half width in voxels.
struct SphereRow {
  int64_t dj, dk, half;
};

// Those that can meet the image: among voxels of micrometres the sphere is far larger.
std::vector<SphereRow> SphereRows(const Region& region) {
  std::vector<SphereRow> rows;
  const auto within = [&](double mm, size_t axis) {
    return static_cast<int64_t>(std::min(mm / region.spacing[axis], static_cast<double>(region.image_size[axis] - 1)));
  };
  const int64_t reach_j = within(kPeakRadiusMm, 1), reach_k = within(kPeakRadiusMm, 2);
  for (int64_t dk = -reach_k; dk <= reach_k; ++dk) {
    for (int64_t dj = -reach_j; dj <= reach_j; ++dj) {
      const double y = static_cast<double>(dj) * region.spacing[1], z = static_cast<double>(dk) * region.spacing[2];
      const double left = kPeakRadiusMm * kPeakRadiusMm - y * y - z * z;
      if (left >= 0) rows.push_back({dj, dk, within(std::sqrt(left), 0)});
    }
  }
  return rows;
}

// Adds the sums of `length` voxels from each of n voxels on.
ISOVOX_CPU_TARGETS void AddWhole(const double* sums, int64_t length, int64_t n, double* sum) {
  for (int64_t x = 0; x < n; ++x) sum[x] += sums[x + length] - sums[x];
}

ISOVOX_CPU_TARGETS void AddCount(int64_t length, int64_t n, double* count) {
  const auto voxels = static_cast<double>(length);
  for (int64_t x = 0; x < n; ++x) count[x] += voxels;
}

// Adds the sums of `length` voxels from each of n voxels on, over rows whose sums are `rows`; `gathered` holds
// n + length numbers.
ISOVOX_CPU_TARGETS void AddRows(const double* const* rows, size_t count, int64_t length, int64_t n, double* gathered, double* sum) {
  std::fill_n(gathered, n + length, 0.0);
  size_t r = 0;
  for (; r + 8 <= count; r += 8) {
    const double *a = rows[r], *b = rows[r + 1], *c = rows[r + 2], *d = rows[r + 3];
    const double *e = rows[r + 4], *f = rows[r + 5], *g = rows[r + 6], *h = rows[r + 7];
    for (int64_t x = 0; x < n + length; ++x) gathered[x] = gathered[x] + ((a[x] + b[x]) + (c[x] + d[x])) + ((e[x] + f[x]) + (g[x] + h[x]));
  }
  for (; r + 4 <= count; r += 4) {
    const double *a = rows[r], *b = rows[r + 1], *c = rows[r + 2], *d = rows[r + 3];
    for (int64_t x = 0; x < n + length; ++x) gathered[x] += (a[x] + b[x]) + (c[x] + d[x]);
  }
  for (; r < count; ++r) {
    for (int64_t x = 0; x < n + length; ++x) gathered[x] += rows[r][x];
  }
  for (int64_t x = 0; x < n; ++x) sum[x] += gathered[x + length] - gathered[x];
}

// Sums along rows of the image, up to and without voxel i; of how many voxels, where some are not finite and do not count.
// Of the slices from `first` on.
class RowSums {
 public:
  RowSums(const Region& region, bool all_finite) : region_(&region), all_finite_(all_finite) {}

  void Read(int64_t first, int64_t end) {
    const auto [nx, ny, nz] = region_->image_size;
    first_ = first;
    sums_.assign(static_cast<size_t>((nx + 1) * ny * (end - first)), 0);
    if (!all_finite_) finite_.assign(sums_.size(), 0);
    for (int64_t row = 0; row < ny * (end - first); ++row) {
      const double* in = region_->image.data() + (first * ny + row) * nx;
      double* out = sums_.data() + row * (nx + 1);
      if (all_finite_) {
        for (int64_t i = 0; i < nx; ++i) out[i + 1] = out[i] + in[i];
        continue;
      }
      double* voxels = finite_.data() + row * (nx + 1);
      for (int64_t i = 0; i < nx; ++i) {
        const bool counts = std::isfinite(in[i]);
        out[i + 1] = out[i] + (counts ? in[i] : 0);
        voxels[i + 1] = voxels[i] + (counts ? 1 : 0);
      }
    }
  }

  const double* At(int64_t j, int64_t k) const { return sums_.data() + Place(j, k); }
  // Null where all voxels count.
  const double* FiniteAt(int64_t j, int64_t k) const { return all_finite_ ? nullptr : finite_.data() + Place(j, k); }

 private:
  int64_t Place(int64_t j, int64_t k) const {
    return ((k - first_) * region_->image_size[1] + j) * (region_->image_size[0] + 1);
  }

  const Region* region_;
  bool all_finite_;
  int64_t first_ = 0;
  std::vector<double> sums_, finite_;
};

Peaks PeaksOf(const Region& region, const Exec& exec) {
  const auto [nx, ny, nz] = region.image_size;
  const bool all_finite = simd::AllFinite(region.image.data(), static_cast<int64_t>(region.image.size()));
  const std::vector<SphereRow> sphere = SphereRows(region);
  std::vector<std::vector<SphereRow>> by_half;
  int64_t voxels_in_sphere = 0;
  SphereRow reach{0, 0, 0};
  for (const SphereRow& row : sphere) {
    voxels_in_sphere += 2 * row.half + 1;
    by_half.resize(std::max(by_half.size(), static_cast<size_t>(row.half) + 1));
    by_half[static_cast<size_t>(row.half)].push_back(row);
    reach = {std::max(reach.dj, row.dj), std::max(reach.dk, row.dk), std::max(reach.half, row.half)};
  }
  return OrderedReduce<Peaks>(
      exec, region.size[2], kSlicesAtOnce, Peaks{},
      [&](int64_t begin, int64_t end) {
        Peaks part;
        RowSums before(region, all_finite);
        before.Read(std::max<int64_t>(begin + region.image_offset[2] - reach.dk, 0),
                    std::min(end + region.image_offset[2] + reach.dk, nz));
        std::vector<double> sum(static_cast<size_t>(region.size[0])), count(sum.size());
        std::vector<double> gathered(static_cast<size_t>(region.size[0] + 2 * reach.half + 1));
        std::vector<const double*> rows;
        for (int64_t row = begin * region.size[1]; row < end * region.size[1]; ++row) {
          const int64_t j = row % region.size[1], k = row / region.size[1];
          const uint8_t* in = region.intensity.data() + row * region.size[0];
          const uint8_t* stop = in + region.size[0];
          const int64_t first = std::find(in, stop, 1) - in;
          if (first == region.size[0]) continue;
          int64_t last = region.size[0];
          while (in[last - 1] == 0) --last;
          std::fill(sum.begin(), sum.end(), 0);
          const int64_t at_j = j + region.image_offset[1], at_k = k + region.image_offset[2];
          const int64_t from_i = first + region.image_offset[0], to_i = last + region.image_offset[0];
          const bool whole = all_finite && at_j >= reach.dj && at_j + reach.dj < ny && at_k >= reach.dk && at_k + reach.dk < nz &&
                             from_i >= reach.half && to_i + reach.half <= nx;
          std::fill(count.begin(), count.end(), whole ? static_cast<double>(voxels_in_sphere) : 0);
          // Rows of one width make one row of sums.
          for (size_t half = 0; whole && half < by_half.size(); ++half) {
            rows.clear();
            for (const SphereRow& of : by_half[half]) rows.push_back(before.At(at_j + of.dj, at_k + of.dk) + from_i - of.half);
            AddRows(rows.data(), rows.size(), 2 * static_cast<int64_t>(half) + 1, last - first, gathered.data(), sum.data() + first);
          }
          for (const SphereRow& part_of : whole ? std::span<const SphereRow>() : std::span(sphere)) {
            const int64_t y = at_j + part_of.dj, z = at_k + part_of.dk;
            if (y < 0 || y >= ny || z < 0 || z >= nz) continue;
            const double *sums = before.At(y, z), *voxels = before.FiniteAt(y, z);
            // Where the row of the sphere lies wholly in the image no end needs a test.
            const int64_t x0 = region.image_offset[0], half = part_of.half;
            const int64_t inner = std::clamp(half - x0, first, last);
            const int64_t outer = std::clamp(nx - half - x0, inner, last);
            const auto clipped = [&](int64_t i) {
              const int64_t from = std::max<int64_t>(i + x0 - half, 0), to = std::min(i + x0 + half + 1, nx);
              sum[static_cast<size_t>(i)] += sums[to] - sums[from];
              count[static_cast<size_t>(i)] += voxels == nullptr ? static_cast<double>(to - from) : voxels[to] - voxels[from];
            };
            for (int64_t i = first; i < inner; ++i) clipped(i);
            AddWhole(sums + inner + x0 - half, 2 * half + 1, outer - inner, sum.data() + inner);
            if (voxels == nullptr) {
              AddCount(2 * half + 1, outer - inner, count.data() + inner);
            } else {
              AddWhole(voxels + inner + x0 - half, 2 * half + 1, outer - inner, count.data() + inner);
            }
            for (int64_t i = outer; i < last; ++i) clipped(i);
          }
          const double* value = region.Row(j, k);
          for (int64_t i = first; i < last; ++i) {
            const auto at = static_cast<size_t>(i);
            if (in[i] != 0) part.Add(value[i], sum[at] / count[at]);
          }
        }
        return part;
      },
      [](Peaks& into, Peaks&& part) {
        into.highest = std::max(into.highest, part.highest);
        into.Add(part.brightest, part.at_maximum);
      });
}

constexpr Formula<Peaks> kFormulas[] = {
    {{"loc_peak_loc", "VJGA", "I", "Local intensity peak"}, [](const Peaks& p) { return p.at_maximum; }},
    {{"loc_peak_glob", "0F91", "I", "Global intensity peak"}, [](const Peaks& p) { return p.highest; }},
};

void Compute(const Subject& subject, const Exec& exec, Values& values) {
  Evaluate(kFormulas, PeaksOf(*subject.region, exec), values.Row(0));
}

}  // namespace

Family LocalIntensityFamily() {
  return {"local_intensity", "9ST6", "Local intensity", InfosOf(kFormulas), {}, false, false, Compute};
}

}  // namespace isovox::radiomics
