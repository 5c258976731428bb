// CT, MR and PET Image Storage, one file per slice (PS3.3 A.3, A.4, A.21).
#include <cmath>
#include <cstdio>

#include "dicom/write_objects.h"

namespace isovox::dicom {
namespace {

// The slice as 16-bit samples: as stored when it is that already, else physical values rounded.
std::vector<int16_t> RoundedSlice(const Volume& volume, int64_t k) {
  const auto count = static_cast<size_t>(volume.grid.size[0] * volume.grid.size[1]);
  std::vector<int16_t> slice(count);
  VisitDType(volume.dtype, [&](auto sample) {
    using T = decltype(sample);
    const auto in = volume.As<T>().subspan(static_cast<size_t>(k) * count, count);
    for (size_t i = 0; i < count; ++i) {
      const double value = std::round(volume.slope * static_cast<double>(in[i]) + volume.intercept);
      if (!(value >= -32768 && value <= 32767)) {
        throw InvalidArgument("volume", "values between -32768 and 32767", std::to_string(value));
      }
      slice[i] = static_cast<int16_t>(value);
    }
  });
  return slice;
}

struct KindInfo {
  const char *sop_class, *modality;
};

KindInfo InfoOf(ImageSeries::Kind kind) {
  switch (kind) {
    case ImageSeries::Kind::kMr: return {kMrImageClass, "MR"};
    case ImageSeries::Kind::kPt: return {kPetImageClass, "PT"};
    case ImageSeries::Kind::kCt: break;
  }
  return {kCtImageClass, "CT"};
}

// C.8.3.1: nothing is known of a sequence that was never played.
void PutMrImage(DataSetBuilder& set) {
  set.Text(tag::kScanningSequence, "RM")
      .Text(tag::kSequenceVariant, "NONE")
      .Empty(tag::kScanOptions)
      .Empty(tag::kMRAcquisitionType)
      .Empty(tag::kRepetitionTime)
      .Empty(tag::kEchoTime)
      .Empty(tag::kEchoTrainLength);
}

// C.8.9.1 and C.8.9.4.
void PutPetImage(DataSetBuilder& set, const ImageSeries& series, int64_t k, int64_t slices) {
  const Identity& identity = series.identity;
  const Injection& injection = series.injection;
  set.Text(tag::kSeriesDate, identity.date)
      .Text(tag::kSeriesTime, identity.time)
      .Text(tag::kAcquisitionDate, identity.date)
      .Text(tag::kAcquisitionTime, identity.time)
      .Text(tag::kUnits, "BQML")
      .Text(tag::kCountsSource, "EMISSION")
      .Texts(tag::kSeriesType, {"STATIC", "IMAGE"})
      .Empty(tag::kCollimatorType)
      .Empty(tag::kPatientOrientationCodeSequence)
      .Empty(tag::kPatientGantryRelationshipCodeSequence)
      .Texts(tag::kCorrectedImage, {"DECY", "ATTN"})
      .Text(tag::kDecayCorrection, "START")
      .Number(tag::kDecayFactor, 1)
      .Number(tag::kNumberOfSlices, static_cast<double>(slices))
      .Number(tag::kImageIndex, static_cast<double>(k + 1))
      .Number(tag::kFrameReferenceTime, 0)
      .Number(tag::kActualFrameDuration, 120'000)
      .Number(tag::kPatientWeight, injection.weight_kg);
  set.Item(tag::kRadiopharmaceuticalInformationSequence)
      .Empty(tag::kRadionuclideCodeSequence)
      .Text(tag::kRadiopharmaceuticalStartTime, injection.time)
      .Number(tag::kRadionuclideTotalDose, injection.dose_bq)
      .Number(tag::kRadionuclideHalfLife, injection.half_life_s);
}

void WriteSlice(const ImageSeries& series, int64_t k, const std::string& path, const WriteOptions& options) {
  const Volume& volume = *series.volume;
  const Grid& grid = volume.grid;
  const bool as_stored = volume.dtype == DType::kInt16 || volume.dtype == DType::kUint16;
  const auto at = static_cast<size_t>(k);
  const double along = series.positions_mm.empty() ? static_cast<double>(k) * grid.spacing[2] : series.positions_mm[at];
  const Vec3 position = grid.origin + along * grid.axes.k;
  const Axes& a = grid.axes;
  DataSetBuilder set;
  const KindInfo kind = InfoOf(series.kind);
  PutCommonModules(set, series.identity, kind.sop_class, series.identity.InstanceUid(at), kind.modality, options);
  const bool is_mr = series.kind == ImageSeries::Kind::kMr;
  set.Texts(tag::kImageType, {"ORIGINAL", "PRIMARY", is_mr ? "OTHER" : "AXIAL"})
      .Empty(tag::kAcquisitionNumber)
      .Number(tag::kInstanceNumber, static_cast<double>(k + 1))
      .Text(tag::kContentDate, series.identity.date)
      .Text(tag::kContentTime, series.identity.time)
      .Number(tag::kSliceThickness, grid.spacing[2])
      .Numbers(tag::kImagePositionPatient, std::array{position.x, position.y, position.z})
      .Numbers(tag::kImageOrientationPatient, std::array{a.i.x, a.i.y, a.i.z, a.j.x, a.j.y, a.j.z})
      .Numbers(tag::kPixelSpacing, std::array{grid.spacing[1], grid.spacing[0]})
      .Number(tag::kSamplesPerPixel, 1)
      .Text(tag::kPhotometricInterpretation, "MONOCHROME2")
      .Number(tag::kRows, static_cast<double>(grid.size[1]))
      .Number(tag::kColumns, static_cast<double>(grid.size[0]))
      .Number(tag::kBitsAllocated, 16)
      .Number(tag::kBitsStored, 16)
      .Number(tag::kHighBit, 15)
      .Number(tag::kPixelRepresentation, volume.dtype == DType::kUint16 ? 0 : 1);
  const double intercept = as_stored ? volume.intercept : 0, slope = as_stored ? volume.slope : 1;
  // Of PET the orientation takes its place.
  if (series.kind != ImageSeries::Kind::kPt) set.Text(tag::kPatientPosition, "HFS");
  // Signals of MR have no unit that they would be rescaled to; the standard's object has no place for it.
  if (!is_mr || slope != 1 || intercept != 0) {
    set.Number(tag::kRescaleIntercept, intercept).Number(tag::kRescaleSlope, slope);
  }
  switch (series.kind) {
    case ImageSeries::Kind::kCt: set.Empty(tag::kKVP).Text(tag::kRescaleType, "HU"); break;
    case ImageSeries::Kind::kMr: PutMrImage(set); break;
    case ImageSeries::Kind::kPt: PutPetImage(set, series, k, grid.size[2]); break;
  }
  if (series.tilt_degrees) set.Number(tag::kGantryDetectorTilt, *series.tilt_degrees);
  if (as_stored) {
    const size_t bytes = static_cast<size_t>(grid.size[0] * grid.size[1]) * 2;
    set.Pixels(std::span<const std::byte>(volume.storage->data() + at * bytes, bytes), 2);
    WriteDicomFile(path, set, options);
  } else {
    const auto slice = RoundedSlice(volume, k);
    set.Pixels(std::as_bytes(std::span(slice)), 2);
    WriteDicomFile(path, set, options);
  }
}

}  // namespace

std::vector<std::string> WriteImageSeries(const Exec& exec, const ImageSeries& series, const WriteOptions& options) {
  const Volume& volume = *series.volume;
  const auto& size = volume.grid.size;
  if (volume.components != 1 || volume.frames != 1) throw InvalidArgument("volume", "one value per voxel", "several");
  if (series.kind == ImageSeries::Kind::kPt) {
    const Injection& i = series.injection;
    if (!(i.weight_kg > 0 && i.dose_bq > 0 && i.half_life_s > 0) || i.time.empty()) {
      throw InvalidArgument("injection", "weight, dose, half-life and time of a PET series", "less");
    }
  }
  if (size[0] > 65535 || size[1] > 65535) throw InvalidArgument("volume", "at most 65535 rows and columns", "more");
  const auto slices = static_cast<size_t>(size[2]);
  if (!series.positions_mm.empty() && series.positions_mm.size() != slices) {
    throw InvalidArgument("positionsMm", std::to_string(slices) + " numbers", std::to_string(series.positions_mm.size()));
  }
  if (!series.identity.instance_uids.empty() && series.identity.instance_uids.size() != slices) {
    throw InvalidArgument("identity.SOPInstanceUIDs", std::to_string(slices) + " UIDs",
                          std::to_string(series.identity.instance_uids.size()));
  }
  std::vector<std::string> paths(slices);
  for (size_t k = 0; k < slices; ++k) {
    char number[24];
    std::snprintf(number, sizeof number, ".%04zu.dcm", k + 1);
    paths[k] = series.folder + "/" + series.prefix + number;
  }
  exec.SetTotal(size[2]);
  ParallelFor(exec, size[2], 4, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      WriteSlice(series, k, paths[static_cast<size_t>(k)], options);
      exec.Step();
    }
  });
  return paths;
}

}  // namespace isovox::dicom
