// RT Structure Set Storage (PS3.3 A.19.3).
#include <algorithm>
#include <cmath>

#include "base/error.h"
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

// Finds the image that a contour lies on: within half the images' distance of its plane.
class ImageFinder {
 public:
  explicit ImageFinder(const RtStructObject& object) {
    const auto& positions = object.image_positions;
    if (positions.empty()) return;
    if (positions.size() != object.image_uids.size()) {
      throw InvalidArgument("referencedImagePositions", "one for each referenced image", std::to_string(positions.size()));
    }
    const Vec3 along = positions.back() - positions.front();
    if (Norm(along) > 0) normal_ = (1 / Norm(along)) * along;
    for (size_t n = 0; n < positions.size(); ++n) images_.emplace_back(Dot(positions[n], normal_), object.image_uids[n]);
    std::sort(images_.begin(), images_.end());
    half_ = 0.5;  // millimetres, of a single image
    for (size_t n = 1; n < images_.size(); ++n) {
      const double gap = images_[n].first - images_[n - 1].first;
      half_ = n == 1 ? gap / 2 : std::max(half_, gap / 2);
    }
  }

  // "" where there is none.
  std::string At(std::span<const Vec3> points) const {
    if (images_.empty()) return "";
    const double low = Dot(points.front(), normal_);
    for (const Vec3& p : points) {
      if (std::abs(Dot(p, normal_) - low) > half_) return "";
    }
    const auto next = std::lower_bound(images_.begin(), images_.end(), std::pair(low, std::string()));
    auto best = next != images_.end() ? next : next - 1;
    if (next != images_.begin() && (next == images_.end() || low - (next - 1)->first < next->first - low)) best = next - 1;
    return std::abs(best->first - low) <= half_ * (1 + 1e-6) ? best->second : "";
  }

 private:
  Vec3 normal_{0, 0, 1};
  std::vector<std::pair<double, std::string>> images_;
  double half_ = 0;
};

void PutContours(DataSetBuilder& item, const Roi& roi, const ImageFinder& images) {
  std::vector<double> numbers;
  int index = 0;
  for (const Contour& contour : roi.contours) {
    numbers.clear();
    for (const Vec3& point : roi.PointsOf(contour)) numbers.insert(numbers.end(), {point.x, point.y, point.z});
    auto& drawn = item.Item(tag::kContourSequence);
    if (const std::string uid = images.At(roi.PointsOf(contour)); !uid.empty()) {
      drawn.Item(tag::kContourImageSequence)
          .Text(tag::kReferencedSOPClassUID, kCtImageClass)
          .Text(tag::kReferencedSOPInstanceUID, uid);
    }
    drawn.Text(tag::kContourGeometricType, KindName(contour.kind))
        .Number(tag::kNumberOfContourPoints, static_cast<double>(contour.count))
        .Number(tag::kContourNumber, ++index)
        .Numbers(tag::kContourData, numbers);
  }
}

}  // namespace

void WriteRtStruct(const std::string& path, const RtStructObject& object, const WriteOptions& options) {
  DataSetBuilder set;
  PutCommonModules(set, object.identity, kRtStructClass, object.identity.InstanceUid(0), "RTSTRUCT", options);
  set.Empty(tag::kOperatorsName)
      .Text(tag::kStructureSetLabel, object.label)
      .Text(tag::kStructureSetDate, object.identity.date)
      .Text(tag::kStructureSetTime, object.identity.time)
      .Text(tag::kApprovalStatus, "UNAPPROVED");
  PutReferences(set, object);
  const ImageFinder images(object);
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
    PutContours(contours, roi, images);
    set.Item(tag::kRTROIObservationsSequence)
        .Number(tag::kObservationNumber, ++observation)
        .Number(tag::kReferencedROINumber, roi.number)
        .Text(tag::kRTROIInterpretedType, roi.type)
        .Empty(tag::kROIInterpreter);
  }
  WriteDicomFile(path, set, options);
}

}  // namespace isovox::dicom
