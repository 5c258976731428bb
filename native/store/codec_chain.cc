// One cell through its chain of codecs.
#include <cstring>

#include "base/error.h"
#include "io/crc32c.h"
#include "io/file.h"
#include "simd/samples.h"
#include "store/array.h"

namespace isovox::store {

void DecodeCell(const ArrayMeta& meta, std::span<const std::byte> bytes, std::span<std::byte> into) {
  const auto& steps = meta.chain.steps;
  // Between two codecs the size is not known; none of them makes data longer than this.
  const size_t most = into.size() + into.size() / 8 + (size_t{1} << 16);
  Buffer held;
  std::span<const std::byte> now = bytes;
  size_t written = bytes.size();
  for (size_t s = steps.size(); s-- > 0;) {
    if (std::string_view(steps[s].codec->name) == "crc32c" && s > 0) {
      now = WithoutCrc32c(now);  // where they are
    } else if (s == 0) {
      written = steps[0].codec->decode(now, into);
    } else {
      Buffer next = Buffer::OfSize(most);
      written = steps[s].codec->decode(now, next.bytes());
      held = std::move(next);
      now = std::span<const std::byte>(held.data.get(), written);
    }
  }
  if (steps.empty()) {
    if (bytes.size() == into.size() && !into.empty()) std::memcpy(into.data(), bytes.data(), into.size());
  }
  if (written != into.size()) {
    throw Error(ErrorCode::kCorruptData,
                "A chunk holds " + std::to_string(written) + " bytes instead of " + std::to_string(into.size()));
  }
  if (meta.chain.endian == Endian::kBig) simd::SwapBytes(into, DTypeSize(meta.dtype));
}

std::vector<std::byte> EncodeCell(const ArrayMeta& meta, std::span<const std::byte> cell) {
  std::vector<std::byte> held;
  std::span<const std::byte> now = cell;
  if (meta.chain.endian == Endian::kBig || meta.chain.steps.empty()) {
    held.assign(cell.begin(), cell.end());
    if (meta.chain.endian == Endian::kBig) simd::SwapBytes(held, DTypeSize(meta.dtype));
    now = held;
  }
  for (const ByteStep& step : meta.chain.steps) {
    held = step.codec->encode(now, step.settings);
    now = held;
  }
  return held;
}

Shape CellsAlong(const Shape& shape, const Shape& cell) {
  Shape cells;
  for (size_t a = 0; a < shape.size(); ++a) cells.push_back((shape[a] + cell[a] - 1) / cell[a]);
  return cells;
}

}  // namespace isovox::store
