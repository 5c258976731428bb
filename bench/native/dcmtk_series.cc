// A series by DCMTK as its users write it: load every file, sort by ImagePositionPatient, decode and rescale into one
// volume.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "report.h"

namespace {

struct Slice {
  std::unique_ptr<DcmFileFormat> file;
  double z = 0;
};

std::vector<int16_t> ReadSeries(const std::vector<std::string>& paths, size_t* slice_pixels) {
  std::vector<Slice> slices;
  for (const auto& path : paths) {
    Slice slice{std::make_unique<DcmFileFormat>()};
    if (slice.file->loadFile(path.c_str()).bad()) continue;
    Float64 z = 0;
    slice.file->getDataset()->findAndGetFloat64(DCM_ImagePositionPatient, z, 2);
    slice.z = z;
    slices.push_back(std::move(slice));
  }
  std::sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return a.z < b.z; });
  Uint16 rows = 0, columns = 0;
  slices.front().file->getDataset()->findAndGetUint16(DCM_Rows, rows);
  slices.front().file->getDataset()->findAndGetUint16(DCM_Columns, columns);
  *slice_pixels = size_t{rows} * columns;
  std::vector<int16_t> volume(*slice_pixels * slices.size());
  for (size_t k = 0; k < slices.size(); ++k) {
    auto* dataset = slices[k].file->getDataset();
    Float64 slope = 1, intercept = 0;
    dataset->findAndGetFloat64(DCM_RescaleSlope, slope);
    dataset->findAndGetFloat64(DCM_RescaleIntercept, intercept);
    if (dataset->chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad()) std::exit(1);
    const Uint16* pixels = nullptr;
    dataset->findAndGetUint16Array(DCM_PixelData, pixels);
    const auto* raw = reinterpret_cast<const int16_t*>(pixels);
    int16_t* out = volume.data() + k * *slice_pixels;
    for (size_t i = 0; i < *slice_pixels; ++i) out[i] = static_cast<int16_t>(raw[i] * slope + intercept);
  }
  return volume;
}

}  // namespace

int main(int argc, char** argv) {
  DcmRLEDecoderRegistration::registerCodecs();
  DJDecoderRegistration::registerCodecs();
  DJLSDecoderRegistration::registerCodecs();
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) paths.push_back(entry.path());
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : 7;
  std::vector<double> ms;
  std::map<std::string, double> answer;
  for (int i = 0; i <= repetitions; ++i) {
    size_t slice_pixels = 0;
    const auto begun = std::chrono::steady_clock::now();
    const auto volume = ReadSeries(paths, &slice_pixels);
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - begun;
    if (i > 0) ms.push_back(elapsed.count());
    double sum = 0;
    for (const int16_t value : volume) sum += value;
    answer = {{"voxels", static_cast<double>(volume.size())},
              {"mean", sum / static_cast<double>(volume.size())},
              {"first", volume[slice_pixels / 2]},
              {"last", volume[volume.size() - slice_pixels / 2]}};
  }
  Report(ms, OFFIS_DCMTK_VERSION_STRING, answer);
}
