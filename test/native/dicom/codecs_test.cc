// Frames that DCMTK's encoders made: what comes back is what went in, for every predictor, width and kind of image.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dcrlerp.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>
#include <dcmtk/dcmjpls/djencode.h>
#include <dcmtk/dcmjpls/djrparam.h>
#include <doctest/doctest.h>

#include <cmath>
#include <mutex>
#include <random>

#include "dicom/encapsulated.h"
#include "dicom/frame_codec.h"
#include "dicom/maker.h"

using namespace isovox;
using namespace isovox::dicom;
using namespace isovox::test;

namespace {

constexpr int kRows = 37, kColumns = 53, kFrames = 3;

void RegisterEncoders() {
  static std::once_flag once;
  std::call_once(once, [] {
    DcmRLEEncoderRegistration::registerCodecs();
    DJEncoderRegistration::registerCodecs();
    DJLSEncoderRegistration::registerCodecs();
  });
}

// Smooth hills, noise over the whole range, flat areas with edges, or a mixture: what codecs treat differently.
std::vector<uint16_t> Picture(int kind, int bits, int samples) {
  std::mt19937 random(static_cast<unsigned>(kind * 100 + bits));
  const uint32_t range = 1U << bits;
  std::vector<uint16_t> out;
  for (int i = 0; i < kRows * kColumns * kFrames; ++i) {
    const int x = i % kColumns, y = i / kColumns;
    for (int s = 0; s < samples; ++s) {
      uint32_t value = 0;
      if (kind == 0) value = static_cast<uint32_t>(range * (0.5 + 0.45 * std::sin(x / 9.0 + s) * std::cos(y / 7.0)));
      if (kind == 1) value = static_cast<uint32_t>(random());
      if (kind == 2) value = (x / 11 + y / 5) % 2 * (range - 1);
      if (kind == 3) value = x < 20 ? range / 3 : range / 2 + static_cast<uint32_t>(random() % 4);
      out.push_back(static_cast<uint16_t>(value & (range - 1)));
    }
  }
  return out;
}

std::string Write(const TempFolder& folder, const std::vector<uint16_t>& picture, int bits, int samples, bool planar) {
  DcmFileFormat format;
  DcmDataset& set = *format.getDataset();
  const bool narrow = bits <= 8;
  set.putAndInsertString(DCM_SOPClassUID, UID_SecondaryCaptureImageStorage);
  set.putAndInsertString(DCM_SOPInstanceUID, "1.2.3.4.5");
  set.putAndInsertUint16(DCM_Rows, kRows);
  set.putAndInsertUint16(DCM_Columns, kColumns);
  set.putAndInsertString(DCM_NumberOfFrames, std::to_string(kFrames).c_str());
  set.putAndInsertUint16(DCM_SamplesPerPixel, static_cast<Uint16>(samples));
  set.putAndInsertString(DCM_PhotometricInterpretation, samples == 3 ? "RGB" : "MONOCHROME2");
  if (samples > 1) set.putAndInsertUint16(DCM_PlanarConfiguration, planar ? 1 : 0);
  set.putAndInsertUint16(DCM_BitsAllocated, narrow ? 8 : 16);
  set.putAndInsertUint16(DCM_BitsStored, static_cast<Uint16>(bits));
  set.putAndInsertUint16(DCM_HighBit, static_cast<Uint16>(bits - 1));
  set.putAndInsertUint16(DCM_PixelRepresentation, 0);
  if (narrow) {
    std::vector<Uint8> bytes(picture.begin(), picture.end());
    set.putAndInsertUint8Array(DCM_PixelData, bytes.data(), bytes.size());
  } else {
    set.putAndInsertUint16Array(DCM_PixelData, picture.data(), picture.size());
  }
  const std::string path = folder / "plain.dcm";
  REQUIRE(format.saveFile(path.c_str(), EXS_LittleEndianExplicit).good());
  return path;
}

std::string Encode(const TempFolder& folder, const std::string& plain, E_TransferSyntax syntax,
                   const DcmRepresentationParameter* parameter) {
  DcmFileFormat format;
  REQUIRE(format.loadFile(plain.c_str()).good());
  REQUIRE(format.getDataset()->chooseRepresentation(syntax, parameter).good());
  const std::string path = folder / "coded.dcm";
  REQUIRE(format.saveFile(path.c_str(), syntax).good());
  return path;
}

std::vector<uint16_t> Decode(const std::string& path) {
  const DicomFile file = DicomFile::Open(path);
  const PixelLayout layout = LayoutOf(file);
  const PixelReader reader({}, file, layout);
  std::vector<uint16_t> out;
  std::vector<std::byte> frame(layout.frame_bytes());
  for (int64_t f = 0; f < layout.frames; ++f) {
    reader.ReadFrame(f, frame);
    if (layout.bits_allocated == 8) {
      for (const std::byte value : frame) out.push_back(std::to_integer<uint16_t>(value));
    } else {
      const auto* words = reinterpret_cast<const uint16_t*>(frame.data());
      out.insert(out.end(), words, words + layout.frame_samples());
    }
  }
  return out;
}

}  // namespace

