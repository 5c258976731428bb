// The pixel data of one object (PS3.5 8): what they are, checked against the bytes that are there before anything is
// allocated, and frames of native-endian samples whatever the transfer syntax.
#pragma once

#include <span>

#include "base/dtype.h"
#include "dicom/encapsulated.h"
#include "dicom/file.h"
#include "exec/exec.h"

namespace isovox::dicom {

struct PixelLayout {
  int64_t rows = 0, columns = 0, frames = 1, samples = 1;
  int bits_allocated = 16, bits_stored = 16, high_bit = 15;
  bool is_signed = false;
  bool planar = false;  // RRR GGG BBB instead of RGB RGB RGB
  std::string photometric;
  DType dtype = DType::kInt16;

  size_t frame_samples() const { return static_cast<size_t>(rows * columns * samples); }
  size_t frame_bytes() const { return frame_samples() * DTypeSize(dtype); }
};

// Fills the samples of one frame from its compressed bytes (frame_codec.h).
using DecodeFrame = void (*)(std::span<const std::byte> frame, const PixelLayout& layout, std::span<std::byte> into);

// Throws ERR_UNSUPPORTED for what has no pixel data or cannot be read, ERR_CORRUPT_DATA when the sizes contradict the
// bytes that are there.
PixelLayout LayoutOf(const DicomFile& file);

// Reduces native-endian samples to their stored bits, sign extended; nothing to do when all bits are stored.
void KeepStoredBits(const PixelLayout& layout, std::span<std::byte> samples);

// Reads frames one by one; safe from many threads.
class PixelReader {
 public:
  // Reads compressed pixel data whole; what only DCMTK decodes is decoded here, frames of everything else when asked for.
  PixelReader(const Exec& exec, const DicomFile& file, const PixelLayout& layout);

  // `into` takes layout.frame_bytes(): samples interleaved, sign extended, of layout.dtype.
  void ReadFrame(int64_t frame, std::span<std::byte> into) const;

 private:
  void ReadPlain(int64_t frame, std::span<std::byte> into) const;

  const DicomFile& file_;
  PixelLayout layout_;
  EncapsulatedFrames frames_;  // empty when the file is not compressed
  DecodeFrame decode_ = nullptr;
  Buffer decoded_;  // all frames, when DCMTK decoded them
};

// Decodes encapsulated pixel data by DCMTK into `into`, all frames, native-endian (decode_dcmtk.cc).
void DecodeByDcmtk(const DicomFile& file, const PixelLayout& layout, std::span<std::byte> into);

}  // namespace isovox::dicom
