// libFuzzer: the one chunk file of a Zarr array. The first byte chooses among arrays: sharded or not, and their codecs.
#include <fstream>
#include <nlohmann/json.hpp>

#include "read_every_way.h"
#include "shard_arrays.h"
#include "store/array.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace isovox;
  static const std::string root = fuzz::MakeShardArrays();
  if (size < 1) return 0;
  const std::string folder = root + "/" + std::to_string(data[0] % fuzz::kShardArrays);
  std::ofstream(folder + "/c/0/0/0", std::ios::binary)
      .write(reinterpret_cast<const char*>(data + 1), static_cast<std::streamsize>(size - 1));
  fuzz::Answered([&] {
    const store::Array array = store::Array::Open(folder);
    std::vector<std::byte> whole(16 * 16 * 16 * 2);
    array.Read({}, {0, 0, 0}, {16, 16, 16}, whole.data(), {512, 32, 2});
    array.Read({}, {3, 2, 1}, {5, 6, 7}, whole.data(), {512, 32, 2});
  });
  return 0;
}
