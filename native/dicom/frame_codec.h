// Decoders of single frames of encapsulated pixel data, by transfer syntax. A decoder fills the samples of one frame,
// interleaved, in native byte order, and throws ERR_CORRUPT_DATA for bytes that cannot be that frame, or ERR_UNSUPPORTED.
#pragma once

#include <span>
#include <string>

#include "dicom/pixels.h"

namespace isovox::dicom {

// Null for a transfer syntax, or a kind of pixels in it, that only DCMTK reads (decode_dcmtk.cc).
DecodeFrame FindDecoder(const std::string& transfer_syntax, const PixelLayout& layout);

// PS3.5 annex G (decode_rle.cc).
void DecodeRle(std::span<const std::byte> frame, const PixelLayout& layout, std::span<std::byte> into);
// ITU-T T.81 process 14, lossless with Huffman codes, every predictor (decode_jpeg_lossless.cc).
void DecodeJpegLossless(std::span<const std::byte> frame, const PixelLayout& layout, std::span<std::byte> into);
// ITU-T T.87 with one component, lossless and near-lossless (decode_jpeg_ls.cc).
void DecodeJpegLs(std::span<const std::byte> frame, const PixelLayout& layout, std::span<std::byte> into);
// JPEG 2000 parts 1, 2 and 15 (HTJ2K) by OpenJPEG (decode_j2k.cc).
void DecodeJpeg2000(std::span<const std::byte> frame, const PixelLayout& layout, std::span<std::byte> into);
// Deflated image frame compression, PS3.5 A.4.13 (decode_deflated.cc).
void DecodeDeflatedFrame(std::span<const std::byte> frame, const PixelLayout& layout, std::span<std::byte> into);

inline Error BadFrame(const char* codec, const std::string& why) {
  return Error(ErrorCode::kCorruptData, std::string("The ") + codec + " pixel data could not be decoded: " + why,
               {{"tag", "PixelData"}});
}

}  // namespace isovox::dicom
