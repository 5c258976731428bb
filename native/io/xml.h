// The little XML that object stores answer with: elements and text, no attributes kept, no document types, no entities
// but the five of XML and numbers. Every step is checked against the end of the text; nesting is bounded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace isovox {

struct XmlElement {
  std::string name;  // without its prefix
  std::string text;  // of this element alone
  std::vector<XmlElement> children;

  const XmlElement* Child(std::string_view wanted) const;
  std::string TextOf(std::string_view wanted) const;  // empty when there is no such child
};

// The root. Throws ERR_CORRUPT_DATA with the offset of what is wrong.
XmlElement ParseXml(std::string_view text);

}  // namespace isovox
