// Volumes in Zarr 3 folders: opened once, read box by box; the process's tile cache and its counters.
#include <cmath>
#include <tuple>

#include "addon/convert.h"
#include "addon/range_args.h"
#include "addon/registry.h"
#include "addon/store_handle.h"
#include "io/tile_cache.h"

namespace isovox::addon {

namespace {

Work OpenStore(Args& args) {
  return {[path = args.Text("path")](const Exec&) -> Finish {
    auto stored = std::make_shared<store::StoredVolume>(store::OpenVolume(path));
    return [stored](Napi::Env env) { return WrapHandle(env, stored); };
  }};
}

Napi::Value DescribeStore(const Napi::CallbackInfo& info) {
  const auto stored = UnwrapHandle<store::StoredVolume>(info[0], "store");
  const store::ArrayMeta& meta = stored->array.meta();
  std::vector<std::string> codecs;
  for (const auto& step : meta.chain.steps) codecs.emplace_back(step.codec->name);
  auto facts = FactsOf(stored->description);
  facts.update({{"arrayShape", meta.shape},
                {"chunkShape", meta.cell()},
                {"fileShape", meta.chunk},
                {"sharded", meta.sharding.has_value()},
                {"codecs", codecs}});
  return ToJs(info.Env(), facts);
}

Work ReadRegion(Args& args) {
  const auto stored = args.Native<const store::StoredVolume>("store");
  const Volume& whole = stored->description;
  std::array<int64_t, 3> start{}, size{};
  static constexpr const char* kAxes[] = {"x", "y", "z"};
  for (size_t a = 0; a < 3; ++a) std::tie(start[a], size[a]) = RangeOfArgs(args, kAxes[a], whole.grid.size[a]);
  const auto [frame, frames] = RangeOfArgs(args, "t", whole.frames);
  const std::array<int64_t, 6> factors = {size[0], size[1], size[2], frames, whole.components, static_cast<int64_t>(DTypeSize(whole.dtype))};
  return {[=](const Exec& exec) -> Finish {
            auto volume = std::make_shared<Volume>(stored->Read(exec, start, size, frame, frames));
            return [volume](Napi::Env env) { return WrapHandle(env, volume, static_cast<int64_t>(volume->bytes())); };
          },
          static_cast<int64_t>(CheckedProduct(factors))};
}

Napi::Value StoreStats(const Napi::CallbackInfo& info) {
  const auto own = info[0].IsUndefined() ? nullptr : UnwrapHandle<TileCache>(info[0], "cache");
  const auto cache = (own ? *own : TileCache::Process()).counters();
  const auto& done = StoreCounters::Process();
  return ToJs(info.Env(), {{"cacheHits", cache.hits},
                           {"cacheMisses", cache.misses},
                           {"cacheJoined", cache.joined},
                           {"cacheEvictions", cache.evictions},
                           {"cacheBytes", cache.bytes},
                           {"cacheEntries", cache.entries},
                           {"cacheLimitBytes", cache.limit},
                           {"reads", done.reads.load()},
                           {"readBytes", done.read_bytes.load()},
                           {"decodedChunks", done.decoded_chunks.load()},
                           {"decodedBytes", done.decoded_bytes.load()}});
}

int64_t BytesOf(const Napi::CallbackInfo& info) {
  const double bytes = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : -1;
  if (!(bytes >= 0 && bytes < 9e15)) throw InvalidArgument("bytes", "a number of bytes of at least 0", Describe(info[0]));
  return static_cast<int64_t>(bytes);
}

Napi::Value SetTileCacheLimit(const Napi::CallbackInfo& info) {
  TileCache::Process().SetLimit(BytesOf(info));
  return info.Env().Undefined();
}

Napi::Value CreateTileCache(const Napi::CallbackInfo& info) {
  return WrapHandle(info.Env(), std::make_shared<TileCache>(BytesOf(info)));
}

constexpr Row kRows[] = {
    {"openStore", OpenStore, nullptr, "(args: { path: string }) => Promise<Handle<'StoredVolume'>>",
     "Opens a volume in a Zarr 3 folder; only its metadata are read."},
    {"readRegion", ReadRegion, nullptr,
     "(args: { store: Handle<'StoredVolume'>; x?: [number, number]; y?: [number, number]; z?: [number, number]; "
     "t?: [number, number] }) => Promise<Handle<'Volume'>>",
     "The voxels of a box, each range from begin to before end; only the chunks that it touches are read."},
    {"describeStore", nullptr, DescribeStore, "(store: Handle<'StoredVolume'>) => StoreDescription",
     "Geometry, type and chunks of a stored volume."},
    {"storeStats", nullptr, StoreStats, "(cache?: Handle<'TileCache'>) => StoreStats",
     "What a tile cache, the process's by default, and the stores did in this process."},
    {"createTileCache", nullptr, CreateTileCache, "(bytes: number) => Handle<'TileCache'>",
     "A cache of decoded chunks for the tasks that name it."},
    {"setTileCacheLimit", nullptr, SetTileCacheLimit, "(bytes: number) => void",
     "How many bytes of decoded chunks the process keeps."},
};

}  // namespace

Table StoreTable() { return kRows; }

}  // namespace isovox::addon
