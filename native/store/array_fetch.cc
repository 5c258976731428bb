// Reads regions of arrays that lie in an object store. Everything that is wanted is known before the first byte is asked
// for: the indexes of shards come first, all at once; then the ranges, neighbours joined, as many in flight as the
// store's settings allow. Pool threads decode what has arrived, in the order of arrival.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "io/fetch_stream.h"
#include "store/region.h"

namespace isovox::store {
namespace {

// A range is as long as gives every connection one, so that the last of them ends with the others: between these two.
constexpr uint64_t kLeastFetch = uint64_t{1} << 20, kLargestFetch = uint64_t{8} << 20;
constexpr size_t kSpareBytes = size_t{1} << 20;  // that a codec may add to what does not pack
constexpr int kRepeats = 2;                      // of a fetch whose bytes turn out to be wrong
constexpr size_t kMostEtag = 256;

// The cached index of a shard: the index, then the size of the object (8 bytes), then its ETag.
struct ShardIndex {
  std::span<const std::byte> index;
  uint64_t file_bytes;
  std::string etag;
};

// Claims of cache entries that are certain to be given back.
class Claims {
 public:
  explicit Claims(TileCache& cache) : cache_(cache) {}
  ~Claims() {
    for (const auto& ticket : open_) {
      cache_.Fail(ticket, std::make_exception_ptr(Error(ErrorCode::kIo, "The read that this one waited for was given up")));
    }
  }
  void Add(TileCache::Ticket ticket) { open_.push_back(std::move(ticket)); }
  void Fulfil(const TileCache::Ticket& ticket, TileCache::Tile tile) {
    cache_.Fulfil(ticket, std::move(tile));
    const std::lock_guard lock(mutex_);
    std::erase_if(open_, [&](const auto& one) { return one.entry == ticket.entry; });
  }

 private:
  TileCache& cache_;
  std::mutex mutex_;
  std::vector<TileCache::Ticket> open_;
};

class RemoteRegion : public Region {
 public:
  RemoteRegion(const Exec& exec, const Array& array, const Index& start, const Index& count, std::byte* to, const Index& strides)
      : Region(exec, array, start, count, to, strides), folder_(ParseS3Uri(array.folder())), client_(S3Client::For(folder_)) {}

  void Run() {
    if (empty()) return;
    const std::vector<Shape> files = Files();
    if (meta_.sharding) PlanShards(files);
    else PlanChunks(files);
    std::vector<Fetch> fetches;
    for (const Group& group : groups_) fetches.push_back(group.fetch);
    const auto total = static_cast<int64_t>(fetches.size());
    exec_.SetTotal(total);
    FetchStream stream(client_, std::move(fetches));
    ParallelFor(exec_, total, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const auto arrived = stream.Next();
        PlaceGroup(groups_[arrived.which], arrived);
        exec_.Step();
      }
    });
    for (const auto& [part, ticket] : joined_) PlaceTile(part, cache().Wait(ticket));
  }

 private:
  struct Cell {
    Part part;
    TileCache::Ticket ticket;  // with a key when the tile is to be cached
    uint64_t offset = 0, length = 0;
  };
  struct Group {
    Fetch fetch;
    std::vector<Cell> cells;
  };
  // The cells of a shard that are there, by their place in it.
  struct Located {
    Shape shard;
    std::string etag;
    std::vector<Cell> cells;
  };

  S3Uri UriOf(const Shape& file) const { return folder_.WithKey(folder_.key + "/" + meta_.KeyOf(file)); }

  // False when the cell is served without a fetch of ours.
  bool Needs(const Part& part, const Shape& cell, Cell& out) {
    out.part = part;
    if (!Cached(part)) return true;
    auto ticket = cache().Claim(TileKey(cell));
    switch (ticket.state) {
      case TileCache::Ticket::State::kReady:
        PlaceTile(part, ticket.tile);
        return false;
      case TileCache::Ticket::State::kJoined:
        joined_.emplace_back(part, std::move(ticket));
        return false;
      case TileCache::Ticket::State::kClaimed:
        claims_.Add(ticket);
        out.ticket = std::move(ticket);
    }
    return true;
  }

