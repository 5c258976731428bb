#include "dicom/charset.h"

#include <iconv.h>

#include <algorithm>

namespace isovox::dicom {
namespace {

struct Row {
  std::string_view term;
  const char* encoding;
  bool strip_escapes;
};

constexpr Row kRows[] = {
    {"ISO_IR 192", "UTF-8", false},        {"ISO_IR 100", "ISO-8859-1", false},
    {"ISO 2022 IR 100", "ISO-8859-1", true}, {"ISO_IR 101", "ISO-8859-2", false},
    {"ISO 2022 IR 101", "ISO-8859-2", true}, {"ISO_IR 109", "ISO-8859-3", false},
    {"ISO 2022 IR 109", "ISO-8859-3", true}, {"ISO_IR 110", "ISO-8859-4", false},
    {"ISO 2022 IR 110", "ISO-8859-4", true}, {"ISO_IR 144", "ISO-8859-5", false},
    {"ISO 2022 IR 144", "ISO-8859-5", true}, {"ISO_IR 127", "ISO-8859-6", false},
    {"ISO 2022 IR 127", "ISO-8859-6", true}, {"ISO_IR 126", "ISO-8859-7", false},
    {"ISO 2022 IR 126", "ISO-8859-7", true}, {"ISO_IR 138", "ISO-8859-8", false},
    {"ISO 2022 IR 138", "ISO-8859-8", true}, {"ISO_IR 148", "ISO-8859-9", false},
    {"ISO 2022 IR 148", "ISO-8859-9", true}, {"ISO_IR 203", "ISO-8859-15", false},
    {"ISO_IR 166", "TIS-620", false},       {"ISO 2022 IR 166", "TIS-620", true},
    {"ISO_IR 13", "SHIFT_JIS", false},      {"ISO 2022 IR 13", "SHIFT_JIS", true},
    {"ISO 2022 IR 87", "ISO-2022-JP-2", false}, {"ISO 2022 IR 159", "ISO-2022-JP-2", false},
    {"ISO 2022 IR 149", "EUC-KR", true},    {"ISO 2022 IR 58", "GB2312", true},
    {"GB18030", "GB18030", false},          {"GBK", "GBK", false},
};

bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3
                          : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

std::string FromLatin1(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(0xC0 | byte >> 6));
      out.push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
  return out;
}

// Removes ISO 2022 escape sequences: ESC, intermediates 0x20-0x2F, one final byte.
std::string WithoutEscapes(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\x1b') {
      out.push_back(text[i]);
      continue;
    }
    ++i;
    while (i < text.size() && text[i] >= 0x20 && text[i] <= 0x2F) ++i;
  }
  return out;
}

// Empty when iconv refuses the bytes.
std::string Convert(const char* encoding, std::string_view text) {
  const iconv_t converter = ::iconv_open("UTF-8", encoding);
  if (converter == reinterpret_cast<iconv_t>(-1)) return {};
  std::string out(text.size() * 4 + 16, '\0');
  char* from = const_cast<char*>(text.data());
  size_t from_left = text.size();
  char* to = out.data();
  size_t to_left = out.size();
  const bool converted = ::iconv(converter, &from, &from_left, &to, &to_left) != static_cast<size_t>(-1) &&
                         ::iconv(converter, nullptr, nullptr, &to, &to_left) != static_cast<size_t>(-1);
  ::iconv_close(converter);
  out.resize(converted ? out.size() - to_left : 0);
  return out;
}

}  // namespace

Charset::Charset(const std::vector<std::string_view>& terms) {
  // With several terms the first is the one a text begins with; a multi-byte one further on outranks it, because
  // its converter knows the escapes that lead into it.
  for (const std::string_view term : terms) {
    for (const Row& row : kRows) {
      if (row.term != term) continue;
      const bool multi_byte = term == "ISO 2022 IR 87" || term == "ISO 2022 IR 159" || term == "ISO 2022 IR 149" ||
                              term == "ISO 2022 IR 58";
      if (encoding_ == nullptr || multi_byte) {
        encoding_ = row.encoding;
        strip_escapes_ = row.strip_escapes;
      }
    }
  }
}

std::string Charset::ToUtf8(std::string_view text) const {
  std::string out;
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (plain) return std::string(text);
  if (encoding_ != nullptr) out = Convert(encoding_, strip_escapes_ ? WithoutEscapes(text) : std::string(text));
  if (out.empty()) out = IsUtf8(text) ? std::string(text) : FromLatin1(text);
  std::erase_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t'; });
  return out;
}

}  // namespace isovox::dicom
