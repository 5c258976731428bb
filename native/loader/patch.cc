#include "loader/patch.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace isovox::loader {
namespace {

using Index = std::array<int64_t, 3>;

// The part of a volume that a patch needs, as physical values.
struct Cut {
  Index begin{0, 0, 0};
  Index size{0, 0, 0};
  std::vector<float> values;

  bool Has(int64_t x, int64_t y, int64_t z) const {
    return x >= begin[0] && y >= begin[1] && z >= begin[2] && x < begin[0] + size[0] && y < begin[1] + size[1] &&
           z < begin[2] + size[2];
  }
  float At(int64_t x, int64_t y, int64_t z) const {
    return values[static_cast<size_t>(((z - begin[2]) * size[1] + (y - begin[1])) * size[0] + (x - begin[0]))];
  }
};

void Convert(const Volume& volume, size_t first, std::span<float> out) {
  VisitDType(volume.dtype, [&](auto sample) {
    using T = decltype(sample);
    const auto in = volume.As<T>().subspan(first, out.size());
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<float>(static_cast<double>(in[i]) * volume.slope + volume.intercept);
    }
  });
}

// Voxels [begin, end), clipped to the volume.
Cut CutBox(const Exec& exec, const Source& source, Index begin, Index end) {
  const Volume& whole = source.description();
  if (whole.components != 1) {
    throw Error(ErrorCode::kUnsupported, "Patches are cut from volumes of one component",
                {{"what", "components"}, {"value", std::to_string(whole.components)}});
  }
  Cut cut;
  for (size_t a = 0; a < 3; ++a) {
    begin[a] = std::clamp<int64_t>(begin[a], 0, whole.grid.size[a]);
    end[a] = std::clamp<int64_t>(end[a], begin[a], whole.grid.size[a]);
    cut.begin[a] = begin[a];
    cut.size[a] = end[a] - begin[a];
  }
  const auto count = static_cast<size_t>(cut.size[0] * cut.size[1] * cut.size[2]);
  cut.values.resize(count);
  if (count == 0) return cut;
  if (source.stored) {
    Convert(source.stored->Read(exec, cut.begin, cut.size, 0, 1), 0, cut.values);
    return cut;
  }
  const auto row = static_cast<size_t>(cut.size[0]);
  for (int64_t z = 0; z < cut.size[2]; ++z) {
    for (int64_t y = 0; y < cut.size[1]; ++y) {
      const int64_t from = ((begin[2] + z) * whole.grid.size[1] + begin[1] + y) * whole.grid.size[0] + begin[0];
      const auto to = static_cast<size_t>((z * cut.size[1] + y) * cut.size[0]);
      Convert(*source.memory, static_cast<size_t>(from), std::span(cut.values).subspan(to, row));
    }
  }
  return cut;
}

// Calls visit(at, i, j, k) for each voxel of the patch in the order of `out`; i, j, k are mirrored where asked.
template <typename Visit>
void EachVoxel(const Index& size, const std::array<bool, 3>& flip, const Visit& visit) {
  const auto place = [&](size_t axis, int64_t at) { return flip[axis] ? size[axis] - 1 - at : at; };
  size_t at = 0;
  for (int64_t k = 0; k < size[2]; ++k) {
    for (int64_t j = 0; j < size[1]; ++j) {
      for (int64_t i = 0; i < size[0]; ++i, ++at) visit(at, place(0, i), place(1, j), place(2, k));
    }
  }
}

void CutStraight(const Exec& exec, const Source& source, const Placement& placement, const Index& size,
                 std::span<float> out) {
  Index end{};
  for (size_t a = 0; a < 3; ++a) end[a] = placement.start[a] + size[a];
  const Cut cut = CutBox(exec, source, placement.start, end);
  const bool whole = cut.size == size;
  if (whole && placement.flip == std::array{false, false, false}) {
    std::copy(cut.values.begin(), cut.values.end(), out.begin());
    return;
  }
  const auto& [x0, y0, z0] = placement.start;
  EachVoxel(size, placement.flip, [&](size_t at, int64_t i, int64_t j, int64_t k) {
    const int64_t x = x0 + i, y = y0 + j, z = z0 + k;
    out[at] = cut.Has(x, y, z) ? cut.At(x, y, z) : placement.outside;
  });
}

void CutBent(const Exec& exec, const Source& source, const Placement& placement, const Index& size,
             std::span<float> out) {
  const auto& m = *placement.affine;
  const auto mapped = [&](size_t axis, double i, double j, double k) {
    return static_cast<double>(placement.start[axis]) + m[axis * 4] * i + m[axis * 4 + 1] * j + m[axis * 4 + 2] * k +
           m[axis * 4 + 3];
  };
  // A map of this kind takes its extremes at the corners.
  Index begin{}, end{};
  for (size_t a = 0; a < 3; ++a) {
    double least = HUGE_VAL, most = -HUGE_VAL;
    for (int corner = 0; corner < 8; ++corner) {
      const auto last = [&](size_t axis) { return (corner >> axis & 1) != 0 ? static_cast<double>(size[axis] - 1) : 0.0; };
      const double at = mapped(a, last(0), last(1), last(2));
      least = std::min(least, at);
      most = std::max(most, at);
    }
    constexpr double kFar = 1e15;
    if (!(least > -kFar && most < kFar)) throw InvalidArgument("affine", "finite numbers", "others");
    begin[a] = static_cast<int64_t>(std::floor(least));
    end[a] = static_cast<int64_t>(std::floor(most)) + 2;
  }
  const Cut cut = CutBox(exec, source, begin, end);
  const auto value = [&](int64_t x, int64_t y, int64_t z) {
    return cut.Has(x, y, z) ? static_cast<double>(cut.At(x, y, z)) : static_cast<double>(placement.outside);
  };
  EachVoxel(size, placement.flip, [&](size_t at, int64_t i, int64_t j, int64_t k) {
    const auto di = static_cast<double>(i), dj = static_cast<double>(j), dk = static_cast<double>(k);
    const double x = mapped(0, di, dj, dk), y = mapped(1, di, dj, dk), z = mapped(2, di, dj, dk);
    if (placement.nearest) {
      const auto nearest = [](double v) { return static_cast<int64_t>(std::floor(v + 0.5)); };
      out[at] = static_cast<float>(value(nearest(x), nearest(y), nearest(z)));
      return;
    }
    const double fx = std::floor(x), fy = std::floor(y), fz = std::floor(z);
    const auto x0 = static_cast<int64_t>(fx), y0 = static_cast<int64_t>(fy), z0 = static_cast<int64_t>(fz);
    const double u = x - fx, v = y - fy, w = z - fz;
    double sum = 0;
    for (int c = 0; c < 8; ++c) {
      const int dx = c & 1, dy = c >> 1 & 1, dz = c >> 2;
      const double weight = (dx != 0 ? u : 1 - u) * (dy != 0 ? v : 1 - v) * (dz != 0 ? w : 1 - w);
      if (weight > 0) sum += weight * value(x0 + dx, y0 + dy, z0 + dz);
    }
    out[at] = static_cast<float>(sum);
  });
}

}  // namespace

void CutPatch(const Exec& exec, const Source& source, const Placement& placement, const std::array<int64_t, 3>& size,
              std::span<float> out) {
  if (placement.affine) {
    CutBent(exec, source, placement, size, out);
  } else {
    CutStraight(exec, source, placement, size, out);
  }
}

}  // namespace isovox::loader
