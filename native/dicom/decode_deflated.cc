#include "dicom/frame_codec.h"
#include "dicom/packed_bits.h"
#include "io/gzip.h"

namespace isovox::dicom {

void DecodeDeflatedFrame(std::span<const std::byte> frame, const PixelLayout& layout, std::span<std::byte> into) {
  const bool packed = layout.bits_allocated == 1;
  // One byte more than fits, so that a frame that is too long is seen.
  const size_t wanted = packed ? (into.size() + 7) / 8 : into.size();
  const Buffer inflated = InflateRaw(frame, wanted + 1);
  if (inflated.size < wanted) throw BadFrame("deflated", "a frame is too short");
  if (packed) return UnpackBits(inflated.bytes(), 0, into);
  std::copy_n(inflated.bytes().begin(), into.size(), into.begin());
}

}  // namespace isovox::dicom
