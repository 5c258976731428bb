#include "dicom/dataset.h"

#include <algorithm>
#include <cmath>

#include "dicom/decimal.h"

namespace isovox::dicom {
namespace {

constexpr int kDeepest = 48;  // sequences within sequences; real files stay below ten

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

bool HasLongLength(Vr v) {
  return v == vr::OB || v == vr::OD || v == vr::OF || v == vr::OL || v == vr::OV || v == vr::OW || v == vr::SQ ||
         v == vr::SV || v == vr::UC || v == vr::UN || v == vr::UR || v == vr::UT || v == vr::UV;
}

Tag ReadTag(ByteReader& reader) {
  const auto group = reader.Read<uint16_t>();
  const auto element = reader.Read<uint16_t>();
  return static_cast<Tag>(group) << 16 | element;
}

void CheckDepth(int depth) {
  if (depth <= kDeepest) return;
  throw Error(ErrorCode::kCorruptData, "Sequences are nested deeper than " + std::to_string(kDeepest) + " levels");
}

// Tag, VR and length of the next element; the reader then stands at its value.
Element ReadHeader(ByteReader& reader, Encoding encoding) {
  Element element;
  element.encoding = encoding;
  element.tag = ReadTag(reader);
  if (encoding.explicit_vr && element.tag >> 16 != 0xFFFE) {
    const std::string_view letters = reader.TakeText(2);
    if (IsUpper(letters[0]) && IsUpper(letters[1])) {
      element.vr = MakeVr(letters[0], letters[1]);
      if (HasLongLength(element.vr)) {
        reader.Skip(2);
        element.length = reader.Read<uint32_t>();
      } else {
        element.length = reader.Read<uint16_t>();
      }
      // A sequence whose VR a sender did not know is written the implicit way inside (PS3.5 6.2.2).
      if (element.vr == vr::UN) {
        const Vr known = DictionaryVr(element.tag);
        if (known != Vr::kUnknown) element.vr = known;
        element.encoding = {false, Endian::kLittle};
      }
      element.offset = reader.offset();
      return element;
    }
    // No letters where the VR should be: some writers put single elements the implicit way.
    reader.Seek(reader.offset() - 2);
  }
  element.vr = DictionaryVr(element.tag);
  element.length = reader.Read<uint32_t>();
  element.offset = reader.offset();
  return element;
}

void SkipElements(ByteReader& reader, Encoding encoding, int depth);

// Moves past items up to and including the delimiter of a sequence of undefined length; returns where it began.
size_t SkipItems(ByteReader& reader, Encoding encoding, int depth) {
  CheckDepth(depth);
  const Endian outside = reader.endian();
  reader.set_endian(encoding.endian);
  while (true) {
    const size_t begin = reader.offset();
    const Tag tag = ReadTag(reader);
    const auto length = reader.Read<uint32_t>();
    if (tag == tag::kSequenceEnd) {
      reader.set_endian(outside);
      return begin;
    }
    if (tag != tag::kItem) {
      throw Error(ErrorCode::kCorruptData, "Expected an item in a sequence", {{"offset", std::to_string(begin)}});
    }
    if (length == kUndefinedLength) {
      SkipElements(reader, encoding, depth + 1);
    } else {
      reader.Skip(length);
    }
  }
}

// Moves past the value of `element` and notes where it is.
void TakeValue(ByteReader& reader, Element& element, int depth) {
  if (element.length != kUndefinedLength) {
    element.value = reader.Take(element.length);
    return;
  }
  const size_t begin = reader.offset();
  const size_t end = SkipItems(reader, element.encoding, depth + 1);
  const size_t after = reader.offset();
  reader.Seek(begin);
  element.value = reader.Take(end - begin);
  reader.Seek(after);
}

// Moves past the elements of an item of undefined length, its delimiter included.
void SkipElements(ByteReader& reader, Encoding encoding, int depth) {
  CheckDepth(depth);
  while (true) {
    Element element = ReadHeader(reader, encoding);
    if (element.tag == tag::kItemEnd) return;
    TakeValue(reader, element, depth);
  }
}

template <typename T>
void AppendBinary(const Element& element, std::vector<double>& into) {
  ByteReader reader(element.value, element.encoding.endian);
  while (reader.remaining() >= sizeof(T)) into.push_back(static_cast<double>(reader.Read<T>()));
}

std::string_view Trim(std::string_view text) {
  const auto padding = [](char c) { return c == ' ' || c == '\0' || c == '\r' || c == '\n' || c == '\t'; };
  while (!text.empty() && padding(text.back())) text.remove_suffix(1);
  while (!text.empty() && padding(text.front())) text.remove_prefix(1);
  return text;
}

}  // namespace

DataSet DataSet::Parse(ByteReader& reader, Encoding encoding, Tag stop_at, int depth) {
  CheckDepth(depth);
  DataSet set;
  reader.set_endian(encoding.endian);
  while (!reader.AtEnd()) {
    Element element = ReadHeader(reader, encoding);
    if (element.tag == tag::kItemEnd || element.tag == tag::kSequenceEnd) {
      // The delimiter of the item we are in, or a stray one at the top, which some writers leave.
      if (depth > 0) break;
      continue;
    }
    if (element.tag >= stop_at) {
      set.elements_.push_back(element);
      break;
    }
    TakeValue(reader, element, depth);
    set.elements_.push_back(element);
  }
  const auto before = [](const Element& a, const Element& b) { return a.tag < b.tag; };
  if (!std::is_sorted(set.elements_.begin(), set.elements_.end(), before)) {
    std::stable_sort(set.elements_.begin(), set.elements_.end(), before);
  }
  return set;
}

const Element* DataSet::Find(Tag tag) const {
  const auto found = std::lower_bound(elements_.begin(), elements_.end(), tag,
                                      [](const Element& element, Tag wanted) { return element.tag < wanted; });
  return found != elements_.end() && found->tag == tag ? &*found : nullptr;
}

std::string_view DataSet::Text(Tag tag) const {
  const Element* element = Find(tag);
  if (element == nullptr) return {};
  return Trim({reinterpret_cast<const char*>(element->value.data()), element->value.size()});
}

std::vector<std::string_view> DataSet::Texts(Tag tag) const {
  std::vector<std::string_view> texts;
  std::string_view text = Text(tag);
  if (text.empty()) return texts;
  while (true) {
    const size_t end = text.find('\\');
    texts.push_back(Trim(text.substr(0, end)));
    if (end == std::string_view::npos) return texts;
    text.remove_prefix(end + 1);
  }
}

std::vector<double> DataSet::Numbers(Tag tag) const {
  std::vector<double> numbers;
  const Element* element = Find(tag);
  if (element == nullptr) return numbers;
  const Vr v = element->vr;
  if (v == vr::US || v == vr::OW) {
    AppendBinary<uint16_t>(*element, numbers);
  } else if (v == vr::SS) {
    AppendBinary<int16_t>(*element, numbers);
  } else if (v == vr::UL || v == vr::OL) {
    AppendBinary<uint32_t>(*element, numbers);
  } else if (v == vr::SL) {
    AppendBinary<int32_t>(*element, numbers);
  } else if (v == vr::FL || v == vr::OF) {
    AppendBinary<float>(*element, numbers);
  } else if (v == vr::FD || v == vr::OD) {
    AppendBinary<double>(*element, numbers);
  } else {
    ParseDecimals(Text(tag), numbers);
  }
  return numbers;
}

std::optional<double> DataSet::Number(Tag tag) const {
  const auto numbers = Numbers(tag);
  if (numbers.empty() || !std::isfinite(numbers[0])) return std::nullopt;
  return numbers[0];
}

std::optional<int64_t> DataSet::Integer(Tag tag) const {
  const auto number = Number(tag);
  if (!number || *number != std::floor(*number) || std::abs(*number) > 9007199254740992.0) return std::nullopt;
  return static_cast<int64_t>(*number);
}

std::optional<Tag> DataSet::TagValue(Tag tag) const {
  const Element* element = Find(tag);
  if (element == nullptr || element->value.size() < 4) return std::nullopt;
  ByteReader reader(element->value, element->encoding.endian);
  return ReadTag(reader);
}

std::vector<DataSet> DataSet::Items(Tag tag) const {
  std::vector<DataSet> items;
  const Element* sequence = Find(tag);
  if (sequence == nullptr) return items;
  ByteReader reader(sequence->value, sequence->encoding.endian);
  while (reader.remaining() >= 8) {
    const Tag item = ReadTag(reader);
    const auto length = reader.Read<uint32_t>();
    if (item == tag::kSequenceEnd) break;
    if (item != tag::kItem) {
      throw Error(ErrorCode::kCorruptData, std::string("Expected an item in ") + Keyword(tag), {{"tag", Keyword(tag)}});
    }
    if (length == kUndefinedLength) {
      items.push_back(Parse(reader, sequence->encoding, 0xFFFFFFFF, 1));
    } else {
      ByteReader inside(reader.Take(length), sequence->encoding.endian);
      items.push_back(Parse(inside, sequence->encoding, 0xFFFFFFFF, 1));
    }
  }
  return items;
}

std::vector<std::span<const std::byte>> Fragments(std::span<const std::byte> value) {
  std::vector<std::span<const std::byte>> fragments;
  ByteReader reader(value);
  while (reader.remaining() >= 8) {
    const Tag tag = ReadTag(reader);
    const auto length = reader.Read<uint32_t>();
    if (tag == tag::kSequenceEnd) break;
    if (tag != tag::kItem) throw Error(ErrorCode::kCorruptData, "Expected a fragment of pixel data");
    fragments.push_back(reader.Take(length));
  }
  return fragments;
}

}  // namespace isovox::dicom
