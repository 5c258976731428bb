#include "dicom/segmentation.h"

#include <doctest/doctest.h>

#include "dicom/maker.h"

using namespace isovox;
using namespace isovox::dicom;
using namespace isovox::test;

namespace {

Grid SomeGrid() {
  Grid grid;
  grid.size = {11, 9, 7};
  grid.spacing = {0.9, 1.1, 2.5};
  grid.origin = {-10, 4, -300};
  return grid;
}

// Values of a box that begins at (2, 1, begin) and is 5 x 3 x planes; no two of its planes alike.
CoverageMask SomeMask(const Grid& grid, int64_t begin, int64_t planes, bool fractions) {
  CoverageMask mask;
  mask.grid = grid;
  mask.box = {{2, 1, begin}, {7, 4, begin + planes}};
  for (int64_t v = 0; v < 15 * planes; ++v) {
    const bool in = v % 15 == 0 || v % 15 == 14 || (v * 7) % 5 < 3;
    mask.coverage.push_back(!in ? 0.0F : fractions ? static_cast<float>((v % 5 + 1) * 51) / 255.0F : 1.0F);
  }
  return mask;
}

SegmentationObject SomeObject(const std::vector<CoverageMask>& masks) {
  SegmentationObject object;
  object.identity = SomeIdentity();
  object.description = "Test";
  object.image_series_uid = "1.2.3.4";
  for (int64_t k = 0; k < masks[0].grid.size[2]; ++k) object.image_uids.push_back("1.2.3.4." + std::to_string(k + 1));
  for (const CoverageMask& mask : masks) {
    SegmentationObject::Segment segment;
    segment.label = "Organ " + std::to_string(object.segments.size() + 1);
    segment.mask = &mask;
    segment.type = {"80891009", "SCT", "Heart"};
    segment.color = {{255, 0, 0}};
    object.segments.push_back(segment);
  }
  return object;
}

float At(const CoverageMask& mask, const std::array<int64_t, 3>& index) {
  for (size_t a = 0; a < 3; ++a) {
    if (index[a] < mask.box.begin[a] || index[a] >= mask.box.end[a]) return 0;
  }
  const int64_t ni = mask.box.end[0] - mask.box.begin[0], nj = mask.box.end[1] - mask.box.begin[1];
  return mask.coverage[static_cast<size_t>(((index[2] - mask.box.begin[2]) * nj + index[1] - mask.box.begin[1]) * ni +
                                           index[0] - mask.box.begin[0])];
}

// The same values at the same places of the patient; the grid that was read may have fewer planes.
void CheckSame(const CoverageMask& written, const CoverageMask& read, float within) {
  const auto [ni, nj, nk] = written.grid.size;
  const double shift = (read.grid.origin.z - written.grid.origin.z) / written.grid.spacing[2];
  REQUIRE(shift == doctest::Approx(std::round(shift)));
  CHECK(read.grid.spacing[2] == doctest::Approx(written.grid.spacing[2]));
  for (int64_t k = 0; k < nk; ++k) {
    for (int64_t j = 0; j < nj; ++j) {
      for (int64_t i = 0; i < ni; ++i) {
        CHECK(std::abs(At(written, {i, j, k}) - At(read, {i, j, k - std::llround(shift)})) <= within);
      }
    }
  }
}

}  // namespace

