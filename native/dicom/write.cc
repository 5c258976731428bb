#include "dicom/write.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "dicom/decimal.h"
#include "dicom/file.h"
#include "io/atomic_file.h"
#include "io/gzip.h"
#include "simd/samples.h"

namespace isovox::dicom {
namespace {

// From one UUID, as PS3.5 B.2 allows those without a registered root.
constexpr const char* kImplementationUid = "2.25.165844299883539605569422454043436909737";
constexpr const char* kImplementationName = "ISOVOX";

size_t LongestText(Vr v) {
  if (v == vr::CS || v == vr::SH || v == vr::AE) return 16;
  if (v == vr::LO || v == vr::UI || v == vr::PN) return 64;
  if (v == vr::ST) return 1024;
  if (v == vr::DA) return 8;
  if (v == vr::TM) return 14;
  if (v == vr::AS) return 4;
  return 10240;
}

size_t Characters(std::string_view utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void CheckText(Tag tag, std::string_view text) {
  const Vr v = DictionaryVr(tag);
  if (Characters(text) > LongestText(v)) {
    throw InvalidArgument(Keyword(tag), "at most " + std::to_string(LongestText(v)) + " characters",
                          std::to_string(Characters(text)));
  }
  if (text.find('\\') != std::string_view::npos && v != vr::ST) {
    throw InvalidArgument(Keyword(tag), "a text without backslash", "\"" + std::string(text) + "\"");
  }
  if (v == vr::UI && text.find_first_not_of("0123456789.") != std::string_view::npos) {
    throw InvalidArgument(Keyword(tag), "a UID of digits and dots", "\"" + std::string(text) + "\"");
  }
}

bool IsLong(Vr v) {
  return v == vr::OB || v == vr::OW || v == vr::OF || v == vr::OD || v == vr::SQ || v == vr::UN || v == vr::UT;
}

bool IsBinaryNumber(Vr v) {
  return v == vr::US || v == vr::SS || v == vr::UL || v == vr::SL || v == vr::FL || v == vr::FD || v == vr::AT;
}

}  // namespace

std::string DecimalString(double number) {
  if (!std::isfinite(number)) throw InvalidArgument("value", "a finite number", std::to_string(number));
  if (number == 0) return "0";
  char text[64];
  auto end = std::to_chars(text, text + sizeof text, number).ptr;
  for (int precision = 16; end - text > 16; --precision) {
    end = std::to_chars(text, text + sizeof text, number, std::chars_format::general, precision).ptr;
  }
  return {text, end};
}

// Writes a builder's values in one encoding.
class DataSetBuilder::Serialiser {
 public:
  explicit Serialiser(const WriteOptions& options)
      : explicit_(options.syntax != WriteOptions::Syntax::kImplicit),
        big_(options.syntax == WriteOptions::Syntax::kBigEndian),
        undefined_(options.undefined_length) {}

  void Write(const DataSetBuilder& set) {
    for (const auto& [tag, value] : set.values_) WriteElement(tag, value);
  }
  std::vector<std::byte> Take() { return std::move(out_); }

 private:
  template <typename T>
  void Put(T value) {
    if (big_ && sizeof(T) > 1) value = ByteSwap(value);
    const auto* raw = reinterpret_cast<const std::byte*>(&value);
    out_.insert(out_.end(), raw, raw + sizeof(T));
  }

  void PutTag(Tag tag) {
    Put(static_cast<uint16_t>(tag >> 16));
    Put(static_cast<uint16_t>(tag & 0xFFFF));
  }

  void PutHeader(Tag tag, Vr v, uint32_t length) {
    PutTag(tag);
    if (!explicit_) {
      Put(length);
      return;
    }
    // A value too long for a short length field is written as UN (PS3.5 6.2.2, note on lengths above 65534).
    if (!IsLong(v) && length > 0xFFFE) v = vr::UN;
    out_.push_back(static_cast<std::byte>(static_cast<uint16_t>(v) >> 8));
    out_.push_back(static_cast<std::byte>(static_cast<uint16_t>(v) & 0xFF));
    if (IsLong(v)) {
      Put(uint16_t{0});
      Put(length);
    } else {
      Put(static_cast<uint16_t>(length));
    }
  }

