// A shard's index (ZEP 2): two 64-bit little-endian numbers for each inner chunk, offset and length, both 2^64-1 where
// there is none; then a CRC-32C of them.
#include "store/region.h"

#include <algorithm>

#include "base/error.h"
#include "io/crc32c.h"

namespace isovox::store {
namespace {

// What a byte of the codecs in use can hold at most: bounds what a chunk may ask for.
constexpr uint64_t kMostExpansion = 65536;

// The index `n` places after `first` in a box of `count`, the last axis fastest.
Shape IndexAt(int64_t n, size_t axes, const Index& first, const Index& count) {
  Shape index(axes);
  for (size_t a = axes; a-- > 0;) {
    index[a] = first[a] + n % count[a];
    n /= count[a];
  }
  return index;
}

int64_t Product(size_t axes, const Index& count) {
  int64_t product = 1;
  for (size_t a = 0; a < axes; ++a) product *= count[a];
  return product;
}

}  // namespace

Region::Region(const Exec& exec, const Array& array, const Index& start, const Index& count, std::byte* to, const Index& strides)
    : exec_(exec), array_(array), meta_(array.meta()), axes_(array.meta().shape.size()), sample_(DTypeSize(meta_.dtype)),
      start_(start), count_(count), to_(to), strides_(strides),
      cell_strides_(StridesOf(meta_.cell(), meta_.chain.order, sample_)), cell_bytes_(meta_.cell_bytes()) {}

bool Region::empty() const { return Product(axes_, count_) == 0; }

std::vector<Shape> Region::Files() const {
  Index first{}, files{};
  for (size_t a = 0; a < axes_; ++a) {
    first[a] = start_[a] / meta_.chunk[a];
    files[a] = (start_[a] + count_[a] - 1) / meta_.chunk[a] - first[a] + 1;
  }
  std::vector<Shape> all;
  for (int64_t n = 0, total = Product(axes_, files); n < total; ++n) all.push_back(IndexAt(n, axes_, first, files));
  return all;
}

bool Region::PartOf(const Shape& cell_index, Part& part) const {
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

std::vector<Region::Wanted> Region::CellsOf(const Shape& shard) const {
  const Shape per_shard = CellsAlong(meta_.chunk, meta_.cell());
  Index first{}, cells{};
  for (size_t a = 0; a < axes_; ++a) {
    const int64_t lowest = shard[a] * per_shard[a];
    first[a] = std::max(lowest, start_[a] / meta_.cell()[a]);
    cells[a] = std::min(lowest + per_shard[a] - 1, (start_[a] + count_[a] - 1) / meta_.cell()[a]) - first[a] + 1;
  }
  std::vector<Wanted> wanted;
  for (int64_t n = 0, total = Product(axes_, cells); n < total; ++n) {
    Wanted one;
    one.cell = IndexAt(n, axes_, first, cells);
    if (PartOf(one.cell, one.part)) wanted.push_back(std::move(one));
  }
  return wanted;
}

void Region::Locate(std::span<const std::byte> index, uint64_t file_bytes, const Shape& shard, std::vector<Wanted>& wanted) const {
  const Shape per_shard = CellsAlong(meta_.chunk, meta_.cell());
  for (Wanted& one : wanted) {
    size_t n = 0;
    for (size_t a = 0; a < axes_; ++a) n = n * static_cast<size_t>(per_shard[a]) + static_cast<size_t>(one.cell[a] - shard[a] * per_shard[a]);
    ByteReader reader(index);
    reader.Seek(n * 16);
    one.offset = reader.Read<uint64_t>();
    one.length = reader.Read<uint64_t>();
    if (one.offset == kAbsentCell && one.length == kAbsentCell) continue;
    if (one.length > file_bytes || one.offset > file_bytes - one.length) {
      throw Error(ErrorCode::kCorruptData, "The shard's index points behind its end", {{"path", PathOf(shard)}});
    }
  }
  std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) { return a.offset < b.offset; });
}

size_t Region::IndexBytes() const {
  size_t cells = 1;
  for (const int64_t n : CellsAlong(meta_.chunk, meta_.cell())) cells *= static_cast<size_t>(n);
  return cells * 16 + (meta_.sharding->index_checksum ? 4 : 0);
}

void Region::CheckIndex(std::span<const std::byte> index) const {
  if (!meta_.sharding->index_checksum) return;
  WithoutCrc32c(index);
}

void Region::Scatter(const Part& part, const std::byte* cell) const {
  int64_t from = 0;
  for (size_t a = 0; a < axes_; ++a) from += part.in_cell[a] * cell_strides_[a];
  CopyBox(axes_, part.count, cell + from, cell_strides_, part.to, strides_, sample_);
}

void Region::Decode(std::span<const std::byte> bytes, std::span<std::byte> into, size_t begin, size_t end) const {
  if (cell_bytes_ / kMostExpansion > bytes.size()) {
    throw Error(ErrorCode::kCorruptData, "A chunk of " + std::to_string(bytes.size()) + " bytes cannot hold " + std::to_string(cell_bytes_));
  }
  const size_t decoded = DecodeCell(meta_, bytes, into, begin, end);
  auto& counters = StoreCounters::Process();
  counters.decoded_chunks.fetch_add(1, std::memory_order_relaxed);
  counters.decoded_bytes.fetch_add(static_cast<int64_t>(decoded), std::memory_order_relaxed);
}

std::span<std::byte> Region::Scratch(size_t which, size_t size) {
  thread_local Buffer buffers[2];
  if (buffers[which].size < size) buffers[which] = Buffer::OfSize(size);
  return {buffers[which].data.get(), size};
}

void Region::Place(const Part& part, std::span<const std::byte> bytes) const {
  if (part.close) return Decode(bytes, {part.to, cell_bytes_}, 0, cell_bytes_);
  const auto cell = Scratch(1, cell_bytes_);
  // From the first wanted sample to the last.
  int64_t first = 0, last = 0;
  for (size_t a = 0; a < axes_; ++a) {
    first += part.in_cell[a] * cell_strides_[a];
    last += (part.in_cell[a] + part.count[a] - 1) * cell_strides_[a];
  }
  Decode(bytes, cell, static_cast<size_t>(first), static_cast<size_t>(last) + sample_);
  Scatter(part, cell.data());
}

bool Region::Cached(const Part& part) const {
  // What is read whole is hardly read again soon, and would push out what is.
  return !part.whole && static_cast<int64_t>(cell_bytes_) <= cache().limit() / 4;
}

TileCache::Tile Region::Tile(std::span<const std::byte> bytes) const {
  auto tile = std::make_shared<Buffer>(Buffer::OfSize(cell_bytes_));
  Decode(bytes, tile->bytes(), 0, cell_bytes_);
  return tile;
}

void Region::PlaceTile(const Part& part, const TileCache::Tile& tile) const {
  if (tile) Scatter(part, tile->data.get());
  else Fill(part);
}

std::string Region::TileKey(const Shape& cell) const {
  std::string key = array_.identity();
  for (const int64_t n : cell) key += std::to_string(n) + ",";
  return key;
}

}  // namespace isovox::store
