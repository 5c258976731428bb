// CRC-32C (Castagnoli, RFC 3720 appendix B.4), by tables, eight bytes at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace isovox {

uint32_t Crc32c(std::span<const std::byte> bytes);
// Bytes that end in their CRC-32C, little endian: those before it. Throws ERR_CORRUPT_DATA when they do not agree.
std::span<const std::byte> WithoutCrc32c(std::span<const std::byte> bytes);

}  // namespace isovox
