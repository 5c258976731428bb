#include "dicom/file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "io/gzip.h"

namespace isovox::dicom {
namespace {

constexpr size_t kFirstRead = size_t{8} << 10;     // holds the header of nearly every image
constexpr size_t kLargestHeader = size_t{1} << 30;  // of a data set without its pixel data
// What a compressed file may unfold to: doses that are mostly zero shrink to a fiftieth, bombs to a thousandth.
size_t LargestInflated(size_t packed) {
  return std::min(size_t{1} << 30, std::max(size_t{40} << 20, packed * 64));
}
constexpr size_t kPreamble = 128;
constexpr const char* kDirectoryClass = "1.2.840.10008.1.3.10";
constexpr Tag kDirectoryRecordSequence = 0x00041220;

bool IsVr(std::span<const std::byte> letters) {
  static constexpr std::string_view kAll =
      "AE AS AT CS DA DS DT FL FD IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV";
  const char pair[2] = {static_cast<char>(letters[0]), static_cast<char>(letters[1])};
  const size_t found = kAll.find(std::string_view(pair, 2));
  return found != std::string_view::npos && found % 3 == 0;
}

uint16_t LittleAt(std::span<const std::byte> bytes, size_t offset) {
  return ByteReader(bytes.subspan(offset)).Read<uint16_t>();
}

std::optional<Encoding> EncodingOf(std::string_view transfer_syntax) {
  if (transfer_syntax == syntax::kImplicitLittle) return Encoding{false, Endian::kLittle};
  if (transfer_syntax == syntax::kExplicitBig) return Encoding{true, Endian::kBig};
  if (transfer_syntax.empty()) return std::nullopt;
  return Encoding{true, Endian::kLittle};
}

// How the data set at the beginning of `bytes` is written, by its first element; nothing when it cannot be one.
std::optional<Encoding> GuessEncoding(std::span<const std::byte> bytes, std::optional<Encoding> declared) {
  constexpr uint16_t kLastCommonGroup = 0x0020;  // data sets begin with group 8, fragments of them a little later
  if (bytes.size() < 8) return std::nullopt;
  const uint16_t little = LittleAt(bytes, 0);
  const uint16_t big = ByteSwap(little);
  Endian endian = declared ? declared->endian : Endian::kLittle;
  if (little <= kLastCommonGroup) {
    endian = Endian::kLittle;
  } else if (big <= kLastCommonGroup) {
    endian = Endian::kBig;
  }
  if (IsVr(bytes.subspan(4, 2))) return Encoding{true, endian};
  if (endian == Endian::kBig) return std::nullopt;  // there is no implicit big endian
  return Encoding{false, Endian::kLittle};
}

const char* SyntaxOf(Encoding encoding) {
  if (!encoding.explicit_vr) return syntax::kImplicitLittle;
  return encoding.endian == Endian::kBig ? syntax::kExplicitBig : syntax::kExplicitLittle;
}

// Could a file without preamble begin like this? Only with the meta or the identifying group.
bool BeginsLikeDataSet(std::span<const std::byte> bytes, uint64_t file_size) {
  const auto guess = GuessEncoding(bytes, std::nullopt);
  if (!guess) return false;
  ByteReader reader(bytes, guess->endian);
  const auto group = reader.Read<uint16_t>();
  const auto element = reader.Read<uint16_t>();
  if ((group != 0x0008 && group != 0x0002) || element > 0x0100) return false;
  if (guess->explicit_vr) return true;
  const auto length = reader.Read<uint32_t>();
  return length <= file_size - 8;
}

}  // namespace

DicomFile DicomFile::Open(const std::string& path) {
  return Open(path, [&] { return File::OpenWhole(path); });
}

DicomFile DicomFile::Open(const std::string& path, const std::function<File()>& open) {
  try {
    DicomFile file = Read(open());
    if (file.status_ != Status::kDicom) {
      throw Error(ErrorCode::kUnsupported, "Expected a DICOM object but " + path + " is not one: " + file.reason_,
                  {{"what", "file"}, {"value", file.reason_}});
    }
    return file;
  } catch (Error& error) {
    error.With("path", path);
    throw;
  }
}

DicomFile DicomFile::Read(File source) {
  DicomFile file(std::move(source));
  if (file.size() == 0) {
    file.status_ = Status::kNotDicom;
    file.reason_ = "the file is empty";
    return file;
  }
  file.buffer_ = Buffer::OfSize(std::min<uint64_t>(kFirstRead, file.size()));
  file.buffer_.size = file.file_.ReadSome(file.buffer_.bytes(), 0);
  file.Unzip();
  const auto bytes = std::as_const(file.buffer_).bytes();
  size_t begin = 0;
  if (bytes.size() >= kPreamble + 4 && std::memcmp(bytes.data() + kPreamble, "DICM", 4) == 0) {
    begin = kPreamble + 4;
  } else if (!BeginsLikeDataSet(bytes, file.size())) {
    file.status_ = Status::kNotDicom;
    file.reason_ = LooksGzipped(bytes) ? "it is compressed with gzip" : "it has neither a DICOM prefix nor a data set";
    return file;
  }
  ByteReader reader(bytes);
  file.ReadMeta(reader, begin);
  begin = reader.offset();
  if (file.transfer_syntax_ == syntax::kDeflated) {
    file.Inflate(begin);
    begin = 0;
  }
  const auto declared = EncodingOf(file.transfer_syntax_);
  const auto guess = GuessEncoding(std::as_const(file.buffer_).bytes().subspan(begin), declared);
  if (begin == file.buffer_.size && declared) {
    file.encoding_ = *declared;  // nothing but meta information
  } else if (!guess) {
    throw Error(ErrorCode::kCorruptData, "No data set begins where the meta information ends",
                {{"offset", std::to_string(begin)}});
  } else {
    // What the bytes show outranks what the meta information declares: exports with a wrong syntax are common.
    file.encoding_ = *guess;
    const bool agree = declared && declared->explicit_vr == guess->explicit_vr && declared->endian == guess->endian;
    if (!agree) file.transfer_syntax_ = SyntaxOf(*guess);
  }
  file.ParseFrom(begin);
  if (file.storage_class_ == kDirectoryClass || file.set_.Has(kDirectoryRecordSequence)) {
    file.status_ = Status::kDirectory;
    file.reason_ = "it is a DICOMDIR";
  }
  file.charset_ = Charset(file.set_.Texts(tag::kSpecificCharacterSet));
  file.FindPixels();
  return file;
}

void DicomFile::ReadMeta(ByteReader& reader, size_t begin) {
  reader.Seek(begin);
  std::optional<size_t> stated_end;
  while (reader.remaining() >= 8 && LittleAt(std::as_const(buffer_).bytes(), reader.offset()) == 0x0002) {
    // The first two bytes of deflated data may look like the group of another meta element.
    if (stated_end && reader.offset() == *stated_end && transfer_syntax_ == syntax::kDeflated) break;
    const DataSet one = [&] {
      ByteReader ahead(std::as_const(buffer_).bytes());
      ahead.Seek(reader.offset());
      const auto header = ahead.TakeText(8);
      const bool explicit_vr = header[4] >= 'A' && header[4] <= 'Z';
      const bool long_form = explicit_vr && (header.substr(4, 2) == "OB" || header.substr(4, 2) == "UN");
      ahead.Seek(reader.offset() + (explicit_vr && !long_form ? 6 : long_form ? 8 : 4));
      const size_t length = explicit_vr && !long_form ? ahead.Read<uint16_t>() : ahead.Read<uint32_t>();
      ahead.Skip(length);
      ByteReader element(reader.Take(ahead.offset() - reader.offset()));
      return DataSet::Parse(element, {explicit_vr, Endian::kLittle});
    }();
    has_meta_ = true;
    if (const auto length = one.Integer(tag::kFileMetaInformationGroupLength)) {
      stated_end = reader.offset() + static_cast<size_t>(*length);
    }
    if (one.Has(tag::kTransferSyntaxUID)) transfer_syntax_ = one.Text(tag::kTransferSyntaxUID);
    if (one.Has(tag::kMediaStorageSOPClassUID)) storage_class_ = one.Text(tag::kMediaStorageSOPClassUID);
  }
}

bool DicomFile::Grow() {
  if (inflated_ || buffer_.size >= file_.size()) return false;
  const uint64_t wanted = std::min<uint64_t>(file_.size(), uint64_t{buffer_.size} * 8);
  if (wanted > kLargestHeader) {
    throw Error(ErrorCode::kResource, "The header is larger than " + std::to_string(kLargestHeader) + " bytes",
                {{"limit", std::to_string(kLargestHeader)}});
  }
  Buffer larger = Buffer::OfSize(static_cast<size_t>(wanted));
  std::memcpy(larger.data.get(), buffer_.data.get(), buffer_.size);
  const size_t more = file_.ReadSome(larger.bytes().subspan(buffer_.size), buffer_.size);
  larger.size = buffer_.size + more;
  buffer_ = std::move(larger);
  return more > 0;
}

void DicomFile::ParseFrom(size_t begin) {
  while (true) {
    try {
      ByteReader reader(std::as_const(buffer_).bytes());
      reader.Seek(begin);
      set_ = DataSet::Parse(reader, encoding_, tag::kFloatPixelData);
      // The buffer may end exactly between two elements of a file that goes on.
      const bool at_pixels = !set_.elements().empty() && set_.elements().back().tag >= tag::kFloatPixelData;
      if (at_pixels || !Grow()) return;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kCorruptData || !Grow()) throw;
    }
  }
}

