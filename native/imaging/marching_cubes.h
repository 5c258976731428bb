// Triangles of a cube whose eight corners are inside or outside.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace isovox {

// How cubes with two inside corners across a face are cut. kWatertight keeps inside corners apart everywhere, so that
// neighbouring cubes agree; kMirrored cuts a cube as its complement, which PyRadiomics does and which can leave gaps.
enum class MeshKind { kWatertight, kMirrored };

// Corner c of a cube: bit 0 is i, bit 1 is j, bit 2 is k. A triangle's corners are middles of cube edges, in half voxels
// from corner 0, and its normal points outwards.
using CubeTriangle = std::array<std::array<int, 3>, 3>;

// Triangles by the mask of inside corners.
const std::array<std::vector<CubeTriangle>, 256>& CubeTriangles(MeshKind kind);

}  // namespace isovox
