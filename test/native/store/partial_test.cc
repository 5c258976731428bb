// Boxes that want a part of a chunk: codecs that decode only the blocks around it give the same voxels as all of it, and
// stop at damage in the blocks that they do read.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <span>

#include "dicom/maker.h"
#include "io/codec.h"
#include "io/tile_cache.h"
#include "simd/unshuffle.h"
#include "store/volume_store.h"

using namespace isovox;
using namespace isovox::store;
using namespace isovox::test;

namespace {

// No chunk is kept, so every read decodes.
class WithoutCache {
 public:
  WithoutCache() : before_(TileCache::Process().limit()) { TileCache::Process().SetLimit(0); }
  ~WithoutCache() { TileCache::Process().SetLimit(before_); }

 private:
  int64_t before_;
};

Volume Noise(DType dtype, std::array<int64_t, 3> size) {
  Grid grid;
  grid.size = size;
  Volume volume = MakeVolume(grid, dtype);
  std::mt19937 random(5);
  VisitDType(dtype, [&](auto sample) {
    for (auto& value : volume.As<decltype(sample)>()) value = static_cast<decltype(sample)>(random() % 90);
  });
  return volume;
}

bool BoxIsOf(const Volume& box, const Volume& whole, const std::array<int64_t, 3>& start, const std::array<int64_t, 3>& size) {
  const size_t voxel = DTypeSize(whole.dtype), row = static_cast<size_t>(size[0]) * voxel;
  const auto& n = whole.grid.size;
  for (int64_t k = 0; k < size[2]; ++k) {
    for (int64_t j = 0; j < size[1]; ++j) {
      const auto from = static_cast<size_t>(start[0] + n[0] * (start[1] + j + n[1] * (start[2] + k))) * voxel;
      if (std::memcmp(box.storage->data() + static_cast<size_t>(j + size[1] * k) * row, whole.storage->data() + from, row) != 0) return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("unshuffle: every sample size, any range") {
  std::mt19937 random(3);
  for (const size_t sample : {1, 2, 3, 4, 8, 16}) {
    const size_t numbers = 61;
    std::vector<std::byte> plain(numbers * sample), block(plain.size());
    for (auto& byte : plain) byte = static_cast<std::byte>(random());
    for (size_t i = 0; i < numbers; ++i) {
      for (size_t b = 0; b < sample; ++b) block[b * numbers + i] = plain[i * sample + b];
    }
    for (size_t first = 0; first < numbers; first += 7) {
      for (size_t count = 0; first + count <= numbers; count += 5) {
        std::vector<std::byte> got(count * sample);
        simd::Unshuffle(block, sample, first, count, got.data());
        const auto wanted = std::span(plain).subspan(first * sample, got.size());
        REQUIRE(std::equal(got.begin(), got.end(), wanted.begin(), wanted.end()));
      }
    }
  }
}

TEST_CASE("parts of chunks of several blocks: every codec and type gives the voxels of the whole") {
  const WithoutCache none;
  const TempFolder folder;
  std::mt19937 random(7);
  for (const DType dtype : {DType::kUint8, DType::kInt16, DType::kFloat32, DType::kFloat64}) {
    const Volume volume = Noise(dtype, {70, 50, 90});
    for (const char* codec : {"zstd", "zstd-plain", "blosc", "lz4", "gzip", "none"}) {
      CAPTURE(codec);
      VolumeLayout layout;
      layout.chunk = {64, 48, 80};
      layout.codec = codec;
      SaveVolume({}, volume, folder / "p.zarr", layout);
      const StoredVolume stored = OpenVolume(folder / "p.zarr");
      for (int round = 0; round < 12; ++round) {
        std::array<int64_t, 3> start{}, size{};
        for (size_t a = 0; a < 3; ++a) {
          start[a] = static_cast<int64_t>(random() % static_cast<unsigned>(volume.grid.size[a]));
          size[a] = 1 + static_cast<int64_t>(random() % static_cast<unsigned>(volume.grid.size[a] - start[a]));
        }
        REQUIRE(BoxIsOf(stored.Read({}, start, size, 0, 1), volume, start, size));
      }
    }
  }
}

TEST_CASE("a part leaves the blocks behind it alone, and a checksum does not let it") {
  CodecSettings settings;
  settings.sample = 2;
  std::vector<std::byte> data(600'000), got(data.size());
  std::mt19937 random(9);
  for (auto& byte : data) byte = static_cast<std::byte>(random() % 60);
  const size_t block = 128 << 10;
  for (const char* name : {"zstd", "blosc"}) {
    const ByteCodec& codec = *FindByteCodec(name);
    auto packed = codec.encode(data, settings);
    std::fill(got.begin(), got.end(), std::byte{0xEE});
    const size_t decoded = codec.decode_part(packed, got, 1000, 5000);
    CHECK(decoded >= 5000);
    CHECK(decoded <= block);
    CHECK(std::memcmp(got.data() + 1000, data.data() + 1000, 4000) == 0);
    CHECK(got[2 * block] == std::byte{0xEE});
    packed[packed.size() - 100] ^= std::byte{0xFF};
    REQUIRE(codec.decode_part(packed, got, 0, block) >= block);
    packed.resize(packed.size() / 8);
    CHECK(CodeOf([&] { codec.decode_part(packed, got, 0, got.size() - 2); }) == "ERR_CORRUPT_DATA");
  }
  settings.checksum = true;
  CHECK(FindByteCodec("zstd")->decode_part(FindByteCodec("zstd")->encode(data, settings), got, 0, 100) == 0);
}

TEST_CASE("what c-blosc packs is unpacked, whole and in part, for every compressor, shuffle, sample and size") {
  std::mt19937 random(17);
  for (const char* compressor : {"zstd", "lz4", "lz4hc", "blosclz", "zlib"}) {
    for (const char* shuffle : {"shuffle", "noshuffle", "bitshuffle"}) {
      for (const size_t sample : {1U, 2U, 4U, 8U, 12U, 16U, 24U}) {
        CAPTURE(compressor);
        CAPTURE(shuffle);
        CAPTURE(sample);
        CodecSettings settings;
        settings.sample = sample;
        settings.compressor = compressor;
        settings.shuffle = shuffle;
        // Blocks with fewer samples than a stream of their own takes; several blocks; a shorter one at the end.
        settings.block = random() % 2 == 0 ? 0 : (random() % 2 == 0 ? 96 : 8192);
        std::vector<std::byte> data(random() % 3 == 0 ? 1 + random() % 300 : 100'000 + random() % 60'000), got(data.size());
        // Some stretches do not pack.
        for (size_t b = 0; b < data.size(); ++b) data[b] = static_cast<std::byte>(b % 40'000 < 9'000 ? random() : (b / 100) % 7);
        const ByteCodec& codec = *FindByteCodec("blosc");
        const auto packed = codec.encode(data, settings);
        REQUIRE(codec.decode(packed, got) == data.size());
        REQUIRE(std::ranges::equal(got, data));
        for (int round = 0; round < 6; ++round) {
          const size_t begin = random() % data.size(), end = begin + 1 + random() % (data.size() - begin);
          std::fill(got.begin(), got.end(), std::byte{0xEE});
          if (codec.decode_part(packed, got, begin, end) == 0) continue;
          REQUIRE(std::equal(got.begin() + static_cast<std::ptrdiff_t>(begin), got.begin() + static_cast<std::ptrdiff_t>(end),
                             data.begin() + static_cast<std::ptrdiff_t>(begin)));
        }
      }
    }
  }
}

TEST_CASE("mutants of blosc and zstd chunks end in a typed error or in numbers") {
  CodecSettings settings;
  settings.sample = 4;
  std::vector<std::byte> data(400'000), got(data.size());
  std::mt19937 random(13);
  for (auto& byte : data) byte = static_cast<std::byte>(random() % 9);
  for (const std::string kind : {"zstd", "blosc", "blosc lz4"}) {
    const ByteCodec& codec = *FindByteCodec(kind.substr(0, kind.find(' ')));
    settings.compressor = kind.ends_with("lz4") ? "lz4" : "zstd";
    const auto packed = codec.encode(data, settings);
    for (int round = 0; round < 1500; ++round) {
      auto mutant = packed;
      for (size_t edits = 1 + random() % 3; edits > 0; --edits) {
        // The header and the starts of the blocks are hit as often as all the rest.
        const size_t at = random() % (random() % 2 == 0 ? 48 : mutant.size());
        if (random() % 5 == 0) mutant.resize(std::max<size_t>(at, 1));
        else mutant[std::min(at, mutant.size() - 1)] = static_cast<std::byte>(random());
      }
      const size_t begin = random() % got.size(), end = begin + 1 + random() % (got.size() - begin);
      const std::string part = CodeOf([&] { codec.decode_part(mutant, got, begin, end); });
      const std::string all = CodeOf([&] { codec.decode(mutant, got); });
      CHECK((part.empty() || part == "ERR_CORRUPT_DATA"));
      CHECK((all.empty() || all == "ERR_CORRUPT_DATA"));
    }
  }
}
