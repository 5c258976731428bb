// One cell through its chain of codecs.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "io/crc32c.h"
#include "io/file.h"
#include "simd/samples.h"
#include "store/array.h"

namespace isovox::store {

namespace {

// Through all codecs but the last, which is the first of the chain.
std::span<const std::byte> Unwrapped(const std::vector<ByteStep>& steps, std::span<const std::byte> bytes, size_t most, Buffer& held) {
  for (size_t s = steps.size(); s-- > 1;) {
    if (std::string_view(steps[s].codec->name) == "crc32c") {
      bytes = WithoutCrc32c(bytes);  // where they are
      continue;
    }
    Buffer next = Buffer::OfSize(most);
    const size_t written = steps[s].codec->decode(bytes, next.bytes());
    held = std::move(next);
    bytes = std::span<const std::byte>(held.data.get(), written);
  }
  return bytes;
}

}  // namespace

size_t DecodeCell(const ArrayMeta& meta, std::span<const std::byte> bytes, std::span<std::byte> into, size_t begin, size_t end) {
  const auto& steps = meta.chain.steps;
  // Between two codecs the size is not known; none of them makes data longer than this.
  const size_t most = into.size() + into.size() / 8 + (size_t{1} << 16);
  Buffer held;
  const auto last = Unwrapped(steps, bytes, most, held);
  size_t written = last.size(), decoded = 0;
  if (!steps.empty()) {
    const ByteCodec& codec = *steps[0].codec;
    const bool part = codec.decode_part != nullptr && (begin > 0 || end < into.size());
    if (part) decoded = codec.decode_part(last, into, begin, end);
    written = decoded > 0 ? into.size() : codec.decode(last, into);
  } else if (last.size() == into.size() && !into.empty()) {
    std::memcpy(into.data(), last.data(), into.size());
  }
  if (written != into.size()) {
    throw Error(ErrorCode::kCorruptData,
                "A chunk holds " + std::to_string(written) + " bytes instead of " + std::to_string(into.size()));
  }
  const size_t sample = DTypeSize(meta.dtype);
  const size_t first = begin / sample * sample, behind = std::min(into.size(), (end + sample - 1) / sample * sample);
  if (meta.chain.endian == Endian::kBig) simd::SwapBytes(into.subspan(first, behind - first), sample);
  return decoded > 0 ? decoded : into.size();
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
