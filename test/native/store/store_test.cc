// Zarr 3: arrays and volumes there and back through every codec, regions, shards, the cache, hostile folders.
#include <doctest/doctest.h>

#include <cstring>
#include <random>
#include <thread>

#include "dicom/maker.h"
#include "io/crc32c.h"
#include "io/tile_cache.h"
#include "store/volume_store.h"

using namespace isovox;
using namespace isovox::store;
using namespace isovox::test;

namespace {

Volume Numbers(DType dtype, std::array<int64_t, 3> size, int64_t frames = 1, int64_t components = 1) {
  Grid grid;
  grid.size = size;
  grid.spacing = {0.5, 1.25, 3};
  grid.origin = {1, -2, 3};
  grid.axes = {{0, 1, 0}, {-1, 0, 0}, {0, 0, 1}};
  Volume volume = MakeVolume(grid, dtype, frames, components);
  volume.intercept = -1024;
  volume.metadata["Modality"] = "CT";
  int next = 1;
  VisitDType(dtype, [&](auto sample) {
    for (auto& value : volume.As<decltype(sample)>()) value = static_cast<decltype(sample)>((next += 7) % 1009 % 120);
  });
  return volume;
}

bool SameVoxels(const Volume& a, const Volume& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.storage->data(), b.storage->data(), a.bytes()) == 0;
}

}  // namespace

TEST_CASE("crc32c: the check value, and any length") {
  const std::string check = "123456789";
  CHECK(Crc32c(std::as_bytes(std::span(check))) == 0xE3069283U);
  CHECK(Crc32c({}) == 0);
  const std::vector<std::byte> zeros(32);
  CHECK(Crc32c(zeros) == 0x8A9136AAU);  // RFC 3720 B.4
}

TEST_CASE("stored volumes: every type and codec, edges, frames, components, shards") {
  const TempFolder folder;
  for (const char* codec : {"zstd", "zstd-plain", "blosc", "lz4", "gzip", "none"}) {
    for (const DType dtype : {DType::kInt8, DType::kUint16, DType::kInt32, DType::kFloat64}) {
      for (const auto& [frames, components] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {3, 1}, {1, 3}, {2, 2}}) {
        for (const bool sharding : {false, true}) {
          const Volume volume = Numbers(dtype, {13, 10, 7}, frames, components);
          VolumeLayout layout;
          layout.chunk = {4, 5, 3};
          layout.codec = codec;
          layout.sharding = sharding;
          SaveVolume({}, volume, folder / "v.zarr", layout);
          const StoredVolume stored = OpenVolume(folder / "v.zarr");
          const Volume read = stored.ReadAll({});
          CAPTURE(codec);
          CHECK(SameVoxels(read, volume));
          CHECK(read.grid == volume.grid);
          CHECK(read.intercept == -1024);
          CHECK(read.metadata == volume.metadata);
          CHECK(read.components == components);
          const Volume box = stored.Read({}, {3, 2, 1}, {8, 7, 5}, frames - 1, 1);
          const size_t voxel = DTypeSize(dtype) * static_cast<size_t>(components);
          for (int64_t k = 0; k < 5; ++k) {
            for (int64_t j = 0; j < 7; ++j) {
              const auto from = static_cast<size_t>(3 + 13 * (j + 2 + 10 * (k + 1 + 7 * (frames - 1)))) * voxel;
              const auto to = static_cast<size_t>(8 * (j + 7 * k)) * voxel;
              REQUIRE(std::memcmp(box.storage->data() + to, volume.storage->data() + from, 8 * voxel) == 0);
            }
          }
          CHECK(box.grid.origin == volume.grid.IndexToPatient({3, 2, 1}));
        }
      }
    }
  }
}

TEST_CASE("stored volumes: tiles, empty chunks, zero sizes, ranges that leave the volume") {
  const TempFolder folder;
  for (const char* tile : {"axial", "sagittal", "coronal", "isotropic"}) {
    const Volume volume = Numbers(DType::kInt16, {70, 65, 9});
    VolumeLayout layout;
    layout.tile = tile;
    SaveVolume({}, volume, folder / "t.zarr", layout);
    CHECK(SameVoxels(OpenVolume(folder / "t.zarr").ReadAll({}), volume));
  }
  Volume empty = Numbers(DType::kInt16, {70, 65, 9});
  std::memset(empty.storage->data(), 0, empty.bytes());
  SaveVolume({}, empty, folder / "e.zarr", {});
  CHECK_FALSE(std::filesystem::exists(folder / "e.zarr/0/c"));
  CHECK(SameVoxels(OpenVolume(folder / "e.zarr").ReadAll({}), empty));
  const Volume none = Numbers(DType::kInt16, {0, 5, 3});
  SaveVolume({}, none, folder / "z.zarr", {});
  CHECK(OpenVolume(folder / "z.zarr").ReadAll({}).elements() == 0);
  const StoredVolume stored = OpenVolume(folder / "e.zarr");
  CHECK(CodeOf([&] { stored.Read({}, {60, 0, 0}, {11, 1, 1}, 0, 1); }) == "ERR_INVALID_ARGUMENT");
  CHECK(CodeOf([&] { stored.Read({}, {-1, 0, 0}, {1, 1, 1}, 0, 1); }) == "ERR_INVALID_ARGUMENT");
  CHECK(CodeOf([&] { SaveVolume({}, empty, folder / "x.zarr", {"diagonal"}); }) == "ERR_INVALID_ARGUMENT");
  CHECK_FALSE(std::filesystem::exists(folder / "x.zarr"));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 3);
}

