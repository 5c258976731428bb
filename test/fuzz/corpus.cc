// Writes the seeds into FOLDER/<extension>/, and compressed frames with a guess of their layout into FOLDER/frame/.
#include <cstdio>
#include <filesystem>

#include "dicom/encapsulated.h"
#include "dicom/maker.h"
#include "dicom/pixels.h"
#include "seeds.h"

int main(int, char** argv) {
  using namespace isovox;
  const std::string root = argv[1];
  int number = 0;
  const auto put = [&](const std::string& folder, const std::vector<char>& bytes) {
    std::filesystem::create_directories(root + "/" + folder);
    test::Spill(root + "/" + folder + "/" + std::to_string(number++), bytes);
  };
  const test::TempFolder temporary;
  for (const fuzz::Seed& seed : fuzz::MakeSeeds()) {
    put(seed.extension.substr(1), seed.bytes);
    if (seed.extension != ".dcm") continue;
    test::Spill(temporary / "seed", seed.bytes);
    const auto file = dicom::DicomFile::Open(temporary / "seed");
    if (!file.pixels() || !file.pixels()->encapsulated) continue;
    const auto layout = dicom::LayoutOf(file);
    const dicom::EncapsulatedFrames frames(file, layout.frames);
    Buffer joined;
    const auto frame = frames.Frame(0, joined);
    for (const char codec : {0, 1, 2, 3, 4}) {
      std::vector<char> bytes = {codec, static_cast<char>(layout.rows - 1), static_cast<char>(layout.columns - 1), 0};
      const auto* data = reinterpret_cast<const char*>(frame.data());
      bytes.insert(bytes.end(), data, data + frame.size());
      put("frame", bytes);
    }
  }
  std::printf("%d files\n", number);
}
