#include "dose/dose_sampler.h"

#include <algorithm>
#include <cmath>

#include "dose/cell_kernels.h"

namespace isovox {

RowRanges FindRowRanges(const DoseGrid& dose, const Exec& exec) {
  constexpr int64_t kRowsPerChunk = 2048;
  const auto [ni, nj, nk] = dose.grid.size;
  RowRanges ranges(static_cast<size_t>(nj * nk), {1e30F, -1e30F});
  ParallelFor(exec, nj * nk, kRowsPerChunk, [&, ni = ni](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const float* row = dose.gray().data() + r * ni;
      auto& [low, high] = ranges[static_cast<size_t>(r)];
      FindExtremes(row, static_cast<size_t>(ni), low, high);
    }
  });
  return ranges;
}

DoseSampler::DoseSampler(const DoseGrid& dose, const PlaneFrame& frame, const Box2& box, double w0, double w1,
                         const RowRanges* ranges)
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
  const auto count_steps = [this] {
    for (size_t a = 0; a < 3; ++a) {
      const auto& nodes = nodes_[a];
      if (nodes.size() < 2) continue;
      const double length = nodes.back() - nodes.front();
      per_step_[a] = static_cast<double>(nodes.size() - 1) / length;
      even_[a] = true;
      for (size_t n = 0; n < nodes.size(); ++n) {
        const double off = (nodes[n] - nodes.front()) * per_step_[a] - static_cast<double>(n);
        even_[a] = even_[a] && std::abs(off) < 1e-6;
      }
      last_node_[a] = static_cast<double>(nodes.size() - 1);
    }
  };
  if (aligned_) {
    count_steps();
    FindRange(box, w0, w1, ranges);
    return;
  }
  const double finest = *std::min_element(grid.spacing.begin(), grid.spacing.end());
  step_ = {finest, finest, finest};
  anchor_ = {0, 0, 0};
  stride_ = strides;
  nodes_ = {positions(0, 0, 1 / grid.spacing[0]), positions(1, 0, 1 / grid.spacing[1]), positions(2, 0, 1)};
  count_steps();
  FindRange(box, w0, w1, ranges);
}

DoseSampler::Place DoseSampler::Locate(size_t axis, double x) const {
  const std::vector<double>& nodes = nodes_[axis];
  const auto count = static_cast<int64_t>(nodes.size());
  if (count == 1) return {0, 0, 0, 0, true};
  const double first = nodes.front(), last = nodes.back();
  if (x <= first) return {0, 1, 0, 0, x >= first - (nodes[1] - first) / 2};
  if (x >= last) return {count - 2, count - 1, 1, 0, x <= last + (last - nodes[static_cast<size_t>(count) - 2]) / 2};
  // A guess for even spacing, then the neighbours.
  const double along = (x - first) * per_step_[axis];
  int64_t n = std::min(static_cast<int64_t>(along), count - 2);
  if (even_[axis]) return {n, n + 1, static_cast<float>(along - static_cast<double>(n)), 1 / per_step_[axis], true};
  while (n > 0 && nodes[static_cast<size_t>(n)] > x) --n;
  while (n < count - 2 && nodes[static_cast<size_t>(n) + 1] <= x) ++n;
  const double a = nodes[static_cast<size_t>(n)], b = nodes[static_cast<size_t>(n) + 1];
  return {n, n + 1, static_cast<float>((x - a) / (b - a)), b - a, true};
}

DoseSampler::Place DoseSampler::LocateNear(size_t axis, double x) const {
  Place place = Locate(axis, x);
  if (nodes_[axis].size() == 1) place.inside = std::abs(x - nodes_[axis][0]) <= step_[axis] / 2;
  return place;
}

