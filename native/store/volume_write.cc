#include <algorithm>

#include "base/error.h"
#include "io/folder_writer.h"
#include "store/volume_store.h"

namespace isovox::store {
namespace {

using nlohmann::json;

constexpr int64_t kIsotropic = 64;
constexpr int64_t kShardBytes = int64_t{64} << 20;
// Blocks within a chunk: a box decodes those that it touches. On CT, half of this reads no faster and twice of it packs no
// better.
constexpr size_t kBloscBlock = size_t{64} << 10;

CodecChain ChainFor(const VolumeLayout& layout, size_t sample) {
  CodecChain chain;
  CodecSettings settings;
  settings.level = layout.level;
  settings.sample = sample;
  settings.shuffle = sample > 1 ? "shuffle" : "noshuffle";
  const auto add = [&](const char* name) { chain.steps.push_back({FindByteCodec(name), settings}); };
  const std::string& codec = layout.codec;
  if (codec == "none") {
  } else if (codec == "gzip") {
    settings.level = std::clamp(layout.level, 0, 9);
    add("gzip");
  } else if (codec == "zstd-plain" || (codec == "zstd" && sample == 1)) {
    add("zstd");
  } else if (codec == "zstd" || codec == "blosc" || codec == "lz4") {
    settings.level = std::clamp(layout.level, 0, 9);
    settings.compressor = codec == "lz4" ? "lz4" : "zstd";
    settings.block = kBloscBlock;
    if (codec == "blosc") settings.shuffle = "bitshuffle";
    add("blosc");
  } else {
    throw InvalidArgument("codec", "one of zstd, zstd-plain, blosc, lz4, gzip, none", "\"" + codec + "\"");
  }
  return chain;
}

std::array<int64_t, 3> ChunkFor(const Volume& volume, const VolumeLayout& layout) {
  const auto& n = volume.grid.size;
  std::array<int64_t, 3> chunk = layout.chunk;
  if (chunk == std::array<int64_t, 3>{0, 0, 0}) {
    if (layout.tile == "axial") chunk = {n[0], n[1], 1};
    else if (layout.tile == "coronal") chunk = {n[0], 1, n[2]};
    else if (layout.tile == "sagittal") chunk = {1, n[1], n[2]};
    else if (layout.tile == "isotropic") chunk = {kIsotropic, kIsotropic, kIsotropic};
    else throw InvalidArgument("tile", "one of axial, sagittal, coronal, isotropic", "\"" + layout.tile + "\"");
  }
  for (size_t a = 0; a < 3; ++a) {
    if (chunk[a] < 0 || (chunk[a] == 0 && n[a] > 0)) throw InvalidArgument("chunks", "three positive sizes", std::to_string(chunk[a]));
    chunk[a] = std::max<int64_t>(1, std::min(chunk[a], n[a]));
  }
  return chunk;
}

// As many chunks as 64 MiB take, along x first, then y, z.
Shape ShardFor(const Shape& shape, const Shape& chunk, size_t sample) {
  Shape shard = chunk;
  auto bytes = static_cast<int64_t>(sample);
  for (const int64_t n : chunk) bytes *= n;
  for (size_t a = shape.size(); a-- > 0;) {
    const int64_t needed = std::max<int64_t>(1, (shape[a] + chunk[a] - 1) / chunk[a]);
    const int64_t times = std::clamp<int64_t>(kShardBytes / std::max<int64_t>(bytes, 1), 1, needed);
    shard[a] = chunk[a] * times;
    bytes *= times;
    if (times < needed) break;
  }
  return shard;
}

json GroupFor(const Volume& volume, const std::vector<std::string>& names, const std::string& array) {
  const Grid& grid = volume.grid;
  json axes = json::array(), scale = json::array(), translation = json::array();
  for (const std::string& name : names) {
    const size_t a = name == "x" ? 0 : name == "y" ? 1 : 2;
    const double origin[] = {grid.origin.x, grid.origin.y, grid.origin.z};
    if (name == "t" || name == "c") {
      axes.push_back({{"name", name}, {"type", name == "t" ? "time" : "channel"}});
      scale.push_back(1.0);
      translation.push_back(0.0);
    } else {
      axes.push_back({{"name", name}, {"type", "space"}, {"unit", "millimeter"}});
      scale.push_back(grid.spacing[a]);
      translation.push_back(origin[a]);
    }
  }
  const auto& x = grid.axes;
  const json own = {{"version", 1},
                    {"spacing", grid.spacing},
                    {"origin", {grid.origin.x, grid.origin.y, grid.origin.z}},
                    {"direction", {x.i.x, x.j.x, x.k.x, x.i.y, x.j.y, x.k.y, x.i.z, x.j.z, x.k.z}},
                    {"orientation", grid.OrientationCode()},
                    {"slope", volume.slope},
                    {"intercept", volume.intercept},
                    {"unit", volume.unit},
                    {"metadata", volume.metadata}};
  const json transforms = json::array({{{"type", "scale"}, {"scale", scale}}, {{"type", "translation"}, {"translation", translation}}});
  const json image = {{"name", "volume"},
                      {"axes", axes},
                      {"datasets", json::array({{{"path", array}, {"coordinateTransformations", transforms}}})}};
  return {{"zarr_format", 3},
          {"node_type", "group"},
          {"attributes", {{"ome", {{"version", "0.5"}, {"multiscales", json::array({image})}}}, {"isovox", own}}}};
}

// Objects cannot be renamed: a volume that replaces another is written beside its array, under the other of two names.
std::string FreeArrayName(const FolderWriter& folder) {
  const json before = json::parse(folder.Before("zarr.json"), nullptr, false);
  const auto path = json::json_pointer("/attributes/ome/multiscales/0/datasets/0/path");
  return before.is_object() && before.contains(path) && before[path] == "0" ? "1" : "0";
}

}  // namespace

ArrayMeta MetaFor(const Volume& volume, const VolumeLayout& layout) {
  ArrayMeta meta;
  meta.dtype = volume.dtype;
  const auto chunk = ChunkFor(volume, layout);
  const auto axis = [&](const char* name, int64_t size, int64_t cell) {
    meta.dimension_names.emplace_back(name);
    meta.shape.push_back(size);
    meta.chunk.push_back(cell);
  };
  if (volume.frames > 1) axis("t", volume.frames, 1);
  if (volume.components > 1) axis("c", volume.components, volume.components);
  for (const int a : {2, 1, 0}) axis(a == 2 ? "z" : a == 1 ? "y" : "x", volume.grid.size[static_cast<size_t>(a)], chunk[static_cast<size_t>(a)]);
  meta.chain = ChainFor(layout, DTypeSize(volume.dtype));
  if (layout.checksum) meta.chain.steps.push_back({FindByteCodec("crc32c"), {}});
  if (layout.sharding) {
    meta.sharding = Sharding{meta.chunk, true, true};
    meta.chunk = ShardFor(meta.shape, meta.chunk, DTypeSize(meta.dtype));
  }
  return meta;
}

void SaveVolume(const Exec& exec, const Volume& volume, const std::string& path, const VolumeLayout& layout) {
  const ArrayMeta meta = MetaFor(volume, layout);
  const auto sample = static_cast<int64_t>(DTypeSize(volume.dtype));
  const int64_t voxel = sample * volume.components;
  const auto& n = volume.grid.size;
  Index strides{};
  size_t a = 0;
  if (volume.frames > 1) strides[a++] = voxel * n[0] * n[1] * n[2];
  if (volume.components > 1) strides[a++] = sample;
  strides[a++] = voxel * n[0] * n[1];
  strides[a++] = voxel * n[0];
  strides[a] = voxel;
  const auto folder = FolderWriter::Begin(path);
  const std::string array = FreeArrayName(*folder);
  WriteArray(exec, *folder, array + "/", meta, volume.storage->data(), strides);
  exec.CheckCancelled();
  const json group = GroupFor(volume, meta.dimension_names, array);
  folder->Commit("zarr.json", BytesOfText(group.dump(2, ' ', false, json::error_handler_t::replace) + "\n"));
}

}  // namespace isovox::store
