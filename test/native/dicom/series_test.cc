#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "dicom/series.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "dicom/maker.h"

using namespace isovox;
using namespace isovox::dicom;
using namespace isovox::test;

namespace {

std::vector<std::string> Codes(const Series& series) {
  std::vector<std::string> codes;
  for (const auto& finding : series.summary["findings"]) codes.push_back(finding["code"]);
  return codes;
}

using List = std::vector<std::string>;

// The same slice as another object: its InstanceNumber raised, all its voxels `value`.
std::string Again(const std::string& path, const TempFolder& folder, const std::string& uid, int raised, Sint16 value) {
  DcmFileFormat format;
  REQUIRE(format.loadFile(path.c_str()).good());
  DcmDataset& set = *format.getDataset();
  Sint32 number = 0;
  REQUIRE(set.findAndGetSint32(DCM_InstanceNumber, number).good());
  set.putAndInsertString(DCM_InstanceNumber, std::to_string(number + raised).c_str());
  set.putAndInsertString(DCM_SOPInstanceUID, uid.c_str());
  const std::vector<Uint16> voxels(12, static_cast<Uint16>(value));
  set.putAndInsertUint16Array(DCM_PixelData, voxels.data(), voxels.size());
  const std::string again = folder / (uid + ".dcm");
  REQUIRE(format.saveFile(again.c_str(), EXS_LittleEndianExplicit).good());
  return again;
}

}  // namespace

TEST_CASE("series: sorted by position, in every encoding and on several threads") {
  const Volume volume = SomeVolume(7);
  for (const WriteOptions& options : AllWriteOptions()) {
    const TempFolder folder;
    auto paths = WriteSlices(folder, volume, options);
    std::reverse(paths.begin(), paths.end());
    std::swap(paths[1], paths[4]);
    Arena::WithThreads(3)->Execute([&] {
      const Series series = ReadSeries({}, paths);
      CHECK(series.volume.dtype == DType::kInt16);
      CHECK(series.volume.intercept == -1000);
      CHECK(series.volume.unit == "HU");
      CHECK(series.volume.grid.size == volume.grid.size);
      CHECK(series.volume.grid.spacing == volume.grid.spacing);
      CHECK(series.volume.grid.origin == volume.grid.origin);
      CHECK(std::ranges::equal(series.volume.As<int16_t>(), volume.As<int16_t>()));
      CHECK(Codes(series).empty());
      CHECK(series.summary["SOPInstanceUIDs"][6] == "1.2.3.4.7");
      CHECK(series.summary["positionsMm"][2] == 5);
    });
  }
}

TEST_CASE("series: missing, double, uneven and tilted slices are named") {
  const TempFolder folder;
  auto paths = WriteSlices(folder, SomeVolume(8));
  SUBCASE("missing") {
    paths.erase(paths.begin() + 3, paths.begin() + 5);
    const Series series = ReadSeries({}, paths);
    CHECK(Codes(series) == List{"slice.missing"});
    CHECK(series.summary["findings"][0]["context"]["count"] == 2);
    CHECK(series.volume.grid.spacing[2] == doctest::Approx(2.5));
    CHECK(CodeOf([&] { ReadSeries({}, paths, {true}); }) == "ERR_GEOMETRY");
  }
  SUBCASE("the same object twice") {
    std::filesystem::copy_file(paths[2], folder / "copy.dcm");
    paths.push_back(folder / "copy.dcm");
    const Series series = ReadSeries({}, paths);
    CHECK(Codes(series) == List{"slice.duplicate"});
    CHECK(series.volume.grid.size[2] == 8);
  }
  SUBCASE("another object at the same place") {
    auto bytes = Slurp(paths[2]);
    const std::string uid = "1.2.3.4.3";
    for (auto at = bytes.begin();;) {
      at = std::search(at, bytes.end(), uid.begin(), uid.end());
      if (at == bytes.end()) break;
      *(at + 8) = '9';
      ++at;
    }
    Spill(folder / "other.dcm", bytes);
    paths.push_back(folder / "other.dcm");
    CHECK(Codes(ReadSeries({}, paths)) == List{"slice.duplicate"});
    CHECK(CodeOf([&] { ReadSeries({}, paths, {true}); }) == "ERR_GEOMETRY");
  }
}