// The usual case of Locate without its questions: between nodes that are evenly spaced.
inline DoseSampler::Place DoseSampler::LocateInside(size_t axis, double x) const {
  const double along = (x - anchor_[axis]) * per_step_[axis];
  if (!even_[axis] || !(along > 0 && along < last_node_[axis])) return LocateNear(axis, x);
  const auto n = static_cast<int64_t>(along);
  return {n, n + 1, static_cast<float>(along - static_cast<double>(n)), 1 / per_step_[axis], true};
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
  lattice.half_u = nodes.size() > 1 ? static_cast<float>(du / (2 * step_[0])) : 0;
  lattice.node.resize(count);
  lattice.way.resize(count);
  lattice.inside_begin = lattice.between_begin = last;
  lattice.inside_end = lattice.between_end = lattice.first;
  for (size_t c = 0; c < count; ++c) {
    const auto column = lattice.first + static_cast<int32_t>(c);
    const Place place = LocateInside(0, anchor_[0] + (column + 0.5) * du);
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
  if (row.dose.size() < count + kPadding) {
    row.dose.resize(count + kPadding);
    row.spread.resize(count + kPadding);
    row.place.resize(count + kPadding);
  }
  if (aligned_) {
    SampleAligned(lattice, v, w, dw, begin, end, row);
  } else {
    SampleOblique(lattice, v, w, dw, begin, end, row);
  }
}

void DoseSampler::SampleAligned(const Lattice& lattice, double v, double w, double dw, int32_t begin, int32_t end,
                                DoseRow& row) const {
  const Place j = LocateInside(1, v), k = LocateInside(2, w);
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
  for (auto* scratch : {&row.node, &row.step, &row.step_spread, &row.half_v, &row.half_w}) {
    if (scratch->size() < used + 1) scratch->resize(used + 1);
  }
  const float* p00 = dose_.gray().data() + j.node * stride_[1] + k.node * stride_[2] + low * stride_[0];
  const int64_t dj = (j.next - j.node) * stride_[1], dk = (k.next - k.node) * stride_[2];
  row.grid = {p00, p00 + dj, p00 + dk, p00 + dj + dk, static_cast<size_t>(stride_[0])};
  const auto [floor, ceiling] = RangeAbout(j.node, k.node);
  row.floor = floor;
  row.ceiling = ceiling;
  const float tj = j.way, tk = k.way, sj = 1 - tj, sk = 1 - tk;
  const float w00 = sj * sk, w10 = tj * sk, w01 = sj * tk, w11 = tj * tk;
  const float half_v = j.distance > 0 ? static_cast<float>(lattice.cells.dv / (2 * j.distance)) : 0;
  const float half_w = k.distance > 0 ? static_cast<float>(dw / (2 * k.distance)) : 0;
  row.first_node = low;
  const BlendWeights weights{w00, w10, w01, w11, sj, tj, sk, tk, half_v, half_w};
  const BlendedRow blended = row.blended();
  BlendRows(row.grid, used, weights, blended);
  for (auto* scratch : {&row.node, &row.half_v, &row.half_w}) (*scratch)[used] = (*scratch)[used - 1];
  const float* node = row.node.data();
  float* step = row.step.data();
  float* step_spread = row.step_spread.data();
  StepNodes(blended, used, lattice.half_u, step, step_spread);
  float* dose = row.dose.data();
  float* spread = row.spread.data();
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
      spread[c] = std::sqrt(row.half_v[n] * row.half_v[n] + row.half_w[n] * row.half_w[n]);
    }
  };
  constant(begin, lattice.between_begin, true);
  constant(std::max(lattice.between_end, lattice.between_begin), end, false);
}

DoseSampler::Cube DoseSampler::Trilinear(Vec3 patient) const {
  const Vec3 index = to_index_(patient);
  const double third = index.z * dose_.grid.spacing[2];
  const Place a = Locate(0, index.x), b = Locate(1, index.y), c = Locate(2, third);
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
  for (auto* scratch : {&row.half_u, &row.half_v, &row.half_w, &row.low, &row.high}) {
    if (scratch->size() < static_cast<size_t>(end - begin)) scratch->resize(static_cast<size_t>(end - begin));
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
    std::array<double, 3> change{};
    for (size_t a = 0; a < 3; ++a) {
      const double g = cube.slope[0] * halves[a].x + cube.slope[1] * halves[a].y + cube.slope[2] * halves[a].z;
      change[a] = g;
      square += g * g;
      sum += std::abs(g);
    }
    row.half_u[c] = static_cast<float>(change[0]);
    row.half_v[c] = static_cast<float>(change[1]);
    row.half_w[c] = static_cast<float>(change[2]);
    row.dose[c] = cube.value;
    row.spread[c] = static_cast<float>(std::sqrt(square));
    row.low[c] = std::max(cube.low, cube.value - static_cast<float>(sum));
    row.high[c] = std::min(cube.high, cube.value + static_cast<float>(sum));
    row.place[c] = !cube.inside ? DoseRow::kOutside : cube.between ? DoseRow::kBetween : DoseRow::kEdge;
  }
}

DoseSampler::Part DoseSampler::CoveredPart(const Lattice& lattice, const DoseRow& row, int32_t row_begin,
                                           const Run& run) const {
  const auto c = static_cast<size_t>(run.begin - row_begin);
  float u, v2, w2, v;
  if (aligned_) {
    const auto n = static_cast<size_t>(lattice.node[static_cast<size_t>(run.begin - lattice.first)] - row.first_node);
    const float v0 = row.half_v[n], v1 = row.half_v[n + 1], w0 = row.half_w[n], w1 = row.half_w[n + 1];
    u = row.step[n] * lattice.half_u;
    v = 0.5F * (v0 + v1);
    v2 = 0.5F * (v0 * v0 + v1 * v1);
    w2 = 0.5F * (w0 * w0 + w1 * w1);
  } else {
    u = row.half_u[c];
    v = row.half_v[c];
    v2 = v * v;
    w2 = row.half_w[c] * row.half_w[c];
  }
  // Centroids in half cells. What is covered reaches to the nearer side, and so far to the other.
  const float cu = 2 * run.centroid_u, cv = 2 * run.centroid_v;
  const float wide = u * (1 - std::abs(cu)), high = 1 - std::abs(cv);
  return {row.dose[c] + cu * u + cv * v, std::sqrt(wide * wide + v2 * high * high + w2)};
}

