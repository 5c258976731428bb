// RT Structure Set Storage (PS3.3 A.19.3).
#include "dicom/write_objects.h"

namespace isovox::dicom {
namespace {

constexpr const char* kDetachedStudyClass = "1.2.840.10008.3.1.2.3.1";  // retired, and still what RTSTRUCTs refer to

const char* KindName(ContourKind kind) {
  switch (kind) {
    case ContourKind::kClosedPlanar: return "CLOSED_PLANAR";
    case ContourKind::kOpenPlanar: return "OPEN_PLANAR";
    case ContourKind::kOpenNonplanar: return "OPEN_NONPLANAR";
    case ContourKind::kPoint: return "POINT";
    case ContourKind::kClosedPlanarXor: break;
  }
  return "CLOSEDPLANAR_XOR";
}

void PutReferences(DataSetBuilder& set, const RtStructObject& object) {
  auto& frame = set.Item(tag::kReferencedFrameOfReferenceSequence);
  frame.Text(tag::kFrameOfReferenceUID, object.identity.frame_uid);
  if (object.image_series_uid.empty()) return;
  auto& study = frame.Item(tag::kRTReferencedStudySequence);
  study.Text(tag::kReferencedSOPClassUID, kDetachedStudyClass)
      .Text(tag::kReferencedSOPInstanceUID, object.identity.study_uid);
  auto& series = study.Item(tag::kRTReferencedSeriesSequence);
  series.Text(tag::kSeriesInstanceUID, object.image_series_uid);
  for (const std::string& uid : object.image_uids) {
    series.Item(tag::kContourImageSequence)
        .Text(tag::kReferencedSOPClassUID, kCtImageClass)
        .Text(tag::kReferencedSOPInstanceUID, uid);
  }
  if (object.image_uids.empty()) series.Empty(tag::kContourImageSequence);
}

void PutContours(DataSetBuilder& item, const Roi& roi) {
  std::vector<double> numbers;
  int index = 0;
  for (const Contour& contour : roi.contours) {
    numbers.clear();
    for (const Vec3& point : roi.PointsOf(contour)) numbers.insert(numbers.end(), {point.x, point.y, point.z});
    item.Item(tag::kContourSequence)
        .Text(tag::kContourGeometricType, KindName(contour.kind))
        .Number(tag::kNumberOfContourPoints, static_cast<double>(contour.count))
        .Number(tag::kContourNumber, ++index)
        .Numbers(tag::kContourData, numbers);
  }
}

}  // namespace

void WriteRtStruct(const std::string& path, const RtStructObject& object, const WriteOptions& options) {
  DataSetBuilder set;
  PutCommonModules(set, object.identity, kRtStructClass, object.identity.InstanceUid(0), "RTSTRUCT", options);
  set.Text(tag::kStructureSetLabel, object.label)
      .Text(tag::kStructureSetDate, object.identity.date)
      .Text(tag::kStructureSetTime, object.identity.time)
      .Text(tag::kApprovalStatus, "UNAPPROVED");
  PutReferences(set, object);
  set.Empty(tag::kStructureSetROISequence).Empty(tag::kROIContourSequence).Empty(tag::kRTROIObservationsSequence);
  int observation = 0;
  for (const Roi& roi : *object.rois) {
    set.Item(tag::kStructureSetROISequence)
        .Number(tag::kROINumber, roi.number)
        .Text(tag::kReferencedFrameOfReferenceUID, object.identity.frame_uid)
        .Text(tag::kROIName, roi.name)
        .Text(tag::kROIGenerationAlgorithm, roi.generation_algorithm);
    auto& contours = set.Item(tag::kROIContourSequence);
    contours.Number(tag::kReferencedROINumber, roi.number);
    if (roi.color) {
      const auto& c = *roi.color;
      contours.Numbers(tag::kROIDisplayColor, std::array<double, 3>{double(c[0]), double(c[1]), double(c[2])});
    }
    PutContours(contours, roi);
    set.Item(tag::kRTROIObservationsSequence)
        .Number(tag::kObservationNumber, ++observation)
        .Number(tag::kReferencedROINumber, roi.number)
        .Text(tag::kRTROIInterpretedType, roi.type)
        .Empty(tag::kROIInterpreter);
  }
  WriteDicomFile(path, set, options);
}

}  // namespace isovox::dicom