TEST_CASE("segmentation: masks come back as they were written, in every encoding, binary and fractional") {
  for (const bool fractional : {false, true}) {
    const Grid grid = SomeGrid();
    // Two that overlap, and one that lies apart.
    const std::vector<CoverageMask> masks = {SomeMask(grid, 1, 3, fractional), SomeMask(grid, 2, 1, fractional),
                                             SomeMask(grid, 6, 1, fractional)};
    for (const WriteOptions& options : AllWriteOptions()) {
      const TempFolder folder;
      SegmentationObject object = SomeObject(masks);
      object.fractional = fractional;
      WriteSegmentation(folder / "seg.dcm", object, options);
      const Segmentation read = ReadSegmentation({}, folder / "seg.dcm");
      REQUIRE(read.masks.size() == 3);
      CHECK(read.summary["SegmentationType"] == (fractional ? "FRACTIONAL" : "BINARY"));
      CHECK(read.summary["segments"][1]["SegmentLabel"] == "Organ 2");
      CHECK(read.summary["segments"][1]["type"]["meaning"] == "Heart");
      CHECK(read.summary["referencedSeriesUIDs"][0] == "1.2.3.4");
      CHECK(read.masks[0].grid.size[2] == 6);
      for (size_t n = 0; n < 3; ++n) CheckSame(masks[n], read.masks[n], fractional ? 0.5F / 255 : 0);
    }
  }
}

TEST_CASE("segmentation: turned grids keep their place") {
  Grid grid = SomeGrid();
  grid.axes = {{0, 1, 0}, {0, 0, -1}, {-1, 0, 0}};
  const std::vector<CoverageMask> masks = {SomeMask(grid, 0, 7, false)};
  const TempFolder folder;
  WriteSegmentation(folder / "seg.dcm", SomeObject(masks), {});
  const Segmentation read = ReadSegmentation({}, folder / "seg.dcm");
  CHECK(Norm(read.masks[0].grid.IndexToPatient({3, 4, 5}) - grid.IndexToPatient({3, 4, 5})) < 1e-6);
  CHECK(read.masks[0].coverage == masks[0].coverage);
}

TEST_CASE("segmentation: what cannot be written is refused, and says what") {
  const TempFolder folder;
  const Grid grid = SomeGrid();
  const std::vector<CoverageMask> masks = {SomeMask(grid, 1, 3, false)};
  const auto refused = [&](auto change) {
    SegmentationObject object = SomeObject(masks);
    change(object);
    return CodeOf([&] { WriteSegmentation(folder / "seg.dcm", object, {}); });
  };
  CHECK(refused([](SegmentationObject& o) { o.segments.clear(); }) == "ERR_INVALID_ARGUMENT");
  CHECK(refused([](SegmentationObject& o) { o.image_uids.pop_back(); }) == "ERR_INVALID_ARGUMENT");
  CHECK(refused([](SegmentationObject& o) { o.identity.frame_uid.clear(); }) == "ERR_INVALID_ARGUMENT");
  CHECK(refused([](SegmentationObject& o) { o.segments[0].algorithm_type = "MAGIC"; }) == "ERR_INVALID_ARGUMENT");
  CHECK(refused([](SegmentationObject& o) { o.segments[0].label.clear(); }) == "ERR_INVALID_ARGUMENT");
  const CoverageMask empty{grid, {}, {}};
  CHECK(refused([&](SegmentationObject& o) { o.segments[0].mask = &empty; }) == "ERR_INVALID_ARGUMENT");
  Grid other = grid;
  other.origin.x += 1;
  const CoverageMask elsewhere = SomeMask(other, 1, 3, false);
  CHECK(refused([&](SegmentationObject& o) {
          o.segments.push_back(o.segments[0]);
          o.segments[1].mask = &elsewhere;
        }) == "ERR_INVALID_ARGUMENT");
}

TEST_CASE("segmentation: files that contradict themselves") {
  const TempFolder folder;
  const std::vector<CoverageMask> masks = {SomeMask(SomeGrid(), 1, 3, false)};
  WriteSegmentation(folder / "seg.dcm", SomeObject(masks), {});
  const auto whole = Slurp(folder / "seg.dcm");
  const auto with = [&](const std::string& from, const std::string& to) {
    auto bytes = whole;
    const auto at = std::search(bytes.begin(), bytes.end(), from.begin(), from.end());
    REQUIRE(at != bytes.end());
    REQUIRE(from.size() == to.size());
    std::copy(to.begin(), to.end(), at);
    Spill(folder / "bad.dcm", bytes);
    return CodeOf([&] { ReadSegmentation({}, folder / "bad.dcm"); });
  };
  CHECK(with("BINARY", "LABELM") == "ERR_UNSUPPORTED");
  CHECK(with("-297.5", "-296.0") == "ERR_GEOMETRY");
  CHECK(with("-297.5", "9e9999") == "ERR_GEOMETRY");
  Spill(folder / "short.dcm", {whole.begin(), whole.end() - 30});
  CHECK(CodeOf([&] { ReadSegmentation({}, folder / "short.dcm"); }) == "ERR_CORRUPT_DATA");
  const std::vector<Roi> rois = {SquareRoi(1, "PTV")};
  RtStructObject structures;
  structures.identity = SomeIdentity();
  structures.rois = &rois;
  WriteRtStruct(folder / "rs.dcm", structures, {});
  CHECK(CodeOf([&] { ReadSegmentation({}, folder / "rs.dcm"); }) == "ERR_UNSUPPORTED");
}