  void WriteElement(Tag tag, const Value& value) {
    const Vr v = DictionaryVr(tag);
    if (const auto* text = std::get_if<std::string>(&value)) {
      PutHeader(tag, v, static_cast<uint32_t>((text->size() + 1) / 2 * 2));
      const auto* raw = reinterpret_cast<const std::byte*>(text->data());
      out_.insert(out_.end(), raw, raw + text->size());
      if (text->size() % 2 != 0) out_.push_back(v == vr::UI || v == vr::OB ? std::byte{0} : std::byte{' '});
    } else if (const auto* numbers = std::get_if<std::vector<double>>(&value)) {
      WriteNumbers(tag, v, *numbers);
    } else if (const auto* pixels = std::get_if<PixelSpan>(&value)) {
      PutHeader(tag, pixels->sample_bytes == 1 ? vr::OB : v, static_cast<uint32_t>((pixels->bytes.size() + 1) / 2 * 2));
      const size_t begin = out_.size();
      out_.insert(out_.end(), pixels->bytes.begin(), pixels->bytes.end());
      if (big_) simd::SwapBytes(std::span(out_).subspan(begin), pixels->sample_bytes);
      if (pixels->bytes.size() % 2 != 0) out_.push_back(std::byte{0});
    } else {
      WriteItems(tag, std::get<Items>(value));
    }
  }

  void WriteNumbers(Tag tag, Vr v, const std::vector<double>& numbers) {
    const size_t size = v == vr::US || v == vr::SS ? 2 : v == vr::FD ? 8 : 4;
    PutHeader(tag, v, static_cast<uint32_t>(numbers.size() * size));
    for (const double number : numbers) {
      if (v == vr::US) {
        Put(static_cast<uint16_t>(number));
      } else if (v == vr::SS) {
        Put(static_cast<int16_t>(number));
      } else if (v == vr::UL) {
        Put(static_cast<uint32_t>(number));
      } else if (v == vr::SL) {
        Put(static_cast<int32_t>(number));
      } else if (v == vr::FL) {
        Put(static_cast<float>(number));
      } else if (v == vr::FD) {
        Put(number);
      } else {
        PutTag(static_cast<Tag>(number));  // AT
      }
    }
  }

  void WriteItems(Tag tag, const Items& items) {
    PutHeader(tag, vr::SQ, kUndefinedLength);
    const size_t begin = out_.size();
    for (const auto& item : items) {
      PutTag(tag::kItem);
      Put(kUndefinedLength);
      const size_t item_begin = out_.size();
      Write(*item);
      Close(item_begin, tag::kItemEnd);
    }
    Close(begin, tag::kSequenceEnd);
  }

  // Ends what began at `begin`: with a delimiter, or by filling in the length that stands just before it.
  void Close(size_t begin, Tag delimiter) {
    if (undefined_) {
      PutTag(delimiter);
      Put(uint32_t{0});
      return;
    }
    auto length = static_cast<uint32_t>(out_.size() - begin);
    if (big_) length = ByteSwap(length);
    std::memcpy(out_.data() + begin - 4, &length, 4);
  }