TEST_CASE("series: volumes that only their numbers tell apart are times, copies of each slice are not") {
  const TempFolder folder;
  auto paths = WriteSlices(folder, SomeVolume(4));
  SUBCASE("numbered on") {
    for (int s = 0; s < 4; ++s) {
      paths.push_back(Again(paths[static_cast<size_t>(s)], folder, "1.2.3.4.5" + std::to_string(s), 4, 700));
      paths.push_back(Again(paths[static_cast<size_t>(s)], folder, "1.2.3.4.6" + std::to_string(s), 8, 900));
    }
    const Series series = ReadSeries({}, paths);
    CHECK(Codes(series) == List{"series.several_times"});
    REQUIRE(series.volume.frames == 3);
    const auto voxels = series.volume.As<int16_t>();
    CHECK(std::ranges::equal(voxels.first(48), SomeVolume(4).As<int16_t>()));
    CHECK(std::ranges::all_of(voxels.subspan(48, 48), [](int16_t voxel) { return voxel == 700; }));
    CHECK(std::ranges::all_of(voxels.subspan(96, 48), [](int16_t voxel) { return voxel == 900; }));
    SeriesOptions options;
    options.first_time = true;
    const Series first = ReadSeries({}, paths, options);
    CHECK(first.volume.frames == 1);
    CHECK(std::ranges::equal(first.volume.As<int16_t>(), SomeVolume(4).As<int16_t>()));
    CHECK(Codes(first) == List{"series.several_times"});
    CHECK(first.summary["findings"][0]["severity"] == "warn");
  }
  SUBCASE("exported twice") {
    for (int s = 0; s < 4; ++s) {
      paths.push_back(Again(paths[static_cast<size_t>(s)], folder, "1.2.3.4.5" + std::to_string(s), 0, 700));
    }
    CHECK(Codes(ReadSeries({}, paths)) == List{"slice.duplicate"});
  }
}

TEST_CASE("series: uneven spacing and tilt") {
  const TempFolder folder;
  Volume volume = SomeVolume(6);
  ImageSeries series;
  SUBCASE("uneven") {
    series.positions_mm = {0, 2.5, 5, 8.1, 10.6, 13.1};
    const auto paths = WriteSlices(folder, volume, {}, series);
    CHECK(Codes(ReadSeries({}, paths)) == List{"slice.uneven"});
    CHECK(CodeOf([&] { ReadSeries({}, paths, {true}); }) == "ERR_GEOMETRY");
  }
  SUBCASE("tilted") {
    const double angle = 15 * 3.14159265358979 / 180;
    volume.grid.axes.k = {0, std::sin(angle), std::cos(angle)};
    const Series read = ReadSeries({}, WriteSlices(folder, volume, {}, series));
    CHECK(Codes(read) == List{"slice.tilted"});
    CHECK(read.summary["findings"][0]["context"]["degrees"].get<double>() == doctest::Approx(15));
    CHECK(read.volume.grid.spacing[2] == doctest::Approx(2.5));
    CHECK(Norm(read.volume.grid.IndexToPatient({1, 2, 5}) - volume.grid.IndexToPatient({1, 2, 5})) < 1e-6);
  }
}

TEST_CASE("series: pixels of no size are of 1 mm in an image without a place, an error in one with") {
  const TempFolder folder;
  const std::string path = WriteSlices(folder, SomeVolume(1))[0];
  DcmFileFormat format;
  REQUIRE(format.loadFile(path.c_str()).good());
  DcmDataset& set = *format.getDataset();
  set.putAndInsertString(DCM_PixelSpacing, "0.000\\0.000");
  REQUIRE(format.saveFile(path.c_str(), EXS_LittleEndianExplicit).good());
  CHECK(CodeOf([&] { ReadSeries({}, {path}); }) == "ERR_GEOMETRY");
  set.findAndDeleteElement(DCM_ImagePositionPatient);
  set.findAndDeleteElement(DCM_ImageOrientationPatient);
  REQUIRE(format.saveFile(path.c_str(), EXS_LittleEndianExplicit).good());
  const Series film = ReadSeries({}, {path});
  CHECK(Codes(film) == List{"slice.no_spacing", "slice.no_position"});
  CHECK(film.volume.grid.spacing[0] == 1);
}