void DoseSampler::Extremes(const Lattice& lattice, DoseRow& row, int32_t row_begin, int32_t begin, int32_t end,
                           float& least, float& most) const {
  if (aligned_) {
    if (row.floor >= least && row.ceiling <= most) return;
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
    const int64_t first = entry(begin) + 1 - row.first_node, last = entry(end - 1) + 1 - row.first_node;
    if (first < last) {
      WidenAcross(row.grid, row.blended(), static_cast<size_t>(first), static_cast<size_t>(last), least, most);
    }
    return;
  }
  WidenExtremes(row.low.data() + (begin - row_begin), row.high.data() + (begin - row_begin),
                static_cast<size_t>(end - begin), least, most);
}

std::optional<float> DoseSampler::At(double u, double v, double w) const {
  const Cube cube = aligned_ ? AlignedValue(u, v, w) : Trilinear(frame_.ToPatient(u, v, w));
  return cube.inside ? std::optional(cube.value) : std::nullopt;
}

float DoseSampler::Nearest(double u, double v, double w) const {
  return (aligned_ ? AlignedValue(u, v, w) : Trilinear(frame_.ToPatient(u, v, w))).value;
}

DoseSampler::Cube DoseSampler::AlignedValue(double u, double v, double w) const {
  return AlignedAt(LocateNear(0, u), LocateNear(1, v), LocateNear(2, w));
}

DoseSampler::Cube DoseSampler::AlignedAt(const Place& a, const Place& b, const Place& c) const {
  Cube cube;
  cube.inside = a.inside && b.inside && c.inside;
  const float* p = dose_.gray().data() + a.node * stride_[0] + b.node * stride_[1] + c.node * stride_[2];
  const int64_t da = (a.next - a.node) * stride_[0], db = (b.next - b.node) * stride_[1],
                dc = (c.next - c.node) * stride_[2];
  const float x00 = p[0] + a.way * (p[da] - p[0]), x10 = p[db] + a.way * (p[da + db] - p[db]);
  const float x01 = p[dc] + a.way * (p[da + dc] - p[dc]), x11 = p[db + dc] + a.way * (p[da + db + dc] - p[db + dc]);
  const float y0 = x00 + b.way * (x10 - x00), y1 = x01 + b.way * (x11 - x01);
  cube.value = y0 + c.way * (y1 - y0);
  return cube;
}

std::vector<double> DoseSampler::planes() const {
  if (!aligned_) return {};
  const std::vector<double>& nodes = nodes_[2];
  const size_t last = nodes.size() - 1;
  std::vector<double> planes = nodes;
  planes.insert(planes.begin(), nodes[0] - (last > 0 ? nodes[1] - nodes[0] : step_[2]) / 2);
  planes.push_back(nodes[last] + (last > 0 ? nodes[last] - nodes[last - 1] : step_[2]) / 2);
  return planes;
}

