// RT Plan Storage (PS3.3 A.20.3): prescription, fractions, and beams of two control points each.
#include "dicom/write_objects.h"

namespace isovox::dicom {
namespace {

void PutBeam(DataSetBuilder& beam, const RtPlanObject::Beam& from) {
  constexpr double kHalfField = 50;  // mm; the jaws of a field that nobody shaped
  beam.Number(tag::kBeamNumber, static_cast<double>(from.number))
      .Text(tag::kBeamName, from.name)
      .Text(tag::kBeamType, "STATIC")
      .Text(tag::kRadiationType, from.radiation)
      .Text(tag::kTreatmentMachineName, from.machine)
      .Text(tag::kPrimaryDosimeterUnit, "MU")
      .Number(tag::kSourceAxisDistance, 1000)
      .Text(tag::kTreatmentDeliveryType, "TREATMENT")
      .Number(tag::kNumberOfWedges, 0)
      .Number(tag::kNumberOfCompensators, 0)
      .Number(tag::kNumberOfBoli, 0)
      .Number(tag::kNumberOfBlocks, 0)
      .Number(tag::kFinalCumulativeMetersetWeight, 1)
      .Number(tag::kNumberOfControlPoints, 2)
      .Number(tag::kReferencedPatientSetupNumber, 1);
  for (const char* jaw : {"X", "Y"}) {
    beam.Item(tag::kBeamLimitingDeviceSequence)
        .Text(tag::kRTBeamLimitingDeviceType, jaw)
        .Number(tag::kNumberOfLeafJawPairs, 1);
  }
  auto& first = beam.Item(tag::kControlPointSequence);
  first.Number(tag::kControlPointIndex, 0)
      .Number(tag::kNominalBeamEnergy, 6)
      .Number(tag::kGantryAngle, 0)
      .Text(tag::kGantryRotationDirection, "NONE")
      .Number(tag::kBeamLimitingDeviceAngle, 0)
      .Text(tag::kBeamLimitingDeviceRotationDirection, "NONE")
      .Number(tag::kPatientSupportAngle, 0)
      .Text(tag::kPatientSupportRotationDirection, "NONE")
      .Number(tag::kTableTopEccentricAngle, 0)
      .Text(tag::kTableTopEccentricRotationDirection, "NONE")
      .Empty(tag::kTableTopVerticalPosition)
      .Empty(tag::kTableTopLongitudinalPosition)
      .Empty(tag::kTableTopLateralPosition)
      .Numbers(tag::kIsocenterPosition, from.isocenter)
      .Number(tag::kCumulativeMetersetWeight, 0);
  for (const char* jaw : {"X", "Y"}) {
    first.Item(tag::kBeamLimitingDevicePositionSequence)
        .Text(tag::kRTBeamLimitingDeviceType, jaw)
        .Numbers(tag::kLeafJawPositions, std::array{-kHalfField, kHalfField});
  }
  beam.Item(tag::kControlPointSequence)
      .Number(tag::kControlPointIndex, 1)
      .Number(tag::kCumulativeMetersetWeight, 1);
}

}  // namespace

void WriteRtPlan(const std::string& path, const RtPlanObject& object, const WriteOptions& options) {
  DataSetBuilder set;
  PutCommonModules(set, object.identity, kRtPlanClass, object.identity.InstanceUid(0), "RTPLAN", options);
  set.Text(tag::kRTPlanLabel, object.label)
      .Text(tag::kRTPlanDate, object.identity.date)
      .Text(tag::kRTPlanTime, object.identity.time)
      .Text(tag::kPlanIntent, object.intent)
      .Text(tag::kRTPlanGeometry, object.structure_set_uid.empty() ? "TREATMENT_DEVICE" : "PATIENT")
      .Text(tag::kApprovalStatus, object.approval)
      .Empty(tag::kOperatorsName);
  if (object.approval != "UNAPPROVED") set.Empty(tag::kReviewDate).Empty(tag::kReviewTime).Empty(tag::kReviewerName);
  if (!object.name.empty()) set.Text(tag::kRTPlanName, object.name);
  int64_t number = 0;
  for (const auto& prescription : object.prescriptions) {
    auto& item = set.Item(tag::kDoseReferenceSequence);
    item.Number(tag::kDoseReferenceNumber, static_cast<double>(++number))
        .Text(tag::kDoseReferenceStructureType, prescription.roi_number ? "VOLUME" : "SITE")
        .Text(tag::kDoseReferenceType, prescription.type)
        .Number(tag::kTargetPrescriptionDose, prescription.dose_gy);
    if (prescription.roi_number) {
      item.Number(tag::kReferencedROINumber, static_cast<double>(*prescription.roi_number));
    }
    if (!prescription.description.empty()) item.Text(tag::kDoseReferenceDescription, prescription.description);
  }
  auto& group = set.Item(tag::kFractionGroupSequence);
  group.Number(tag::kFractionGroupNumber, 1)
      .Number(tag::kNumberOfFractionsPlanned, static_cast<double>(object.fractions))
      .Number(tag::kNumberOfBeams, static_cast<double>(object.beams.size()))
      .Number(tag::kNumberOfBrachyApplicationSetups, 0);
  for (const auto& beam : object.beams) {
    auto& referenced = group.Item(tag::kReferencedBeamSequence);
    referenced.Number(tag::kReferencedBeamNumber, static_cast<double>(beam.number));
    if (beam.dose_gy_per_fraction) referenced.Number(tag::kBeamDose, *beam.dose_gy_per_fraction);
    if (beam.meterset) referenced.Number(tag::kBeamMeterset, *beam.meterset);
    PutBeam(set.Item(tag::kBeamSequence), beam);
  }
  set.Item(tag::kPatientSetupSequence).Number(tag::kPatientSetupNumber, 1).Text(tag::kPatientPosition, "HFS");
  if (!object.structure_set_uid.empty()) {
    set.Item(tag::kReferencedStructureSetSequence)
        .Text(tag::kReferencedSOPClassUID, kRtStructClass)
        .Text(tag::kReferencedSOPInstanceUID, object.structure_set_uid);
  }
  for (const std::string& uid : object.dose_uids) {
    set.Item(tag::kReferencedDoseSequence)
        .Text(tag::kReferencedSOPClassUID, kRtDoseClass)
        .Text(tag::kReferencedSOPInstanceUID, uid);
  }
  WriteDicomFile(path, set, options);
}

}  // namespace isovox::dicom
