#include "dicom/header.h"

#include <doctest/doctest.h>

#include "dicom/maker.h"
#include "io/gzip.h"

using namespace isovox;
using namespace isovox::dicom;
using namespace isovox::test;

namespace {

nlohmann::json ScanOne(const std::string& path) { return ScanHeaders({}, {path}).at(0); }

}  // namespace

TEST_CASE("header scan: every encoding, with and without meta information") {
  for (const WriteOptions& options : AllWriteOptions()) {
    const TempFolder folder;
    const auto paths = WriteSlices(folder, SomeVolume(2), options);
    const auto record = ScanOne(paths[1]);
    CAPTURE(record.dump());
    CHECK(record["status"] == "dicom");
    CHECK(record["kind"] == "image");
    CHECK(record["Rows"] == 3);
    CHECK(record["Columns"] == 4);
    CHECK(record["SOPInstanceUID"] == "1.2.3.4.2");
    CHECK(record["ImagePositionPatient"] == nlohmann::json({-10, -20, 32.5}));
    CHECK(record["pixel_data_bytes"] == 24);
    CHECK(record.contains("no_meta") == !options.meta);
    CHECK_FALSE(record.contains("truncated"));
    CHECK_FALSE(record.contains("PatientName"));
    CHECK_FALSE(record.contains("PatientBirthDate"));
  }
}

TEST_CASE("header scan: what is not DICOM gets a record that says why") {
  const TempFolder folder;
  Spill(folder / "empty.dcm", {});
  Spill(folder / "text.dcm", {'h', 'e', 'l', 'l', 'o', ' ', 'w', 'o', 'r', 'l', 'd'});
  const std::vector<char> text(4000, 'x');
  const auto packed = Gzip(std::as_bytes(std::span(text)));
  Spill(folder / "packed.dcm", std::vector<char>(reinterpret_cast<const char*>(packed.data()),
                                                 reinterpret_cast<const char*>(packed.data()) + packed.size()));
  for (const char* name : {"empty.dcm", "text.dcm", "packed.dcm"}) {
    CHECK(ScanOne(folder / name)["status"] == "not-dicom");
    CHECK(!ScanOne(folder / name)["reason"].get<std::string>().empty());
  }
  CHECK(ScanOne(folder / "absent")["code"] == "ERR_NOT_FOUND");
  CHECK(ScanOne(folder.path())["code"] == "ERR_IO");
}

TEST_CASE("header scan: a DICOM file that was gzipped whole is one") {
  const TempFolder folder;
  const auto bytes = Slurp(WriteSlices(folder, SomeVolume(1))[0]);
  const auto packed = Gzip(std::as_bytes(std::span(bytes)));
  const std::vector<char> whole(reinterpret_cast<const char*>(packed.data()),
                                reinterpret_cast<const char*>(packed.data()) + packed.size());
  Spill(folder / "packed.dcm", whole);
  CHECK(ScanOne(folder / "packed.dcm")["status"] == "dicom");
  Spill(folder / "half.dcm", std::vector<char>(whole.begin(), whole.begin() + whole.size() / 2));
  const auto half = ScanOne(folder / "half.dcm");
  CHECK(half["status"] == "refused");
  CHECK(half["code"] == "ERR_CORRUPT_DATA");
}

TEST_CASE("header scan: a packed file that unfolds to hundreds of megabytes is refused") {
  const TempFolder folder;
  auto bytes = Slurp(WriteSlices(folder, SomeVolume(1))[0]);
  bytes.resize(size_t{100} << 20);
  const auto packed = Gzip(std::as_bytes(std::span(bytes)));
  Spill(folder / "bomb.dcm", {reinterpret_cast<const char*>(packed.data()), reinterpret_cast<const char*>(packed.data()) + packed.size()});
  CHECK(ScanOne(folder / "bomb.dcm")["code"] == "ERR_RESOURCE");
}

TEST_CASE("header scan: truncated files") {
  const TempFolder folder;
  const auto paths = WriteSlices(folder, SomeVolume(1));
  auto bytes = Slurp(paths[0]);
  bytes.resize(bytes.size() - 3);
  Spill(folder / "short.dcm", bytes);
  CHECK(ScanOne(folder / "short.dcm")["truncated"] == true);
  while (bytes.size() > 132) {
    bytes.pop_back();
    Spill(folder / "short.dcm", bytes);
    const auto status = ScanOne(folder / "short.dcm")["status"];
    REQUIRE((status == "dicom" || status == "refused"));
  }
}

TEST_CASE("header scan: the class decides what an object is, not its Modality") {
  const TempFolder folder;
  WriteOptions options;
  options.modality = "RTDOSE";
  const std::vector<Roi> rois = {SquareRoi(1, "PTV")};
  RtStructObject object;
  object.identity = SomeIdentity();
  object.rois = &rois;
  object.image_series_uid = "1.2.3.4";
  object.image_uids = {"1.2.3.4.1", "1.2.3.4.2"};
  WriteRtStruct(folder / "rs.txt", object, options);
  const auto record = ScanOne(folder / "rs.txt");
  CHECK(record["kind"] == "rtstruct");
  CHECK(record["modality_mismatch"] == true);
  const auto& nested = record["rtstruct"];
  CHECK(nested["rois"] == nlohmann::json({{{"ROINumber", 1}, {"ROIName", "PTV"}, {"RTROIInterpretedType", "PTV"}}}));
  CHECK(nested["ReferencedFrameOfReferenceUIDs"] == nlohmann::json({"1.2.3.9"}));
  CHECK(nested["ReferencedSeriesUIDs"] == nlohmann::json({"1.2.3.4"}));
  CHECK(nested["ReferencedSOPInstanceUIDs"].size() == 2);
}

TEST_CASE("header scan: plans and doses keep all their references") {
  const TempFolder folder;
  RtPlanObject plan;
  plan.identity = SomeIdentity();
  plan.fractions = 25;
  plan.prescriptions = {{50, 1, "TARGET", ""}};
  plan.beams.resize(1);
  plan.beams[0].name = "B1";
  plan.beams[0].dose_gy_per_fraction = 2;
  plan.structure_set_uid = "1.2.5";
  WriteRtPlan(folder / "rp.dcm", plan, {});
  const auto record = ScanOne(folder / "rp.dcm")["rtplan"];
  CHECK(record["RTPlanLabel"] == "PLAN");
  CHECK(record["fraction_groups"][0]["NumberOfFractionsPlanned"] == 25);
  CHECK(record["fraction_groups"][0]["beams"][0]["BeamDose"] == 2);
  CHECK(record["dose_references"][0]["TargetPrescriptionDose"] == 50);
  CHECK(record["ReferencedStructureSetUIDs"] == nlohmann::json({"1.2.5"}));
  CHECK(record["beams"][0]["IsocenterPosition"] == nlohmann::json({0, 0, 0}));

  const DoseGrid grid = SomeDose({0, 2.5, 5});
  RtDoseObject dose;
  dose.identity = SomeIdentity();
  dose.dose = &grid;
  dose.plan_uids = {"1.2.6", "1.2.7"};
  WriteRtDose(folder / "rd.dcm", dose, {});
  const auto dose_record = ScanOne(folder / "rd.dcm")["rtdose"];
  CHECK(dose_record["ReferencedRTPlanUIDs"] == nlohmann::json({"1.2.6", "1.2.7"}));
  CHECK(dose_record["frame_offsets"] == nlohmann::json({{"count", 3}, {"first", 0}, {"last", 5}, {"step", 2.5}}));
}
