#include "imaging/surface.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "imaging/marching_cubes.h"
#include "simd/targets.h"

namespace isovox {
namespace {

constexpr int64_t kRowsAtOnce = 64;
constexpr int kWord = 64;

// Edges of the cube at (i, j, k) lie on rows of edges: those along i on the rows of its four (j, k), those along j on two,
// those along k on two.
enum EdgeRow : uint8_t { kX00, kX10, kX01, kX11, kY0, kY1, kZ0, kZ1 };

struct CornerEdge {
  uint8_t row;   // an EdgeRow
  uint8_t next;  // 1 when it begins at i + 1
};

struct CubeCase {
  uint8_t triangles = 0;
  std::array<CornerEdge, 15> corners{};
};

const std::array<CubeCase, 256>& Cases() {
  static const auto made = [] {
    std::array<CubeCase, 256> cases;
    const auto& table = CubeTriangles(MeshKind::kWatertight);
    for (size_t cube = 0; cube < cases.size(); ++cube) {
      CubeCase& one = cases[cube];
      for (const CubeTriangle& triangle : table[cube]) {
        for (size_t c = 0; c < 3; ++c) {
          const auto [x, y, z] = triangle[c];  // in half voxels: odd along the edge
          const int j = y / 2, k = z / 2;
          const int row = x == 1 ? kX00 + j + 2 * k : y == 1 ? kY0 + k : kZ0 + j;
          one.corners[size_t{3} * one.triangles + c] = {static_cast<uint8_t>(row), static_cast<uint8_t>(x == 2 ? 1 : 0)};
        }
        ++one.triangles;
      }
    }
    return cases;
  }();
  return made;
}

// Of one row of voxels: how many edges along i, j and k begin there and cross, and how many triangles its cubes have.
struct RowCounts {
  int64_t x = 0, y = 0, z = 0, triangles = 0;
};

// A row of voxels as bits, and the rows that its cubes reach.
struct Rows {
  const uint64_t* here;
  const uint64_t* up_j;   // null at the border
  const uint64_t* up_k;
  const uint64_t* up_jk;
};

// Bits that differ from the bit after them; the last voxel has none after it.
inline uint64_t Crossings(const uint64_t* row, int64_t word, int64_t words, uint64_t last) {
  const uint64_t after = word + 1 < words ? row[word + 1] << 63 : 0;
  const uint64_t differ = row[word] ^ ((row[word] >> 1) | after);
  return word + 1 < words ? differ : differ & last;
}

// Cubes of the word whose corners are not all alike.
inline uint64_t ActiveCubes(const Rows& rows, int64_t word, int64_t words, uint64_t last) {
  const auto across = [&](int64_t w) {
    const uint64_t here = rows.here[w];
    return (here ^ rows.up_j[w]) | (here ^ rows.up_k[w]) | (here ^ rows.up_jk[w]);
  };
  const uint64_t before = across(word);
  const uint64_t after = word + 1 < words ? across(word + 1) << 63 : 0;
  const uint64_t active = before | (before >> 1) | after | Crossings(rows.here, word, words, last);
  return word + 1 < words ? active : active & last;
}

inline unsigned PairAt(const uint64_t* row, int64_t word, int64_t words, int bit) {
  uint64_t pair = row[word] >> bit;
  if (bit == kWord - 1 && word + 1 < words) pair |= row[word + 1] << 1;
  return static_cast<unsigned>(pair & 3);
}

inline unsigned CubeAt(const Rows& rows, int64_t word, int64_t words, int bit) {
  return PairAt(rows.here, word, words, bit) | PairAt(rows.up_j, word, words, bit) << 2 |
         PairAt(rows.up_k, word, words, bit) << 4 | PairAt(rows.up_jk, word, words, bit) << 6;
}

ISOVOX_FOR_CPUS
void PackBits(const uint8_t* inside, int64_t n, uint64_t* bits) {
  int64_t i = 0;
  for (int64_t w = 0; i < n; ++w) {
    uint64_t word = 0;
    for (int byte = 0; byte < 8 && i < n; ++byte, i += 8) {
      uint64_t eight = 0;
      std::memcpy(&eight, inside + i, static_cast<size_t>(n - i < 8 ? n - i : 8));
      word |= ((eight * 0x0102040810204080ULL) >> 56) << (8 * byte);
    }
    bits[w] = word;
  }
}

ISOVOX_FOR_CPUS
RowCounts CountRow(const Rows& rows, int64_t words, uint64_t last, const CubeCase* cases) {
  RowCounts counts;
  for (int64_t w = 0; w < words; ++w) {
    counts.x += std::popcount(Crossings(rows.here, w, words, last));
    if (rows.up_j != nullptr) counts.y += std::popcount(rows.here[w] ^ rows.up_j[w]);
    if (rows.up_k != nullptr) counts.z += std::popcount(rows.here[w] ^ rows.up_k[w]);
    if (rows.up_jk == nullptr) continue;
    for (uint64_t active = ActiveCubes(rows, w, words, last); active != 0; active &= active - 1) {
      counts.triangles += cases[CubeAt(rows, w, words, std::countr_zero(active))].triangles;
    }
  }
  return counts;
}

// Where the edges of a row of voxels begin among the points.
struct RowPlace {
  int64_t x = 0, y = 0, z = 0, triangles = 0;
};

// The rows of edges that a row of cubes uses: their crossings, and the number of the first.
struct EdgeRows {
  std::array<const uint64_t*, 2> pair;  // the two rows of voxels that differ there; for edges along i the second is null
  int64_t first;
};

ISOVOX_FOR_CPUS
void WriteTriangles(const Rows& rows, const EdgeRows* edges, int64_t words, uint64_t last, const CubeCase* cases,
                    bool flip, uint32_t* out) {
  std::array<int64_t, 8> first;
  for (size_t e = 0; e < 8; ++e) first[e] = edges[e].first;
  for (int64_t w = 0; w < words; ++w) {
    std::array<uint64_t, 8> crossing;
    for (size_t e = 0; e < 4; ++e) crossing[e] = Crossings(edges[e].pair[0], w, words, last);
    for (size_t e = 4; e < 8; ++e) crossing[e] = edges[e].pair[0][w] ^ edges[e].pair[1][w];
    for (uint64_t active = ActiveCubes(rows, w, words, last); active != 0; active &= active - 1) {
      const int bit = std::countr_zero(active);
      const uint64_t below = (uint64_t{1} << bit) - 1;
      const CubeCase& cube = cases[CubeAt(rows, w, words, bit)];
      for (int n = 0; n < 3 * cube.triangles; ++n) {
        const CornerEdge corner = cube.corners[static_cast<size_t>(n)];
        const uint64_t before = corner.next != 0 ? (below << 1) | 1 : below;
        out[n] = static_cast<uint32_t>(first[corner.row] + std::popcount(crossing[corner.row] & before));
      }
      if (flip) {
        for (int n = 0; n < cube.triangles; ++n) std::swap(out[3 * n + 1], out[3 * n + 2]);
      }
      out += 3 * cube.triangles;
    }
    for (size_t e = 0; e < 8; ++e) first[e] += std::popcount(crossing[e]);
  }
}

template <typename T>
void MarkAtLeast(const T* __restrict values, int64_t n, T least, uint8_t* __restrict inside) {
  for (int64_t i = 0; i < n; ++i) inside[i] = values[i] >= least ? 1 : 0;
}

class Extraction {
 public:
  Extraction(const Volume& volume, double level)
      : volume_(volume),
        level_(level),
        size_(volume.grid.size),
        words_((size_[0] + kWord - 1) / kWord),
        // The last voxel of a row begins neither an edge along i nor a cube.
        last_((uint64_t{1} << ((size_[0] - 1) % kWord)) - 1),
        bits_(static_cast<size_t>(rows() * words_)),
        places_(static_cast<size_t>(rows())) {}

