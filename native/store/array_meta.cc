#include "store/array_meta.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/storage.h"

namespace isovox::store {
namespace {

using nlohmann::json;

constexpr size_t kLargestCell = size_t{1} << 31;
// Inner chunks of a shard, each with 16 bytes of its index and a place in the plan of a read.
constexpr int64_t kMostInnerChunks = int64_t{1} << 20;

Error Wrong(const std::string& why) { return Error(ErrorCode::kCorruptData, "Not a Zarr 3 array: " + why); }
Error Unread(const std::string& what, const std::string& value) {
  return Error(ErrorCode::kUnsupported, "Zarr " + what + " " + value + " is not read", {{"what", what}, {"value", value}});
}

const json& Need(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) throw Wrong(std::string("there is no ") + key);
  return object[key];
}

Shape ShapeOf(const json& list, const char* name, int64_t least) {
  if (!list.is_array() || list.size() > kMostAxes) throw Wrong(std::string(name) + " is no list of at most 8 sizes");
  Shape shape;
  for (const json& size : list) {
    if (!size.is_number_integer() || size.get<int64_t>() < least) throw Wrong(std::string(name) + " holds no sizes");
    shape.push_back(size.get<int64_t>());
  }
  return shape;
}

std::string NameOf(const json& named) {
  if (named.is_string()) return named.get<std::string>();
  const json& name = Need(named, "name");
  if (!name.is_string()) throw Wrong("a name is no text");
  return name.get<std::string>();
}

json SettingsOf(const json& named) {
  return named.is_object() && named.contains("configuration") && named["configuration"].is_object() ? named["configuration"]
                                                                                                  : json::object();
}

// A number that T holds; whole numbers may be written with a point.
template <typename T>
T NumberOf(const json& value, const char* name) {
  if constexpr (std::is_integral_v<T>) {
    bool fits;
    if (value.is_number_float()) {
      const double x = value.get<double>(), least = static_cast<double>(std::numeric_limits<T>::min());
      fits = x >= least && x < std::ldexp(1.0, std::numeric_limits<T>::digits) && x == std::floor(x);
    } else {
      fits = value.is_number_unsigned() ? std::in_range<T>(value.get<uint64_t>()) : std::in_range<T>(value.get<int64_t>());
    }
    if (!fits) throw Wrong(std::string(name) + " is " + value.dump());
  }
  return value.get<T>();
}

template <typename T>
T Setting(const json& settings, const char* key, T fallback) {
  if (!settings.contains(key)) return fallback;
  try {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      if (settings[key].is_number()) return NumberOf<T>(settings[key], key);
    }
    return settings[key].get<T>();
  } catch (const json::exception&) {
    throw Wrong(std::string(key) + " is of another type");
  }
}

std::array<std::byte, 8> FillOf(const json& value, DType dtype) {
  std::array<std::byte, 8> fill{};
  VisitDType(dtype, [&](auto sample) {
    using T = decltype(sample);
    T number{};
    if (value.is_boolean()) {
      number = static_cast<T>(value.get<bool>());
    } else if (value.is_number()) {
      number = NumberOf<T>(value, "fill_value");
    } else if (value.is_string()) {
      const auto text = value.get<std::string>();
      if constexpr (std::is_floating_point_v<T>) {
        using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
        Bits bits = 0;
        if (text == "NaN") {
          number = std::numeric_limits<T>::quiet_NaN();
        } else if (text == "Infinity" || text == "-Infinity") {
          number = text[0] == '-' ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
        } else if (text.starts_with("0x") &&
                   std::from_chars(text.data() + 2, text.data() + text.size(), bits, 16).ptr == text.data() + text.size()) {
          std::memcpy(&number, &bits, sizeof number);
        } else {
          throw Wrong("fill_value is " + text);
        }
      } else {
        throw Wrong("fill_value is " + text);
      }
    } else if (!value.is_null()) {
      throw Wrong("fill_value is no number");
    }
    std::memcpy(fill.data(), &number, sizeof number);
  });
  return fill;
}

json FillToJson(const std::array<std::byte, 8>& fill, DType dtype) {
  return VisitDType(dtype, [&](auto sample) -> json {
    std::memcpy(&sample, fill.data(), sizeof sample);
    if constexpr (std::is_floating_point_v<decltype(sample)>) {
      if (std::isnan(sample)) return "NaN";
      if (std::isinf(sample)) return sample < 0 ? "-Infinity" : "Infinity";
    }
    return sample;
  });
}

