#include "io/crc32c.h"

#include <array>
#include <cstring>

#include "base/bytes.h"

namespace isovox {
namespace {

using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables MakeTables() {
  Tables tables{};
  for (uint32_t n = 0; n < 256; ++n) {
    uint32_t crc = n;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0U);
    tables[0][n] = crc;
  }
  for (size_t t = 1; t < 8; ++t) {
    for (size_t n = 0; n < 256; ++n) tables[t][n] = (tables[t - 1][n] >> 8) ^ tables[0][tables[t - 1][n] & 255];
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

}  // namespace

uint32_t Crc32c(std::span<const std::byte> bytes) {
  uint32_t crc = ~0U;
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    word ^= crc;
    crc = 0;
    for (size_t b = 0; b < 8; ++b) crc ^= kTables[7 - b][word >> (8 * b) & 255];
  }
  for (; at < bytes.size(); ++at) crc = (crc >> 8) ^ kTables[0][(crc ^ std::to_integer<uint32_t>(bytes[at])) & 255];
  return ~crc;
}

std::span<const std::byte> WithoutCrc32c(std::span<const std::byte> bytes) {
  if (bytes.size() < 4) throw Error(ErrorCode::kCorruptData, "The data are too short for their checksum");
  const auto content = bytes.first(bytes.size() - 4);
  ByteReader reader(bytes);
  reader.Skip(content.size());
  if (reader.Read<uint32_t>() != Crc32c(content)) throw Error(ErrorCode::kCorruptData, "The checksum does not match the data");
  return content;
}

}  // namespace isovox
