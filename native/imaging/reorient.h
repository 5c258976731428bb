// The same voxels in another order of axes: permuted and flipped, never interpolated. Every voxel keeps its place in
// the patient.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "exec/exec.h"
#include "volume/volume.h"

namespace isovox {

// Where output axis a comes from: input axis `from[a]`, turned round where `flip[a]`.
struct AxisOrder {
  std::array<int, 3> from{0, 1, 2};
  std::array<bool, 3> flip{};
  bool identity() const { return from == std::array{0, 1, 2} && flip == std::array{false, false, false}; }
};

// The order that brings `grid` closest to `code`: three letters, one of L/R, one of P/A, one of S/I, in any order, each
// naming the direction in which an axis grows ("LPS", "RAS"). Throws ERR_INVALID_ARGUMENT.
AxisOrder OrderFor(const Grid& grid, std::string_view code);

Grid Reorient(const Grid& grid, const AxisOrder& order);
// Memory is shared when nothing moves.
Volume Reorient(const Exec& exec, const Volume& volume, const AxisOrder& order);

}  // namespace isovox
