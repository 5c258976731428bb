// The lines of a text, with the number that an error names.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace isovox::align {

// Without blanks at both ends.
inline std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

class TextLines {
 public:
  explicit TextLines(std::string_view text) : text_(text) {}

  // The next line without its end (LF or CRLF); nothing behind the last.
  std::optional<std::string_view> Next() {
    if (at_ >= text_.size()) return std::nullopt;
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string_view line = text_.substr(at_, end - at_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at_ = end + 1;
    ++number_;
    return line;
  }

  std::optional<std::string_view> Peek() const { return TextLines(*this).Next(); }

  // Appends the letters of a line in upper case; blanks, digits, gaps (- and .) and a closing * are left out. Throws
  // for anything else.
  void AppendLetters(std::string_view line, std::string& letters) const {
    for (const char c : line) {
      if (c >= 'a' && c <= 'z') {
        letters.push_back(static_cast<char>(c - 'a' + 'A'));
      } else if (c >= 'A' && c <= 'Z') {
        letters.push_back(c);
      } else if (!(c == ' ' || c == '\t' || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '*')) {
        throw Corrupt("letters of a sequence");
      }
    }
  }

  Error Corrupt(const std::string& expected) const {
    return Error(ErrorCode::kCorruptData, "Expected " + expected + " in line " + std::to_string(number_),
                 {{"line", std::to_string(number_)}, {"expected", expected}});
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
  size_t number_ = 0;
};

}  // namespace isovox::align
