#include "loader/patch.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "io/file.h"
#include "simd/physical.h"

namespace isovox::loader {
namespace {

using Index = std::array<int64_t, 3>;

// Buffers of this thread that loans take in turn: a thread that waits for the chunks of one patch may begin another.
std::vector<Buffer>& Spares() {
  thread_local std::vector<Buffer> spares;
  return spares;
}

class Loan {
 public:
  explicit Loan(size_t size) : size_(size) {
    if (!Spares().empty()) {
      buffer_ = std::move(Spares().back());
      Spares().pop_back();
    }
    if (buffer_.size < size) buffer_ = Buffer::OfSize(size);
  }
  ~Loan() {
    constexpr size_t kMostKept = size_t{16} << 20;
    if (buffer_.size <= kMostKept) Spares().push_back(std::move(buffer_));
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  std::span<std::byte> bytes() { return {buffer_.data.get(), size_}; }

 private:
  Buffer buffer_;
  size_t size_;
};

// A box of a volume and the part of it that the volume has.
struct Box {
  Index begin{0, 0, 0}, size{0, 0, 0};

  int64_t voxels() const { return size[0] * size[1] * size[2]; }
  bool Has(int64_t x, int64_t y, int64_t z) const {
    return x >= begin[0] && y >= begin[1] && z >= begin[2] && x < begin[0] + size[0] && y < begin[1] + size[1] &&
           z < begin[2] + size[2];
  }
  size_t PlaceOf(int64_t x, int64_t y, int64_t z) const {
    return static_cast<size_t>(((z - begin[2]) * size[1] + (y - begin[1])) * size[0] + (x - begin[0]));
  }
};

Box Clipped(const Volume& whole, Index begin, Index end) {
  if (whole.components != 1) {
    throw Error(ErrorCode::kUnsupported, "Patches are cut from volumes of one component",
                {{"what", "components"}, {"value", std::to_string(whole.components)}});
  }
  Box box;
  for (size_t a = 0; a < 3; ++a) {
    begin[a] = std::clamp<int64_t>(begin[a], 0, whole.grid.size[a]);
    end[a] = std::clamp<int64_t>(end[a], begin[a], whole.grid.size[a]);
    box.begin[a] = begin[a];
    box.size[a] = end[a] - begin[a];
  }
  return box;
}

// How many planes of the box, from plane z on, are read at once: all of a patch, of whole volumes some layers of chunks.
int64_t PlanesAtOnce(const store::StoredVolume& stored, const Box& box, int64_t z, size_t sample) {
  constexpr int64_t kMost = int64_t{16} << 20;
  const int64_t left = box.begin[2] + box.size[2] - z;
  const int64_t fit = kMost / (box.size[0] * box.size[1] * static_cast<int64_t>(sample));
  if (fit >= left) return left;
  // Ends where a layer ends, so that no chunk is decoded twice.
  const int axis = stored.axis[2];
  const int64_t layer = axis < 0 ? 1 : stored.array.meta().cell()[static_cast<size_t>(axis)];
  return std::min(left, std::max((z + fit) / layer * layer, z / layer * layer + layer) - z);
}

// Calls row(y, z, numbers) for every row of the box, whose numbers are as they are stored.
template <typename Row>
void EachRow(const Exec& exec, const Source& source, const Box& box, const Row& row) {
  if (box.voxels() == 0) return;
  const Volume& whole = source.description();
  const size_t sample = DTypeSize(whole.dtype);
  if (!source.stored) {
    for (int64_t z = box.begin[2]; z < box.begin[2] + box.size[2]; ++z) {
      for (int64_t y = box.begin[1]; y < box.begin[1] + box.size[1]; ++y) {
        const int64_t at = (z * whole.grid.size[1] + y) * whole.grid.size[0] + box.begin[0];
        row(y, z, whole.storage->data() + static_cast<size_t>(at) * sample);
      }
    }
    return;
  }
  Box slab = box;
  for (; slab.begin[2] < box.begin[2] + box.size[2]; slab.begin[2] += slab.size[2]) {
    slab.size[2] = PlanesAtOnce(*source.stored, box, slab.begin[2], sample);
    Loan loan(static_cast<size_t>(slab.voxels()) * sample);
    source.stored->ReadInto(exec, slab.begin, slab.size, 0, loan.bytes());
    for (int64_t z = slab.begin[2]; z < slab.begin[2] + slab.size[2]; ++z) {
      for (int64_t y = slab.begin[1]; y < slab.begin[1] + slab.size[1]; ++y) {
        row(y, z, loan.bytes().data() + slab.PlaceOf(slab.begin[0], y, z) * sample);
      }
    }
  }
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
  const Volume& whole = source.description();
  const Box box = Clipped(whole, placement.start, end);
  if (box.size != size) std::fill(out.begin(), out.end(), placement.outside);
  const auto width = static_cast<size_t>(box.size[0]);
  EachRow(exec, source, box, [&](int64_t y, int64_t z, const std::byte* numbers) {
    const auto place = [&](size_t axis, int64_t at) {
      const int64_t inside = at - placement.start[axis];
      return placement.flip[axis] ? size[axis] - 1 - inside : inside;
    };
    const int64_t first = placement.flip[0] ? place(0, box.begin[0] + box.size[0] - 1) : place(0, box.begin[0]);
    const int64_t at = (place(2, z) * size[1] + place(1, y)) * size[0] + first;
    const auto row = out.subspan(static_cast<size_t>(at), width);
    simd::ToPhysical(whole.dtype, numbers, whole.slope, whole.intercept, row);
    if (placement.flip[0]) std::reverse(row.begin(), row.end());
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
  const Volume& whole = source.description();
  const Box box = Clipped(whole, begin, end);
  Loan loan(static_cast<size_t>(box.voxels()) * sizeof(float));
  auto* const values = reinterpret_cast<float*>(loan.bytes().data());
  EachRow(exec, source, box, [&](int64_t y, int64_t z, const std::byte* numbers) {
    simd::ToPhysical(whole.dtype, numbers, whole.slope, whole.intercept,
                     {values + box.PlaceOf(box.begin[0], y, z), static_cast<size_t>(box.size[0])});
  });
  const auto value = [&](int64_t x, int64_t y, int64_t z) {
    return static_cast<double>(box.Has(x, y, z) ? values[box.PlaceOf(x, y, z)] : placement.outside);
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
