// Texts of headers that are lines of "key: value" or "key = value": trimming, splitting, numbers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "volume/grid.h"

namespace isovox::formats {

std::string_view Trim(std::string_view text);
std::string Lower(std::string_view text);
std::vector<std::string> SplitWords(std::string_view text);
std::optional<int64_t> ParseInteger(std::string_view text);
std::optional<double> ParseReal(std::string_view text);
inline std::span<const std::byte> BytesOfText(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
// All words as numbers; throws ERR_CORRUPT_DATA naming `key` when one is none, or when `count` (if not 0) differs.
std::vector<int64_t> IntegersOf(std::string_view key, std::string_view text, size_t count = 0);
std::vector<double> RealsOf(std::string_view key, std::string_view text, size_t count = 0);
// The shortest text that reads back as the same number.
std::string Shortest(double value);
template <typename List>
std::string Joined(const List& values, const char* between = " ") {
  std::string text;
  for (const auto& value : values) {
    if (!text.empty()) text += between;
    if constexpr (std::is_floating_point_v<std::decay_t<decltype(value)>>) {
      text += Shortest(value);
    } else {
      text += std::to_string(value);
    }
  }
  return text;
}

// Spacings and unit axes from the steps between neighbouring voxels (LPS mm). Throws ERR_CORRUPT_DATA for steps that
// are not finite or span no volume.
void PutSteps(const std::array<Vec3, 3>& steps, Grid& grid);

// "slice%03d.raw" with a number for its one %d; throws ERR_CORRUPT_DATA for any other conversion.
std::string NumberedName(std::string_view pattern, int64_t number);

// The path of a data file that a header names, which must lie in the header's folder or below it: a header is not
// allowed to open any other file of the machine. Throws ERR_UNSUPPORTED.
std::string BesideHeader(const std::string& header, std::string_view name);

}  // namespace isovox::formats
