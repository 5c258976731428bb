// Data sets as they lie in memory (PS3.5 7): elements point into the file's bytes, nothing is copied, and sequences
// are taken apart when asked for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "dicom/tags.h"

namespace isovox::dicom {

struct Encoding {
  bool explicit_vr = true;
  Endian endian = Endian::kLittle;
};

constexpr uint32_t kUndefinedLength = 0xFFFFFFFF;

struct Element {
  Tag tag = 0;
  Vr vr = Vr::kUnknown;      // as the file says, or the dictionary when the file is implicit
  uint32_t length = 0;       // as declared; may be kUndefinedLength
  size_t offset = 0;         // of the value, in the bytes that were parsed
  std::span<const std::byte> value;  // without the delimiter; empty when parsing stopped here
  Encoding encoding;         // of the items, when it is a sequence
};

class DataSet {
 public:
  // Reads elements from `reader` to its end, or to the first tag >= `stop_at`, whose element is kept with its length
  // and offset but without its value. Throws ERR_CORRUPT_DATA when the bytes end within an element.
  static DataSet Parse(ByteReader& reader, Encoding encoding, Tag stop_at = 0xFFFFFFFF, int depth = 0);

  const std::vector<Element>& elements() const { return elements_; }
  const Element* Find(Tag tag) const;
  bool Has(Tag tag) const { return Find(tag) != nullptr; }

  // The raw text without its padding, "" when absent or empty. Several values stay joined by backslashes.
  std::string_view Text(Tag tag) const;
  std::vector<std::string_view> Texts(Tag tag) const;
  // Numbers of any numeric VR or numeric string; NaN for a value that is no number. Empty when absent.
  std::vector<double> Numbers(Tag tag) const;
  std::optional<double> Number(Tag tag) const;    // the first, when it is finite
  std::optional<int64_t> Integer(Tag tag) const;  // the first, when it is whole and fits in 53 bits
  std::optional<Tag> TagValue(Tag tag) const;     // the first of an attribute of tags (AT)
  // The items of a sequence; empty when absent or empty.
  std::vector<DataSet> Items(Tag tag) const;

 private:
  std::vector<Element> elements_;
};

// The fragments of encapsulated pixel data (PS3.5 A.4), the offset table first.
std::vector<std::span<const std::byte>> Fragments(std::span<const std::byte> value);

}  // namespace isovox::dicom
