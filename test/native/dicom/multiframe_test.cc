// Frames of enhanced objects (PS3.3 A.36, A.38): ordered by plane position and dimensions, not by their place in the file.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "dicom/maker.h"
#include "dicom/series.h"

using namespace isovox;
using namespace isovox::dicom;
using namespace isovox::test;

namespace {

constexpr int kRows = 2, kColumns = 3;

struct Frame {
  std::optional<double> z;
  int time = 0;      // index of the dimension TemporalPositionIndex; 0: none
  int in_stack = 0;  // InStackPositionNumber; 0: none
  Uint16 value = 0;  // of all its pixels
  double slope = 1, intercept = 0;
  bool turned = false;  // coronal instead of axial
  int temporal_position = 0;  // TemporalPositionIndex itself; 0: none
};

void PutOrientation(DcmItem& group, bool turned) {
  DcmItem* item = nullptr;
  REQUIRE(group.findOrCreateSequenceItem(DCM_PlaneOrientationSequence, item).good());
  item->putAndInsertString(DCM_ImageOrientationPatient, turned ? "1\\0\\0\\0\\0\\-1" : "1\\0\\0\\0\\1\\0");
}

// An Enhanced MR object with these frames in this order; the dimensions are time and place in the stack.
std::string WriteEnhanced(const TempFolder& folder, const std::vector<Frame>& frames) {
  DcmFileFormat format;
  DcmDataset& set = *format.getDataset();
  set.putAndInsertString(DCM_SOPClassUID, UID_EnhancedMRImageStorage);
  set.putAndInsertString(DCM_SOPInstanceUID, "1.2.3.4.5");
  set.putAndInsertString(DCM_SeriesInstanceUID, "1.2.3.4");
  set.putAndInsertString(DCM_Modality, "MR");
  set.putAndInsertString(DCM_NumberOfFrames, std::to_string(frames.size()).c_str());
  set.putAndInsertUint16(DCM_SamplesPerPixel, 1);
  set.putAndInsertString(DCM_PhotometricInterpretation, "MONOCHROME2");
  set.putAndInsertUint16(DCM_Rows, kRows);
  set.putAndInsertUint16(DCM_Columns, kColumns);
  set.putAndInsertUint16(DCM_BitsAllocated, 16);
  set.putAndInsertUint16(DCM_BitsStored, 16);
  set.putAndInsertUint16(DCM_HighBit, 15);
  set.putAndInsertUint16(DCM_PixelRepresentation, 0);
  const bool dimensions = std::ranges::any_of(frames, [](const Frame& frame) { return frame.time > 0; });
  DcmItem* item = nullptr;
  if (dimensions) {
    const DcmTagKey pointers[] = {DCM_TemporalPositionIndex, DCM_InStackPositionNumber};
    for (int d = 0; d < 2; ++d) {
      REQUIRE(set.findOrCreateSequenceItem(DCM_DimensionIndexSequence, item, d).good());
      item->putAndInsertTagKey(DCM_DimensionIndexPointer, pointers[d]);
      item->putAndInsertTagKey(DCM_FunctionalGroupPointer, DCM_FrameContentSequence);
    }
  }
  DcmItem* shared = nullptr;
  REQUIRE(set.findOrCreateSequenceItem(DCM_SharedFunctionalGroupsSequence, shared).good());
  REQUIRE(shared->findOrCreateSequenceItem(DCM_PixelMeasuresSequence, item).good());
  item->putAndInsertString(DCM_PixelSpacing, "2\\1.5");
  item->putAndInsertString(DCM_SliceThickness, "4");
  std::vector<Uint16> pixels;
  for (size_t f = 0; f < frames.size(); ++f) {
    const Frame& frame = frames[f];
    DcmItem* group = nullptr;
    REQUIRE(set.findOrCreateSequenceItem(DCM_PerFrameFunctionalGroupsSequence, group, static_cast<long>(f)).good());
    PutOrientation(*group, frame.turned);
    if (frame.z) {
      REQUIRE(group->findOrCreateSequenceItem(DCM_PlanePositionSequence, item).good());
      item->putAndInsertString(DCM_ImagePositionPatient, ("-7\\3\\" + std::to_string(*frame.z)).c_str());
    }
    REQUIRE(group->findOrCreateSequenceItem(DCM_PixelValueTransformationSequence, item).good());
    item->putAndInsertString(DCM_RescaleSlope, std::to_string(frame.slope).c_str());
    item->putAndInsertString(DCM_RescaleIntercept, std::to_string(frame.intercept).c_str());
    REQUIRE(group->findOrCreateSequenceItem(DCM_FrameContentSequence, item).good());
    if (frame.temporal_position > 0) {
      item->putAndInsertUint32(DCM_TemporalPositionIndex, static_cast<Uint32>(frame.temporal_position));
    }
    if (frame.in_stack > 0) item->putAndInsertUint32(DCM_InStackPositionNumber, static_cast<Uint32>(frame.in_stack));
    if (dimensions) {
      const Uint32 values[] = {static_cast<Uint32>(frame.time), static_cast<Uint32>(frame.in_stack)};
      item->putAndInsertUint32Array(DCM_DimensionIndexValues, values, 2);
    }
    pixels.insert(pixels.end(), kRows * kColumns, frame.value);
  }
  set.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size());
  const std::string path = folder / "enhanced.dcm";
  REQUIRE(format.saveFile(path.c_str(), EXS_LittleEndianExplicit).good());
  return path;
}

