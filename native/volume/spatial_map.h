// Maps of patient positions between frames of reference: an affine map, or one with a field of displacements.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "volume/grid.h"

namespace isovox {

// p -> rows * (p, 1), row-major 3 x 4.
struct Affine {
  std::array<double, 12> rows{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};

  Vec3 operator()(Vec3 p) const {
    const auto row = [&](size_t r) { return rows[r] * p.x + rows[r + 1] * p.y + rows[r + 2] * p.z + rows[r + 3]; };
    return {row(0), row(4), row(8)};
  }
  // First `inner`, then this.
  Affine After(const Affine& inner) const;
  // Throws ERR_GEOMETRY for a map that cannot be undone.
  Affine Inverse() const;
  double Determinant() const;
};

// Displacements in millimetres at the nodes of a grid, trilinear between them.
struct DisplacementField {
  Grid grid;
  std::vector<float> vectors;  // x, y, z of every node, i fastest; NaN where nothing is defined

  // Nothing outside the outermost nodes, and where a node about the position has none.
  std::optional<Vec3> At(Vec3 position) const;
};

// `affine`; or, with a field, post(pre(q) + field(q)) of q = affine(p) (PS3.3 C.20.3.1.1).
struct SpatialMap {
  Affine affine;
  std::shared_ptr<const DisplacementField> field;
  Affine pre, post;

  std::optional<Vec3> operator()(Vec3 p) const {
    const Vec3 q = affine(p);
    if (!field) return q;
    const auto moved = field->At(q);
    if (!moved) return std::nullopt;
    return post(pre(q) + *moved);
  }
};

}  // namespace isovox