  int64_t rows() const { return size_[1] * size_[2]; }

  template <typename T>
  void MarkInside(const Exec& exec) {
    const T* values = volume_.As<T>().data();
    const std::optional<T> least = LeastInside<T>();
    ParallelFor(exec, rows(), kRowsAtOnce, [&](int64_t begin, int64_t end) {
      std::vector<uint8_t> inside(static_cast<size_t>(size_[0]));
      for (int64_t row = begin; row < end; ++row) {
        const T* of = values + row * size_[0] * volume_.components;
        if (least && volume_.components == 1) {
          MarkAtLeast(of, size_[0], *least, inside.data());
        } else {
          for (int64_t i = 0; i < size_[0]; ++i) {
            inside[static_cast<size_t>(i)] = Physical(of[i * volume_.components]) >= level_ ? 1 : 0;
          }
        }
        PackBits(inside.data(), size_[0], Bits(row));
      }
    });
  }

  void Count(const Exec& exec) {
    ParallelFor(exec, rows(), kRowsAtOnce, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const auto [x, y, z, triangles] = CountRow(RowsAt(row), words_, last_, Cases().data());
        places_[static_cast<size_t>(row)] = {x, y, z, triangles};
      }
    });
  }

  Surface Allocate() {
    Surface surface;
    for (RowPlace& place : places_) {
      const auto [x, y, z, triangles] = place;
      place = {surface.points, surface.points + x, surface.points + x + y, surface.triangles};
      surface.points += x + y + z;
      surface.triangles += triangles;
    }
    if (surface.points > std::numeric_limits<uint32_t>::max()) {
      throw Error(ErrorCode::kResource, "The surface has " + std::to_string(surface.points) +
                                            " points, more than 4294967295; crop the volume or choose another level");
    }
    surface.positions = std::make_unique_for_overwrite<float[]>(static_cast<size_t>(3 * surface.points));
    surface.corners = std::make_unique_for_overwrite<uint32_t[]>(static_cast<size_t>(3 * surface.triangles));
    return surface;
  }