CodecSettings ByteSettingsOf(const json& settings, size_t sample) {
  CodecSettings out;
  out.sample = Setting<size_t>(settings, "typesize", sample);
  out.level = Setting<int>(settings, settings.contains("clevel") ? "clevel" : "level", 3);
  out.compressor = Setting<std::string>(settings, "cname", "zstd");
  out.shuffle = Setting<std::string>(settings, "shuffle", "noshuffle");
  out.block = Setting<size_t>(settings, "blocksize", 0);
  out.checksum = Setting<bool>(settings, "checksum", false);
  return out;
}

// `sharding` is filled by the sharding codec, whose own codecs then make the chain; null inside a shard.
CodecChain ChainOf(const json& codecs, size_t axes, size_t sample, std::optional<Sharding>* sharding) {
  if (!codecs.is_array()) throw Wrong("codecs is no list");
  CodecChain chain;
  bool bytes_known = false;
  for (const json& codec : codecs) {
    const std::string name = NameOf(codec);
    const json settings = SettingsOf(codec);
    if (name == "transpose" && !bytes_known) {
      if (!chain.order.empty()) throw Unread("codec", "transpose twice");
      chain.order = ShapeOf(Need(settings, "order"), "order", 0);
      Shape sorted = chain.order;
      std::sort(sorted.begin(), sorted.end());
      for (size_t a = 0; a < sorted.size(); ++a) {
        if (sorted[a] != static_cast<int64_t>(a)) throw Wrong("order is no permutation");
      }
      if (sorted.size() != axes) throw Wrong("order and shape disagree");
    } else if (name == "bytes" && !bytes_known) {
      bytes_known = true;
      const auto endian = Setting<std::string>(settings, "endian", "little");
      if (endian != "little" && endian != "big") throw Wrong("endian is " + endian);
      chain.endian = endian == "big" ? Endian::kBig : Endian::kLittle;
    } else if (name == "sharding_indexed" && !bytes_known && sharding != nullptr) {
      if (!chain.order.empty() || codecs.size() != 1) throw Unread("codec", "sharding_indexed among others");
      Sharding shard;
      shard.inner = ShapeOf(Need(settings, "chunk_shape"), "chunk_shape", 1);
      const auto location = Setting<std::string>(settings, "index_location", "end");
      if (location != "end" && location != "start") throw Wrong("index_location is " + location);
      shard.index_at_end = location == "end";
      const CodecChain index = ChainOf(Need(settings, "index_codecs"), 1, 8, nullptr);
      const bool plain = index.order.empty() && index.endian == Endian::kLittle && index.steps.size() <= 1 &&
                         (index.steps.empty() || std::string_view(index.steps[0].codec->name) == "crc32c");
      if (!plain) throw Unread("index_codecs", Need(settings, "index_codecs").dump());
      shard.index_checksum = !index.steps.empty();
      CodecChain inner = ChainOf(Need(settings, "codecs"), axes, sample, nullptr);
      *sharding = std::move(shard);
      return inner;
    } else if (const ByteCodec* byte_codec = FindByteCodec(name); byte_codec != nullptr && bytes_known) {
      chain.steps.push_back({byte_codec, ByteSettingsOf(settings, sample)});
    } else {
      throw Unread("codec", name);
    }
  }
  if (!bytes_known) throw Wrong("no codec turns numbers to bytes");
  return chain;
}

json ChainToJson(const CodecChain& chain, size_t sample) {
  json codecs = json::array();
  if (!chain.order.empty()) codecs.push_back({{"name", "transpose"}, {"configuration", {{"order", chain.order}}}});
  json bytes = {{"name", "bytes"}};
  if (sample > 1) bytes["configuration"] = {{"endian", chain.endian == Endian::kBig ? "big" : "little"}};
  codecs.push_back(bytes);
  for (const auto& [codec, settings] : chain.steps) {
    const std::string_view name = codec->name;
    json one = {{"name", codec->name}};
    if (name == "zstd") one["configuration"] = {{"level", settings.level}, {"checksum", settings.checksum}};
    if (name == "gzip") one["configuration"] = {{"level", settings.level}};
    if (name == "blosc") {
      one["configuration"] = {{"typesize", settings.sample}, {"cname", settings.compressor}, {"clevel", settings.level},
                              {"shuffle", settings.shuffle}, {"blocksize", settings.block}};
    }
    codecs.push_back(one);
  }
  return codecs;
}

}  // namespace

size_t ArrayMeta::cell_bytes() const {
  Shape factors = cell();
  factors.push_back(static_cast<int64_t>(DTypeSize(dtype)));
  return CheckedProduct(factors);
}

std::string ArrayMeta::KeyOf(const Shape& index) const {
  std::string key = v2_keys ? "" : "c";
  for (const int64_t n : index) {
    if (!key.empty()) key += separator;
    key += std::to_string(n);
  }
  return key.empty() ? "0" : key;
}

