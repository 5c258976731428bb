#include "io/tile_cache.h"

#include <exception>

namespace isovox {
namespace {

constexpr int64_t kDefaultLimit = int64_t{512} << 20;
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

StoreCounters& StoreCounters::Process() {
  static auto& counters = *new StoreCounters;
  return counters;
}

void TileCache::SetLimit(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  limit_.store(bytes, std::memory_order_relaxed);
  TrimLocked();
}

TileCache::Tile TileCache::Get(const std::string& key, const std::function<Tile()>& load) {
  std::unique_lock lock(mutex_);
  if (const auto found = entries_.find(key); found != entries_.end()) {
    const auto entry = found->second;
    if (entry->ready) {
      ++counted_.hits;
      order_.splice(order_.begin(), order_, entry->place);
      return entry->tile;
    }
    ++counted_.joined;
    arrived_.wait(lock, [&] { return entry->ready || entry->failure; });
    if (entry->failure) std::rethrow_exception(entry->failure);
    return entry->tile;
  }
  ++counted_.misses;
  const auto entry = std::make_shared<Entry>();
  entries_[key] = entry;
  lock.unlock();
  Tile tile;
  try {
    tile = load();
  } catch (...) {
    lock.lock();
    entry->failure = std::current_exception();
    entries_.erase(key);
    arrived_.notify_all();
    throw;
  }
  lock.lock();
  entry->tile = tile;
  entry->ready = true;
  order_.push_front(key);
  entry->place = order_.begin();
  counted_.bytes += WeightOf(tile);
  arrived_.notify_all();
  TrimLocked();
  return tile;
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
