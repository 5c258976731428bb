// Reads regions of arrays. A shard's index (ZEP 2): two 64-bit little-endian numbers for each inner chunk, offset and
// length, both 2^64-1 where there is none; then a CRC-32C of them.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "io/crc32c.h"
#include "io/file.h"
#include "io/tile_cache.h"
#include "store/array.h"

namespace isovox::store {
namespace {

constexpr int64_t kLargestMeta = int64_t{64} << 20;
constexpr uint64_t kAbsent = ~uint64_t{0};
constexpr uint64_t kGap = uint64_t{32} << 10;       // neighbours this close are read at once
constexpr uint64_t kLargestRead = uint64_t{2} << 20;  // one task reads and decodes at most this much
// What a byte of the codecs in use can hold at most: bounds what a chunk may ask for.
constexpr uint64_t kMostExpansion = 65536;

int64_t Product(size_t axes, const Index& count) {
  int64_t product = 1;
  for (size_t a = 0; a < axes; ++a) product *= count[a];
  return product;
}

void CountRead(size_t bytes) {
  auto& counters = StoreCounters::Process();
  counters.reads.fetch_add(1, std::memory_order_relaxed);
  counters.read_bytes.fetch_add(static_cast<int64_t>(bytes), std::memory_order_relaxed);
}

}  // namespace

Array Array::Open(const std::string& folder) {
  const std::string path = folder + "/zarr.json";
  const File file = File::Open(path);
  if (file.size() > static_cast<uint64_t>(kLargestMeta)) throw Error(ErrorCode::kCorruptData, "zarr.json is larger than 64 MiB", {{"path", path}});
  const Buffer text = ReadWholeFile(file);
  const auto json = nlohmann::json::parse(reinterpret_cast<const char*>(text.data.get()),
                                          reinterpret_cast<const char*>(text.data.get()) + text.size, nullptr, false);
  if (json.is_discarded()) throw Error(ErrorCode::kCorruptData, path + " is no JSON", {{"path", path}});
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw IoError("examine", path, errno);
  const std::string identity = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) + ":" +
                               std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) + ":";
  return Array(folder, ParseArrayMeta(json), identity);
}

// One read of one region.
class RegionReader {
 public:
  RegionReader(const Exec& exec, const Array& array, const Index& start, const Index& count, std::byte* to, const Index& strides)
      : exec_(exec), array_(array), meta_(array.meta_), axes_(array.meta_.shape.size()), sample_(DTypeSize(meta_.dtype)),
        start_(start), count_(count), to_(to), strides_(strides), cell_strides_(StridesOf(meta_.cell(), meta_.chain.order, sample_)),
        cell_bytes_(meta_.cell_bytes()) {}