  template <typename T>
  void Write(const Exec& exec, Surface& surface) const {
    const Axes& a = volume_.grid.axes;
    const bool flip = Dot(Cross(a.i, a.j), a.k) < 0;
    ParallelFor(exec, rows(), kRowsAtOnce, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        WritePoints<T>(row, surface.positions.get());
        const Rows near = RowsAt(row);
        if (near.up_jk == nullptr) continue;
        const int64_t j = 1, k = size_[1];
        const auto& [here, up_j, up_k, up_jk] = near;
        const std::array<EdgeRows, 8> edges{{{{here, nullptr}, Place(row).x},
                                             {{up_j, nullptr}, Place(row + j).x},
                                             {{up_k, nullptr}, Place(row + k).x},
                                             {{up_jk, nullptr}, Place(row + j + k).x},
                                             {{here, up_j}, Place(row).y},
                                             {{up_k, up_jk}, Place(row + k).y},
                                             {{here, up_k}, Place(row).z},
                                             {{up_j, up_jk}, Place(row + j).z}}};
        WriteTriangles(near, edges.data(), words_, last_, Cases().data(), flip,
                       surface.corners.get() + 3 * Place(row).triangles);
      }
    });
  }

 private:
  const RowPlace& Place(int64_t row) const { return places_[static_cast<size_t>(row)]; }
  uint64_t* Bits(int64_t row) { return bits_.data() + row * words_; }
  const uint64_t* Bits(int64_t row) const { return bits_.data() + row * words_; }

  template <typename T>
  double Physical(T stored) const {
    return volume_.slope * static_cast<double>(stored) + volume_.intercept;
  }

  // The least stored value that is inside, so that rows can be compared as they are stored; none where values grow the
  // other way, or none or all are inside.
  template <typename T>
  std::optional<T> LeastInside() const {
    if (!(volume_.slope > 0)) return std::nullopt;
    if constexpr (std::is_floating_point_v<T>) {
      if (volume_.slope != 1 || volume_.intercept != 0) return std::nullopt;
      const T level = static_cast<T>(level_);
      return static_cast<double>(level) < level_ ? std::nextafter(level, std::numeric_limits<T>::infinity()) : level;
    } else if constexpr (sizeof(T) <= 4) {
      int64_t outside = int64_t{std::numeric_limits<T>::min()} - 1, inside = int64_t{std::numeric_limits<T>::max()} + 1;
      while (inside - outside > 1) {
        const int64_t middle = outside + (inside - outside) / 2;
        (Physical(middle) >= level_ ? inside : outside) = middle;
      }
      if (inside > int64_t{std::numeric_limits<T>::max()}) return std::nullopt;
      return static_cast<T>(inside);
    }
    return std::nullopt;
  }

  Rows RowsAt(int64_t row) const {
    const bool j = row % size_[1] + 1 < size_[1], k = row / size_[1] + 1 < size_[2];
    return {Bits(row), j ? Bits(row + 1) : nullptr, k ? Bits(row + size_[1]) : nullptr,
            j && k ? Bits(row + size_[1] + 1) : nullptr};
  }

  template <typename T>
  void WritePoints(int64_t row, float* positions) const {
    const Grid& grid = volume_.grid;
    const Rows near = RowsAt(row);
    const int64_t voxel = row * size_[0], step = volume_.components;
    const T* values = volume_.As<T>().data();
    const Vec3 start = grid.IndexToPatient({0, static_cast<double>(row % size_[1]), static_cast<double>(row / size_[1])});
    const Vec3 along = grid.spacing[0] * grid.axes.i;
    const auto write = [&](uint64_t crossing, int64_t w, int64_t neighbour, Vec3 towards, float*& out) {
      for (; crossing != 0; crossing &= crossing - 1) {
        const int64_t i = w * kWord + std::countr_zero(crossing);
        const double from = Physical(values[(voxel + i) * step]), to = Physical(values[(voxel + i + neighbour) * step]);
        // An end that is no number, or has no end, gives the middle.
        double part = (level_ - from) / (to - from);
        if (!(part >= 0 && part <= 1)) part = 0.5;
        const Vec3 p = start + static_cast<double>(i) * along + part * towards;
        *out++ = static_cast<float>(p.x);
        *out++ = static_cast<float>(p.y);
        *out++ = static_cast<float>(p.z);
      }
    };
    float* x = positions + 3 * Place(row).x;
    float* y = positions + 3 * Place(row).y;
    float* z = positions + 3 * Place(row).z;
    for (int64_t w = 0; w < words_; ++w) {
      write(Crossings(near.here, w, words_, last_), w, 1, along, x);
      if (near.up_j != nullptr) write(near.here[w] ^ near.up_j[w], w, size_[0], grid.spacing[1] * grid.axes.j, y);
      if (near.up_k != nullptr) {
        write(near.here[w] ^ near.up_k[w], w, size_[0] * size_[1], grid.spacing[2] * grid.axes.k, z);
      }
    }
  }

  const Volume& volume_;
  const double level_;
  const std::array<int64_t, 3> size_;
  const int64_t words_;
  const uint64_t last_;
  std::vector<uint64_t> bits_;
  std::vector<RowPlace> places_;
};