  void PlanChunks(const std::vector<Shape>& files) {
    for (const Shape& file : files) {
      Part part;
      Group group;
      Cell cell;
      if (!PartOf(file, part) || !Needs(part, file, cell)) continue;
      group.fetch.uri = UriOf(file);
      group.fetch.most = cell_bytes_ + cell_bytes_ / 2 + kSpareBytes;
      group.cells.push_back(std::move(cell));
      groups_.push_back(std::move(group));
    }
  }

  void PlanShards(const std::vector<Shape>& files) {
    std::vector<std::pair<Shape, std::vector<std::pair<Wanted, Cell>>>> shards;
    for (const Shape& file : files) {
      std::vector<std::pair<Wanted, Cell>> needed;
      for (Wanted& one : CellsOf(file)) {
        Cell cell;
        if (Needs(one.part, one.cell, cell)) needed.emplace_back(std::move(one), std::move(cell));
      }
      if (!needed.empty()) shards.emplace_back(file, std::move(needed));
    }
    std::vector<Shape> wanted_indexes;
    for (const auto& shard : shards) wanted_indexes.push_back(shard.first);
    const auto indexes = Indexes(wanted_indexes);
    std::vector<Located> located;
    uint64_t total = 0;
    for (size_t s = 0; s < shards.size(); ++s) {
      located.push_back(LocateIn(shards[s].first, indexes[s], shards[s].second));
      for (const Cell& cell : located.back().cells) total += cell.length;
    }
    const uint64_t largest = std::clamp(total / static_cast<uint64_t>(client_->settings().max_parallel), kLeastFetch, kLargestFetch);
    for (Located& one : located) JoinNeighbours(one, largest);
  }

  // Of each shard; null where there is no such object.
  std::vector<TileCache::Tile> Indexes(const std::vector<Shape>& shards) {
    std::vector<TileCache::Tile> indexes(shards.size());
    Claims claimed(TileCache::Indexes());
    std::vector<TileCache::Ticket> tickets;
    std::vector<size_t> asked;
    std::vector<Fetch> fetches;
    for (size_t s = 0; s < shards.size(); ++s) {
      tickets.push_back(TileCache::Indexes().Claim(TileKey(shards[s])));
      if (tickets[s].state == TileCache::Ticket::State::kReady) indexes[s] = tickets[s].tile;
      if (tickets[s].state != TileCache::Ticket::State::kClaimed) continue;
      claimed.Add(tickets[s]);
      fetches.push_back(IndexFetch(shards[s]));
      asked.push_back(s);
    }
    FetchStream stream(client_, std::move(fetches));
    for (size_t n = 0; n < asked.size(); ++n) {
      auto arrived = stream.Next();
      const size_t s = asked[arrived.which];
      for (int repeat = 0;; ++repeat) {
        try {
          indexes[s] = IndexTile(arrived);
          break;
        } catch (Error& error) {
          error.With("path", UriOf(shards[s]).Text());
          if (repeat == kRepeats) throw;
          arrived = Again(IndexFetch(shards[s]));
        }
      }
      claimed.Fulfil(tickets[s], indexes[s]);
    }
    for (size_t s = 0; s < shards.size(); ++s) {
      if (tickets[s].state == TileCache::Ticket::State::kJoined) indexes[s] = TileCache::Indexes().Wait(tickets[s]);
    }
    return indexes;
  }

  Fetch IndexFetch(const Shape& shard) const {
    Fetch fetch;
    fetch.uri = UriOf(shard);
    if (meta_.sharding->index_at_end) fetch.suffix = IndexBytes();
    else fetch.length = IndexBytes();
    return fetch;
  }

  TileCache::Tile IndexTile(const FetchStream::Arrived& arrived) const {
    if (arrived.absent) return nullptr;
    const size_t size = IndexBytes();
    if (arrived.size != size) throw Error(ErrorCode::kCorruptData, "The shard is shorter than its index");
    CheckIndex(arrived.bytes());
    const std::string etag = arrived.etag.substr(0, kMostEtag);
    auto tile = std::make_shared<Buffer>(Buffer::OfSize(size + 8 + etag.size()));
    std::memcpy(tile->data.get(), arrived.content.data.get(), size);
    std::memcpy(tile->data.get() + size, &arrived.total, 8);
    std::memcpy(tile->data.get() + size + 8, etag.data(), etag.size());
    return tile;
  }