ArrayMeta ParseArrayMeta(const json& root) {
  if (Need(root, "zarr_format") != 3) throw Unread("format", root["zarr_format"].dump());
  if (Need(root, "node_type") != "array") throw Wrong("the node is " + root["node_type"].dump());
  ArrayMeta meta;
  meta.shape = ShapeOf(Need(root, "shape"), "shape", 0);
  std::string type = NameOf(Need(root, "data_type"));
  if (type == "bool") type = "uint8";
  const auto dtype = DTypeFromName(type);
  if (!dtype) throw Unread("data_type", type);
  meta.dtype = *dtype;
  const json& grid = Need(root, "chunk_grid");
  if (NameOf(grid) != "regular") throw Unread("chunk_grid", NameOf(grid));
  meta.chunk = ShapeOf(Need(SettingsOf(grid), "chunk_shape"), "chunk_shape", 1);
  if (meta.chunk.size() != meta.shape.size()) throw Wrong("chunk_shape and shape disagree");
  if (root.contains("chunk_key_encoding")) {
    const std::string name = NameOf(root["chunk_key_encoding"]);
    if (name != "default" && name != "v2") throw Unread("chunk_key_encoding", name);
    meta.v2_keys = name == "v2";
    meta.separator = Setting<std::string>(SettingsOf(root["chunk_key_encoding"]), "separator", meta.v2_keys ? "." : "/");
    if (meta.separator != "/" && meta.separator != ".") throw Wrong("separator is " + meta.separator);
  }
  try {
    meta.fill = FillOf(Need(root, "fill_value"), meta.dtype);
  } catch (const json::exception&) {
    throw Wrong("fill_value does not fit the type");
  }
  meta.chain = ChainOf(Need(root, "codecs"), meta.shape.size(), DTypeSize(meta.dtype), &meta.sharding);
  if (meta.sharding) {
    const Shape& inner = meta.sharding->inner;
    if (inner.size() != meta.chunk.size()) throw Wrong("the shard's chunk_shape and shape disagree");
    int64_t chunks = 1;
    for (size_t a = 0; a < inner.size(); ++a) {
      if (meta.chunk[a] % inner[a] != 0) throw Wrong("a shard holds no whole number of chunks");
      const int64_t along = meta.chunk[a] / inner[a];
      if (along > kMostInnerChunks / chunks) throw Unread("shard", "of more than " + std::to_string(kMostInnerChunks) + " chunks");
      chunks *= along;
    }
  }
  Shape file = meta.chunk;
  file.push_back(static_cast<int64_t>(DTypeSize(meta.dtype)));
  CheckedProduct(file);
  CheckedProduct(meta.shape);
  if (meta.cell_bytes() > kLargestCell) throw Unread("chunk", "of more than 2 GiB");
  if (root.contains("attributes") && root["attributes"].is_object()) meta.attributes = root["attributes"];
  if (root.contains("dimension_names") && root["dimension_names"].is_array()) {
    for (const json& name : root["dimension_names"]) {
      meta.dimension_names.push_back(name.is_string() ? name.get<std::string>() : "");
    }
  }
  if (root.contains("storage_transformers") && !root["storage_transformers"].empty()) {
    throw Unread("storage_transformers", root["storage_transformers"].dump());
  }
  return meta;
}

json ToJson(const ArrayMeta& meta) {
  json codecs = ChainToJson(meta.chain, DTypeSize(meta.dtype));
  if (meta.sharding) {
    json index = json::array({{{"name", "bytes"}, {"configuration", {{"endian", "little"}}}}});
    if (meta.sharding->index_checksum) index.push_back({{"name", "crc32c"}});
    codecs = json::array({{{"name", "sharding_indexed"},
                           {"configuration", {{"chunk_shape", meta.sharding->inner},
                                              {"codecs", codecs},
                                              {"index_codecs", index},
                                              {"index_location", meta.sharding->index_at_end ? "end" : "start"}}}}});
  }
  json root = {{"zarr_format", 3},
               {"node_type", "array"},
               {"shape", meta.shape},
               {"data_type", std::string(DTypeName(meta.dtype))},
               {"chunk_grid", {{"name", "regular"}, {"configuration", {{"chunk_shape", meta.chunk}}}}},
               {"chunk_key_encoding", {{"name", meta.v2_keys ? "v2" : "default"}, {"configuration", {{"separator", meta.separator}}}}},
               {"fill_value", FillToJson(meta.fill, meta.dtype)},
               {"codecs", codecs},
               {"attributes", meta.attributes}};
  if (!meta.dimension_names.empty()) root["dimension_names"] = meta.dimension_names;
  return root;
}

}  // namespace isovox::store
