// RT Dose Storage (PS3.3 A.18.3): unsigned integers and the factor that makes them gray.
#include <algorithm>
#include <cmath>

#include "dicom/decimal.h"
#include "dicom/write_objects.h"

namespace isovox::dicom {
namespace {

// The factor as it will be read back from its 16 characters, so that nothing is lost to its rounding.
double ScalingFor(std::span<const float> gray, int bits) {
  float maximum = 0;
  for (const float value : gray) {
    if (!(value >= 0) || !std::isfinite(value)) {
      throw InvalidArgument("values", "doses that are finite and not negative", std::to_string(value));
    }
    maximum = std::max(maximum, value);
  }
  const double largest = bits == 16 ? 65535.0 : 4294967295.0;
  return maximum > 0 ? ParseDecimal(DecimalString(static_cast<double>(maximum) / largest)) : 1.0 / largest;
}

template <typename T>
std::vector<T> Quantise(const DoseGrid& dose, double scaling, bool descending) {
  const auto gray = dose.gray();
  const auto planes = static_cast<size_t>(dose.grid.size[2]);
  const size_t plane = planes == 0 ? 0 : gray.size() / planes;
  std::vector<T> stored(gray.size());
  for (size_t k = 0; k < planes; ++k) {
    const auto from = gray.subspan((descending ? planes - 1 - k : k) * plane, plane);
    for (size_t i = 0; i < plane; ++i) {
      const double units = std::round(static_cast<double>(from[i]) / scaling);
      stored[k * plane + i] = static_cast<T>(std::min(units, static_cast<double>(std::numeric_limits<T>::max())));
    }
  }
  return stored;
}

std::vector<double> FrameOffsets(const RtDoseObject& object, Vec3 position) {
  std::vector<double> offsets = object.dose->plane_mm;
  if (object.offsets == RtDoseObject::Offsets::kAbsolute) {
    // Patient z: only axial planes have one per plane (PS3.3 C.8.8.3.2).
    if (std::abs(std::abs(object.dose->grid.axes.k.z) - 1) > 1e-6) {
      throw InvalidArgument("offsets", "relative ones for planes that are not axial", "absolute");
    }
    for (double& offset : offsets) offset = position.z + offset * object.dose->grid.axes.k.z;
  } else if (object.offsets == RtDoseObject::Offsets::kDescending) {
    const double last = offsets.back();
    std::reverse(offsets.begin(), offsets.end());
    for (double& offset : offsets) offset -= last;
  }
  return offsets;
}

}  // namespace

void WriteRtDose(const std::string& path, const RtDoseObject& object, const WriteOptions& options) {
  const DoseGrid& dose = *object.dose;
  const Grid& grid = dose.grid;
  if (object.bits != 16 && object.bits != 32) throw InvalidArgument("bits", "16 or 32", std::to_string(object.bits));
  if (grid.size[0] > 65535 || grid.size[1] > 65535) throw InvalidArgument("grid", "at most 65535 rows and columns", "more");
  const bool descending = object.offsets == RtDoseObject::Offsets::kDescending;
  const double scaling = ScalingFor(dose.gray(), object.bits);
  const Vec3 position = grid.origin + (descending ? dose.plane_mm.back() : 0.0) * grid.axes.k;
  const Axes& a = grid.axes;
  DataSetBuilder set;
  PutCommonModules(set, object.identity, kRtDoseClass, object.identity.InstanceUid(0), "RTDOSE", options);
  set.Empty(tag::kOperatorsName)
      .Number(tag::kInstanceNumber, 1)
      .Text(tag::kContentDate, object.identity.date)
      .Text(tag::kContentTime, object.identity.time)
      .Number(tag::kSliceThickness, grid.spacing[2])
      .Numbers(tag::kImagePositionPatient, std::array{position.x, position.y, position.z})
      .Numbers(tag::kImageOrientationPatient, std::array{a.i.x, a.i.y, a.i.z, a.j.x, a.j.y, a.j.z})
      .Number(tag::kSamplesPerPixel, 1)
      .Text(tag::kPhotometricInterpretation, "MONOCHROME2")
      .Number(tag::kNumberOfFrames, static_cast<double>(grid.size[2]))
      .Number(tag::kFrameIncrementPointer, tag::kGridFrameOffsetVector)
      .Number(tag::kRows, static_cast<double>(grid.size[1]))
      .Number(tag::kColumns, static_cast<double>(grid.size[0]))
      .Numbers(tag::kPixelSpacing, std::array{grid.spacing[1], grid.spacing[0]})
      .Number(tag::kBitsAllocated, object.bits)
      .Number(tag::kBitsStored, object.bits)
      .Number(tag::kHighBit, object.bits - 1)
      .Number(tag::kPixelRepresentation, 0)
      .Text(tag::kDoseUnits, "GY")
      .Text(tag::kDoseType, object.dose_type)
      .Text(tag::kDoseSummationType, object.summation_type)
      .Numbers(tag::kGridFrameOffsetVector, FrameOffsets(object, position))
      .Number(tag::kDoseGridScaling, scaling);
  if (!object.comment.empty()) set.Text(tag::kDoseComment, object.comment);
  for (const std::string& uid : object.plan_uids) {
    auto& plan = set.Item(tag::kReferencedRTPlanSequence);
    plan.Text(tag::kReferencedSOPClassUID, kRtPlanClass).Text(tag::kReferencedSOPInstanceUID, uid);
    if (object.beam_number) {
      auto& group = plan.Item(tag::kReferencedFractionGroupSequence);
      group.Number(tag::kReferencedFractionGroupNumber, 1);
      group.Item(tag::kReferencedBeamSequence)
          .Number(tag::kReferencedBeamNumber, static_cast<double>(*object.beam_number));
    }
  }
  if (!object.structure_set_uid.empty()) {
    set.Item(tag::kReferencedStructureSetSequence)
        .Text(tag::kReferencedSOPClassUID, kRtStructClass)
        .Text(tag::kReferencedSOPInstanceUID, object.structure_set_uid);
  }
  if (object.bits == 16) {
    const auto stored = Quantise<uint16_t>(dose, scaling, descending);
    set.Pixels(std::as_bytes(std::span(stored)), 2);
    WriteDicomFile(path, set, options);
  } else {
    const auto stored = Quantise<uint32_t>(dose, scaling, descending);
    set.Pixels(std::as_bytes(std::span(stored)), 4);
    WriteDicomFile(path, set, options);
  }
}

}  // namespace isovox::dicom