TEST_CASE("arrays: transposed, big-endian, several codecs, fill values, v2 keys") {
  const TempFolder folder;
  ArrayMeta meta;
  meta.shape = {5, 6, 7};
  meta.chunk = {2, 4, 3};
  meta.dtype = DType::kFloat32;
  const float fill = 1.5F;
  std::memcpy(meta.fill.data(), &fill, 4);
  meta.chain.order = {2, 0, 1};
  meta.chain.endian = Endian::kBig;
  meta.chain.steps = {{FindByteCodec("gzip"), {}}, {FindByteCodec("crc32c"), {}}};
  meta.v2_keys = true;
  meta.separator = ".";
  std::vector<float> numbers(5 * 6 * 7);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = i < 60 ? fill : static_cast<float>(i);
  WriteArray({}, *FolderWriter::Into(folder.path()), "", meta, reinterpret_cast<const std::byte*>(numbers.data()), StridesOf(meta.shape, 4));
  const Array array = Array::Open(folder.path());
  CHECK(ToJson(array.meta()) == ToJson(meta));
  std::vector<float> read(numbers.size());
  array.Read({}, Index{}, Index{5, 6, 7}, reinterpret_cast<std::byte*>(read.data()), StridesOf(meta.shape, 4));
  CHECK(read == numbers);
  CHECK(std::filesystem::exists(folder / "2.1.2"));
  auto bytes = Slurp(folder / "2.1.2");
  bytes[5] ^= 1;
  Spill(folder / "2.1.2", bytes);
  CHECK(CodeOf([&] { array.Read({}, Index{}, Index{5, 6, 7}, reinterpret_cast<std::byte*>(read.data()), StridesOf(meta.shape, 4)); }) == "ERR_CORRUPT_DATA");
}

TEST_CASE("tile cache: two readers cause one read, the limit holds, failures are not kept") {
  TileCache cache(1 << 20);
  std::atomic<int> loads{0};
  const auto load = [&]() -> TileCache::Tile {
    ++loads;
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    return std::make_shared<Buffer>(Buffer::OfSize(1000));
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { cache.Get("a", load); });
  for (auto& thread : threads) thread.join();
  CHECK(loads == 1);
  CHECK(cache.counters().misses == 1);
  CHECK(cache.counters().hits + cache.counters().joined == 3);
  for (int i = 0; i < 100; ++i) {
    cache.Get(std::to_string(i), [] { return std::make_shared<const Buffer>(Buffer::OfSize(50'000)); });
    CHECK(cache.counters().bytes <= 1 << 20);
  }
  CHECK(cache.counters().evictions > 70);
  CHECK(CodeOf([&] { cache.Get("bad", []() -> TileCache::Tile { throw Error(ErrorCode::kIo, "no"); }); }) == "ERR_IO");
  CHECK(cache.Get("bad", [] { return std::make_shared<const Buffer>(Buffer::OfSize(1)); })->size == 1);
}

TEST_CASE("mutants of stored volumes end in a typed error or a volume") {
  const TempFolder folder;
  std::mt19937 random(11);
  for (const char* codec : {"zstd", "zstd-plain", "gzip", "none"}) {
    for (const bool sharding : {false, true}) {
      VolumeLayout layout;
      layout.chunk = {4, 5, 3};
      layout.codec = codec;
      layout.sharding = sharding;
      SaveVolume({}, Numbers(DType::kInt16, {9, 8, 5}), folder / "m.zarr", layout);
      std::vector<std::string> files;
      for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "m.zarr")) {
        if (entry.is_regular_file()) files.push_back(entry.path().string());
      }
      for (int round = 0; round < 250; ++round) {
        const std::string& path = files[random() % files.size()];
        const auto seed = Slurp(path);
        auto bytes = seed;
        for (size_t edits = 1 + random() % 3; edits > 0; --edits) {
          const size_t at = random() % bytes.size();
          switch (random() % 4) {
            case 0: bytes[at] = static_cast<char>(random()); break;
            case 1: bytes[at] = '9'; break;
            case 2: bytes.resize(std::max<size_t>(at, 1)); break;
            default: bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), static_cast<char>('0' + random() % 10));
          }
        }
        Spill(path, bytes);
        const std::string code = CodeOf([&] {
          const StoredVolume stored = OpenVolume(folder / "m.zarr");
          if (stored.description.bytes() < (size_t{1} << 28)) stored.ReadAll({});
        });
        CHECK(code != "ERR_INTERNAL");
        Spill(path, seed);
      }
    }
  }
}
