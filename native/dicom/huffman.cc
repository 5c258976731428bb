#include "dicom/huffman.h"

#include <algorithm>

namespace isovox::dicom {
namespace {

Error BadCodes() { return Error(ErrorCode::kCorruptData, "The JPEG frame holds an impossible Huffman table"); }

// The difference that `bits` say in a category (T.81 tables F.1 and H.2).
int Extend(uint32_t bits, int category) {
  if (category == 0) return 0;
  const int value = static_cast<int>(bits);
  return value < 1 << (category - 1) ? value - (1 << category) + 1 : value;
}

}  // namespace

void CodedBits::Load(std::span<const std::byte> bytes, size_t& at) {
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  const size_t size = bytes.size();
  bytes_.clear();
  bytes_.reserve(size - at + kPadding);
  while (at < size) {
    const auto* found = static_cast<const unsigned char*>(std::memchr(from + at, 0xFF, size - at));
    const size_t stop = found == nullptr ? size : static_cast<size_t>(found - from);
    bytes_.insert(bytes_.end(), from + at, from + stop);
    at = stop;
    if (at == size) break;
    if (at + 1 == size || from[at + 1] != 0) break;  // a marker
    bytes_.push_back(0xFF);
    at += 2;
  }
  bytes_.insert(bytes_.end(), kPadding, 0);
}

DifferenceCodes::DifferenceCodes(std::span<const std::byte> counts, std::span<const std::byte> categories)
    : short_(size_t{1} << kShort) {
  uint32_t code = 0;
  size_t next = 0;
  for (int length = 1; length <= kLongest; ++length, code <<= 1) {
    const auto at = static_cast<size_t>(length);
    first_[at] = static_cast<int32_t>(next) - static_cast<int32_t>(code);
    for (auto left = std::to_integer<unsigned>(counts[at - 1]); left > 0; --left, ++code) {
      if (next == categories.size() || code >= 1U << length) throw BadCodes();
      const auto category = std::to_integer<int>(categories[next++]);
      if (category > 16) throw BadCodes();
      categories_.push_back(static_cast<uint8_t>(category));
      const int beside = kShort - length - category;  // bits that belong to what follows
      if (beside < 0) continue;
      for (uint32_t bits = 0; bits < 1U << category; ++bits) {
        const Entry entry{static_cast<int16_t>(Extend(bits, category)), static_cast<int16_t>(length + category)};
        std::fill_n(short_.begin() + ((code << category | bits) << beside), size_t{1} << beside, entry);
      }
    }
    ends_[at] = code << (kLongest - length);
  }
}

DifferenceCodes::Entry DifferenceCodes::FindLong(uint64_t window) const {
  const auto top = static_cast<uint32_t>(window >> (64 - kLongest));
  for (int length = 1; length <= kLongest; ++length) {
    const auto at = static_cast<size_t>(length);
    if (top >= ends_[at]) continue;
    const auto index = first_[at] + static_cast<int32_t>(top >> (kLongest - length));
    const int category = categories_[static_cast<size_t>(index)];
    if (category == 0) return {0, static_cast<int16_t>(length)};
    if (category == 16) return {static_cast<int16_t>(-32768), static_cast<int16_t>(length)};  // no bits follow (T.81 H.1.2.2)
    const auto said = static_cast<uint32_t>(window << length >> (64 - category));
    return {static_cast<int16_t>(Extend(said, category)), static_cast<int16_t>(length + category)};
  }
  return {0, kLongest};
}

}  // namespace isovox::dicom
