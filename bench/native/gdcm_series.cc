// A series by GDCM as its users write it: read every file, sort by ImagePositionPatient, decode and rescale into one
// volume.
#include <gdcmImageReader.h>
#include <gdcmRescaler.h>
#include <gdcmVersion.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "report.h"

namespace {

struct Slice {
  std::unique_ptr<gdcm::ImageReader> reader;
  double z = 0;
};

std::vector<int16_t> ReadSeries(const std::vector<std::string>& paths, size_t* slice_pixels) {
  std::vector<Slice> slices;
  for (const auto& path : paths) {
    Slice slice{std::make_unique<gdcm::ImageReader>()};
    slice.reader->SetFileName(path.c_str());
    if (!slice.reader->Read()) continue;
    slice.z = slice.reader->GetImage().GetOrigin(2);
    slices.push_back(std::move(slice));
  }
  std::sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return a.z < b.z; });
  const gdcm::Image& first = slices.front().reader->GetImage();
  *slice_pixels = size_t{first.GetDimension(0)} * first.GetDimension(1);
  std::vector<int16_t> volume(*slice_pixels * slices.size());
  std::vector<int16_t> raw(*slice_pixels);
  for (size_t k = 0; k < slices.size(); ++k) {
    const gdcm::Image& image = slices[k].reader->GetImage();
    image.GetBuffer(reinterpret_cast<char*>(raw.data()));
    const double slope = image.GetSlope(), intercept = image.GetIntercept();
    int16_t* out = volume.data() + k * *slice_pixels;
    for (size_t i = 0; i < *slice_pixels; ++i) out[i] = static_cast<int16_t>(raw[i] * slope + intercept);
  }
  return volume;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) paths.push_back(entry.path());
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : 3;
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
  Report(ms, gdcm::Version::GetVersion(), answer);
}