  ShardIndex Opened(const TileCache::Tile& tile) const {
    const size_t size = IndexBytes();
    ShardIndex opened{{tile->data.get(), size}, 0, {}};
    std::memcpy(&opened.file_bytes, tile->data.get() + size, 8);
    opened.etag.assign(reinterpret_cast<const char*>(tile->data.get()) + size + 8, tile->size - size - 8);
    return opened;
  }

  void Absent(const Cell& cell) {
    Fill(cell.part);
    if (cell.ticket.entry) claims_.Fulfil(cell.ticket, nullptr);
  }

  Located LocateIn(const Shape& shard, const TileCache::Tile& tile, std::vector<std::pair<Wanted, Cell>>& needed) {
    Located located{shard, "", {}};
    if (!tile) {
      for (const auto& one : needed) Absent(one.second);
      return located;
    }
    const ShardIndex opened = Opened(tile);
    located.etag = opened.etag;
    std::vector<Cell>& cells = located.cells;
    for (auto& [wanted, cell] : needed) {
      std::vector<Wanted> one(1, std::move(wanted));
      Locate(opened.index, opened.file_bytes, shard, one);
      cell.offset = one[0].offset;
      cell.length = one[0].length;
      if (cell.offset == kAbsentCell && cell.length == kAbsentCell) Absent(cell);
      else cells.push_back(std::move(cell));
    }
    std::sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) { return a.offset < b.offset; });
    return located;
  }

  void JoinNeighbours(Located& located, uint64_t largest) {
    std::vector<Cell>& cells = located.cells;
    const uint64_t gap = client_->settings().gap_bytes;
    for (size_t i = 0; i < cells.size();) {
      Group group;
      group.fetch.uri = UriOf(located.shard);
      group.fetch.etag = located.etag;
      group.fetch.begin = cells[i].offset;
      uint64_t end = cells[i].offset + cells[i].length;
      const size_t first = i;
      do {
        end = std::max(end, cells[i].offset + cells[i].length);
        group.cells.push_back(std::move(cells[i]));
        ++i;
      } while (i < cells.size() && cells[i].offset <= end + gap && cells[i].offset + cells[i].length - group.fetch.begin <= largest);
      group.fetch.length = end - group.fetch.begin;
      S3Counters::Process().coalesced.fetch_add(static_cast<int64_t>(i - first - 1), std::memory_order_relaxed);
      groups_.push_back(std::move(group));
    }
  }

  FetchStream::Arrived Again(const Fetch& fetch) const {
    S3Counters::Process().retries.fetch_add(1, std::memory_order_relaxed);
    return FetchStream(client_, {fetch}).Next();
  }

  // Bytes that were changed on their way (no TLS, bad memory) are fetched anew; those that are wrong in the store stay so.
  void PlaceGroup(const Group& group, const FetchStream::Arrived& arrived) {
    try {
      PlaceCells(group, arrived);
    } catch (Error& error) {
      if (error.code() != ErrorCode::kCorruptData) throw;
      for (int repeat = 1;; ++repeat) {
        try {
          return PlaceCells(group, Again(group.fetch));
        } catch (Error& again) {
          again.With("path", group.fetch.uri.Text());
          if (again.code() != ErrorCode::kCorruptData || repeat == kRepeats) throw;
        }
      }
    }
  }

  void PlaceCells(const Group& group, const FetchStream::Arrived& arrived) {
    for (const Cell& cell : group.cells) {
      if (arrived.absent) {
        Absent(cell);
        continue;
      }
      const auto bytes = group.fetch.length == 0
                             ? arrived.bytes()
                             : arrived.bytes().subspan(static_cast<size_t>(cell.offset - group.fetch.begin), static_cast<size_t>(cell.length));
      if (!cell.ticket.entry) {
        Place(cell.part, bytes);
      } else {
        auto tile = Tile(bytes);
        PlaceTile(cell.part, tile);
        claims_.Fulfil(cell.ticket, std::move(tile));
      }
    }
  }

  S3Uri folder_;
  std::shared_ptr<S3Client> client_;
  Claims claims_{cache()};
  std::vector<Group> groups_;
  std::vector<std::pair<Part, TileCache::Ticket>> joined_;
};

}  // namespace

void FetchRegion(const Exec& exec, const Array& array, const Index& start, const Index& count, std::byte* to, const Index& strides) {
  RemoteRegion(exec, array, start, count, to, strides).Run();
}

}  // namespace isovox::store