TEST_CASE("segmentation: what highdicom 0.28.2 wrote (test/oracles/segmentation.py)") {
  const Segmentation read = ReadSegmentation({}, ISOVOX_GOLDEN "/segmentation-highdicom.dcm");
  REQUIRE(read.masks.size() == 2);
  const Grid& grid = read.masks[0].grid;
  CHECK(grid.size == std::array<int64_t, 3>{16, 12, 4});
  CHECK(grid.spacing == std::array<double, 3>{1.25, 1.5, 2.5});
  CHECK(grid.origin == Vec3{10, -20, -37.5});  // the first plane holds no segment
  CHECK(read.summary["segments"][1]["SegmentLabel"] == "Part 2");
  CHECK(read.summary["segments"][0]["category"]["meaning"] == "Organ");
  for (int64_t segment = 0; segment < 2; ++segment) {
    for (int64_t k = 0; k < 4; ++k) {
      for (int64_t j = 0; j < 12; ++j) {
        for (int64_t i = 0; i < 16; ++i) {
          const bool inside = (i + 2 * j + 3 * (k + 1)) % (segment + 3) == 0;
          CHECK(At(read.masks[static_cast<size_t>(segment)], {i, j, k}) == (inside ? 1.0F : 0.0F));
        }
      }
    }
  }
}

TEST_CASE("segmentation: a label map of 16 bits by highdicom 0.28.2 (test/oracles/segmentation.py)") {
  const Segmentation read = ReadSegmentation({}, ISOVOX_GOLDEN "/label-map-highdicom.dcm");
  CHECK(read.summary["SegmentationType"] == "LABELMAP");
  REQUIRE(read.masks.size() == 3);  // the file declares its background too
  const std::array<int64_t, 3> numbers = {1, 2, 300};
  for (size_t segment = 0; segment < 3; ++segment) {
    CHECK(read.summary["segments"][segment]["SegmentNumber"] == numbers[segment]);
    CHECK(read.masks[segment].grid.size == std::array<int64_t, 3>{16, 12, 5});
    CHECK(read.masks[segment].grid.origin == Vec3{10, -20, -40});
    for (int64_t k = 0; k < 5; ++k) {
      for (int64_t j = 0; j < 12; ++j) {
        for (int64_t i = 0; i < 16; ++i) {
          const bool inside = (i + 2 * j + 3 * k) % 7 == 2 * static_cast<int64_t>(segment);
          CHECK(At(read.masks[segment], {i, j, k}) == (inside ? 1.0F : 0.0F));
        }
      }
    }
  }
}

TEST_CASE("segmentation: a label without a segment is refused by its number") {
  const TempFolder folder;
  std::vector<char> bytes = Slurp(ISOVOX_GOLDEN "/label-map-highdicom.dcm");
  bytes[bytes.size() - 2] = 77;  // the last voxel, which the file's end pads no more
  bytes[bytes.size() - 1] = 0;
  Spill(folder / "seg.dcm", bytes);
  try {
    ReadSegmentation({}, folder / "seg.dcm");
    FAIL("was read");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kCorruptData);
    CHECK(error.message().find("label 77") != std::string::npos);
  }
}