TEST_CASE("series: planes that scale differently become physical values") {
  const TempFolder folder;
  const Volume first = SomeVolume(2, -1000);
  Volume second = SomeVolume(2, 500);
  second.slope = 2;
  second.grid.origin.z += 5;
  auto paths = WriteSlices(folder, first);
  ImageSeries series;
  series.prefix = "B";
  series.identity = SomeIdentity();
  series.identity.instance_uids = {"1.2.3.4.11", "1.2.3.4.12"};
  for (const auto& path : WriteSlices(folder, second, {}, series)) paths.push_back(path);
  const Series read = ReadSeries({}, paths);
  REQUIRE(read.volume.dtype == DType::kFloat32);
  CHECK(read.volume.As<float>()[0] == -1005);
  CHECK(read.volume.As<float>()[24] == 490);
}

TEST_CASE("series: an image of another size is left out, a folder of another series too") {
  const TempFolder folder;
  auto paths = WriteSlices(folder, SomeVolume(4));
  Volume scout = SomeVolume(1);
  scout.grid.size = {2, 6, 1};
  ImageSeries series;
  series.prefix = "S";
  series.identity = SomeIdentity();
  series.identity.instance_uids = {"1.2.3.4.99"};
  SUBCASE("size") {
    paths.push_back(WriteSlices(folder, scout, {}, series)[0]);
    const Series read = ReadSeries({}, paths);
    CHECK(Codes(read) == List{"slice.other_size"});
    CHECK(read.volume.grid.size[2] == 4);
  }
  SUBCASE("series") {
    series.identity.series_uid = "1.2.3.5";
    paths.push_back(WriteSlices(folder, scout, {}, series)[0]);
    CHECK(Codes(ReadSeries({}, paths)) == List{"series.several"});
  }
}

TEST_CASE("series: sizes that the bytes do not hold are refused before memory is asked for") {
  const TempFolder folder;
  const auto paths = WriteSlices(folder, SomeVolume(1));
  auto bytes = Slurp(paths[0]);
  for (const char element : {'\x10', '\x11'}) {  // Rows, Columns
    const std::string head{'\x28', '\x00', element, '\x00', 'U', 'S', '\x02', '\x00'};
    const auto at = std::search(bytes.begin(), bytes.end(), head.begin(), head.end());
    REQUIRE(at != bytes.end());
    *(at + 8) = '\xFF';
    *(at + 9) = '\xFF';
  }
  Spill(paths[0], bytes);
  CHECK(CodeOf([&] { ReadSeries({}, paths); }) == "ERR_CORRUPT_DATA");
}

TEST_CASE("series: stored bits are cut out and sign extended") {
  const TempFolder folder;
  Volume volume = SomeVolume(1);
  volume.As<int16_t>()[0] = 0x7FFF;
  const auto paths = WriteSlices(folder, volume);
  auto bytes = Slurp(paths[0]);
  const auto put = [&](char element, char value) {
    const std::string head{'\x28', '\x00', element, '\x01', 'U', 'S', '\x02', '\x00'};
    const auto at = std::search(bytes.begin(), bytes.end(), head.begin(), head.end());
    REQUIRE(at != bytes.end());
    *(at + 8) = value;
  };
  put('\x01', 12);
  put('\x02', 11);
  Spill(paths[0], bytes);
  const Series read = ReadSeries({}, paths);
  CHECK(read.volume.As<int16_t>()[0] == -1);
  CHECK(read.volume.As<int16_t>()[1] == -4);
}

TEST_CASE("series: a raised cancel token stops the reading") {
  const TempFolder folder;
  const auto paths = WriteSlices(folder, SomeVolume(3));
  CancelToken token;
  token.Cancel();
  CHECK(CodeOf([&] { ReadSeries({&token, nullptr}, paths); }) == "ERR_CANCELLED");
  CHECK(CodeOf([&] { ReadSeries({}, {}); }) == "ERR_INVALID_ARGUMENT");
}

