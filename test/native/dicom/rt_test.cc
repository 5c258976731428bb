#include <doctest/doctest.h>

#include <cmath>

#include "dicom/maker.h"
#include "dicom/rtdose.h"
#include "dicom/rtstruct.h"

using namespace isovox;
using namespace isovox::dicom;
using namespace isovox::test;

namespace {

std::string WriteRois(const TempFolder& folder, const std::vector<Roi>& rois, const WriteOptions& options = {}) {
  RtStructObject object;
  object.identity = SomeIdentity();
  object.rois = &rois;
  WriteRtStruct(folder / "rs.dcm", object, options);
  return folder / "rs.dcm";
}

bool HasFinding(const nlohmann::json& findings, const char* code) {
  for (const auto& finding : findings) {
    if (finding["code"] == code) return true;
  }
  return false;
}

// Replaces a text in a file by another of the same length.
void Replace(const std::string& path, const std::string& from, const std::string& to) {
  auto bytes = Slurp(path);
  const auto at = std::search(bytes.begin(), bytes.end(), from.begin(), from.end());
  REQUIRE(at != bytes.end());
  REQUIRE(from.size() == to.size());
  std::copy(to.begin(), to.end(), at);
  Spill(path, bytes);
}

std::string WriteDose(const TempFolder& folder, const DoseGrid& dose, RtDoseObject object = {},
                      const WriteOptions& options = {}) {
  object.identity = SomeIdentity();
  object.dose = &dose;
  WriteRtDose(folder / "rd.dcm", object, options);
  return folder / "rd.dcm";
}

}  // namespace

TEST_CASE("RTSTRUCT: contours come back as they were written, in every encoding") {
  const std::vector<Roi> rois = {SquareRoi(7, "Prostaat é"), SquareRoi(3, "PTV")};
  for (const WriteOptions& options : AllWriteOptions()) {
    const TempFolder folder;
    const RtStruct read = ReadRtStruct({}, WriteRois(folder, rois, options));
    REQUIRE(read.rois.size() == 2);
    for (size_t r = 0; r < 2; ++r) {
      CHECK(read.rois[r].number == rois[r].number);
      CHECK(read.rois[r].name == rois[r].name);
      CHECK(read.rois[r].type == "PTV");
      CHECK(read.rois[r].color == rois[r].color);
      CHECK(read.rois[r].points == rois[r].points);
      CHECK(read.rois[r].contours.size() == 2);
    }
    CHECK(read.summary["rois"][0]["planes"] == 2);
    CHECK(read.summary["rois"][0]["zRangeMm"] == nlohmann::json({30, 32.5}));
    CHECK(read.summary["findings"].empty());
  }
}

TEST_CASE("RTSTRUCT: a contour longer than a short length field") {
  Roi roi = SquareRoi(1, "long");
  roi.points.clear();
  for (int i = 0; i < 9000; ++i) roi.points.push_back({std::cos(i * 0.0007) * 100, std::sin(i * 0.0007) * 100, 1});
  roi.contours = {{ContourKind::kClosedPlanar, 0, roi.points.size()}};
  const TempFolder folder;
  const RtStruct read = ReadRtStruct({}, WriteRois(folder, {roi}));
  REQUIRE(read.rois[0].points.size() == 9000);
  for (size_t i = 0; i < 9000; ++i) REQUIRE(Norm(read.rois[0].points[i] - roi.points[i]) < 1e-9);
}

TEST_CASE("RTSTRUCT: contours that cannot be used are findings") {
  const TempFolder folder;
  Roi roi = SquareRoi(1, "PTV");
  roi.points.push_back({1, 2, 3});
  roi.contours.push_back({ContourKind::kClosedPlanar, 8, 1});
  roi.contours.push_back({ContourKind::kPoint, 8, 1});
  Roi empty;
  empty.number = 2;
  empty.name = "empty";
  const std::string path = WriteRois(folder, {roi, empty});
  Replace(path, "10.125", "nan   ");
  const RtStruct read = ReadRtStruct({}, path);
  const auto& findings = read.summary["rois"][0]["findings"];
  CHECK(HasFinding(findings, "contour.too_few_points"));
  CHECK(HasFinding(findings, "contour.bad_number"));
  CHECK(HasFinding(read.summary["rois"][1]["findings"], "roi.no_contours"));
  REQUIRE(read.rois[0].contours.size() == 2);
  CHECK(read.rois[0].contours[1].kind == ContourKind::kPoint);
}

