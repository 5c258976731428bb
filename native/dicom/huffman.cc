#include "dicom/huffman.h"

#include <algorithm>

namespace isovox::dicom {
namespace {

constexpr int kLongest = 16;

Error BadCodes() { return Error(ErrorCode::kCorruptData, "The JPEG frame holds an impossible Huffman table"); }

// The difference that `bits` say in a category (T.81 table F.1 and F.12).
int Extend(uint32_t bits, int category) {
  if (category == 0) return 0;
  const int value = static_cast<int>(bits);
  return value < 1 << (category - 1) ? value - (1 << category) + 1 : value;
}

}  // namespace

void BitWindow::Load(std::span<const std::byte> bytes, size_t& at) {
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
  bits_ = bytes_.size() * 8;
  bytes_.insert(bytes_.end(), kPadding, 0);
  position_ = 0;
  Refill();
}

DifferenceCodes::DifferenceCodes(std::span<const std::byte> counts, std::span<const std::byte> categories)
    : short_(size_t{1} << kShort), long_(size_t{1} << kLongest) {
  uint32_t code = 0;
  size_t next = 0;
  for (int length = 1; length <= kLongest; ++length, code <<= 1) {
    for (auto left = std::to_integer<unsigned>(counts[static_cast<size_t>(length - 1)]); left > 0; --left, ++code) {
      if (next == categories.size() || code >= 1U << length) throw BadCodes();
      const auto category = std::to_integer<int>(categories[next++]);
      if (category > kLongest) throw BadCodes();
      const Entry plain{static_cast<int16_t>(category), static_cast<uint8_t>(length), false};
      const auto fill = [&](std::vector<Entry>& table, int width) {
        const int free = width - length;
        const uint32_t begin = code << free;
        std::fill_n(table.begin() + begin, size_t{1} << free, plain);
      };
      fill(long_, kLongest);
      if (length > kShort) continue;
      fill(short_, kShort);
      const int beside = kShort - length - category;  // bits that belong to what follows
      if (beside < 0) continue;
      for (uint32_t bits = 0; bits < 1U << category; ++bits) {
        const Entry whole{static_cast<int16_t>(Extend(bits, category)), static_cast<uint8_t>(length + category), true};
        const uint32_t begin = (code << category | bits) << beside;
        std::fill_n(short_.begin() + begin, size_t{1} << beside, whole);
      }
    }
  }
}

uint32_t DifferenceCodes::NextLong(BitWindow& bits, Entry entry) const {
  if (entry.length == 0) entry = long_[bits.Peek(kLongest)];
  if (entry.length == 0) {
    bits.Drop(kLongest);
    return 0;
  }
  bits.Drop(entry.length);
  const int category = entry.value;
  if (category == 0) return 0;
  if (category == 16) return 32768;  // no bits follow (T.81 H.1.2.2)
  const uint32_t said = bits.Peek(category);
  bits.Drop(category);
  return static_cast<uint32_t>(Extend(said, category));
}

}  // namespace isovox::dicom
