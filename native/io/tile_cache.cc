#include "io/tile_cache.h"

#include <exception>

namespace isovox {
namespace {

constexpr int64_t kDefaultLimit = int64_t{512} << 20;
constexpr int64_t kIndexesLimit = int64_t{16} << 20;
constexpr int64_t kEntryOverhead = 256;

int64_t WeightOf(const TileCache::Tile& tile) {
  return kEntryOverhead + (tile ? static_cast<int64_t>(tile->size) : 0);
}

}  // namespace

// Never destroyed: a pool thread may outlive every static destructor when the process exits in mid-task.
TileCache& TileCache::Process() {
  static auto& cache = *new TileCache(kDefaultLimit);
  return cache;
}

TileCache& TileCache::Indexes() {
  static auto& cache = *new TileCache(kIndexesLimit);
  return cache;
}

StoreCounters& StoreCounters::Process() {
  static auto& counters = *new StoreCounters;
  return counters;
}

void TileCache::SetLimit(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  limit_.store(bytes, std::memory_order_relaxed);
  TrimLocked();
}

TileCache::Ticket TileCache::Claim(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(key); found != entries_.end()) {
    const auto& entry = found->second;
    if (!entry->ready) {
      ++counted_.joined;
      return {Ticket::State::kJoined, nullptr, key, entry};
    }
    ++counted_.hits;
    order_.splice(order_.begin(), order_, entry->place);
    return {Ticket::State::kReady, entry->tile, key, entry};
  }
  ++counted_.misses;
  const auto entry = std::make_shared<Entry>();
  entries_[key] = entry;
  return {Ticket::State::kClaimed, nullptr, key, entry};
}

void TileCache::Fulfil(const Ticket& ticket, Tile tile) {
  const std::lock_guard lock(mutex_);
  Entry& entry = *ticket.entry;
  entry.tile = std::move(tile);
  entry.ready = true;
  order_.push_front(ticket.key);
  entry.place = order_.begin();
  counted_.bytes += WeightOf(entry.tile);
  arrived_.notify_all();
  TrimLocked();
}

void TileCache::Fail(const Ticket& ticket, std::exception_ptr failure) {
  const std::lock_guard lock(mutex_);
  ticket.entry->failure = std::move(failure);
  entries_.erase(ticket.key);
  arrived_.notify_all();
}

TileCache::Tile TileCache::Wait(const Ticket& ticket) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return ticket.entry->ready || ticket.entry->failure; });
  if (ticket.entry->failure) std::rethrow_exception(ticket.entry->failure);
  return ticket.entry->tile;
}

TileCache::Tile TileCache::Get(const std::string& key, const std::function<Tile()>& load) {
  const Ticket ticket = Claim(key);
  if (ticket.state == Ticket::State::kReady) return ticket.tile;
  if (ticket.state == Ticket::State::kJoined) return Wait(ticket);
  try {
    Tile tile = load();
    Fulfil(ticket, tile);
    return tile;
  } catch (...) {
    Fail(ticket, std::current_exception());
    throw;
  }
}

void TileCache::TrimLocked() {
  while (counted_.bytes > limit() && !order_.empty()) {
    const auto last = entries_.find(order_.back());
    counted_.bytes -= WeightOf(last->second->tile);
    entries_.erase(last);
    order_.pop_back();
    ++counted_.evictions;
  }
}

void TileCache::Clear() {
  const std::lock_guard lock(mutex_);
  for (const auto& key : order_) entries_.erase(key);
  order_.clear();
  counted_.bytes = 0;
}

TileCache::Counters TileCache::counters() const {
  const std::lock_guard lock(mutex_);
  Counters now = counted_;
  now.entries = static_cast<int64_t>(order_.size());
  now.limit = limit();
  return now;
}

}  // namespace isovox