TEST_CASE("series: a Siemens mosaic is taken apart, also when a normal runs against the cross product") {
  // 3 x 2 tiles of 4 slices and 2 empty ones would not be square: the side is ceil(sqrt(5)) = 3.
  constexpr int kTile = 4, kSide = 3, kSlices = 5;
  for (const double direction : {1.0, -1.0}) {
    const TempFolder folder;
    DcmFileFormat format;
    DcmDataset& set = *format.getDataset();
    set.putAndInsertString(DCM_SOPClassUID, UID_MRImageStorage);
    set.putAndInsertString(DCM_SOPInstanceUID, "1.2.3.4.5");
    set.putAndInsertString(DCM_ImageType, "ORIGINAL\\PRIMARY\\M\\ND\\MOSAIC");
    set.putAndInsertString(DCM_SpacingBetweenSlices, "3");
    set.putAndInsertString(DcmTag(0x0019, 0x0010, EVR_LO), "SIEMENS MR HEADER");
    set.putAndInsertUint16(DcmTag(0x0019, 0x100A, EVR_US), kSlices);
    set.putAndInsertString(DCM_ImagePositionPatient, "-12\\-12\\7");
    set.putAndInsertString(DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
    set.putAndInsertString(DCM_PixelSpacing, "2\\2");
    set.putAndInsertUint16(DCM_SamplesPerPixel, 1);
    set.putAndInsertString(DCM_PhotometricInterpretation, "MONOCHROME2");
    set.putAndInsertUint16(DCM_Rows, kTile * kSide);
    set.putAndInsertUint16(DCM_Columns, kTile * kSide);
    set.putAndInsertUint16(DCM_BitsAllocated, 16);
    set.putAndInsertUint16(DCM_BitsStored, 12);
    set.putAndInsertUint16(DCM_HighBit, 11);
    set.putAndInsertUint16(DCM_PixelRepresentation, 0);
    // A CSA header with the normal: "SV10", one field of three items.
    std::vector<Uint8> csa = {'S', 'V', '1', '0', 4, 3, 2, 1, 1, 0, 0, 0, 77, 0, 0, 0};
    const auto put = [&](uint32_t value) {
      for (int b = 0; b < 4; ++b) csa.push_back(static_cast<Uint8>(value >> (8 * b)));
    };
    const std::string name = "SliceNormalVector";
    csa.insert(csa.end(), name.begin(), name.end());
    csa.resize(16 + 64);
    for (const uint32_t value : {3U, 0U, 0U, 3U, 77U}) put(value);
    for (const double value : {0.0, 0.0, direction}) {
      const std::string text = std::to_string(value);
      for (const uint32_t part : {0U, static_cast<uint32_t>(text.size()), 77U, 0U}) put(part);
      csa.insert(csa.end(), text.begin(), text.end());
      while (csa.size() % 4 != 0) csa.push_back(0);
    }
    set.putAndInsertString(DcmTag(0x0029, 0x0010, EVR_LO), "SIEMENS CSA HEADER");
    set.putAndInsertUint8Array(DcmTag(0x0029, 0x1010, EVR_OB), csa.data(), csa.size());
    std::vector<Uint16> pixels(kTile * kSide * kTile * kSide);
    for (int y = 0; y < kTile * kSide; ++y) {
      for (int x = 0; x < kTile * kSide; ++x) {
        const int tile = y / kTile * kSide + x / kTile;
        pixels[static_cast<size_t>(y * kTile * kSide + x)] = static_cast<Uint16>(tile * 100 + y % kTile * 10 + x % kTile);
      }
    }
    set.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size());
    REQUIRE(format.saveFile((folder / "mosaic.dcm").c_str(), EXS_LittleEndianExplicit).good());
    const Series series = ReadSeries({}, {folder / "mosaic.dcm"});
    CHECK(Codes(series).empty());
    const Grid& grid = series.volume.grid;
    CHECK(grid.size == std::array<int64_t, 3>{kTile, kTile, kSlices});
    CHECK(grid.spacing[2] == doctest::Approx(3));
    CHECK(grid.axes.k.z == doctest::Approx(direction));
    // The middle of the mosaic is the middle of every tile: -12 + 2 * (12 - 4) / 2 = -4.
    CHECK(grid.origin.x == doctest::Approx(-4));
    CHECK(grid.origin.z == doctest::Approx(7));
    const auto voxels = series.volume.As<uint16_t>();
    size_t wrong = 0;
    for (size_t k = 0, at = 0; k < kSlices; ++k) {
      for (size_t j = 0; j < kTile; ++j) {
        for (size_t i = 0; i < kTile; ++i) wrong += voxels[at++] != k * 100 + j * 10 + i;
      }
    }
    CHECK(wrong == 0);
  }
}
