// Huffman codes of differences as lossless JPEG has them (ITU-T T.81 annexes C, F.2.2.3 and H.1.2.2), and the bits they
// are read from.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace isovox::dicom {

// The entropy-coded bytes between two markers, without their stuffed zeros.
class CodedBits {
 public:
  // From `at` on, which is left at the next marker.
  void Load(std::span<const std::byte> bytes, size_t& at);

  size_t bits() const { return (bytes_.size() - kPadding) * 8; }
  // 57 bits or more from bit `position` on, the first on top; zeros beyond the end.
  uint64_t From(size_t position) const {
    const size_t byte = position >> 3;
    if (byte + kPadding > bytes_.size()) return 0;
    uint64_t word;
    std::memcpy(&word, bytes_.data() + byte, sizeof word);
    if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
    return word << (position & 7);
  }

 private:
  static constexpr size_t kPadding = 8;
  std::vector<unsigned char> bytes_ = std::vector<unsigned char>(kPadding);  // with kPadding zeros behind
};

// A place in coded bits; kept in registers while a row lasts.
class BitCursor {
 public:
  explicit BitCursor(const CodedBits* coded) : coded_(coded), window_(coded->From(0)) {}

  uint64_t window() const { return window_; }
  // At least 32 bits are in the window afterwards.
  void Refill() {
    if (used_ <= kFresh - 32) return;
    position_ += static_cast<size_t>(used_);
    used_ = 0;
    window_ = coded_->From(position_);
  }
  void Drop(int bits) {
    window_ <<= bits;
    used_ += bits;
  }
  bool Overrun() const { return position_ + static_cast<size_t>(used_) > coded_->bits(); }

 private:
  static constexpr int kFresh = 57;  // bits that one load is sure to give
  const CodedBits* coded_;
  uint64_t window_;
  int used_ = 0;
  size_t position_ = 0;
};

class DifferenceCodes {
 public:
  // From the 16 counts of code lengths and the categories of a DHT segment. Throws ERR_CORRUPT_DATA for an impossible
  // set of codes.
  DifferenceCodes(std::span<const std::byte> counts, std::span<const std::byte> categories);
  DifferenceCodes() = default;

  bool empty() const { return short_.empty(); }

  // The next difference, modulo 2^16. An unused code reads as a difference of 0 that takes 16 bits.
  [[gnu::always_inline]] uint32_t Next(BitCursor& bits) const {
    bits.Refill();
    Entry entry = short_[bits.window() >> (64 - kShort)];
    if (entry.length == 0) [[unlikely]] entry = FindLong(bits.window());
    bits.Drop(entry.length);
    return static_cast<uint32_t>(entry.value);
  }

 private:
  static constexpr int kShort = 12;
  static constexpr int kLongest = 16;
  // A code with the bits of its difference: how many they are together, and the difference. Length 0: see FindLong.
  struct Entry {
    int16_t value = 0;
    int16_t length = 0;
  };

  // What does not fit in kShort bits, by the first of the window's bits.
  [[gnu::noinline]] Entry FindLong(uint64_t window) const;

  std::vector<Entry> short_;
  // Of each code length: the codes of that length lie below `ends_`, left-aligned in kLongest bits, and the category of
  // code c is categories_[first_ + c].
  std::array<uint32_t, kLongest + 1> ends_{};
  std::array<int32_t, kLongest + 1> first_{};
  std::vector<uint8_t> categories_;
};

}  // namespace isovox::dicom