// The value of each plane of the volume.
template <typename T>
std::vector<double> PlaneValues(Volume& volume) {
  std::vector<double> values;
  const auto voxels = volume.As<T>();
  for (size_t v = 0; v < voxels.size(); v += kRows * kColumns) values.push_back(static_cast<double>(voxels[v]));
  return values;
}

std::vector<std::string> Codes(const Series& series) {
  std::vector<std::string> codes;
  for (const auto& finding : series.summary["findings"]) codes.push_back(finding["code"]);
  return codes;
}

using Values = std::vector<double>;
using List = std::vector<std::string>;

}  // namespace

TEST_CASE("multi-frame: frames in any order are sorted by plane position") {
  const TempFolder folder;
  Series series = ReadSeries({}, {WriteEnhanced(folder, {{4, 0, 2, 20}, {12, 0, 4, 40}, {0, 0, 1, 10}, {8, 0, 3, 30}})});
  CHECK(PlaneValues<uint16_t>(series.volume) == Values{10, 20, 30, 40});
  CHECK(series.volume.grid.spacing == std::array<double, 3>{1.5, 2, 4});
  CHECK(series.volume.grid.origin.z == 0);
  CHECK(Codes(series).empty());
}

TEST_CASE("multi-frame: times come of the dimensions, not of the order in the file") {
  const TempFolder folder;
  // At z = 0 the second time comes first, at z = 4 the first.
  Series series = ReadSeries({}, {WriteEnhanced(folder, {{0, 2, 1, 12}, {4, 1, 2, 21}, {0, 1, 1, 11}, {4, 2, 2, 22}})});
  CHECK(series.volume.frames == 2);
  CHECK(PlaneValues<uint16_t>(series.volume) == Values{11, 21, 12, 22});
  CHECK(Codes(series) == List{"series.several_times"});
}

TEST_CASE("multi-frame: two frames of one place and the same dimensions are copies") {
  const TempFolder folder;
  const auto path = WriteEnhanced(folder, {{0, 1, 1, 11}, {0, 1, 1, 99}, {4, 1, 2, 21}, {4, 1, 2, 98}});
  Series series = ReadSeries({}, {path});
  CHECK(PlaneValues<uint16_t>(series.volume) == Values{11, 21});
  CHECK(Codes(series) == List{"slice.duplicate"});
  CHECK(CodeOf([&] { ReadSeries({}, {path}, {true}); }) == "ERR_GEOMETRY");
}

TEST_CASE("multi-frame: a file that does not list its dimensions means a time by each frame at one place") {
  // Diffusion weightings, all of the first temporal position, slice after slice.
  const TempFolder folder;
  std::vector<Frame> frames = {{0, 0, 1, 11}, {0, 0, 1, 12}, {4, 0, 2, 21}, {4, 0, 2, 22}};
  for (Frame& frame : frames) frame.temporal_position = 1;
  Series series = ReadSeries({}, {WriteEnhanced(folder, frames)});
  CHECK(series.volume.frames == 2);
  CHECK(PlaneValues<uint16_t>(series.volume) == Values{11, 21, 12, 22});
  CHECK(Codes(series) == List{"series.several_times"});
}

