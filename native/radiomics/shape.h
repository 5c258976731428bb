// Measures of the structure's form that both dialects use.
#pragma once

#include <array>

#include "radiomics/convex_hull.h"
#include "radiomics/mesh.h"
#include "volume/grid.h"

namespace isovox::radiomics {

struct Shape {
  MeshSize mesh;
  double voxels = 0;
  double voxel_mm3 = 0;                    // of all voxels
  std::array<double, 3> box_mm{0, 0, 0};   // edges of the bounding box of the voxels
  Vec3 centre;                             // mean index of the voxels
  std::array<double, 3> variance_mm2{0, 0, 0};  // of the voxels along their principal axes, descending; over N
  Hull hull;                               // of the mesh, in half voxels
  MeshSize hull_size;
  double diameter_mm = 0;                  // largest distance between two corners of the mesh
};

Shape ShapeOf(const Region& region, const Extents& extents, MeshKind kind);

}  // namespace isovox::radiomics
