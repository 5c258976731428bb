// Private elements (PS3.5 7.8): a block of a group belongs to whoever reserved it.
#pragma once

#include <string_view>

#include "dicom/dataset.h"

namespace isovox::dicom {

// The element of the block that `creator` reserved in `group`, by its last byte; null when there is none.
inline const Element* FindPrivate(const DataSet& set, uint32_t group, std::string_view creator, uint32_t element) {
  for (uint32_t block = 0x10; block <= 0xFF; ++block) {
    if (set.Text(group << 16 | block) == creator) return set.Find(group << 16 | block << 8 | element);
  }
  return nullptr;
}

// The text of such an element, without what pads it.
inline std::string_view PrivateText(const DataSet& set, uint32_t group, std::string_view creator, uint32_t element) {
  const Element* found = FindPrivate(set, group, creator, element);
  if (found == nullptr) return {};
  std::string_view text(reinterpret_cast<const char*>(found->value.data()), found->value.size());
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

}  // namespace isovox::dicom