struct Measure {
  double area = 0, volume = 0;
};

Measure MeasureSurface(const Exec& exec, const Surface& surface) {
  if (surface.points == 0) return {};
  const auto point = [&](uint32_t n) {
    const float* at = surface.positions.get() + size_t{3} * n;
    return Vec3{static_cast<double>(at[0]), static_cast<double>(at[1]), static_cast<double>(at[2])};
  };
  const Vec3 origin = point(0);  // near it, so that little cancels
  return OrderedReduce<Measure>(
      exec, surface.triangles, 1 << 14, {},
      [&](int64_t begin, int64_t end) {
        Measure sum;
        for (int64_t t = begin; t < end; ++t) {
          const uint32_t* corner = surface.corners.get() + 3 * t;
          const Vec3 a = point(corner[0]) - origin, b = point(corner[1]) - origin, c = point(corner[2]) - origin;
          const Vec3 normal = Cross(b - a, c - a);
          sum.area += Norm(normal) / 2;
          sum.volume += Dot(a, normal) / 6;
        }
        return sum;
      },
      [](Measure& into, Measure&& part) {
        into.area += part.area;
        into.volume += part.volume;
      });
}

}  // namespace

Surface ExtractSurface(const Exec& exec, const Volume& volume, double level) {
  if (volume.grid.voxels() == 0) return {};
  Extraction extraction(volume, level);
  VisitDType(volume.dtype, [&](auto zero) { extraction.MarkInside<decltype(zero)>(exec); });
  extraction.Count(exec);
  Surface surface = extraction.Allocate();
  VisitDType(volume.dtype, [&](auto zero) { extraction.Write<decltype(zero)>(exec, surface); });
  const auto [area, enclosed] = MeasureSurface(exec, surface);
  surface.area_mm2 = area;
  surface.volume_mm3 = enclosed;
  return surface;
}

}  // namespace isovox