TEST_CASE("multi-frame: without positions the place in the stack decides, in each time") {
  const TempFolder folder;
  Series series = ReadSeries({}, {WriteEnhanced(folder, {{{}, 2, 2, 22}, {{}, 1, 2, 21}, {{}, 2, 1, 12}, {{}, 1, 1, 11}})});
  CHECK(series.volume.frames == 2);
  CHECK(PlaneValues<uint16_t>(series.volume) == Values{11, 21, 12, 22});
  CHECK(series.volume.grid.spacing[2] == 4);
  CHECK(Codes(series) == List{"slice.no_position"});
}

TEST_CASE("multi-frame: frames that scale differently become physical values") {
  const TempFolder folder;
  Series series = ReadSeries({}, {WriteEnhanced(folder, {{4, 0, 2, 20, 0.5, -3}, {0, 0, 1, 10, 2, 1}, {8, 0, 3, 5}})});
  REQUIRE(series.volume.dtype == DType::kFloat32);
  CHECK(PlaneValues<float>(series.volume) == Values{21, 7, 5});
}

TEST_CASE("multi-frame: frames of another orientation are left out by name") {
  const TempFolder folder;
  Frame scout{5, 0, 1, 99};
  scout.turned = true;
  Series series = ReadSeries({}, {WriteEnhanced(folder, {scout, {4, 0, 2, 20}, {0, 0, 1, 10}, {8, 0, 3, 30}})});
  CHECK(PlaneValues<uint16_t>(series.volume) == Values{10, 20, 30});
  CHECK(Codes(series) == List{"slice.other_orientation"});
}

TEST_CASE("gaps: missing slices are named, refused, or filled between their neighbours") {
  const TempFolder folder;
  const auto path = WriteEnhanced(folder, {{0, 0, 1, 10}, {4, 0, 2, 20}, {8, 0, 3, 30}, {20, 0, 6, 45}, {24, 0, 7, 50}});
  Series named = ReadSeries({}, {path});
  CHECK(PlaneValues<uint16_t>(named.volume) == Values{10, 20, 30, 45, 50});
  CHECK(Codes(named) == List{"slice.missing"});
  SeriesOptions options;
  options.gaps = Gaps::kRefuse;
  CHECK(CodeOf([&] { ReadSeries({}, {path}, options); }) == "ERR_GEOMETRY");
  options.gaps = Gaps::kFill;
  Series filled = ReadSeries({}, {path}, options);
  CHECK(PlaneValues<uint16_t>(filled.volume) == Values{10, 20, 30, 35, 40, 45, 50});
  CHECK(filled.volume.grid.size[2] == 7);
  CHECK(filled.volume.grid.spacing[2] == 4);
  CHECK(filled.summary["positionsMm"] == nlohmann::json{0, 4, 8, 12, 16, 20, 24});
  CHECK(filled.summary["SOPInstanceUIDs"][3] == "");
  REQUIRE(Codes(filled) == List{"slice.filled"});
  CHECK(filled.summary["findings"][0]["context"]["count"] == 2);
  CHECK(filled.summary["findings"][0]["context"]["position_mm"] == 12);
}

TEST_CASE("gaps: filled in every time and in physical values; more than there are slices is refused") {
  const TempFolder folder;
  SeriesOptions options;
  options.gaps = Gaps::kFill;
  Series times = ReadSeries({}, {WriteEnhanced(folder, {{-4, 1, 1, 9}, {0, 1, 2, 10}, {4, 1, 3, 20}, {12, 1, 5, 40}, {-4, 2, 1, 8}, {0, 2, 2, 11}, {4, 2, 3, 21}, {12, 2, 5, 31}})}, options);
  CHECK(times.volume.frames == 2);
  CHECK(PlaneValues<uint16_t>(times.volume) == Values{9, 10, 20, 30, 40, 8, 11, 21, 26, 31});
  Series scaled = ReadSeries({}, {WriteEnhanced(folder, {{-4, 0, 1, 7}, {0, 0, 2, 10}, {4, 0, 3, 20, 0.5, 0}, {12, 0, 5, 41}})}, options);
  CHECK(PlaneValues<float>(scaled.volume) == Values{7, 10, 10, 25.5, 41});
  const auto far = WriteEnhanced(folder, {{-4, 0, 1, 7}, {0, 0, 2, 10}, {4, 0, 3, 20}, {400'000, 0, 4, 40}});
  CHECK(CodeOf([&] { ReadSeries({}, {far}, options); }) == "ERR_GEOMETRY");
  CHECK(ReadSeries({}, {far}).volume.grid.size[2] == 4);
}
