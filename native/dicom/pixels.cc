#include "dicom/pixels.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/storage.h"
#include "dicom/frame_codec.h"
#include "dicom/packed_bits.h"
#include "simd/samples.h"

namespace isovox::dicom {
namespace {

// No codec in use makes more of a byte than this; a file that claims more is refused before memory is asked for.
constexpr uint64_t kMostExpansion = 8192;
constexpr uint64_t kExpansionAllowance = uint64_t{16} << 20;

Error Corrupt(const std::string& message, Tag tag) {
  return Error(ErrorCode::kCorruptData, message, {{"tag", Keyword(tag)}});
}

int64_t Required(const DataSet& set, Tag tag, int64_t least, int64_t most) {
  const auto value = set.Integer(tag);
  if (!value || *value < least || *value > most) {
    throw Corrupt(std::string("Expected an integer between ") + std::to_string(least) + " and " +
                      std::to_string(most) + " for " + Keyword(tag) + " but received " +
                      (value ? std::to_string(*value) : "nothing"),
                  tag);
  }
  return *value;
}

DType DTypeFor(const PixelLayout& layout, Tag pixel_tag) {
  if (pixel_tag == tag::kFloatPixelData) return DType::kFloat32;
  if (pixel_tag == tag::kDoubleFloatPixelData) return DType::kFloat64;
  switch (layout.bits_allocated) {
    case 1:  // segmentations: a voxel is a bit in the file and a byte in memory
    case 8: return layout.is_signed ? DType::kInt8 : DType::kUint8;
    case 16: return layout.is_signed ? DType::kInt16 : DType::kUint16;
    case 32: return layout.is_signed ? DType::kInt32 : DType::kUint32;
    default:
      throw Error(ErrorCode::kUnsupported, "Pixels of " + std::to_string(layout.bits_allocated) + " bits are not read",
                  {{"what", "BitsAllocated"}, {"value", std::to_string(layout.bits_allocated)}});
  }
}

void Interleave(std::span<const std::byte> planar, std::span<std::byte> into, size_t samples, size_t size) {
  const size_t pixels = into.size() / (samples * size);
  for (size_t s = 0; s < samples; ++s) {
    for (size_t p = 0; p < pixels; ++p) {
      std::memcpy(into.data() + (p * samples + s) * size, planar.data() + (s * pixels + p) * size, size);
    }
  }
}

}  // namespace

PixelLayout LayoutOf(const DicomFile& file) {
  const DataSet& set = file.set();
  if (!file.pixels()) {
    throw Error(ErrorCode::kUnsupported, "The object has no pixel data",
                {{"what", "SOPClassUID"}, {"value", std::string(set.Text(tag::kSOPClassUID))}});
  }
  const PixelBytes& pixels = *file.pixels();
  PixelLayout layout;
  layout.rows = Required(set, tag::kRows, 1, 65535);
  layout.columns = Required(set, tag::kColumns, 1, 65535);
  layout.frames = set.Text(tag::kNumberOfFrames).empty() ? 1 : Required(set, tag::kNumberOfFrames, 1, 0x7FFFFFFF);
  layout.samples = set.Has(tag::kSamplesPerPixel) ? Required(set, tag::kSamplesPerPixel, 1, 4) : 1;
  layout.photometric = set.Text(tag::kPhotometricInterpretation);
  layout.planar = layout.samples > 1 && set.Integer(tag::kPlanarConfiguration).value_or(0) == 1;
  if (pixels.tag == tag::kPixelData) {
    layout.bits_allocated = static_cast<int>(Required(set, tag::kBitsAllocated, 1, 64));
    layout.is_signed = set.Integer(tag::kPixelRepresentation).value_or(0) == 1;
    layout.bits_stored = static_cast<int>(set.Integer(tag::kBitsStored).value_or(layout.bits_allocated));
    layout.high_bit = static_cast<int>(set.Integer(tag::kHighBit).value_or(layout.bits_stored - 1));
    if (layout.bits_stored < 1 || layout.bits_stored > layout.bits_allocated ||
        layout.high_bit < layout.bits_stored - 1 || layout.high_bit >= layout.bits_allocated) {
      throw Corrupt("BitsAllocated, BitsStored and HighBit contradict each other", tag::kBitsStored);
    }
  }
  layout.dtype = DTypeFor(layout, pixels.tag);
  if (layout.photometric == "YBR_FULL_422" && !pixels.encapsulated) {
    throw Error(ErrorCode::kUnsupported, "Uncompressed YBR_FULL_422 pixels are not read",
                {{"what", "PhotometricInterpretation"}, {"value", layout.photometric}});
  }
  const std::array<int64_t, 5> factors = {layout.rows, layout.columns, layout.frames, layout.samples,
                                          static_cast<int64_t>(DTypeSize(layout.dtype))};
  const uint64_t samples = CheckedProduct(factors);
  const uint64_t expected = layout.bits_allocated == 1 && !pixels.encapsulated ? (samples + 7) / 8 : samples;
  const uint64_t there = pixels.encapsulated ? pixels.present * kMostExpansion + kExpansionAllowance
                                             : std::min(pixels.declared, pixels.present);
  if (expected > there) {
    throw Corrupt("Rows, Columns and NumberOfFrames ask for " + std::to_string(expected) + " bytes of pixel data but " +
                      std::to_string(std::min(pixels.present, pixels.encapsulated ? pixels.present : there)) +
                      " are there",
                  tag::kPixelData);
  }
  return layout;
}

void KeepStoredBits(const PixelLayout& layout, std::span<std::byte> frame) {
  if (layout.bits_stored == layout.bits_allocated || layout.bits_allocated == 1) return;
  VisitDType(layout.dtype, [&](auto sample) {
    using T = decltype(sample);
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 4) {
      simd::KeepBits(std::span(reinterpret_cast<T*>(frame.data()), frame.size() / sizeof(T)), layout.bits_stored,
                     layout.high_bit + 1 - layout.bits_stored);
    }
  });
}

