// Base64 (RFC 4648): bytes of header extensions as texts of a volume's metadata.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isovox::formats {

std::string EncodeBase64(std::span<const std::byte> bytes);
// Nothing when `text` is not base64.
std::optional<std::vector<std::byte>> DecodeBase64(std::string_view text);

}  // namespace isovox::formats
