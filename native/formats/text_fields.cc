#include "formats/text_fields.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>

#include "base/error.h"

namespace isovox::formats {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

template <typename T>
std::optional<T> Parse(std::string_view text) {
  text = Trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  T value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

template <typename T>
std::vector<T> ListOf(std::string_view key, std::string_view text, size_t count) {
  std::vector<T> values;
  for (const std::string& word : SplitWords(text)) {
    const auto value = Parse<T>(word);
    if (!value) {
      throw Error(ErrorCode::kCorruptData, "The header's " + std::string(key) + " holds \"" + word + "\", no number");
    }
    values.push_back(*value);
  }
  if (values.empty() || (count != 0 && values.size() != count)) {
    throw Error(ErrorCode::kCorruptData, "The header's " + std::string(key) + " holds " +
                                             std::to_string(values.size()) + " numbers" +
                                             (count == 0 ? "" : " instead of " + std::to_string(count)));
  }
  return values;
}

}  // namespace

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  for (size_t at = text.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlanks, end);
  }
  return words;
}

std::optional<int64_t> ParseInteger(std::string_view text) { return Parse<int64_t>(text); }
std::optional<double> ParseReal(std::string_view text) { return Parse<double>(text); }

std::vector<int64_t> IntegersOf(std::string_view key, std::string_view text, size_t count) {
  return ListOf<int64_t>(key, text, count);
}
std::vector<double> RealsOf(std::string_view key, std::string_view text, size_t count) {
  return ListOf<double>(key, text, count);
}

std::string Shortest(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void PutSteps(const std::array<Vec3, 3>& steps, Grid& grid) {
  Vec3* const axes[] = {&grid.axes.i, &grid.axes.j, &grid.axes.k};
  for (size_t a = 0; a < 3; ++a) {
    grid.spacing[a] = Norm(steps[a]);
    if (!std::isfinite(grid.spacing[a]) || grid.spacing[a] <= 0) {
      throw Error(ErrorCode::kCorruptData, "The header's voxels have no size along axis " + std::to_string(a));
    }
    *axes[a] = (1 / grid.spacing[a]) * steps[a];
  }
  const double volume = Dot(grid.axes.i, Cross(grid.axes.j, grid.axes.k));
  const bool placed = std::isfinite(grid.origin.x) && std::isfinite(grid.origin.y) && std::isfinite(grid.origin.z);
  if (!(std::abs(volume) > 1e-9) || !placed) {
    throw Error(ErrorCode::kCorruptData, "The header's axes span no volume or begin nowhere");
  }
}

std::string NumberedName(std::string_view pattern, int64_t number) {
  const size_t percent = pattern.find('%'), letter = pattern.find_first_not_of("0123456789", percent + 1);
  const size_t width = letter == std::string_view::npos
                           ? 0
                           : static_cast<size_t>(ParseInteger(pattern.substr(percent + 1, letter - percent - 1)).value_or(0));
  if (letter == std::string_view::npos || (pattern[letter] != 'd' && pattern[letter] != 'i' && pattern[letter] != 'u') ||
      pattern.find('%', letter) != std::string_view::npos || width > 20) {
    throw Error(ErrorCode::kCorruptData, "The header's file names follow no pattern: " + std::string(pattern));
  }
  const bool zeros = pattern[percent + 1] == '0';
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), zeros ? '0' : ' ');
  return std::string(pattern.substr(0, percent)) + digits + std::string(pattern.substr(letter + 1));
}

std::string BesideHeader(const std::string& header, std::string_view name) {
  const std::filesystem::path inside = std::filesystem::path(name).lexically_normal();
  if (name.empty() || name.find('\0') != std::string_view::npos || inside.is_absolute() || *inside.begin() == "..") {
    throw Error(ErrorCode::kUnsupported, "The header names a data file outside its own folder: " + std::string(name),
                {{"what", "data file"}, {"value", std::string(name)}});
  }
  return (std::filesystem::path(header).parent_path() / inside).string();
}

}  // namespace isovox::formats
