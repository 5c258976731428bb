// Damaged files: a typed error or a result, never a crash and never memory that the bytes do not justify.
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

#include "dicom/header.h"
#include "dicom/maker.h"
#include "dicom/rtdose.h"
#include "dicom/rtstruct.h"
#include "dicom/segmentation.h"
#include "dicom/series.h"
#include "formats/format.h"

using namespace isovox;
using namespace isovox::test;

namespace {

void ReadEveryWay(const std::string& path) {
  const auto record = dicom::ScanHeaders({}, {path}).at(0);
  REQUIRE(record.contains("status"));
  static_cast<void>(CodeOf([&] { dicom::ReadRtStruct({}, path); }));
  static_cast<void>(CodeOf([&] { dicom::ReadRtDose({}, path); }));
  static_cast<void>(CodeOf([&] { dicom::ReadSegmentation({}, path); }));
  static_cast<void>(CodeOf([&] { dicom::ReadSeries({}, {path}); }));
  static_cast<void>(CodeOf([&] { formats::ReadVolume({}, path); }));
}

std::vector<char> Mutate(std::vector<char> bytes, std::mt19937& random) {
  const auto any = [&](size_t below) { return static_cast<size_t>(random() % below); };
  for (size_t edits = 1 + any(4); edits > 0; --edits) {
    const size_t at = any(bytes.size());
    switch (any(4)) {
      case 0: bytes[at] = static_cast<char>(random()); break;
      case 1: bytes[at] = static_cast<char>(0xFF); break;
      case 2: bytes.resize(std::max<size_t>(at, 1)); break;
      default: bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), static_cast<char>(random()));
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("mutants of images, structure sets, doses and NIfTI files") {
  const TempFolder folder;
  std::vector<std::vector<char>> seeds;
  for (const dicom::WriteOptions& options : AllWriteOptions()) {
    seeds.push_back(Slurp(WriteSlices(folder, SomeVolume(1), options)[0]));
    const std::vector<Roi> rois = {SquareRoi(1, "PTV")};
    dicom::RtStructObject structures;
    structures.identity = SomeIdentity();
    structures.rois = &rois;
    dicom::WriteRtStruct(folder / "rs", structures, options);
    seeds.push_back(Slurp(folder / "rs"));
    CoverageMask mask;
    mask.grid.size = {6, 5, 4};
    mask.box = {{1, 1, 1}, {4, 4, 3}};
    mask.coverage.assign(18, 1);
    dicom::SegmentationObject segmentation;
    segmentation.identity = SomeIdentity();
    segmentation.segments.emplace_back();
    segmentation.segments[0].label = "PTV";
    segmentation.segments[0].mask = &mask;
    dicom::WriteSegmentation(folder / "seg", segmentation, options);
    seeds.push_back(Slurp(folder / "seg"));
    const DoseGrid grid = SomeDose({0, 2.5});
    dicom::RtDoseObject dose;
    dose.identity = SomeIdentity();
    dose.dose = &grid;
    dicom::WriteRtDose(folder / "rd", dose, options);
    seeds.push_back(Slurp(folder / "rd"));
  }
  for (const char* name : {"a.nii", "a.nii.gz"}) {
    formats::WriteVolume({}, SomeVolume(2), folder / name, {});
    seeds.push_back(Slurp(folder / name));
  }
  std::mt19937 random(20240601);
  for (const auto& seed : seeds) {
    for (int i = 0; i < 40; ++i) {
      Spill(folder / "mutant", Mutate(seed, random));
      ReadEveryWay(folder / "mutant");
    }
  }
}

TEST_CASE("real files, hostile ones among them, when ISOVOX_SHARED_DATA names their folder") {
  const char* root = std::getenv("ISOVOX_SHARED_DATA");
  if (root == nullptr) {
    MESSAGE("ISOVOX_SHARED_DATA is not set: real files were not read");
    return;
  }
  size_t files = 0;
  for (const char* part : {"hostile", "dicom-syntaxes", "nifti"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(root) / part)) {
      if (!entry.is_regular_file()) continue;
      ReadEveryWay(entry.path().string());
      ++files;
    }
  }
  CHECK(files > 100);
}
