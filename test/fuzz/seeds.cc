#include "seeds.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dcrlerp.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>
#include <dcmtk/dcmjpeg/djrploss.h>
#include <dcmtk/dcmjpls/djencode.h>

#include "dicom/maker.h"
#include "formats/format.h"

namespace isovox::fuzz {

using namespace isovox::test;

std::vector<Seed> MakeSeeds() {
  std::vector<Seed> seeds;
  const TempFolder folder;
  const auto keep = [&](const std::string& format, const std::string& extension, const std::string& path) {
    seeds.push_back({format, extension, Slurp(path)});
  };
  for (const dicom::WriteOptions& options : AllWriteOptions()) {
    keep("ct", ".dcm", WriteSlices(folder, SomeVolume(1), options)[0]);
    const std::vector<Roi> rois = {SquareRoi(1, "PTV"), SquareRoi(2, "Cord")};
    dicom::RtStructObject structures;
    structures.identity = SomeIdentity();
    structures.rois = &rois;
    dicom::WriteRtStruct(folder / "rs", structures, options);
    keep("rtstruct", ".dcm", folder / "rs");
    const DoseGrid grid = SomeDose({0, 2.5});
    dicom::RtDoseObject dose;
    dose.identity = SomeIdentity();
    dose.dose = &grid;
    dicom::WriteRtDose(folder / "rd", dose, options);
    keep("rtdose", ".dcm", folder / "rd");
  }
  DcmRLEEncoderRegistration::registerCodecs();
  DJEncoderRegistration::registerCodecs();
  DJLSEncoderRegistration::registerCodecs();
  const std::string plain = WriteSlices(folder, SomeVolume(1))[0];
  const DJ_RPLossless lossless(6, 0);
  const DJ_RPLossy lossy(90);
  const DcmRLERepresentationParameter rle;
  const struct {
    const char* format;
    E_TransferSyntax syntax;
    const DcmRepresentationParameter* parameter;
  } packed[] = {{"rle", EXS_RLELossless, &rle},
                {"jpeg", EXS_JPEGProcess14, &lossless},
                {"jpeg-lossy", EXS_JPEGProcess2_4, &lossy},
                {"jpeg-ls", EXS_JPEGLSLossless, nullptr}};
  for (const auto& one : packed) {
    DcmFileFormat format;
    const bool made = format.loadFile(plain.c_str()).good() &&
                      format.getDataset()->chooseRepresentation(one.syntax, one.parameter).good() &&
                      format.saveFile((folder / "packed").c_str(), one.syntax).good();
    if (made) keep(one.format, ".dcm", folder / "packed");
  }
  for (const char* extension : {".nii", ".nii.gz", ".nrrd", ".mha", ".npy"}) {
    const std::string path = folder / (std::string("volume") + extension);
    formats::WriteVolume({}, SomeVolume(2), path, {});
    keep(std::string(extension + 1), extension, path);
  }
  for (const char* codec : {"raw", "bzip2", "ascii"}) {
    formats::WriteSettings settings;
    settings.codec = codec;
    formats::WriteVolume({}, SomeVolume(2), folder / "other.nrrd", settings);
    keep("nrrd", ".nrrd", folder / "other.nrrd");
  }
  return seeds;
}

}  // namespace isovox::fuzz
