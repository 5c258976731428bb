// Huffman codes of differences as lossless JPEG has them (ITU-T T.81 annexes C, F.2.2.3 and H.1.2.2), and the bits they
// are read from.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace isovox::dicom {

// Bits, most significant first. Reading beyond the last bit gives zeros and is seen by Overrun.
class BitWindow {
 public:
  // The entropy-coded bytes from `at` on, without their stuffed zeros, up to the next marker, where `at` is left.
  void Load(std::span<const std::byte> bytes, size_t& at);

  // At least 32 bits are there afterwards.
  void Refill() {
    const size_t byte = position_ >> 3;
    if (byte + kPadding > bytes_.size()) {
      window_ = 0;
      position_ = bytes_.size() * 8;  // far beyond the end: what follows is zeros
      used_ = 0;
      return;
    }
    uint64_t word;
    std::memcpy(&word, bytes_.data() + byte, sizeof word);
    if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
    window_ = word << (position_ & 7);
    used_ = 0;
  }
  bool NeedsRefill() const { return used_ > kFresh - 32; }
  uint32_t Peek(int bits) const { return static_cast<uint32_t>(window_ >> (64 - bits)); }  // REQUIRES 1 <= bits <= 32
  void Drop(int bits) {
    window_ <<= bits;
    used_ += bits;
    position_ += static_cast<size_t>(bits);
  }
  bool Overrun() const { return position_ > bits_; }

 private:
  static constexpr int kFresh = 57;         // bits that one load is sure to give
  static constexpr size_t kPadding = 8;
  std::vector<unsigned char> bytes_;  // with kPadding zeros behind
  uint64_t window_ = 0;
  int used_ = 0;
  size_t position_ = 0, bits_ = 0;
};

class DifferenceCodes {
 public:
  // From the 16 counts of code lengths and the categories of a DHT segment. Throws ERR_CORRUPT_DATA for an impossible
  // set of codes.
  DifferenceCodes(std::span<const std::byte> counts, std::span<const std::byte> categories);
  DifferenceCodes() = default;

  bool empty() const { return short_.empty(); }

  // The next difference, modulo 2^16. An unused code reads as a difference of 0 that takes all of 16 bits.
  uint32_t Next(BitWindow& bits) const {
    if (bits.NeedsRefill()) bits.Refill();
    const Entry entry = short_[bits.Peek(kShort)];
    if (entry.whole) {
      bits.Drop(entry.length);
      return static_cast<uint32_t>(entry.value);
    }
    return NextLong(bits, entry);
  }

 private:
  static constexpr int kShort = 12;
  // `whole`: code and difference fit in kShort bits, and value is the difference. Else value is the category after a code
  // of `length` bits; length 0 when the code is longer than kShort.
  struct Entry {
    int16_t value = 0;
    uint8_t length = 0;
    bool whole = false;
  };

  uint32_t NextLong(BitWindow& bits, Entry entry) const;

  std::vector<Entry> short_;
  std::vector<Entry> long_;  // by 16 bits
};

}  // namespace isovox::dicom