  bool explicit_, big_, undefined_;
  std::vector<std::byte> out_;
};

DataSetBuilder& DataSetBuilder::Text(Tag tag, std::string_view text) {
  CheckText(tag, text);
  values_[tag] = std::string(text);
  return *this;
}

DataSetBuilder& DataSetBuilder::Texts(Tag tag, const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) {
    CheckText(tag, text);
    if (!joined.empty()) joined += '\\';
    joined += text;
  }
  values_[tag] = std::move(joined);
  return *this;
}

DataSetBuilder& DataSetBuilder::Number(Tag tag, double number) { return Numbers(tag, std::span(&number, 1)); }

DataSetBuilder& DataSetBuilder::Numbers(Tag tag, std::span<const double> numbers) {
  const Vr v = DictionaryVr(tag);
  if (IsBinaryNumber(v)) {
    values_[tag] = std::vector<double>(numbers.begin(), numbers.end());
    return *this;
  }
  std::string joined;
  for (const double number : numbers) {
    if (!joined.empty()) joined += '\\';
    joined += v == vr::IS ? std::to_string(std::llround(number)) : DecimalString(number);
  }
  values_[tag] = std::move(joined);
  return *this;
}

DataSetBuilder& DataSetBuilder::Empty(Tag tag) {
  if (DictionaryVr(tag) == vr::SQ) {
    values_[tag] = Items();
  } else {
    values_[tag] = std::string();
  }
  return *this;
}

DataSetBuilder& DataSetBuilder::Item(Tag tag) {
  auto [at, added] = values_.try_emplace(tag, Items());
  auto& items = std::get<Items>(at->second);
  return *items.emplace_back(std::make_unique<DataSetBuilder>());
}

DataSetBuilder& DataSetBuilder::Octets(Tag tag, std::string bytes) {
  values_[tag] = std::move(bytes);
  return *this;
}

DataSetBuilder& DataSetBuilder::Pixels(std::span<const std::byte> bytes, size_t sample_bytes) {
  if (bytes.size() > 0xFFFFFFFE) {
    throw InvalidArgument("PixelData", "at most 4294967294 bytes", std::to_string(bytes.size()));
  }
  values_[tag::kPixelData] = PixelSpan{bytes, sample_bytes};
  return *this;
}

std::string DataSetBuilder::TextOf(Tag tag) const {
  const auto found = values_.find(tag);
  const auto* text = found == values_.end() ? nullptr : std::get_if<std::string>(&found->second);
  return text == nullptr ? "" : *text;
}

std::vector<std::byte> DataSetBuilder::Serialise(const WriteOptions& options) const {
  Serialiser serialiser(options);
  serialiser.Write(*this);
  return serialiser.Take();
}

void WriteDicomFile(const std::string& path, const DataSetBuilder& set, const WriteOptions& options) {
  using Syntax = WriteOptions::Syntax;
  std::vector<std::byte> body = set.Serialise(options);
  if (options.syntax == Syntax::kDeflated) {
    body = DeflateRaw(body);
    if (body.size() % 2 != 0) body.push_back(std::byte{0});
  }
  AtomicFile file(path);
  if (options.meta) {
    const std::string syntax = options.syntax == Syntax::kExplicit   ? syntax::kExplicitLittle
                               : options.syntax == Syntax::kImplicit ? syntax::kImplicitLittle
                               : options.syntax == Syntax::kDeflated ? syntax::kDeflated
                                                                     : syntax::kExplicitBig;
    DataSetBuilder meta;
    meta.Text(tag::kMediaStorageSOPClassUID, set.TextOf(tag::kSOPClassUID))
        .Text(tag::kMediaStorageSOPInstanceUID, set.TextOf(tag::kSOPInstanceUID))
        .Text(tag::kTransferSyntaxUID, syntax)
        .Text(tag::kImplementationClassUID, kImplementationUid)
        .Text(tag::kImplementationVersionName, kImplementationName);
    meta.Octets(tag::kFileMetaInformationVersion, std::string("\0\1", 2));
    const auto rest = meta.Serialise({});
    DataSetBuilder length;
    length.Number(tag::kFileMetaInformationGroupLength, static_cast<double>(rest.size()));
    std::vector<std::byte> head(128);
    for (const char c : std::string_view("DICM")) head.push_back(static_cast<std::byte>(c));
    const auto first = length.Serialise({});
    head.insert(head.end(), first.begin(), first.end());
    head.insert(head.end(), rest.begin(), rest.end());
    file.Write(head);
  }
  file.Write(body);
  file.Commit();
}

std::string Identity::InstanceUid(size_t index) const {
  if (index < instance_uids.size()) return instance_uids[index];
  return series_uid + "." + std::to_string(index + 1);
}

void PutCommonModules(DataSetBuilder& set, const Identity& identity, const char* sop_class, const std::string& instance,
                      const char* modality, const WriteOptions& options) {
  set.Text(tag::kSpecificCharacterSet, "ISO_IR 192")
      .Text(tag::kSOPClassUID, sop_class)
      .Text(tag::kSOPInstanceUID, instance)
      .Text(tag::kStudyDate, identity.date)
      .Text(tag::kStudyTime, identity.time)
      .Empty(tag::kAccessionNumber)
      .Text(tag::kModality, options.modality.empty() ? modality : options.modality)
      .Text(tag::kManufacturer, "Isovox")
      .Empty(tag::kReferringPhysicianName)
      .Empty(tag::kPatientName)
      .Text(tag::kPatientID, identity.patient_id)
      .Empty(tag::kPatientBirthDate)
      .Text(tag::kPatientSex, identity.patient_sex)
      .Text(tag::kStudyInstanceUID, identity.study_uid)
      .Text(tag::kSeriesInstanceUID, identity.series_uid)
      .Empty(tag::kStudyID)
      .Number(tag::kSeriesNumber, static_cast<double>(identity.series_number));
  if (!identity.study_description.empty()) set.Text(tag::kStudyDescription, identity.study_description);
  if (!identity.series_description.empty()) set.Text(tag::kSeriesDescription, identity.series_description);
  if (!identity.frame_uid.empty()) {
    set.Text(tag::kFrameOfReferenceUID, identity.frame_uid).Empty(tag::kPositionReferenceIndicator);
  }
}

}  // namespace isovox::dicom
