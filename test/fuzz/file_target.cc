// libFuzzer: a whole file, read in every way. Its name says its format to the readers that look at names.
#include <cstdlib>
#include <fstream>
#include <string>

#include "read_every_way.h"

#ifndef FUZZ_EXTENSION
#define FUZZ_EXTENSION ".dcm"
#endif

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string path = [] {
    std::string pattern = "/dev/shm/isovox-fuzz-XXXXXX" FUZZ_EXTENSION;
    ::mkstemps(pattern.data(), sizeof FUZZ_EXTENSION - 1);
    return pattern;
  }();
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  isovox::fuzz::ReadEveryWay(path);
  return 0;
}