TEST_CASE("RTSTRUCT: contours of a structure that is not declared") {
  const TempFolder folder;
  const std::string path = WriteRois(folder, {SquareRoi(11, "a")});
  // The first "11" with its tag is ROINumber's.
  Replace(path, std::string("\x06\x30\x22\x00IS\x02\x00", 8) + "11", std::string("\x06\x30\x22\x00IS\x02\x00", 8) + "12");
  CHECK(HasFinding(ReadRtStruct({}, path).summary["findings"], "roi.unknown_number"));
}

TEST_CASE("RTSTRUCT: other objects are refused") {
  const TempFolder folder;
  const auto paths = WriteSlices(folder, SomeVolume(1));
  CHECK(CodeOf([&] { ReadRtStruct({}, paths[0]); }) == "ERR_UNSUPPORTED");
  CHECK(CodeOf([&] { ReadRtDose({}, paths[0]); }) == "ERR_UNSUPPORTED");
  CHECK(CodeOf([&] { ReadRtStruct({}, folder / "absent"); }) == "ERR_NOT_FOUND");
}

TEST_CASE("RTDOSE: values and planes come back, in every encoding, width and kind of offsets") {
  using Offsets = RtDoseObject::Offsets;
  const DoseGrid dose = SomeDose({0, 2.5, 5, 9});
  for (const WriteOptions& options : AllWriteOptions()) {
    for (const int bits : {16, 32}) {
      for (const Offsets offsets : {Offsets::kRelative, Offsets::kAbsolute, Offsets::kDescending}) {
        const TempFolder folder;
        RtDoseObject object;
        object.bits = bits;
        object.offsets = offsets;
        const RtDose read = ReadRtDose({}, WriteDose(folder, dose, object, options));
        CHECK(read.dose.grid.size == dose.grid.size);
        CHECK(read.dose.grid.spacing == dose.grid.spacing);
        CHECK(Norm(read.dose.grid.origin - dose.grid.origin) < 1e-9);
        REQUIRE(read.dose.plane_mm.size() == 4);
        for (size_t k = 0; k < 4; ++k) CHECK(read.dose.plane_mm[k] == doctest::Approx(dose.plane_mm[k]));
        for (size_t i = 0; i < read.dose.gray().size(); ++i) {
          REQUIRE(std::abs(read.dose.gray()[i] - dose.gray()[i]) < (bits == 16 ? 3e-4 : 1e-6));
        }
        CHECK(HasFinding(read.summary["findings"], "dose.uneven_planes"));
      }
    }
  }
}

TEST_CASE("RTDOSE: turned and sagittal planes keep their place") {
  DoseGrid dose = SomeDose({0, 2.5, 5});
  dose.grid.axes = {{0, 1, 0}, {0, 0, -1}, {-1, 0, 0}};
  const TempFolder folder;
  const RtDose read = ReadRtDose({}, WriteDose(folder, dose));
  CHECK(Norm(read.dose.grid.axes.k - dose.grid.axes.k) < 1e-9);
  CHECK(Norm(read.dose.grid.IndexToPatient({2, 1, 2}) - dose.grid.IndexToPatient({2, 1, 2})) < 1e-9);
}

TEST_CASE("RTDOSE: one plane, absent units, other units, no scaling, missing bytes") {
  const TempFolder folder;
  CHECK(HasFinding(ReadRtDose({}, WriteDose(folder, SomeDose({0}))).summary["findings"], "dose.single_plane"));
  const std::string path = WriteDose(folder, SomeDose({0, 2.5}));
  const std::string units("\x04\x30\x02\x00" "CS\x02\x00", 8);
  Replace(path, units + "GY", units + "  ");
  CHECK(HasFinding(ReadRtDose({}, path).summary["findings"], "dose.no_units"));
  Replace(path, units + "  ", units + "XX");
  CHECK(CodeOf([&] { ReadRtDose({}, path); }) == "ERR_UNSUPPORTED");
  Replace(path, units + "XX", units + "GY");
  auto bytes = Slurp(path);
  bytes.resize(bytes.size() - 1);
  Spill(path, bytes);
  CHECK(CodeOf([&] { ReadRtDose({}, path); }) == "ERR_CORRUPT_DATA");
}

TEST_CASE("RTDOSE: the writer refuses negative dose") {
  DoseGrid dose = SomeDose({0, 2.5});
  dose.values->As<float>()[1] = -1;
  const TempFolder folder;
  CHECK(CodeOf([&] { WriteDose(folder, dose); }) == "ERR_INVALID_ARGUMENT");
  CHECK_FALSE(std::filesystem::exists(folder / "rd.dcm"));
}
