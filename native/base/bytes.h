// Bounds-checked access to bytes that somebody else wrote. No parser touches a raw pointer outside this file.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace isovox {

enum class Endian { kLittle, kBig };

template <typename T>
T ByteSwap(T value) {
  static_assert(sizeof(T) <= 8);
  unsigned char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  for (size_t i = 0; i < sizeof(T) / 2; ++i) {
    const unsigned char held = raw[i];
    raw[i] = raw[sizeof(T) - 1 - i];
    raw[sizeof(T) - 1 - i] = held;
  }
  std::memcpy(&value, raw, sizeof(T));
  return value;
}

// A cursor over bytes. Every read past the end throws ERR_CORRUPT_DATA with the offset.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes, Endian endian = Endian::kLittle)
      : bytes_(bytes), endian_(endian) {}

  size_t offset() const { return offset_; }
  size_t size() const { return bytes_.size(); }
  size_t remaining() const { return bytes_.size() - offset_; }
  bool AtEnd() const { return offset_ == bytes_.size(); }
  void set_endian(Endian endian) { endian_ = endian; }
  Endian endian() const { return endian_; }

  void Seek(size_t offset) {
    if (offset > bytes_.size()) throw PastEnd(offset, 0);
    offset_ = offset;
  }
  void Skip(size_t count) { Take(count); }

  // The next `count` bytes; valid as long as the underlying bytes are.
  std::span<const std::byte> Take(size_t count) {
    if (count > remaining()) throw PastEnd(offset_, count);
    const auto taken = bytes_.subspan(offset_, count);
    offset_ += count;
    return taken;
  }

  std::string_view TakeText(size_t count) {
    const auto taken = Take(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

  template <typename T>
  T Read() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, Take(sizeof(T)).data(), sizeof(T));
    const bool swap = (endian_ == Endian::kBig) == (std::endian::native == std::endian::little);
    return swap && sizeof(T) > 1 ? ByteSwap(value) : value;
  }

 private:
  Error PastEnd(size_t offset, size_t count) const {
    return Error(ErrorCode::kCorruptData,
                 "The data end at byte " + std::to_string(bytes_.size()) + " but " + std::to_string(count) +
                     " bytes were expected at byte " + std::to_string(offset),
                 {{"offset", std::to_string(offset)}});
  }

  std::span<const std::byte> bytes_;
  Endian endian_;
  size_t offset_ = 0;
};

}  // namespace isovox
