#include "imaging/reorient.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "base/error.h"

namespace isovox {
namespace {

double Part(Vec3 v, int c) { return c == 0 ? v.x : c == 1 ? v.y : v.z; }

// Rows are copied in blocks of this many output planes' rows; a tile of it keeps a transposition in the cache.
constexpr int64_t kTile = 16;

struct Strides {
  std::array<int64_t, 3> size, step;  // output sizes; input voxels between output neighbours
  int64_t start = 0;                  // the input voxel of the output's first
};

Strides StridesOf(const Grid& grid, const AxisOrder& order) {
  const std::array<int64_t, 3> input = {1, grid.size[0], grid.size[0] * grid.size[1]};
  Strides s{};
  for (size_t a = 0; a < 3; ++a) {
    const auto from = static_cast<size_t>(order.from[a]);
    s.size[a] = grid.size[from];
    s.step[a] = order.flip[a] ? -input[from] : input[from];
    if (order.flip[a]) s.start += input[from] * (s.size[a] - 1);
  }
  return s;
}

template <size_t kBytes>
void CopyFrame(const Exec& exec, const Strides& s, const std::byte* in, std::byte* out) {
  const int64_t row_tiles = (s.size[1] + kTile - 1) / kTile;
  ParallelFor(exec, s.size[2] * row_tiles, 1, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const int64_t k = t / row_tiles, first = t % row_tiles * kTile, last = std::min(s.size[1], first + kTile);
      for (int64_t tile = 0; tile < s.size[0]; tile += kTile) {
        const int64_t stop = std::min(s.size[0], tile + kTile);
        for (int64_t j = first; j < last; ++j) {
          const std::byte* from = in + (s.start + k * s.step[2] + j * s.step[1] + tile * s.step[0]) * int64_t{kBytes};
          std::byte* to = out + ((k * s.size[1] + j) * s.size[0] + tile) * int64_t{kBytes};
          for (int64_t i = tile; i < stop; ++i, to += kBytes, from += s.step[0] * int64_t{kBytes}) {
            std::memcpy(to, from, kBytes);
          }
        }
      }
    }
  });
}

void CopyAnyFrame(const Exec& exec, const Strides& s, const std::byte* in, std::byte* out, size_t bytes) {
  switch (bytes) {
    case 1: return CopyFrame<1>(exec, s, in, out);
    case 2: return CopyFrame<2>(exec, s, in, out);
    case 3: return CopyFrame<3>(exec, s, in, out);
    case 4: return CopyFrame<4>(exec, s, in, out);
    case 8: return CopyFrame<8>(exec, s, in, out);
    case 16: return CopyFrame<16>(exec, s, in, out);
    default: break;
  }
  ParallelFor(exec, s.size[2], 1, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      for (int64_t j = 0; j < s.size[1]; ++j) {
        for (int64_t i = 0; i < s.size[0]; ++i) {
          const int64_t from = s.start + k * s.step[2] + j * s.step[1] + i * s.step[0];
          std::memcpy(out + static_cast<size_t>((k * s.size[1] + j) * s.size[0] + i) * bytes, in + static_cast<size_t>(from) * bytes, bytes);
        }
      }
    }
  });
}

}  // namespace

AxisOrder OrderFor(const Grid& grid, std::string_view code) {
  std::array<int, 3> world{}, sign{};
  std::array<bool, 3> seen{};
  bool valid = code.size() == 3;
  for (size_t a = 0; valid && a < 3; ++a) {
    constexpr std::string_view kLetters = "LRPASI";
    const size_t at = kLetters.find(static_cast<char>(std::toupper(static_cast<unsigned char>(code[a]))));
    valid = at != std::string_view::npos && !seen[at / 2];
    if (!valid) break;
    seen[at / 2] = true;
    world[a] = static_cast<int>(at / 2);
    sign[a] = at % 2 == 0 ? 1 : -1;
  }
  if (!valid) {
    throw InvalidArgument("orientation", "one letter each of L/R, P/A and S/I, such as LPS", "\"" + std::string(code) + "\"");
  }
  const Vec3 axes[] = {grid.axes.i, grid.axes.j, grid.axes.k};
  // Of the six ways to pair axes, the one whose axes point most along their partners: oblique grids have one too.
  std::array<int, 3> way{0, 1, 2};
  AxisOrder best;
  double best_sum = -1;
  do {
    double sum = 0;
    for (size_t a = 0; a < 3; ++a) sum += std::abs(Part(axes[way[a]], world[a]));
    if (sum <= best_sum + 1e-9) continue;
    best_sum = sum;
    for (size_t a = 0; a < 3; ++a) {
      best.from[a] = way[a];
      best.flip[a] = Part(axes[way[a]], world[a]) * sign[a] < 0;
    }
  } while (std::next_permutation(way.begin(), way.end()));
  return best;
}

Grid Reorient(const Grid& grid, const AxisOrder& order) {
  const Vec3 axes[] = {grid.axes.i, grid.axes.j, grid.axes.k};
  Grid out;
  Vec3* const to[] = {&out.axes.i, &out.axes.j, &out.axes.k};
  Vec3 corner{};
  double* const index[] = {&corner.x, &corner.y, &corner.z};
  for (size_t a = 0; a < 3; ++a) {
    const auto from = static_cast<size_t>(order.from[a]);
    out.size[a] = grid.size[from];
    out.spacing[a] = grid.spacing[from];
    *to[a] = order.flip[a] ? Vec3{0, 0, 0} - axes[from] : axes[from];
    if (order.flip[a]) *index[from] = static_cast<double>(grid.size[from] - 1);
  }
  out.origin = grid.IndexToPatient(corner);
  return out;
}

Volume Reorient(const Exec& exec, const Volume& volume, const AxisOrder& order) {
  if (order.identity()) return volume;
  Volume out = MakeVolume(Reorient(volume.grid, order), volume.dtype, volume.frames, volume.components);
  out.slope = volume.slope;
  out.intercept = volume.intercept;
  out.unit = volume.unit;
  out.metadata = volume.metadata;
  const Strides strides = StridesOf(volume.grid, order);
  const size_t voxel = DTypeSize(volume.dtype) * static_cast<size_t>(volume.components);
  const size_t frame = static_cast<size_t>(volume.grid.voxels()) * voxel;
  for (size_t t = 0; t < static_cast<size_t>(volume.frames); ++t) {
    CopyAnyFrame(exec, strides, volume.storage->data() + t * frame, out.storage->data() + t * frame, voxel);
  }
  return out;
}

}  // namespace isovox
