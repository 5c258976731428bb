// Reads regions of arrays that lie on the disk.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "io/file.h"
#include "io/s3_object.h"
#include "store/region.h"

namespace isovox::store {
namespace {

constexpr size_t kLargestMeta = size_t{64} << 20;
constexpr uint64_t kGap = uint64_t{32} << 10;        // neighbours this close are read at once
constexpr uint64_t kLargestGroup = uint64_t{256} << 10;  // one task reads and decodes at most this much, or one cell

void CountRead(size_t bytes) {
  auto& counters = StoreCounters::Process();
  counters.reads.fetch_add(1, std::memory_order_relaxed);
  counters.read_bytes.fetch_add(static_cast<int64_t>(bytes), std::memory_order_relaxed);
}

ArrayMeta MetaOf(std::span<const std::byte> text, const std::string& path) {
  const auto* begin = reinterpret_cast<const char*>(text.data());
  const auto json = nlohmann::json::parse(begin, begin + text.size(), nullptr, false);
  if (json.is_discarded()) throw Error(ErrorCode::kCorruptData, path + " is no JSON", {{"path", path}});
  return ParseArrayMeta(json);
}

class DiskRegion : public Region {
 public:
  using Region::Region;

  void Run() {
    if (empty()) return;
    const std::vector<Shape> files = Files();
    const auto total = static_cast<int64_t>(files.size());
    exec_.SetTotal(total);
    ParallelFor(exec_, total, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const Shape& index = files[static_cast<size_t>(n)];
        if (meta_.sharding) ReadShard(index);
        else ReadChunk(index);
        exec_.Step();
      }
    });
  }

 private:
  // The file's bytes, in this thread's buffer; false when there is no such file.
  static bool Slurp(const std::string& path, std::span<const std::byte>& bytes) {
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
        PlaceTile(part, cache().Get(TileKey(index), [&]() -> TileCache::Tile {
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

  TileCache::Tile IndexOf(const File& file, const Shape& shard) const {
    return TileCache::Indexes().Get(TileKey(shard), [&]() -> TileCache::Tile {
      const size_t size = IndexBytes();
      if (file.size() < size) throw Error(ErrorCode::kCorruptData, "The shard is shorter than its index", {{"path", file.path()}});
      auto index = std::make_shared<Buffer>(Buffer::OfSize(size));
      file.ReadExactly(index->bytes(), meta_.sharding->index_at_end ? file.size() - size : 0);
      CountRead(size);
      CheckIndex(index->bytes());
      return index;
    });
  }

  void ReadShard(const Shape& shard) const {
    const std::string path = PathOf(shard);
    std::vector<Wanted> wanted = CellsOf(shard);
    try {
      const File file = File::Open(path);
      Locate(IndexOf(file, shard)->bytes(), file.size(), shard, wanted);
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

  // Neighbours in the file are read together; each group is one task.
  void ReadCells(const File& file, const std::vector<Wanted>& wanted) const {
    std::vector<std::pair<size_t, size_t>> groups;
    for (size_t i = 0; i < wanted.size();) {
      if (wanted[i].offset == kAbsentCell) {
        Fill(wanted[i++].part);
        continue;
      }
      const uint64_t begin = wanted[i].offset;
      uint64_t end = begin + wanted[i].length;
      size_t last = i + 1;
      while (last < wanted.size() && wanted[last].offset != kAbsentCell && wanted[last].offset <= end + kGap &&
             wanted[last].offset + wanted[last].length - begin <= std::max(kLargestGroup, wanted[i].length)) {
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
          if (Cached(one.part)) PlaceTile(one.part, cache().Get(TileKey(one.cell), [&] { return Tile(own()); }));
          else Place(one.part, own());
        }
      }
    });
  }
};

}  // namespace

Array Array::Open(const std::string& folder) {
  const std::string path = folder + "/zarr.json";
  if (IsS3(path)) {
    const Object object = GetObject(ParseS3Uri(path), kLargestMeta);
    // Two versions may have the same metadata: then the time tells them apart, and the count of what this process wrote.
    const std::string identity = folder + ":" + object.etag + object.modified + ":" + std::to_string(S3Counters::Process().writes.load()) + ":";
    return Array(folder, MetaOf(object.bytes(), path), identity);
  }
  const File file = File::Open(path);
  if (file.size() > kLargestMeta) throw Error(ErrorCode::kCorruptData, "zarr.json is larger than 64 MiB", {{"path", path}});
  const Buffer text = ReadWholeFile(file);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw IoError("examine", path, errno);
  const std::string identity = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) + ":" +
                               std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) + ":";
  return Array(folder, MetaOf(text.bytes(), path), identity);
}

void Array::Read(const Exec& exec, const Index& start, const Index& count, std::byte* to, const Index& strides) const {
  (IsS3(folder_) ? FetchRegion : ReadRegionFromDisk)(exec, *this, start, count, to, strides);
}

void ReadRegionFromDisk(const Exec& exec, const Array& array, const Index& start, const Index& count, std::byte* to, const Index& strides) {
  DiskRegion(exec, array, start, count, to, strides).Run();
}

}  // namespace isovox::store
