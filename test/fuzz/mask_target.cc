// libFuzzer: a structure set, its structures as masks on a small grid and cut by planes.
#include <cstdlib>
#include <fstream>
#include <string>

#include "dicom/rtstruct.h"
#include "imaging/voxelise.h"
#include "read_every_way.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace isovox;
  static const std::string path = [] {
    std::string pattern = "/dev/shm/isovox-fuzz-XXXXXX.dcm";
    ::mkstemps(pattern.data(), 4);
    return pattern;
  }();
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  Grid grid;
  grid.size = {24, 20, 12};
  grid.spacing = {2, 2.5, 3};
  grid.origin = {-20, -20, -12};
  fuzz::Answered([&] {
    for (const Roi& roi : dicom::ReadRtStruct({}, path).rois) {
      for (const CoverageKind kind : {CoverageKind::kSection, CoverageKind::kSlab})
        fuzz::Answered([&] { VolumeCc(Voxelise(roi, grid, {}, kind, {}).mask); });
    }
  });
  return 0;
}
