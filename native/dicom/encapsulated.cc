#include "dicom/encapsulated.h"

#include <algorithm>
#include <cstring>

namespace isovox::dicom {
namespace {

using Spans = std::vector<std::span<const std::byte>>;

constexpr size_t kItemHeader = 8;

Error Corrupt(const std::string& message) {
  return Error(ErrorCode::kCorruptData, message, {{"tag", "PixelData"}});
}

// Offsets count from the item header of the first fragment.
template <typename T>
std::vector<uint64_t> OffsetsIn(std::span<const std::byte> table) {
  std::vector<uint64_t> offsets;
  ByteReader reader(table);
  while (reader.remaining() >= sizeof(T)) offsets.push_back(reader.Read<T>());
  return offsets;
}

// The fragments at which frames begin by a table of offsets; empty when the table does not fit the fragments.
std::vector<size_t> FirstByOffsets(const Spans& fragments, const std::vector<uint64_t>& offsets, size_t frames) {
  std::vector<size_t> first;
  if (offsets.size() != frames) return first;
  uint64_t at = 0;
  for (size_t f = 0; f < fragments.size() && first.size() < frames; ++f) {
    if (offsets[first.size()] == at) first.push_back(f);
    at += kItemHeader + fragments[f].size();
  }
  if (first.size() != frames || first[0] != 0) first.clear();
  return first;
}

std::vector<size_t> FirstByContent(const Spans& fragments) {
  std::vector<size_t> first = {0};
  for (size_t f = 1; f < fragments.size(); ++f) {
    if (BeginsImage(fragments[f])) first.push_back(f);
  }
  return first;
}

std::vector<size_t> FirstOfEach(const DicomFile& file, std::span<const std::byte> table, const Spans& fragments,
                                size_t frames) {
  if (frames == 1) return {0};
  std::vector<size_t> first;
  if (fragments.size() == frames) {
    for (size_t f = 0; f < frames; ++f) first.push_back(f);
    return first;
  }
  if (const Element* extended = file.set().Find(tag::kExtendedOffsetTable)) {
    first = FirstByOffsets(fragments, OffsetsIn<uint64_t>(extended->value), frames);
  }
  if (first.empty()) first = FirstByOffsets(fragments, OffsetsIn<uint32_t>(table), frames);
  if (first.empty()) first = FirstByContent(fragments);
  if (first.size() != frames) {
    throw Corrupt("NumberOfFrames is " + std::to_string(frames) + " but the compressed pixel data hold " +
                  std::to_string(first.size()) + " frames in " + std::to_string(fragments.size()) + " fragments");
  }
  return first;
}

}  // namespace

bool BeginsImage(std::span<const std::byte> bytes) {
  static constexpr unsigned char kJpeg[] = {0xFF, 0xD8, 0xFF};
  static constexpr unsigned char kCodestream[] = {0xFF, 0x4F, 0xFF, 0x51};
  static constexpr unsigned char kJp2[] = {0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50, 0x20, 0x20};
  const auto begins = [&](std::span<const unsigned char> with) {
    return bytes.size() >= with.size() && std::memcmp(bytes.data(), with.data(), with.size()) == 0;
  };
  return begins(kJpeg) || begins(kCodestream) || begins(kJp2);
}

EncapsulatedFrames::EncapsulatedFrames(const DicomFile& file, int64_t frames)
    : bytes_(Buffer::OfSize(static_cast<size_t>(file.pixels()->present))) {
  file.ReadPixels(bytes_.bytes(), 0);
  fragments_ = Fragments(std::as_const(bytes_).bytes());
  if (fragments_.size() < 2) throw Corrupt("The compressed pixel data hold no fragment");
  const auto table = fragments_.front();
  fragments_.erase(fragments_.begin());
  first_ = FirstOfEach(file, table, fragments_, static_cast<size_t>(frames));
  first_.push_back(fragments_.size());
}

std::span<const std::byte> EncapsulatedFrames::Frame(size_t frame, Buffer& joined) const {
  const size_t begin = first_[frame], end = first_[frame + 1];
  if (end - begin == 1) return fragments_[begin];
  size_t size = 0;
  for (size_t f = begin; f < end; ++f) size += fragments_[f].size();
  joined = Buffer::OfSize(size);
  size_t at = 0;
  for (size_t f = begin; f < end; ++f) {
    if (!fragments_[f].empty()) std::memcpy(joined.data.get() + at, fragments_[f].data(), fragments_[f].size());
    at += fragments_[f].size();
  }
  return std::as_const(joined).bytes();
}

}  // namespace isovox::dicom
