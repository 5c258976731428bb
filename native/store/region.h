// One read of one region: which files and cells it touches, where each goes, and decoding them. array_read.cc reads from
// the disk with it, array_fetch.cc from an object store.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "exec/exec.h"
#include "io/tile_cache.h"
#include "store/array.h"

namespace isovox::store {

inline constexpr uint64_t kAbsentCell = ~uint64_t{0};

class Region {
 public:
  Region(const Exec& exec, const Array& array, const Index& start, const Index& count, std::byte* to, const Index& strides);

 protected:
  // The part of a cell that is wanted.
  struct Part {
    Index in_cell{}, count{};  // its corner within the cell, its sizes
    std::byte* to = nullptr;
    bool whole = true;  // all of the cell that lies in the array
    bool close = true;  // it lies in `to` exactly as it lies in the cell
  };
  // A wanted cell of a shard, and where it is in the file.
  struct Wanted {
    Shape cell;
    Part part;
    uint64_t offset = kAbsentCell, length = kAbsentCell;
  };

  bool empty() const;
  std::vector<Shape> Files() const;  // that the region touches
  bool PartOf(const Shape& cell_index, Part& part) const;  // false when nothing of the cell is wanted
  std::vector<Wanted> CellsOf(const Shape& shard) const;   // that are wanted
  // Puts offsets and lengths from the shard's index into `wanted` and sorts by offset. ERR_CORRUPT_DATA when one of them
  // leaves a file of `file_bytes`.
  void Locate(std::span<const std::byte> index, uint64_t file_bytes, const Shape& shard, std::vector<Wanted>& wanted) const;
  size_t IndexBytes() const;                               // of a shard's index, with its checksum
  void CheckIndex(std::span<const std::byte> index) const; // the checksum

  void Fill(const Part& part) const { FillBox(axes_, part.count, part.to, strides_, meta_.fill.data(), sample_); }
  void Place(const Part& part, std::span<const std::byte> bytes) const;  // decodes
  TileCache::Tile Tile(std::span<const std::byte> bytes) const;          // decodes
  void PlaceTile(const Part& part, const TileCache::Tile& tile) const;
  TileCache& cache() const { return exec_.cache != nullptr ? *exec_.cache : TileCache::Process(); }
  bool Cached(const Part& part) const;
  std::string TileKey(const Shape& cell) const;
  std::string PathOf(const Shape& index) const { return array_.folder() + "/" + meta_.KeyOf(index); }
  // A buffer of this thread, so that decoding touches memory that is warm.
  static std::span<std::byte> Scratch(size_t which, size_t size);

  const Exec& exec_;
  const Array& array_;
  const ArrayMeta& meta_;
  size_t axes_, sample_;
  const Index &start_, &count_;
  std::byte* to_;
  const Index& strides_;
  Index cell_strides_;
  size_t cell_bytes_;

 private:
  void Scatter(const Part& part, const std::byte* cell) const;
  void Decode(std::span<const std::byte> bytes, std::span<std::byte> into, size_t begin, size_t end) const;
};

void ReadRegionFromDisk(const Exec& exec, const Array& array, const Index& start, const Index& count, std::byte* to, const Index& strides);
void FetchRegion(const Exec& exec, const Array& array, const Index& start, const Index& count, std::byte* to, const Index& strides);

}  // namespace isovox::store