PixelReader::PixelReader(const Exec& exec, const DicomFile& file, const PixelLayout& layout)
    : file_(file), layout_(layout) {
  if (!file.pixels()->encapsulated) return;
  exec.CheckCancelled();
  decode_ = FindDecoder(file.transfer_syntax(), layout);
  if (decode_ != nullptr) {
    frames_ = EncapsulatedFrames(file, layout.frames);
  } else {
    decoded_ = Buffer::OfSize(layout.frame_bytes() * static_cast<size_t>(layout.frames));
    DecodeByDcmtk(file, layout, decoded_.bytes());
  }
}

void PixelReader::ReadPlain(int64_t frame, std::span<std::byte> into) const {
  const size_t size = DTypeSize(layout_.dtype);
  const uint64_t offset = static_cast<uint64_t>(frame) * layout_.frame_bytes();
  if (layout_.bits_allocated == 1) {
    // Frames follow each other without padding.
    const uint64_t first = offset / 8, last = (offset + into.size() - 1) / 8;
    Buffer packed = Buffer::OfSize(static_cast<size_t>(last - first + 1));
    file_.ReadPixels(packed.bytes(), first);
    return UnpackBits(std::as_const(packed).bytes(), offset - first * 8, into);
  }
  if (layout_.planar) {
    Buffer planes = Buffer::OfSize(into.size());
    file_.ReadPixels(planes.bytes(), offset);
    Interleave(planes.bytes(), into, static_cast<size_t>(layout_.samples), size);
  } else {
    file_.ReadPixels(into, offset);
  }
  // Bytes need no swapping: SwapBytes leaves samples of one byte as they are.
  if (file_.endian() == Endian::kBig) simd::SwapBytes(into, size);
}

void PixelReader::ReadFrame(int64_t frame, std::span<std::byte> into) const {
  if (decode_ != nullptr) {
    Buffer joined;
    decode_(frames_.Frame(static_cast<size_t>(frame), joined), layout_, into);
  } else if (decoded_.data != nullptr) {
    std::memcpy(into.data(), decoded_.data.get() + static_cast<size_t>(frame) * layout_.frame_bytes(), into.size());
  } else {
    ReadPlain(frame, into);
  }
  KeepStoredBits(layout_, into);
}

}  // namespace isovox::dicom
