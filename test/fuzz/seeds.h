// Small valid files of every format that is read, made by our own writers and by DCMTK's encoders.
#pragma once

#include <string>
#include <vector>

namespace isovox::fuzz {

struct Seed {
  std::string format;  // "ct", "rle", "jpeg", "jpeg-ls", "jpeg-2000", "rtstruct", "rtdose", "nifti", "nifti.gz", "nrrd", ...
  std::string extension;
  std::vector<char> bytes;
};

std::vector<Seed> MakeSeeds();

}  // namespace isovox::fuzz
