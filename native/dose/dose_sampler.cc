#include "dose/dose_sampler.h"

#include <algorithm>
#include <cmath>

#include "dose/cell_kernels.h"

namespace isovox {
DoseSampler::DoseSampler(const DoseGrid& dose, const PlaneFrame& frame)
    : dose_(dose), frame_(frame), to_index_(dose.grid) {
  const Grid& grid = dose.grid;
  const std::array<Vec3, 3> axes{grid.axes.i, grid.axes.j, grid.axes.k};
  const std::array<Vec3, 3> wanted{frame.axis_u, frame.axis_v, frame.normal};
  const std::array<int64_t, 3> strides{1, grid.size[0], grid.size[0] * grid.size[1]};
  const auto positions = [&](size_t axis, double from, double unit) {
    std::vector<double> nodes(static_cast<size_t>(grid.size[axis]));
    for (size_t n = 0; n < nodes.size(); ++n) {
      const double mm = axis == 2 && dose.plane_mm.size() == nodes.size() ? dose.plane_mm[n]
                                                                          : static_cast<double>(n) * grid.spacing[axis];
      nodes[n] = from + mm * unit;
    }
    return nodes;
  };
  aligned_ = true;
  for (size_t a = 0; a < 3; ++a) {
    const auto found = std::find(axes.begin(), axes.end(), wanted[a]);
    if (found == axes.end()) {
      aligned_ = false;
      break;
    }
    const auto axis = static_cast<size_t>(found - axes.begin());
    nodes_[a] = positions(axis, Dot(grid.origin, axes[axis]), 1);
    stride_[a] = strides[axis];
    step_[a] = nodes_[a].size() > 1 ? (nodes_[a].back() - nodes_[a].front()) / static_cast<double>(nodes_[a].size() - 1)
                                    : grid.spacing[axis];
    anchor_[a] = nodes_[a].front();
  }
  if (aligned_) return;
  const double finest = *std::min_element(grid.spacing.begin(), grid.spacing.end());
  step_ = {finest, finest, finest};
  anchor_ = {0, 0, 0};
  stride_ = strides;
  nodes_ = {positions(0, 0, 1 / grid.spacing[0]), positions(1, 0, 1 / grid.spacing[1]), positions(2, 0, 1)};
}

DoseSampler::Place DoseSampler::Locate(const std::vector<double>& nodes, double x) {
  const auto count = static_cast<int64_t>(nodes.size());
  if (count == 1) return {0, 0, 0, 0, true};
  const double first = nodes.front(), last = nodes.back();
  if (x <= first) return {0, 1, 0, 0, x >= first - (nodes[1] - first) / 2};
  if (x >= last) return {count - 2, count - 1, 1, 0, x <= last + (last - nodes[static_cast<size_t>(count) - 2]) / 2};
  // A guess for even spacing, then the neighbours.
  auto n = static_cast<int64_t>((x - first) / (last - first) * static_cast<double>(count - 1));
  n = std::clamp<int64_t>(n, 0, count - 2);
  while (n > 0 && nodes[static_cast<size_t>(n)] > x) --n;
  while (n < count - 2 && nodes[static_cast<size_t>(n) + 1] <= x) ++n;
  const double a = nodes[static_cast<size_t>(n)], b = nodes[static_cast<size_t>(n) + 1];
  return {n, n + 1, static_cast<float>((x - a) / (b - a)), b - a, true};
}

DoseSampler::Lattice DoseSampler::MakeLattice(double du, double dv) const {
  Lattice lattice;
  lattice.cells = {anchor_[0], anchor_[1], du, dv};
  if (!aligned_) return lattice;
  const std::vector<double>& nodes = nodes_[0];
  const double margin = nodes.size() > 1 ? (nodes[1] - nodes[0]) / 2 + du : du;
  lattice.first = static_cast<int32_t>(std::floor((-margin) / du));
  const auto last = static_cast<int32_t>(std::ceil((nodes.back() - nodes.front() + margin) / du));
  const auto count = static_cast<size_t>(last - lattice.first);
  lattice.node.resize(count);
  lattice.way.resize(count);
  lattice.inside_begin = lattice.between_begin = last;
  lattice.inside_end = lattice.between_end = lattice.first;
  for (size_t c = 0; c < count; ++c) {
    const auto column = lattice.first + static_cast<int32_t>(c);
    const Place place = Locate(nodes, anchor_[0] + (column + 0.5) * du);
    lattice.node[c] = static_cast<int32_t>(place.node);
    lattice.way[c] = place.way;
    const bool inside = nodes.size() > 1 ? place.inside : std::abs((column + 0.5) * du) <= step_[0] / 2;
    if (inside) {
      lattice.inside_begin = std::min(lattice.inside_begin, column);
      lattice.inside_end = column + 1;
    }
    if (place.distance > 0) {
      lattice.between_begin = std::min(lattice.between_begin, column);
      lattice.between_end = column + 1;
    }
  }
  return lattice;
}

void DoseSampler::Sample(const Lattice& lattice, double v, double w, double dw, int32_t begin, int32_t end,
                         DoseRow& row) const {
  const auto count = static_cast<size_t>(end - begin);
  if (row.dose.size() < count) {
    row.dose.resize(count);
    row.spread.resize(count);
    row.place.resize(count);
  }
  if (aligned_) {
    SampleAligned(lattice, v, w, dw, begin, end, row);
  } else {
    SampleOblique(lattice, v, w, dw, begin, end, row);
  }
}

void DoseSampler::SampleAligned(const Lattice& lattice, double v, double w, double dw, int32_t begin, int32_t end,
                                DoseRow& row) const {
  Place j = Locate(nodes_[1], v), k = Locate(nodes_[2], w);
  if (nodes_[1].size() == 1) j.inside = std::abs(v - nodes_[1][0]) <= step_[1] / 2;
  if (nodes_[2].size() == 1) k.inside = std::abs(w - nodes_[2][0]) <= step_[2] / 2;
  const auto count = static_cast<size_t>(end - begin);
  const auto table_end = lattice.first + static_cast<int32_t>(lattice.node.size());
  const bool row_between = j.distance > 0 && k.distance > 0, row_inside = j.inside && k.inside;
  row.all_between = row_between && begin >= lattice.between_begin && end <= lattice.between_end;
  if (!row.all_between) {
    for (size_t c = 0; c < count; ++c) {
      const int32_t column = begin + static_cast<int32_t>(c);
      const bool inside = row_inside && column >= lattice.inside_begin && column < lattice.inside_end;
      const bool between = row_between && column >= lattice.between_begin && column < lattice.between_end;
      row.place[c] = between ? DoseRow::kBetween : inside ? DoseRow::kEdge : DoseRow::kOutside;
    }
  }
  const auto entry = [&](int32_t column) {
    return static_cast<size_t>(std::clamp(column, lattice.first, table_end - 1) - lattice.first);
  };
  const int64_t nodes = static_cast<int64_t>(nodes_[0].size());
  const int64_t low = lattice.node[entry(begin)];
  const int64_t high = std::min<int64_t>(lattice.node[entry(end - 1)] + 1, nodes - 1);
  const auto used = static_cast<size_t>(high - low + 1);
  for (auto* scratch : {&row.node, &row.step, &row.step_spread, &row.across2, &row.low, &row.high}) {
    if (scratch->size() < used + 1) scratch->resize(used + 1);
  }
  const float* base = dose_.gray().data();
  const float* p00 = base + j.node * stride_[1] + k.node * stride_[2] + low * stride_[0];
  const float* p10 = p00 + (j.next - j.node) * stride_[1];
  const float* p01 = p00 + (k.next - k.node) * stride_[2];
  const float* p11 = p10 + (k.next - k.node) * stride_[2];
  const float tj = j.way, tk = k.way, sj = 1 - tj, sk = 1 - tk;
  const float w00 = sj * sk, w10 = tj * sk, w01 = sj * tk, w11 = tj * tk;
  const float half_v = j.distance > 0 ? static_cast<float>(lattice.cells.dv / (2 * j.distance)) : 0;
  const float half_w = k.distance > 0 ? static_cast<float>(dw / (2 * k.distance)) : 0;
  float* __restrict node = row.node.data();
  float* __restrict across2 = row.across2.data();
  float* __restrict least = row.low.data();
  float* __restrict most = row.high.data();
  row.first_node = low;
  const BlendWeights weights{w00, w10, w01, w11, sj, tj, sk, tk, half_v, half_w};
  if (stride_[0] == 1) {
    BlendRows<1>(p00, p10, p01, p11, 1, used, weights, node, across2, least, most);
  } else {
    BlendRows<0>(p00, p10, p01, p11, static_cast<size_t>(stride_[0]), used, weights, node, across2, least, most);
  }
  node[used] = node[used - 1];
  across2[used] = across2[used - 1];
  float* __restrict step = row.step.data();
  float* __restrict step_spread = row.step_spread.data();
  const bool even = nodes_[0].size() > 1;
  const float half_u = even ? static_cast<float>(lattice.cells.du / (2 * step_[0])) : 0;
  StepNodes(node, across2, used, half_u, step, step_spread);
  float* __restrict dose = row.dose.data();
  float* __restrict spread = row.spread.data();
  const auto fill = [&](int32_t from, int32_t to) {
    const auto at = static_cast<size_t>(from - lattice.first), offset = static_cast<size_t>(from - begin);
    FillCells(lattice.node.data() + at, static_cast<int32_t>(low), lattice.way.data() + at,
              static_cast<size_t>(to - from), node, step, step_spread, dose + offset, spread + offset);
  };
  const int32_t from = std::max(begin, lattice.first), to = std::min(end, table_end);
  if (from < to) fill(from, to);
  // Beyond the outermost nodes the dose is constant along the row.
  const auto constant = [&](int32_t a, int32_t b, bool left) {
    for (int32_t column = std::max(a, begin); column < std::min(b, end); ++column) {
      const auto c = static_cast<size_t>(column - begin);
      const size_t n = left ? 0 : used - 1;
      dose[c] = node[n];
      spread[c] = std::sqrt(across2[n]);
    }
  };
  constant(begin, lattice.between_begin, true);
  constant(std::max(lattice.between_end, lattice.between_begin), end, false);
}

DoseSampler::Cube DoseSampler::Trilinear(Vec3 patient) const {
  const Vec3 index = to_index_(patient);
  const double third = index.z * dose_.grid.spacing[2];
  const Place a = Locate(nodes_[0], index.x), b = Locate(nodes_[1], index.y), c = Locate(nodes_[2], third);
  Cube cube;
  const auto single = [](const std::vector<double>& nodes, double x, double half) {
    return nodes.size() > 1 || std::abs(x - nodes[0]) <= half;
  };
  cube.inside = a.inside && b.inside && c.inside && single(nodes_[0], index.x, 0.5) &&
                single(nodes_[1], index.y, 0.5) && single(nodes_[2], third, dose_.grid.spacing[2] / 2);
  const float* base = dose_.gray().data() + a.node + b.node * stride_[1] + c.node * stride_[2];
  const int64_t da = a.next - a.node, db = (b.next - b.node) * stride_[1], dc = (c.next - c.node) * stride_[2];
  cube.between = a.distance > 0 && b.distance > 0 && c.distance > 0;
  const float v000 = base[0], v100 = base[da], v010 = base[db], v110 = base[da + db];
  const float v001 = base[dc], v101 = base[da + dc], v011 = base[db + dc], v111 = base[da + db + dc];
  cube.low = std::min({v000, v100, v010, v110, v001, v101, v011, v111});
  cube.high = std::max({v000, v100, v010, v110, v001, v101, v011, v111});
  const float ta = a.way, tb = b.way, tc = c.way;
  const float x00 = v000 + ta * (v100 - v000), x10 = v010 + ta * (v110 - v010);
  const float x01 = v001 + ta * (v101 - v001), x11 = v011 + ta * (v111 - v011);
  const float y0 = x00 + tb * (x10 - x00), y1 = x01 + tb * (x11 - x01);
  cube.value = y0 + tc * (y1 - y0);
  const float g00 = v100 - v000, g10 = v110 - v010, g01 = v101 - v001, g11 = v111 - v011;
  const float g0 = g00 + tb * (g10 - g00), g1 = g01 + tb * (g11 - g01);
  if (a.distance > 0) cube.slope[0] = (g0 + tc * (g1 - g0)) / a.distance;
  if (b.distance > 0) cube.slope[1] = ((x10 - x00) + tc * ((x11 - x01) - (x10 - x00))) / b.distance;
  if (c.distance > 0) cube.slope[2] = (y1 - y0) / c.distance;
  return cube;
}

void DoseSampler::SampleOblique(const Lattice& lattice, double v, double w, double dw, int32_t begin, int32_t end,
                                DoseRow& row) const {
  row.all_between = false;
  row.first_node = begin;
  if (row.low.size() < static_cast<size_t>(end - begin)) {
    row.low.resize(static_cast<size_t>(end - begin));
    row.high.resize(static_cast<size_t>(end - begin));
  }
  const auto moved = [&](Vec3 axis, double half) {
    const Vec3 d = half * axis;
    return Vec3{Dot(to_index_.row_i, d), Dot(to_index_.row_j, d), Dot(to_index_.row_k, d) * dose_.grid.spacing[2]};
  };
  const std::array<Vec3, 3> halves{moved(frame_.axis_u, lattice.cells.du / 2),
                                   moved(frame_.axis_v, lattice.cells.dv / 2), moved(frame_.normal, dw / 2)};
  for (int32_t column = begin; column < end; ++column) {
    const auto c = static_cast<size_t>(column - begin);
    const Cube cube = Trilinear(frame_.ToPatient(lattice.cells.u0 + (column + 0.5) * lattice.cells.du, v, w));
    double square = 0, sum = 0;
    for (const Vec3& half : halves) {
      const double g = cube.slope[0] * half.x + cube.slope[1] * half.y + cube.slope[2] * half.z;
      square += g * g;
      sum += std::abs(g);
    }
    row.dose[c] = cube.value;
    row.spread[c] = static_cast<float>(std::sqrt(square));
    row.low[c] = std::max(cube.low, cube.value - static_cast<float>(sum));
    row.high[c] = std::min(cube.high, cube.value + static_cast<float>(sum));
    row.place[c] = !cube.inside ? DoseRow::kOutside : cube.between ? DoseRow::kBetween : DoseRow::kEdge;
  }
}

void DoseSampler::Extremes(const Lattice& lattice, const DoseRow& row, int32_t row_begin, int32_t begin, int32_t end,
                           float& least, float& most) const {
  int64_t first = begin, last = end;
  if (aligned_) {
    // Along the row the dose is linear between nodes: its extremes are at the nodes, and at the ends.
    const auto table_end = lattice.first + static_cast<int32_t>(lattice.node.size());
    const auto entry = [&](int32_t column) {
      return lattice.node[static_cast<size_t>(std::clamp(column, lattice.first, table_end - 1) - lattice.first)];
    };
    for (const int32_t column : {begin, end - 1}) {
      const float dose = row.dose[static_cast<size_t>(column - row_begin)];
      least = std::min(least, dose);
      most = std::max(most, dose);
    }
    first = entry(begin) + 1;
    last = entry(end - 1) + 1;
  }
  WidenExtremes(row.low.data() + (first - row.first_node), row.high.data() + (first - row.first_node),
                static_cast<size_t>(std::max<int64_t>(0, last - first)), least, most);
}

std::optional<float> DoseSampler::At(double u, double v, double w) const {
  const Cube cube = aligned_ ? AlignedValue(u, v, w) : Trilinear(frame_.ToPatient(u, v, w));
  return cube.inside ? std::optional(cube.value) : std::nullopt;
}

float DoseSampler::Nearest(double u, double v, double w) const {
  return (aligned_ ? AlignedValue(u, v, w) : Trilinear(frame_.ToPatient(u, v, w))).value;
}

DoseSampler::Cube DoseSampler::AlignedValue(double u, double v, double w) const {
  const Place a = Locate(nodes_[0], u), b = Locate(nodes_[1], v), c = Locate(nodes_[2], w);
  const auto single = [&](size_t axis, double x) {
    return nodes_[axis].size() > 1 || std::abs(x - nodes_[axis][0]) <= step_[axis] / 2;
  };
  Cube cube;
  cube.inside = a.inside && b.inside && c.inside && single(0, u) && single(1, v) && single(2, w);
  const float* p = dose_.gray().data() + a.node * stride_[0] + b.node * stride_[1] + c.node * stride_[2];
  const int64_t da = (a.next - a.node) * stride_[0], db = (b.next - b.node) * stride_[1],
                dc = (c.next - c.node) * stride_[2];
  const float x00 = p[0] + a.way * (p[da] - p[0]), x10 = p[db] + a.way * (p[da + db] - p[db]);
  const float x01 = p[dc] + a.way * (p[da + dc] - p[dc]), x11 = p[db + dc] + a.way * (p[da + db + dc] - p[db + dc]);
  const float y0 = x00 + b.way * (x10 - x00), y1 = x01 + b.way * (x11 - x01);
  cube.value = y0 + c.way * (y1 - y0);
  return cube;
}

std::array<float, 2> DoseSampler::RangeIn(const Box2& box, double w0, double w1) const {
  const auto gray = dose_.gray();
  if (gray.empty()) return {0, 0};
  if (!aligned_) {
    const auto [low, high] = std::minmax_element(gray.begin(), gray.end());
    return {*low, *high};
  }
  const auto span = [](const std::vector<double>& nodes, double a, double b) {
    return std::array<int64_t, 2>{Locate(nodes, a).node, Locate(nodes, b).next};
  };
  const auto [a0, a1] = span(nodes_[0], box.u0, box.u1);
  const auto [b0, b1] = span(nodes_[1], box.v0, box.v1);
  const auto [c0, c1] = span(nodes_[2], w0, w1);
  constexpr int64_t kLanes = 8;
  float low[kLanes], high[kLanes];
  std::fill(low, low + kLanes, gray[static_cast<size_t>(a0 * stride_[0] + b0 * stride_[1] + c0 * stride_[2])]);
  std::copy(low, low + kLanes, high);
  for (int64_t c = c0; c <= c1; ++c) {
    for (int64_t b = b0; b <= b1; ++b) {
      const float* p = gray.data() + c * stride_[2] + b * stride_[1];
      int64_t a = a0;
      if (stride_[0] == 1) {
        for (; a + kLanes <= a1 + 1; a += kLanes) {
          for (int64_t lane = 0; lane < kLanes; ++lane) {
            const float value = p[a + lane];
            low[lane] = value < low[lane] ? value : low[lane];
            high[lane] = value > high[lane] ? value : high[lane];
          }
        }
      }
      for (; a <= a1; ++a) {
        const float value = p[a * stride_[0]];
        low[0] = value < low[0] ? value : low[0];
        high[0] = value > high[0] ? value : high[0];
      }
    }
  }
  return {*std::min_element(low, low + kLanes), *std::max_element(high, high + kLanes)};
}

}  // namespace isovox
