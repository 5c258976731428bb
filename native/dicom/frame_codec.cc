#include "dicom/frame_codec.h"

namespace isovox::dicom {
namespace {

struct Row {
  const char* transfer_syntax;
  DecodeFrame decode;
  bool one_sample;  // pixels of several samples are left to DCMTK
};

constexpr Row kRows[] = {
    {"1.2.840.10008.1.2.5", DecodeRle, false},
    {"1.2.840.10008.1.2.4.57", DecodeJpegLossless, false},
    {"1.2.840.10008.1.2.4.70", DecodeJpegLossless, false},
    {"1.2.840.10008.1.2.4.80", DecodeJpegLs, true},
    {"1.2.840.10008.1.2.4.81", DecodeJpegLs, true},
    {"1.2.840.10008.1.2.4.90", DecodeJpeg2000, false},
    {"1.2.840.10008.1.2.4.91", DecodeJpeg2000, false},
    {"1.2.840.10008.1.2.4.92", DecodeJpeg2000, false},
    {"1.2.840.10008.1.2.4.93", DecodeJpeg2000, false},
    {"1.2.840.10008.1.2.4.201", DecodeJpeg2000, false},
    {"1.2.840.10008.1.2.4.202", DecodeJpeg2000, false},
    {"1.2.840.10008.1.2.4.203", DecodeJpeg2000, false},
    {"1.2.840.10008.1.2.8.1", DecodeDeflatedFrame, false},
};

}  // namespace

DecodeFrame FindDecoder(const std::string& transfer_syntax, const PixelLayout& layout) {
  for (const Row& row : kRows) {
    if (row.transfer_syntax == transfer_syntax) return row.one_sample && layout.samples > 1 ? nullptr : row.decode;
  }
  return nullptr;
}

}  // namespace isovox::dicom