void DoseSampler::WidenAlong(std::span<const Point2> loop, double w, OutsideGrid outside, float open,
                             float& least, float& most) const {
  // Points closer than an eighth of the grid to the last one looked at can tell nothing new.
  const double finest = std::min(step_[0], step_[1]), near = finest / 8;
  const Place plane = aligned_ ? LocateInside(2, w) : Place{};
  const float* const on_plane = aligned_ ? dose_.gray().data() + plane.node * stride_[2] : nullptr;
  const int64_t dk = aligned_ ? (plane.next - plane.node) * stride_[2] : 0;
  // Whether there may be more to find about the point than it tells itself.
  const auto look = [&](Point2 p) {
    Cube cube;
    bool more = true;
    if (aligned_) {
      const Place across = LocateInside(1, p.v), along = LocateInside(0, p.u);
      // The dose lies between those of the eight nodes about the point.
      const float* q = on_plane + across.node * stride_[1] + along.node * stride_[0];
      const int64_t di = (along.next - along.node) * stride_[0], dj = (across.next - across.node) * stride_[1];
      const float low = std::min({q[0], q[di], q[dj], q[di + dj], q[dk], q[dk + di], q[dk + dj], q[dk + di + dj]});
      const float high = std::max({q[0], q[di], q[dj], q[di + dj], q[dk], q[dk + di], q[dk + dj], q[dk + di + dj]});
      more = low < least - open || high > most + open;
      if (low >= least && high <= most && outside != OutsideGrid::kZero) return more;
      cube = AlignedAt(along, across, plane);
    } else {
      cube = Trilinear(frame_.ToPatient(p.u, p.v, w));
    }
    if (!cube.inside && outside == OutsideGrid::kExclude) return more;
    const float value = cube.inside || outside == OutsideGrid::kClamp ? cube.value : 0;
    least = std::min(least, value);
    most = std::max(most, value);
    return more;
  };
  if (loop.empty()) return;
  Point2 last = loop.back();
  bool more_at_last = look(last);
  for (const Point2& p : loop) {
    const double du = p.u - last.u, dv = p.v - last.v, length = std::abs(du) + std::abs(dv);
    if (length < near) continue;
    const bool more = look(p);
    // Where the ends of an edge have no more to tell, its middle may, in a cell of its own.
    const auto middle_has_more = [&] { return length > finest && look({last.u + du / 2, last.v + dv / 2}); };
    if (length > 2 * finest || (length > finest / 2 && (more || more_at_last || middle_has_more()))) {
      const int parts = static_cast<int>(std::min(1e4, std::ceil(4 * length / finest)));
      for (int part = 1; part < parts; ++part) look({last.u + du * part / parts, last.v + dv * part / parts});
    }
    last = p;
    more_at_last = more;
  }
}

std::array<float, 2> DoseSampler::RangeAbout(int64_t j, int64_t k) const {
  const int64_t jr = j - first_row_[0], kr = k - first_row_[1];
  if (jr < 0 || kr < 0 || jr + 1 >= rows_[0] || kr + 1 >= rows_[1]) return {-1e30F, 1e30F};
  const auto [sj, sk] = row_step_;
  const auto* at = row_range_ + jr * sj + kr * sk;
  return {std::min({at[0][0], at[sj][0], at[sk][0], at[sj + sk][0]}),
          std::max({at[0][1], at[sj][1], at[sk][1], at[sj + sk][1]})};
}

void DoseSampler::FindRange(const Box2& box, double w0, double w1, const RowRanges* shared) {
  const auto gray = dose_.gray();
  if (gray.empty()) return;
  range_ = {1e30F, -1e30F};
  if (!aligned_) {
    FindExtremes(gray.data(), gray.size(), range_[0], range_[1]);
    return;
  }
  // One node further: the middle of a cell at the edge may lie outside the box.
  const auto span = [this](size_t axis, double a, double b) {
    const auto last = static_cast<int64_t>(nodes_[axis].size()) - 1;
    return std::array<int64_t, 2>{std::max<int64_t>(0, Locate(axis, a).node - 1),
                                  std::min(last, Locate(axis, b).next + 1)};
  };
  const auto [b0, b1] = span(1, box.v0, box.v1);
  const auto [c0, c1] = span(2, w0, w1);
  first_row_ = {b0, c0};
  rows_ = {b1 - b0 + 1, c1 - c0 + 1};
  const int64_t count = dose_.grid.size[0];
  if (stride_[0] == 1 && shared != nullptr) {
    // Rows are counted in rows: a step of one row in the values is one in the ranges.
    row_step_ = {stride_[1] / count, stride_[2] / count};
    row_range_ = shared->data() + b0 * row_step_[0] + c0 * row_step_[1];
  } else {
    const auto [a0, a1] = stride_[0] == 1 ? std::array<int64_t, 2>{0, count - 1} : span(0, box.u0, box.u1);
    own_ranges_.assign(static_cast<size_t>(rows_[0] * rows_[1]), {1e30F, -1e30F});
    row_step_ = {1, rows_[0]};
    row_range_ = own_ranges_.data();
    auto row = own_ranges_.begin();
    for (int64_t c = c0; c <= c1; ++c) {
      for (int64_t b = b0; b <= b1; ++b, ++row) {
        const float* p = gray.data() + c * stride_[2] + b * stride_[1];
        auto& [low, high] = *row;
        if (stride_[0] == 1) {
          FindExtremes(p, static_cast<size_t>(count), low, high);
          continue;
        }
        for (int64_t a = a0; a <= a1; ++a) {
          low = std::min(low, p[a * stride_[0]]);
          high = std::max(high, p[a * stride_[0]]);
        }
      }
    }
  }
  for (int64_t c = 0; c < rows_[1]; ++c) {
    for (int64_t b = 0; b < rows_[0]; ++b) {
      const auto& row = row_range_[b * row_step_[0] + c * row_step_[1]];
      range_ = {std::min(range_[0], row[0]), std::max(range_[1], row[1])};
    }
  }
}

}  // namespace isovox
