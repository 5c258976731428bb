// zarr.json: numbers that their type does not hold.
#include "store/array_meta.h"

#include <doctest/doctest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace isovox::store {
namespace {

nlohmann::json Meta() {
  return nlohmann::json::parse(R"({
    "zarr_format": 3, "node_type": "array", "shape": [4, 4, 4], "data_type": "uint8", "fill_value": 0,
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 4, 4]}},
    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
    "codecs": [{"name": "bytes"}, {"name": "blosc", "configuration":
      {"typesize": 1, "cname": "lz4", "clevel": 5, "shuffle": "shuffle", "blocksize": 0}}]
  })");
}

TEST_CASE("array meta: a number that its type does not hold is refused, not bent") {
  CHECK_NOTHROW(ParseArrayMeta(Meta()));
  const auto refuses = [](const char* pointer, const nlohmann::json& value) {
    nlohmann::json meta = Meta();
    meta[nlohmann::json::json_pointer(pointer)] = value;
    CHECK_THROWS_AS(ParseArrayMeta(meta), Error);
  };
  const nlohmann::json numbers[] = {1e300, -1e300, -1, 0.5, 1e20};
  for (const nlohmann::json& number : numbers) {
    refuses("/fill_value", number);
    refuses("/codecs/1/configuration/typesize", number);
    if (number != nlohmann::json(-1)) refuses("/codecs/1/configuration/clevel", number);
  }
  refuses("/fill_value", 256);
}

TEST_CASE("array meta: a whole number may be written with a point") {
  nlohmann::json meta = Meta();
  meta["fill_value"] = 7.0;
  CHECK(ParseArrayMeta(meta).fill[0] == std::byte{7});
}

}  // namespace
}  // namespace isovox::store
