// A series by ITK as its users write it: names from GDCM, one ImageSeriesReader, HU as short.
#include <itkGDCMImageIO.h>
#include <itkGDCMSeriesFileNames.h>
#include <itkImage.h>
#include <itkImageSeriesReader.h>
#include <itkVersion.h>

#include <chrono>

#include "report.h"

int main(int, char** argv) {
  using Image = itk::Image<short, 3>;
  const int repetitions = argv[2] ? std::atoi(argv[2]) : 5;
  std::vector<double> ms;
  std::map<std::string, double> answer;
  for (int i = 0; i <= repetitions; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    auto names = itk::GDCMSeriesFileNames::New();
    names->SetDirectory(argv[1]);
    auto reader = itk::ImageSeriesReader<Image>::New();
    reader->SetImageIO(itk::GDCMImageIO::New());
    reader->SetFileNames(names->GetInputFileNames());
    reader->Update();
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - begun;
    if (i > 0) ms.push_back(elapsed.count());
    const auto image = reader->GetOutput();
    const auto size = image->GetLargestPossibleRegion().GetSize();
    const size_t slice = size[0] * size[1], count = slice * size[2];
    const short* voxels = image->GetBufferPointer();
    double sum = 0;
    for (size_t v = 0; v < count; ++v) sum += voxels[v];
    answer = {{"voxels", static_cast<double>(count)},
              {"mean", sum / static_cast<double>(count)},
              {"first", voxels[slice / 2]},
              {"last", voxels[count - slice / 2]}};
  }
  Report(ms, itk::Version::GetITKVersion(), answer);
}
