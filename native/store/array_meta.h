// zarr.json of an array (Zarr core specification, version 3): what it says, checked.
//
//   {"zarr_format": 3, "node_type": "array", "shape": [...], "data_type": "int16",
//    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [...]}},
//    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
//    "fill_value": 0, "codecs": [...], "attributes": {...}, "dimension_names": [...]}
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/dtype.h"
#include "io/codec.h"

namespace isovox::store {

inline constexpr size_t kMostAxes = 8;
using Shape = std::vector<int64_t>;

struct ByteStep {
  const ByteCodec* codec;
  CodecSettings settings;
};

// Array to array (transpose), array to bytes (their order), bytes to bytes.
struct CodecChain {
  Shape order;  // of the transposed axes; empty when they stay
  Endian endian = Endian::kLittle;
  std::vector<ByteStep> steps;  // in the order of encoding
};

// The sharding_indexed codec (ZEP 2): a chunk file holds inner chunks and an index of where they are.
struct Sharding {
  Shape inner;
  bool index_at_end = true;
  bool index_checksum = true;
};

struct ArrayMeta {
  Shape shape, chunk;  // `chunk`: of a file
  DType dtype = DType::kUint8;
  std::array<std::byte, 8> fill{};  // one sample, in this machine's byte order
  CodecChain chain;                 // of chunks, or of a shard's inner chunks
  std::optional<Sharding> sharding;
  std::string separator = "/";
  bool v2_keys = false;
  std::vector<std::string> dimension_names;
  nlohmann::json attributes = nlohmann::json::object();

  const Shape& cell() const { return sharding ? sharding->inner : chunk; }  // what is decoded at once
  size_t cell_bytes() const;
  std::string KeyOf(const Shape& index) const;  // "c/0/1/2"
};

// Throws ERR_CORRUPT_DATA for what contradicts the specification, ERR_UNSUPPORTED for what is not read.
ArrayMeta ParseArrayMeta(const nlohmann::json& json);
nlohmann::json ToJson(const ArrayMeta& meta);

}  // namespace isovox::store