TEST_CASE("codecs: lossless JPEG of every predictor, JPEG-LS and RLE give back what DCMTK packed") {
  RegisterEncoders();
  const TempFolder folder;
  for (const int samples : {1, 3}) {
    for (const int bits : {8, 10, 12, 16}) {
      if (samples == 3 && bits != 8) continue;
      for (int kind = 0; kind < 4; ++kind) {
        const auto picture = Picture(kind, bits, samples);
        const std::string plain = Write(folder, picture, bits, samples, false);
        for (int predictor = 1; predictor <= 7; ++predictor) {
          const DJ_RPLossless parameter(predictor, 0);
          const auto path = Encode(folder, plain, EXS_JPEGProcess14, &parameter);
          CAPTURE(samples);
          CAPTURE(bits);
          CAPTURE(kind);
          CAPTURE(predictor);
          CHECK(Decode(path) == picture);
        }
        const DJ_RPLossless first(1, 0);
        CHECK(Decode(Encode(folder, plain, EXS_JPEGProcess14SV1, &first)) == picture);
        // Its JPEG-LS encoder takes no colour.
        if (samples == 1) CHECK(Decode(Encode(folder, plain, EXS_JPEGLSLossless, nullptr)) == picture);
        const DcmRLERepresentationParameter rle;
        CHECK(Decode(Encode(folder, plain, EXS_RLELossless, &rle)) == picture);
      }
    }
  }
}

TEST_CASE("codecs: near-lossless JPEG-LS stays within its bound and equals DCMTK's own decoding") {
  RegisterEncoders();
  const TempFolder folder;
  for (const int bits : {8, 12, 16}) {
    for (const int near : {1, 3, 10}) {
      for (int kind = 0; kind < 4; ++kind) {
        // Near-lossless noise over the whole range is packed wrongly: DCMTK does not read it either.
        if (kind == 1) continue;
        const auto picture = Picture(kind, bits, 1);
        const DJLSRepresentationParameter parameter(static_cast<Uint16>(near), OFFalse);
        const auto path = Encode(folder, Write(folder, picture, bits, 1, false), EXS_JPEGLSLossy, &parameter);
        const auto decoded = Decode(path);
        REQUIRE(decoded.size() == picture.size());
        int most = 0;
        for (size_t i = 0; i < picture.size(); ++i) most = std::max(most, std::abs(decoded[i] - picture[i]));
        CHECK(most <= near);
        const DicomFile file = DicomFile::Open(path);
        const PixelLayout layout = LayoutOf(file);
        std::vector<std::byte> whole(layout.frame_bytes() * kFrames);
        DecodeByDcmtk(file, layout, whole);
        const auto at = [&](size_t i) {
          return bits == 8 ? std::to_integer<int>(whole[i]) : reinterpret_cast<const uint16_t*>(whole.data())[i];
        };
        size_t different = 0;
        for (size_t i = 0; i < decoded.size(); ++i) different += at(i) != decoded[i];
        CHECK(different == 0);
      }
    }
  }
}

TEST_CASE("codecs: damaged frames are typed errors or pictures, never more") {
  RegisterEncoders();
  const TempFolder folder;
  const std::string plain = Write(folder, Picture(3, 12, 1), 12, 1, false);
  const DJ_RPLossless first(1, 0);
  const DcmRLERepresentationParameter rle;
  std::mt19937 random(5);
  const std::vector<std::pair<E_TransferSyntax, const DcmRepresentationParameter*>> all = {
      {EXS_JPEGProcess14SV1, &first}, {EXS_JPEGLSLossless, nullptr}, {EXS_RLELossless, &rle}};
  for (const auto& [syntax, parameter] : all) {
    const auto good = Slurp(Encode(folder, plain, syntax, parameter));
    for (int i = 0; i < 300; ++i) {
      auto bytes = good;
      const size_t pixels = bytes.size() / 5;
      for (int edit = 0; edit < 3; ++edit) bytes[pixels + random() % (bytes.size() - pixels)] = static_cast<char>(random());
      Spill(folder / "mutant.dcm", bytes);
      const std::string code = CodeOf([&] { Decode(folder / "mutant.dcm"); });
      CHECK((code == "" || code == "ERR_CORRUPT_DATA" || code == "ERR_UNSUPPORTED" || code == "ERR_GEOMETRY"));
    }
  }
}
