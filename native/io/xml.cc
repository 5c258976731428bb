#include "io/xml.h"

#include <charconv>

#include "base/error.h"

namespace isovox {
namespace {

constexpr int kDeepest = 16;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsNameChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == ':' ||
         static_cast<unsigned char>(c) >= 128;
}

void AppendUtf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 63));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 63));
    out += static_cast<char>(0x80 | (code & 63));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 63));
    out += static_cast<char>(0x80 | (code >> 6 & 63));
    out += static_cast<char>(0x80 | (code & 63));
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  XmlElement Document() {
    SkipAside();
    XmlElement root = Element(0);
    SkipAside();
    if (at_ != text_.size()) throw Wrong("text after the root element");
    return root;
  }

 private:
  Error Wrong(const std::string& why) const {
    return Error(ErrorCode::kCorruptData, "Not the XML that was expected: " + why, {{"offset", std::to_string(at_)}});
  }

  bool Sees(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void SkipPast(std::string_view end) {
    const size_t found = text_.find(end, at_);
    if (found == std::string_view::npos) throw Wrong("it ends too early");
    at_ = found + end.size();
  }

  // Blanks, comments and the declaration.
  void SkipAside() {
    for (;;) {
      while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
      if (Sees("<!--")) SkipPast("-->");
      else if (Sees("<?")) SkipPast("?>");
      else if (at_ == 0 && Sees("\xEF\xBB\xBF")) at_ += 3;
      else return;
    }
  }

  std::string_view Name() {
    const size_t begin = at_;
    while (at_ < text_.size() && IsNameChar(text_[at_])) ++at_;
    if (at_ == begin) throw Wrong("a name is missing");
    return text_.substr(begin, at_ - begin);
  }

  // Up to the end of the tag; true when the element has no content.
  bool SkipAttributes() {
    char quote = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        ++at_;
        return text_[at_ - 2] == '/';
      } else if (c == '<') {
        break;
      }
    }
    throw Wrong("a tag has no end");
  }

  void Entity(std::string& out) {
    const size_t end = text_.find(';', at_);
    if (end == std::string_view::npos || end - at_ > 12) throw Wrong("an entity has no end");
    const std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    if (name == "amp") out += '&';
    else if (name == "lt") out += '<';
    else if (name == "gt") out += '>';
    else if (name == "quot") out += '"';
    else if (name == "apos") out += '\'';
    else {
      const bool hex = name.starts_with("#x") || name.starts_with("#X");
      const std::string_view digits = name.substr(hex ? 2 : name.starts_with("#") ? 1 : name.size());
      uint32_t code = 0;
      const auto [stop, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
      if (digits.empty() || failed != std::errc() || stop != digits.data() + digits.size() || code > 0x10FFFF) {
        throw Wrong("an entity is not known");
      }
      AppendUtf8(out, code);
    }
    at_ = end + 1;
  }

  XmlElement Element(int depth) {
    if (depth > kDeepest) throw Wrong("elements are nested too deep");
    if (!Sees("<")) throw Wrong("an element is missing");
    ++at_;
    const std::string_view full = Name();
    XmlElement element;
    element.name = full.substr(full.rfind(':') == std::string_view::npos ? 0 : full.rfind(':') + 1);
    if (SkipAttributes()) return element;
    for (;;) {
      if (at_ >= text_.size()) throw Wrong("it ends too early");
      if (Sees("</")) {
        at_ += 2;
        if (Name() != full) throw Wrong("a closing tag is not that of " + element.name);
        while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
        if (!Sees(">")) throw Wrong("a tag has no end");
        ++at_;
        return element;
      }
      if (Sees("<!--")) {
        SkipPast("-->");
      } else if (Sees("<![CDATA[")) {
        at_ += 9;
        const size_t begin = at_;
        SkipPast("]]>");
        element.text += text_.substr(begin, at_ - 3 - begin);
      } else if (Sees("<?")) {
        SkipPast("?>");
      } else if (Sees("<")) {
        element.children.push_back(Element(depth + 1));
      } else if (Sees("&")) {
        Entity(element.text);
      } else {
        element.text += text_[at_++];
      }
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

const XmlElement* XmlElement::Child(std::string_view wanted) const {
  for (const XmlElement& child : children) {
    if (child.name == wanted) return &child;
  }
  return nullptr;
}

std::string XmlElement::TextOf(std::string_view wanted) const {
  const XmlElement* const child = Child(wanted);
  return child == nullptr ? "" : child->text;
}

XmlElement ParseXml(std::string_view text) { return Parser(text).Document(); }

}  // namespace isovox