void DicomFile::Unzip() {
  std::array<std::byte, kPreamble + 4> head{};
  const auto packed = std::as_const(buffer_).bytes();
  if (!LooksGzipped(packed) || GunzipPrefix(packed, head) < head.size() ||
      std::memcmp(head.data() + kPreamble, "DICM", 4) != 0) {
    return;
  }
  const Buffer whole = ReadWholeFile(file_);
  buffer_ = Gunzip(whole.bytes(), LargestInflated(whole.bytes().size()));
  inflated_ = true;
}

void DicomFile::Inflate(size_t begin) {
  const Buffer whole = inflated_ ? std::move(buffer_) : ReadWholeFile(file_);
  buffer_ = InflateRaw(whole.bytes().subspan(begin), LargestInflated(whole.bytes().size()));
  inflated_ = true;
}

void DicomFile::FindPixels() {
  if (set_.elements().empty()) return;
  const Element& last = set_.elements().back();
  if (last.tag < tag::kFloatPixelData || last.tag > tag::kPixelData) return;
  PixelBytes pixels;
  pixels.tag = last.tag;
  pixels.encapsulated = last.length == kUndefinedLength;
  pixels.offset = last.offset;
  pixels.declared = pixels.encapsulated ? 0 : last.length;
  pixels.present = (inflated_ ? buffer_.size : file_.size()) - last.offset;
  pixels_ = pixels;
}

void DicomFile::ReadPixels(std::span<std::byte> into, uint64_t offset) const {
  if (inflated_) {
    ByteReader reader(buffer_.bytes());
    reader.Seek(static_cast<size_t>(pixels_->offset));
    reader.Skip(static_cast<size_t>(offset));
    std::memcpy(into.data(), reader.Take(into.size()).data(), into.size());
  } else {
    file_.ReadExactly(into, pixels_->offset + offset);
  }
}

}  // namespace isovox::dicom
