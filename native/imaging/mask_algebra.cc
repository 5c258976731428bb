#include "imaging/mask_algebra.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "imaging/reorient.h"

namespace isovox {
namespace {

// 0/1 voxels of a box of the grid that may reach beyond it.
struct Block {
  std::array<int64_t, 3> begin{}, size{};
  std::vector<uint8_t> voxels;

  Block(const std::array<int64_t, 3>& first, const std::array<int64_t, 3>& last) : begin(first) {
    for (size_t a = 0; a < 3; ++a) size[a] = std::max<int64_t>(0, last[a] - first[a]);
    voxels.resize(static_cast<size_t>(size[0] * size[1] * size[2]));
  }
  uint8_t& At(int64_t i, int64_t j, int64_t k) {
    return voxels[static_cast<size_t>(((k - begin[2]) * size[1] + (j - begin[1])) * size[0] + (i - begin[0]))];
  }
};

// Calls visit(i, j, k) for every voxel covered by at least half.
template <typename Visit>
void EachVoxel(const CoverageMask& mask, Visit&& visit) {
  size_t n = 0;
  for (int64_t k = mask.box.begin[2]; k < mask.box.end[2]; ++k) {
    for (int64_t j = mask.box.begin[1]; j < mask.box.end[1]; ++j) {
      for (int64_t i = mask.box.begin[0]; i < mask.box.end[0]; ++i) {
        if (mask.coverage[n++] >= 0.5f) visit(i, j, k);
      }
    }
  }
}

// The part of a block inside the grid, its box as small as can be.
CoverageMask Tighten(Block& block, const Grid& grid) {
  CoverageMask out;
  out.grid = grid;
  std::array<int64_t, 3> low = grid.size, high{0, 0, 0};
  const auto each = [&](const std::array<int64_t, 3>& first, const std::array<int64_t, 3>& last, auto&& visit) {
    for (int64_t k = first[2]; k < last[2]; ++k) {
      for (int64_t j = first[1]; j < last[1]; ++j) {
        for (int64_t i = first[0]; i < last[0]; ++i) visit(i, j, k, block.At(i, j, k));
      }
    }
  };
  std::array<int64_t, 3> first{}, last{};
  for (size_t a = 0; a < 3; ++a) {
    first[a] = std::max<int64_t>(0, block.begin[a]);
    last[a] = std::min(grid.size[a], block.begin[a] + block.size[a]);
  }
  each(first, last, [&](int64_t i, int64_t j, int64_t k, uint8_t in) {
    if (in == 0) return;
    const std::array<int64_t, 3> at = {i, j, k};
    for (size_t a = 0; a < 3; ++a) {
      low[a] = std::min(low[a], at[a]);
      high[a] = std::max(high[a], at[a] + 1);
    }
  });
  if (high[0] == 0) return out;
  out.box = {low, high};
  each(low, high, [&](int64_t, int64_t, int64_t, uint8_t in) { out.coverage.push_back(in != 0 ? 1.0f : 0.0f); });
  return out;
}

// Which way along the grid's axes the margins lie.
AxisMargins AlongAxes(const Grid& grid, const PatientMargins& m, double sign) {
  const AxisOrder order = OrderFor(grid, "LPS");
  const double towards[3] = {m.left, m.posterior, m.superior}, away[3] = {m.right, m.anterior, m.inferior};
  AxisMargins out;
  for (size_t world = 0; world < 3; ++world) {
    const auto axis = static_cast<size_t>(order.from[world]);
    const double high = std::max(0.0, sign * (order.flip[world] ? away[world] : towards[world]));
    const double low = std::max(0.0, sign * (order.flip[world] ? towards[world] : away[world]));
    out.high[axis] = high;
    out.low[axis] = low;
  }
  return out;
}

bool Any(const AxisMargins& margins) {
  for (size_t a = 0; a < 3; ++a) {
    if (margins.low[a] > 0 || margins.high[a] > 0) return true;
  }
  return false;
}

}  // namespace

std::optional<MaskOperation> MaskOperationFromName(std::string_view name) {
  if (name == "union") return MaskOperation::kUnion;
  if (name == "intersection") return MaskOperation::kIntersection;
  if (name == "subtract") return MaskOperation::kSubtract;
  if (name == "xor") return MaskOperation::kXor;
  return std::nullopt;
}

CoverageMask CombineMasks(const Exec& exec, MaskOperation operation,
                          const std::vector<std::shared_ptr<CoverageMask>>& masks) {
  if (masks.empty()) throw InvalidArgument("masks", "at least one mask", "none");
  const Grid& grid = masks.front()->grid;
  std::array<int64_t, 3> low = grid.size, high{0, 0, 0};
  for (const auto& mask : masks) {
    if (!(mask->grid == grid)) {
      throw Error(ErrorCode::kGeometry, "The masks to combine do not lie on one grid");
    }
    if (mask->box.empty()) continue;
    for (size_t a = 0; a < 3; ++a) {
      low[a] = std::min(low[a], mask->box.begin[a]);
      high[a] = std::max(high[a], mask->box.end[a]);
    }
  }
  if (high[0] <= low[0]) {
    CoverageMask none;
    none.grid = grid;
    return none;
  }
  Block block(low, high);
  for (size_t n = 0; n < masks.size(); ++n) {
    exec.CheckCancelled();
    if (operation == MaskOperation::kIntersection && n > 0) {
      Block other(low, high);
      EachVoxel(*masks[n], [&](int64_t i, int64_t j, int64_t k) { other.At(i, j, k) = 1; });
      for (size_t v = 0; v < block.voxels.size(); ++v) block.voxels[v] &= other.voxels[v];
      continue;
    }
    EachVoxel(*masks[n], [&](int64_t i, int64_t j, int64_t k) {
      uint8_t& in = block.At(i, j, k);
      if (operation == MaskOperation::kUnion || operation == MaskOperation::kIntersection) in = 1;
      if (operation == MaskOperation::kXor) in ^= 1;
      if (operation == MaskOperation::kSubtract) in = n == 0 ? 1 : 0;
    });
  }
  return Tighten(block, grid);
}

CoverageMask AddMargins(const Exec& exec, const CoverageMask& mask, const PatientMargins& margins) {
  if (mask.box.empty()) return mask;
  const Grid& grid = mask.grid;
  const AxisMargins grow = AlongAxes(grid, margins, 1), shrink = AlongAxes(grid, margins, -1);
  std::array<int64_t, 3> first{}, last{};
  for (size_t a = 0; a < 3; ++a) {
    first[a] = mask.box.begin[a] - static_cast<int64_t>(std::ceil(grow.low[a] / grid.spacing[a])) - 1;
    last[a] = mask.box.end[a] + static_cast<int64_t>(std::ceil(grow.high[a] / grid.spacing[a])) + 1;
    // One voxel beyond the image is enough to be outside.
    first[a] = std::max<int64_t>(first[a], -1);
    last[a] = std::min(last[a], grid.size[a] + 1);
  }
  Block block(first, last);
  EachVoxel(mask, [&](int64_t i, int64_t j, int64_t k) { block.At(i, j, k) = 1; });
  if (Any(grow)) {
    block.voxels = Grow(exec, block.voxels, block.size, grid.spacing, grow);
    for (int64_t k = first[2]; k < last[2]; ++k) {
      for (int64_t j = first[1]; j < last[1]; ++j) {
        for (int64_t i = first[0]; i < last[0]; ++i) {
          const bool inside = i >= 0 && j >= 0 && k >= 0 && i < grid.size[0] && j < grid.size[1] && k < grid.size[2];
          if (!inside) block.At(i, j, k) = 0;
        }
      }
    }
  }
  if (Any(shrink)) {
    for (uint8_t& in : block.voxels) in = in != 0 ? 0 : 1;
    // The outside grows the other way: what is shrunk on the left is reached from the left.
    block.voxels = Grow(exec, block.voxels, block.size, grid.spacing, {shrink.high, shrink.low});
    for (uint8_t& in : block.voxels) in = in != 0 ? 0 : 1;
  }
  return Tighten(block, grid);
}

}  // namespace isovox
