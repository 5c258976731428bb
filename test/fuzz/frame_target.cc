// libFuzzer: one compressed frame. The first bytes choose the codec and the layout that the data set would declare.
#include <string>
#include <vector>

#include "base/dtype.h"
#include "dicom/frame_codec.h"
#include "read_every_way.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace isovox::dicom;
  static constexpr const char* kSyntaxes[] = {"1.2.840.10008.1.2.5",    "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.80",
                                              "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.8.1"};
  if (size < 4) return 0;
  PixelLayout layout;
  layout.rows = 1 + data[1] % 64;
  layout.columns = 1 + data[2] % 64;
  layout.samples = data[3] % 4 == 3 ? 3 : 1;
  layout.bits_allocated = data[3] & 16 ? 8 : data[3] & 32 ? 32 : data[3] & 64 ? 1 : 16;
  layout.dtype = layout.bits_allocated == 32 ? isovox::DType::kUint32
                 : layout.bits_allocated == 16 ? isovox::DType::kUint16
                                               : isovox::DType::kUint8;
  const DecodeFrame decode = FindDecoder(kSyntaxes[data[0] % std::size(kSyntaxes)], layout);
  if (decode == nullptr) return 0;
  std::vector<std::byte> into(layout.frame_bytes());
  isovox::fuzz::Answered([&] { decode({reinterpret_cast<const std::byte*>(data + 4), size - 4}, layout, into); });
  return 0;
}
