// Lossy JPEG, and JPEG-LS of several samples, by DCMTK: every frame at once.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/oflog.h>

#include <cstring>
#include <mutex>

#include "base/storage.h"
#include "dicom/pixels.h"

namespace isovox::dicom {
namespace {

void RegisterDecodersOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Its log would name patients, and nobody reads it: errors come back as values.
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    DJDecoderRegistration::registerCodecs(EDC_photometricInterpretation, EUC_never, EPC_colorByPixel, OFTrue);
    DJLSDecoderRegistration::registerCodecs(EJLSUC_never, EJLSPC_colorByPixel, OFTrue);
  });
}

Error CannotDecode(const DicomFile& file, const std::string& why) {
  return Error(ErrorCode::kCorruptData, "The compressed pixel data could not be decoded: " + why,
               {{"TransferSyntaxUID", file.transfer_syntax()}});
}

void Check(const DicomFile& file, const OFCondition& condition) {
  if (condition.bad()) throw CannotDecode(file, condition.text());
}

}  // namespace

void DecodeByDcmtk(const DicomFile& file, const PixelLayout& layout, std::span<std::byte> into) {
  if (layout.bits_allocated == 1) {
    throw Error(ErrorCode::kUnsupported, "Compressed pixels of one bit are not read in this transfer syntax",
                {{"what", "TransferSyntaxUID"}, {"value", file.transfer_syntax()}});
  }
  RegisterDecodersOnce();
  DcmFileFormat format;
  Check(file, format.loadFile(OFFilename(file.path().c_str())));
  DcmDataset* set = format.getDataset();
  const OFCondition decoded = set->chooseRepresentation(EXS_LittleEndianExplicit, nullptr);
  if (decoded.bad() || !set->canWriteXfer(EXS_LittleEndianExplicit)) {
    const DcmXfer known(file.transfer_syntax().c_str());
    if (known.getXfer() == EXS_Unknown || decoded == EC_CannotChangeRepresentation || decoded == EC_UnsupportedEncoding) {
      throw Error(ErrorCode::kUnsupported, "Transfer syntax " + file.transfer_syntax() + " is not read",
                  {{"what", "TransferSyntaxUID"}, {"value", file.transfer_syntax()}});
    }
    throw CannotDecode(file, decoded.text());
  }
  DcmElement* pixels = nullptr;
  Check(file, set->findAndGetElement(DCM_PixelData, pixels));
  // DCMTK keeps 8-bit samples in 16-bit words and converts between the two; the bytes are what is wanted.
  const Uint8* bytes = nullptr;
  const Uint16* words = nullptr;
  if (layout.bits_allocated <= 8) {
    if (pixels->getVR() == EVR_OW) {
      Uint16* pairs = nullptr;
      Check(file, pixels->getUint16Array(pairs));
      words = pairs;
    } else {
      Uint8* singles = nullptr;
      Check(file, pixels->getUint8Array(singles));
      bytes = singles;
    }
  } else {
    Uint16* wide = nullptr;
    Check(file, pixels->getUint16Array(wide));
    words = wide;
  }
  const void* from = bytes != nullptr ? static_cast<const void*>(bytes) : static_cast<const void*>(words);
  if (from == nullptr || pixels->getLength() < into.size()) throw CannotDecode(file, "frames are missing");
  std::memcpy(into.data(), from, into.size());
}

}  // namespace isovox::dicom