  void Run() {
    if (Product(axes_, count_) == 0) return;
    const Shape& file = meta_.chunk;
    Index first{}, files{};
    for (size_t a = 0; a < axes_; ++a) {
      first[a] = start_[a] / file[a];
      files[a] = (start_[a] + count_[a] - 1) / file[a] - first[a] + 1;
    }
    const int64_t total = Product(axes_, files);
    exec_.SetTotal(total);
    ParallelFor(exec_, total, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        Shape index(axes_);
        int64_t rest = n;
        for (size_t a = axes_; a-- > 0;) {
          index[a] = first[a] + rest % files[a];
          rest /= files[a];
        }
        if (meta_.sharding) {
          ReadShard(index);
        } else {
          ReadChunk(index);
        }
        exec_.Step();
      }
    });
  }

 private:
  // The part of a cell that is wanted.
  struct Part {
    Index in_cell{}, count{};  // its corner within the cell, its sizes
    std::byte* to = nullptr;
    bool whole = true;  // all of the cell that lies in the array
    bool close = true;  // it lies in `to` exactly as it lies in the cell
  };

  // False when nothing of the cell is wanted.
  bool PartOf(const Shape& cell_index, Part& part) const {
    const Shape& cell = meta_.cell();
    int64_t offset = 0, step = static_cast<int64_t>(sample_);
    for (size_t a = 0; a < axes_; ++a) {
      const int64_t begin = cell_index[a] * cell[a], end = std::min(begin + cell[a], meta_.shape[a]);
      const int64_t from = std::max(begin, start_[a]), until = std::min(end, start_[a] + count_[a]);
      if (until <= from) return false;
      part.in_cell[a] = from - begin;
      part.count[a] = until - from;
      part.whole = part.whole && from == begin && until == end;
      part.close = part.close && part.count[a] == cell[a];
      offset += (from - start_[a]) * strides_[a];
    }
    for (size_t a = axes_; a-- > 0;) {
      const size_t axis = meta_.chain.order.empty() ? a : static_cast<size_t>(meta_.chain.order[a]);
      part.close = part.close && (cell[axis] == 1 || strides_[axis] == step);
      step *= cell[axis];
    }
    part.to = to_ + offset;
    return true;
  }

  void Fill(const Part& part) const { FillBox(axes_, part.count, part.to, strides_, meta_.fill.data(), sample_); }

  void Scatter(const Part& part, const std::byte* cell) const {
    int64_t from = 0;
    for (size_t a = 0; a < axes_; ++a) from += part.in_cell[a] * cell_strides_[a];
    CopyBox(axes_, part.count, cell + from, cell_strides_, part.to, strides_, sample_);
  }

  void Decode(std::span<const std::byte> bytes, std::span<std::byte> into) const {
    if (cell_bytes_ / kMostExpansion > bytes.size()) {
      throw Error(ErrorCode::kCorruptData, "A chunk of " + std::to_string(bytes.size()) + " bytes cannot hold " + std::to_string(cell_bytes_));
    }
    DecodeCell(meta_, bytes, into);
    auto& counters = StoreCounters::Process();
    counters.decoded_chunks.fetch_add(1, std::memory_order_relaxed);
    counters.decoded_bytes.fetch_add(static_cast<int64_t>(into.size()), std::memory_order_relaxed);
  }

  // A buffer of each thread, so that decoding touches memory that is warm.
  std::span<std::byte> Scratch(size_t which, size_t size) const {
    thread_local Buffer buffers[2];
    if (buffers[which].size < size) buffers[which] = Buffer::OfSize(size);
    return {buffers[which].data.get(), size};
  }

  void Place(const Part& part, std::span<const std::byte> bytes) const {
    if (part.close) return Decode(bytes, {part.to, cell_bytes_});
    const auto cell = Scratch(1, cell_bytes_);
    Decode(bytes, cell);
    Scatter(part, cell.data());
  }

  bool Cached(const Part& part) const {
    // What is read whole is hardly read again soon, and would push out what is.
    return !part.whole && static_cast<int64_t>(cell_bytes_) <= TileCache::Process().limit() / 4;
  }

  TileCache::Tile Tile(std::span<const std::byte> bytes) const {
    auto tile = std::make_shared<Buffer>(Buffer::OfSize(cell_bytes_));
    Decode(bytes, tile->bytes());
    return tile;
  }

  void PlaceTile(const Part& part, const TileCache::Tile& tile) const {
    if (tile) Scatter(part, tile->data.get());
    else Fill(part);
  }

  std::string PathOf(const Shape& index) const { return array_.folder_ + "/" + meta_.KeyOf(index); }
  std::string TileKey(const Shape& cell) const {
    std::string key = array_.identity_;
    for (const int64_t n : cell) key += std::to_string(n) + ",";
    return key;
  }

  // The file's bytes, in this thread's buffer; false when there is no such file.
  bool Slurp(const std::string& path, std::span<const std::byte>& bytes) const {
    try {
      const File file = File::Open(path);
      const auto into = Scratch(0, static_cast<size_t>(file.size()));
      file.ReadExactly(into, 0);
      CountRead(into.size());
      bytes = into;
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNotFound) throw;
      return false;
    }
  }

  void ReadChunk(const Shape& index) const {
    Part part;
    if (!PartOf(index, part)) return;
    const std::string path = PathOf(index);
    std::span<const std::byte> bytes;
    try {
      if (Cached(part)) {
        PlaceTile(part, TileCache::Process().Get(TileKey(index), [&]() -> TileCache::Tile {
          return Slurp(path, bytes) ? Tile(bytes) : nullptr;
        }));
      } else if (Slurp(path, bytes)) {
        Place(part, bytes);
      } else {
        Fill(part);
      }
    } catch (Error& error) {
      error.With("path", path);
      throw;
    }
  }

  // Where a wanted inner chunk is.
  struct Wanted {
    Shape cell;
    Part part;
    uint64_t offset = 0, length = 0;
  };

  std::shared_ptr<const Buffer> IndexOf(const File& file, const Shape& shard, size_t cells) const {
    const size_t checked = cells * 16, size = checked + (meta_.sharding->index_checksum ? 4 : 0);
    return TileCache::Process().Get(TileKey(shard) + "index", [&]() -> TileCache::Tile {
      if (file.size() < size) throw Error(ErrorCode::kCorruptData, "The shard is shorter than its index", {{"path", file.path()}});
      auto index = std::make_shared<Buffer>(Buffer::OfSize(size));
      file.ReadExactly(index->bytes(), meta_.sharding->index_at_end ? file.size() - size : 0);
      CountRead(size);
      if (meta_.sharding->index_checksum) {
        ByteReader reader(index->bytes());
        reader.Skip(checked);
        if (reader.Read<uint32_t>() != Crc32c(index->bytes().first(checked))) {
          throw Error(ErrorCode::kCorruptData, "The checksum of the shard's index does not match", {{"path", file.path()}});
        }
      }
      return index;
    });
  }

  void ReadShard(const Shape& shard) const {
    const Shape per_shard = CellsAlong(meta_.chunk, meta_.cell());
    std::vector<Wanted> wanted;
    Index first{}, cells{};
    for (size_t a = 0; a < axes_; ++a) {
      const int64_t lowest = shard[a] * per_shard[a];
      first[a] = std::max(lowest, start_[a] / meta_.cell()[a]);
      cells[a] = std::min(lowest + per_shard[a] - 1, (start_[a] + count_[a] - 1) / meta_.cell()[a]) - first[a] + 1;
    }
    const std::string path = PathOf(shard);
    for (int64_t n = 0, total = Product(axes_, cells); n < total; ++n) {
      Wanted one;
      one.cell.resize(axes_);
      int64_t rest = n;
      for (size_t a = axes_; a-- > 0;) {
        one.cell[a] = first[a] + rest % cells[a];
        rest /= cells[a];
      }
      if (PartOf(one.cell, one.part)) wanted.push_back(std::move(one));
    }
    try {
      const File file = File::Open(path);
      Locate(file, shard, per_shard, wanted);
      ReadCells(file, wanted);
    } catch (Error& error) {
      if (error.code() == ErrorCode::kNotFound) {
        for (const Wanted& one : wanted) Fill(one.part);
        return;
      }
      error.With("path", path);
      throw;
    }
  }

  void Locate(const File& file, const Shape& shard, const Shape& per_shard, std::vector<Wanted>& wanted) const {
    size_t total = 1;
    for (const int64_t n : per_shard) total *= static_cast<size_t>(n);
    const auto index = IndexOf(file, shard, total);
    for (Wanted& one : wanted) {
      size_t n = 0;
      for (size_t a = 0; a < axes_; ++a) n = n * static_cast<size_t>(per_shard[a]) + static_cast<size_t>(one.cell[a] - shard[a] * per_shard[a]);
      ByteReader reader(index->bytes());
      reader.Seek(n * 16);
      one.offset = reader.Read<uint64_t>();
      one.length = reader.Read<uint64_t>();
      if (one.offset == kAbsent && one.length == kAbsent) continue;
      if (one.length > file.size() || one.offset > file.size() - one.length) {
        throw Error(ErrorCode::kCorruptData, "The shard's index points behind its end", {{"path", file.path()}});
      }
    }
    std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) { return a.offset < b.offset; });
  }

  // Neighbours in the file are read together; each group is one task.
  void ReadCells(const File& file, const std::vector<Wanted>& wanted) const {
    std::vector<std::pair<size_t, size_t>> groups;
    for (size_t i = 0; i < wanted.size();) {
      if (wanted[i].offset == kAbsent) {
        Fill(wanted[i++].part);
        continue;
      }
      const uint64_t begin = wanted[i].offset;
      uint64_t end = begin + wanted[i].length;
      size_t last = i + 1;
      while (last < wanted.size() && wanted[last].offset != kAbsent && wanted[last].offset <= end + kGap &&
             wanted[last].offset + wanted[last].length - begin <= std::max(kLargestRead / 8, wanted[i].length)) {
        end = std::max(end, wanted[last].offset + wanted[last].length);
        ++last;
      }
      groups.emplace_back(i, last);
      i = last;
    }
    ParallelFor(exec_, static_cast<int64_t>(groups.size()), 1, [&](int64_t from, int64_t until) {
      for (int64_t g = from; g < until; ++g) {
        const auto [low, high] = groups[static_cast<size_t>(g)];
        std::span<const std::byte> bytes;
        const uint64_t begin = wanted[low].offset;
        // Read only when the cache lacks one of them.
        const auto need = [&] {
          if (!bytes.empty()) return;
          uint64_t end = begin;
          for (size_t i = low; i < high; ++i) end = std::max(end, wanted[i].offset + wanted[i].length);
          const auto into = Scratch(0, static_cast<size_t>(end - begin));
          file.ReadExactly(into, begin);
          CountRead(into.size());
          bytes = into;
        };
        for (size_t i = low; i < high; ++i) {
          const Wanted& one = wanted[i];
          const auto own = [&] {
            need();
            return bytes.subspan(static_cast<size_t>(one.offset - begin), static_cast<size_t>(one.length));
          };
          if (Cached(one.part)) PlaceTile(one.part, TileCache::Process().Get(TileKey(one.cell), [&] { return Tile(own()); }));
          else Place(one.part, own());
        }
      }
    });
  }

  const Exec& exec_;
  const Array& array_;
  const ArrayMeta& meta_;
  size_t axes_, sample_;
  const Index &start_, &count_;
  std::byte* to_;
  const Index& strides_;
  Index cell_strides_;
  size_t cell_bytes_;
};

void Array::Read(const Exec& exec, const Index& start, const Index& count, std::byte* to, const Index& strides) const {
  RegionReader(exec, *this, start, count, to, strides).Run();
}

}  // namespace isovox::store
