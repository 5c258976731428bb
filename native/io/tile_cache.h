// Decoded chunks kept for the next read: one cache for the process, least recently used first out, limited in bytes.
// Two readers of one chunk cause one read: the second waits for the first.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "io/file.h"

namespace isovox {

class TileCache {
 public:
  using Tile = std::shared_ptr<const Buffer>;  // null: there is no such chunk, which is worth knowing too

  struct Counters {
    int64_t hits = 0, misses = 0, joined = 0, evictions = 0, bytes = 0, entries = 0, limit = 0;
  };

  static TileCache& Process();
  // Indexes of shards: small, and every read of a shard needs its own, so they are kept whatever the limit for tiles is.
  static TileCache& Indexes();
  explicit TileCache(int64_t limit) : limit_(limit) {}

  void SetLimit(int64_t bytes);
  int64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  // The tile of that key, by `load` when it is not there. What `load` throws is thrown to all who wait for it, and
  // nothing is kept. `load` must not wait for another tile.
  Tile Get(const std::string& key, const std::function<Tile()>& load);

  struct Entry;
  // For loads that begin and end at different places. Whoever holds a claim calls Fulfil or Fail; until then the others
  // wait. REQUIRES: claims in hand are fulfilled before waiting for those of others, or two could wait for each other.
  struct Ticket {
    enum class State { kReady, kClaimed, kJoined } state = State::kReady;
    Tile tile;  // when ready
    std::string key;
    std::shared_ptr<Entry> entry;
  };
  Ticket Claim(const std::string& key);
  void Fulfil(const Ticket& ticket, Tile tile);
  void Fail(const Ticket& ticket, std::exception_ptr failure);
  Tile Wait(const Ticket& ticket);

  void Clear();
  Counters counters() const;

  struct Entry {
    Tile tile;
    bool ready = false;
    std::exception_ptr failure;
    std::list<std::string>::iterator place;
  };

 private:
  void TrimLocked();

  std::atomic<int64_t> limit_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::unordered_map<std::string, std::shared_ptr<Entry>> entries_;
  std::list<std::string> order_;  // most recent first; only entries that are ready
  Counters counted_;
};

// What reads of stores did since the process began.
struct StoreCounters {
  std::atomic<int64_t> reads{0}, read_bytes{0}, decoded_chunks{0}, decoded_bytes{0};
  static StoreCounters& Process();
};

}  // namespace isovox
