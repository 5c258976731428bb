// What the index keeps of RT objects, registrations and segmentations (PS3.3 C.8.8, C.20.2, C.8.20).
#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "dicom/header.h"

namespace isovox::dicom {
namespace {

using nlohmann::json;

// UIDs in the order of first mention, each once.
class UidList {
 public:
  void Add(std::string_view uid) {
    if (!uid.empty() && seen_.emplace(uid).second) list_.push_back(std::string(uid));
  }
  json Take() { return std::move(list_); }

 private:
  std::set<std::string, std::less<>> seen_;
  json list_ = json::array();
};

// The Referenced SOP Instance UIDs in the items of one sequence.
json ReferencedIn(const DataSet& set, Tag sequence) {
  UidList uids;
  for (const DataSet& item : set.Items(sequence)) uids.Add(item.Text(tag::kReferencedSOPInstanceUID));
  return uids.Take();
}

json ItemsAs(const DataSet& set, const Charset& charset, Tag sequence, std::span<const Field> fields) {
  json list = json::array();
  for (const DataSet& item : set.Items(sequence)) {
    json one = json::object();
    PutFields(one, item, charset, fields);
    list.push_back(std::move(one));
  }
  return list;
}

json StructureSet(const DataSet& set, const Charset& charset) {
  static constexpr Field kTop[] = {{tag::kStructureSetLabel, As::kText},
                                   {tag::kStructureSetName, As::kText},
                                   {tag::kStructureSetDate, As::kText},
                                   {tag::kStructureSetTime, As::kText},
                                   {tag::kApprovalStatus, As::kText}};
  json record = json::object();
  PutFields(record, set, charset, kTop);
  UidList frames, studies, series, images;
  for (const DataSet& frame : set.Items(tag::kReferencedFrameOfReferenceSequence)) {
    frames.Add(frame.Text(tag::kFrameOfReferenceUID));
    for (const DataSet& study : frame.Items(tag::kRTReferencedStudySequence)) {
      studies.Add(study.Text(tag::kReferencedSOPInstanceUID));
      for (const DataSet& one : study.Items(tag::kRTReferencedSeriesSequence)) {
        series.Add(one.Text(tag::kSeriesInstanceUID));
        for (const DataSet& image : one.Items(tag::kContourImageSequence)) {
          images.Add(image.Text(tag::kReferencedSOPInstanceUID));
        }
      }
    }
  }
  record["rois"] = json::array();
  std::map<int64_t, std::string> types;
  for (const DataSet& observation : set.Items(tag::kRTROIObservationsSequence)) {
    const auto number = observation.Integer(tag::kReferencedROINumber);
    const auto type = observation.Text(tag::kRTROIInterpretedType);
    if (number && !type.empty()) types.emplace(*number, charset.ToUtf8(type));
  }
  for (const DataSet& roi : set.Items(tag::kStructureSetROISequence)) {
    frames.Add(roi.Text(tag::kReferencedFrameOfReferenceUID));
    const auto number = roi.Integer(tag::kROINumber);
    if (!number) continue;
    json one = {{"ROINumber", *number}, {"ROIName", charset.ToUtf8(roi.Text(tag::kROIName))}};
    if (const auto type = types.find(*number); type != types.end()) one["RTROIInterpretedType"] = type->second;
    record["rois"].push_back(std::move(one));
  }
  record["ReferencedFrameOfReferenceUIDs"] = frames.Take();
  record["ReferencedStudyUIDs"] = studies.Take();
  record["ReferencedSeriesUIDs"] = series.Take();
  record["ReferencedSOPInstanceUIDs"] = images.Take();
  return record;
}

json Plan(const DataSet& set, const Charset& charset) {
  static constexpr Field kTop[] = {{tag::kRTPlanLabel, As::kText},       {tag::kRTPlanName, As::kText},
                                   {tag::kRTPlanDescription, As::kText}, {tag::kRTPlanDate, As::kText},
                                   {tag::kRTPlanTime, As::kText},        {tag::kRTPlanGeometry, As::kText},
                                   {tag::kPlanIntent, As::kText},        {tag::kApprovalStatus, As::kText}};
  static constexpr Field kDose[] = {
      {tag::kDoseReferenceNumber, As::kInteger},    {tag::kDoseReferenceUID, As::kText},
      {tag::kDoseReferenceStructureType, As::kText}, {tag::kDoseReferenceType, As::kText},
      {tag::kDoseReferenceDescription, As::kText},  {tag::kReferencedROINumber, As::kInteger},
      {tag::kTargetPrescriptionDose, As::kNumber},  {tag::kTargetMinimumDose, As::kNumber},
      {tag::kTargetMaximumDose, As::kNumber},       {tag::kDeliveryMaximumDose, As::kNumber},
      {tag::kOrganAtRiskMaximumDose, As::kNumber}};
  static constexpr Field kGroup[] = {{tag::kFractionGroupNumber, As::kInteger},
                                     {tag::kNumberOfFractionsPlanned, As::kInteger},
                                     {tag::kNumberOfBeams, As::kInteger}};
  static constexpr Field kGroupBeam[] = {{tag::kReferencedBeamNumber, As::kInteger},
                                         {tag::kBeamDose, As::kNumber},
                                         {tag::kBeamMeterset, As::kNumber}};
  static constexpr Field kBeam[] = {{tag::kBeamNumber, As::kInteger},
                                    {tag::kBeamName, As::kText},
                                    {tag::kBeamDescription, As::kText},
                                    {tag::kBeamType, As::kText},
                                    {tag::kRadiationType, As::kText},
                                    {tag::kTreatmentMachineName, As::kText},
                                    {tag::kTreatmentDeliveryType, As::kText},
                                    {tag::kNumberOfControlPoints, As::kInteger}};
  json record = json::object();
  PutFields(record, set, charset, kTop);
  record["ReferencedStructureSetUIDs"] = ReferencedIn(set, tag::kReferencedStructureSetSequence);
  record["ReferencedDoseUIDs"] = ReferencedIn(set, tag::kReferencedDoseSequence);
  record["ReferencedRTPlanUIDs"] = ReferencedIn(set, tag::kReferencedRTPlanSequence);
  record["dose_references"] = ItemsAs(set, charset, tag::kDoseReferenceSequence, kDose);
  record["fraction_groups"] = json::array();
  for (const DataSet& item : set.Items(tag::kFractionGroupSequence)) {
    json group = json::object();
    PutFields(group, item, charset, kGroup);
    group["beams"] = ItemsAs(item, charset, tag::kReferencedBeamSequence, kGroupBeam);
    record["fraction_groups"].push_back(std::move(group));
  }
  record["beams"] = json::array();
  const bool ion = set.Has(tag::kIonBeamSequence);
  const Tag control_points = ion ? tag::kIonControlPointSequence : tag::kControlPointSequence;
  for (const DataSet& item : set.Items(ion ? tag::kIonBeamSequence : tag::kBeamSequence)) {
    json beam = json::object();
    PutFields(beam, item, charset, kBeam);
    const auto points = item.Items(control_points);
    static constexpr Field kPoint[] = {{tag::kIsocenterPosition, As::kNumbers}};
    if (!points.empty()) PutFields(beam, points.front(), charset, kPoint);
    record["beams"].push_back(std::move(beam));
  }
  return record;
}

json Dose(const DataSet& set, const Charset& charset) {
  static constexpr Field kTop[] = {{tag::kDoseUnits, As::kText},
                                   {tag::kDoseType, As::kText},
                                   {tag::kDoseSummationType, As::kText},
                                   {tag::kDoseGridScaling, As::kNumber},
                                   {tag::kDoseComment, As::kText}};
  json record = json::object();
  PutFields(record, set, charset, kTop);
  const auto offsets = set.Numbers(tag::kGridFrameOffsetVector);
  if (!offsets.empty() && std::all_of(offsets.begin(), offsets.end(), [](double o) { return std::isfinite(o); })) {
    json frames = {{"count", offsets.size()}, {"first", offsets.front()}, {"last", offsets.back()}};
    if (offsets.size() > 1) {
      const double step = (offsets.back() - offsets.front()) / static_cast<double>(offsets.size() - 1);
      bool even = true;
      for (size_t i = 1; i < offsets.size(); ++i) even = even && std::abs(offsets[i] - offsets[i - 1] - step) < 1e-3;
      if (even) frames["step"] = step;
    }
    record["frame_offsets"] = std::move(frames);
  }
  record["has_dvh"] = set.Has(tag::kDVHSequence);
  json groups = json::array(), beams = json::array();
  for (const DataSet& plan : set.Items(tag::kReferencedRTPlanSequence)) {
    for (const DataSet& group : plan.Items(tag::kReferencedFractionGroupSequence)) {
      if (const auto number = group.Integer(tag::kReferencedFractionGroupNumber)) groups.push_back(*number);
      for (const DataSet& beam : group.Items(tag::kReferencedBeamSequence)) {
        if (const auto number = beam.Integer(tag::kReferencedBeamNumber)) beams.push_back(*number);
      }
    }
  }
  record["ReferencedRTPlanUIDs"] = ReferencedIn(set, tag::kReferencedRTPlanSequence);
  record["ReferencedFractionGroupNumbers"] = std::move(groups);
  record["ReferencedBeamNumbers"] = std::move(beams);
  record["ReferencedStructureSetUIDs"] = ReferencedIn(set, tag::kReferencedStructureSetSequence);
  return record;
}

json TreatmentRecord(const DataSet& set, const Charset& charset) {
  static constexpr Field kTop[] = {{tag::kTreatmentDate, As::kText},
                                   {tag::kTreatmentTime, As::kText},
                                   {tag::kNumberOfFractionsPlanned, As::kInteger},
                                   {tag::kCurrentFractionNumber, As::kInteger}};
  static constexpr Field kBeam[] = {{tag::kReferencedBeamNumber, As::kInteger},
                                    {tag::kBeamName, As::kText},
                                    {tag::kCurrentFractionNumber, As::kInteger},
                                    {tag::kTreatmentTerminationStatus, As::kText},
                                    {tag::kSpecifiedPrimaryMeterset, As::kNumber},
                                    {tag::kDeliveredPrimaryMeterset, As::kNumber}};
  json record = json::object();
  PutFields(record, set, charset, kTop);
  record["ReferencedRTPlanUIDs"] = ReferencedIn(set, tag::kReferencedRTPlanSequence);
  record["beams"] = json::array();
  static constexpr Field kMachine[] = {{tag::kTreatmentMachineName, As::kText}};
  PutFields(record, set, charset, kMachine);
  for (const DataSet& machine : set.Items(tag::kTreatmentMachineSequence)) PutFields(record, machine, charset, kMachine);
  double meterset = 0, dose = 0;
  bool any_meterset = false, any_dose = false;
  for (const Tag sequence : {tag::kTreatmentSessionBeamSequence, tag::kTreatmentSessionIonBeamSequence}) {
    for (const DataSet& item : set.Items(sequence)) {
      json beam = json::object();
      PutFields(beam, item, charset, kBeam);
      if (!beam.contains("DeliveredPrimaryMeterset")) {
        // Ion records and older ones state it per control point, cumulatively.
        if (const auto delivered = item.Number(tag::kDeliveredMeterset)) beam["DeliveredPrimaryMeterset"] = *delivered;
      }
      if (beam.contains("DeliveredPrimaryMeterset")) {
        meterset += beam["DeliveredPrimaryMeterset"].get<double>();
        any_meterset = true;
      }
      if (!record.contains("CurrentFractionNumber") && beam.contains("CurrentFractionNumber")) {
        record["CurrentFractionNumber"] = beam["CurrentFractionNumber"];
      }
      for (const DataSet& reference : item.Items(tag::kReferencedCalculatedDoseReferenceSequence)) {
        if (const auto value = reference.Number(tag::kCalculatedDoseReferenceDoseValue)) {
          dose += *value;
          any_dose = true;
        }
      }
      record["beams"].push_back(std::move(beam));
    }
  }
  if (any_meterset) record["delivered_meterset"] = meterset;
  if (any_dose) record["delivered_dose_gy"] = dose;
  return record;
}

json Registration(const DataSet& set) {
  UidList frames, series;
  frames.Add(set.Text(tag::kFrameOfReferenceUID));
  for (const DataSet& item : set.Items(tag::kRegistrationSequence)) frames.Add(item.Text(tag::kFrameOfReferenceUID));
  for (const DataSet& item : set.Items(tag::kDeformableRegistrationSequence)) {
    frames.Add(item.Text(tag::kSourceFrameOfReferenceUID));
  }
  for (const DataSet& item : set.Items(tag::kReferencedSeriesSequence)) series.Add(item.Text(tag::kSeriesInstanceUID));
  for (const DataSet& study : set.Items(tag::kStudiesContainingOtherReferencedInstancesSequence)) {
    for (const DataSet& item : study.Items(tag::kReferencedSeriesSequence)) {
      series.Add(item.Text(tag::kSeriesInstanceUID));
    }
  }
  return {{"FrameOfReferenceUIDs", frames.Take()}, {"ReferencedSeriesUIDs", series.Take()}};
}

json Segmentation(const DataSet& set, const Charset& charset) {
  UidList series;
  for (const DataSet& item : set.Items(tag::kReferencedSeriesSequence)) series.Add(item.Text(tag::kSeriesInstanceUID));
  json labels = json::array();
  for (const DataSet& segment : set.Items(tag::kSegmentSequence)) {
    labels.push_back(charset.ToUtf8(segment.Text(tag::kSegmentLabel)));
  }
  return {{"SegmentLabels", std::move(labels)}, {"ReferencedSeriesUIDs", series.Take()}};
}

}  // namespace

json NestedRecord(const std::string& kind, const DataSet& set, const Charset& charset) {
  if (kind == "rtstruct") return StructureSet(set, charset);
  if (kind == "rtplan") return Plan(set, charset);
  if (kind == "rtdose") return Dose(set, charset);
  if (kind == "rtrecord") return TreatmentRecord(set, charset);
  if (kind == "reg") return Registration(set);
  if (kind == "seg") return Segmentation(set, charset);
  return nullptr;
}

}  // namespace isovox::dicom
