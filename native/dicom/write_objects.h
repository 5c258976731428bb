// Writers of the objects that a radiotherapy course is made of: CT, MR and PET images, RT Structure Set, RT Dose, RT Plan.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "dicom/write.h"
#include "exec/exec.h"
#include "volume/dose_grid.h"
#include "volume/mask.h"
#include "volume/roi.h"
#include "volume/spatial_map.h"
#include "volume/volume.h"

namespace isovox::dicom {

inline constexpr const char* kCtImageClass = "1.2.840.10008.5.1.4.1.1.2";
inline constexpr const char* kMrImageClass = "1.2.840.10008.5.1.4.1.1.4";
inline constexpr const char* kPetImageClass = "1.2.840.10008.5.1.4.1.1.128";
inline constexpr const char* kRtStructClass = "1.2.840.10008.5.1.4.1.1.481.3";
inline constexpr const char* kRtDoseClass = "1.2.840.10008.5.1.4.1.1.481.2";
inline constexpr const char* kRtPlanClass = "1.2.840.10008.5.1.4.1.1.481.5";
inline constexpr const char* kRegistrationClass = "1.2.840.10008.5.1.4.1.1.66.1";
inline constexpr const char* kDeformableRegistrationClass = "1.2.840.10008.5.1.4.1.1.66.3";
inline constexpr const char* kSegmentationClass = "1.2.840.10008.5.1.4.1.1.66.4";

// What makes standardised uptake values of a PET series.
struct Injection {
  double weight_kg = 0, dose_bq = 0, half_life_s = 6586.2;  // of F-18
  std::string time;                                         // HHMMSS on the day of the study
};

struct ImageSeries {
  enum class Kind { kCt, kMr, kPt } kind = Kind::kCt;
  const Volume* volume = nullptr;     // scalar, one frame; other types than int16 and uint16 are rounded
  std::string folder, prefix = "CT";  // files are "<prefix>.0001.dcm"
  Identity identity;
  std::vector<double> positions_mm;   // of each slice along axes.k; empty: evenly spaced
  std::optional<double> tilt_degrees;  // GantryDetectorTilt
  Injection injection;                // of a PET series, in Bq/ml, corrected to the time of the study
};
// One file per slice, in parallel; returns their paths in the order of slices.
std::vector<std::string> WriteImageSeries(const Exec& exec, const ImageSeries& series, const WriteOptions& options);

struct RtStructObject {
  std::string label = "RTSTRUCT";
  Identity identity;
  const std::vector<Roi>* rois = nullptr;
  // The images that were drawn on; empty when there are none.
  std::string image_series_uid;
  std::vector<std::string> image_uids;
  // ImagePositionPatient of each; every planar contour then names the image that it lies on. Empty: contours name none.
  std::vector<Vec3> image_positions;
};
void WriteRtStruct(const std::string& path, const RtStructObject& object, const WriteOptions& options);

struct RtDoseObject {
  Identity identity;
  const DoseGrid* dose = nullptr;
  int bits = 32;  // 16 or 32
  std::string summation_type = "PLAN", dose_type = "PHYSICAL", comment;
  std::vector<std::string> plan_uids;
  std::optional<int64_t> beam_number;
  std::string structure_set_uid;
  enum class Offsets { kRelative, kAbsolute, kDescending } offsets = Offsets::kRelative;
};
void WriteRtDose(const std::string& path, const RtDoseObject& object, const WriteOptions& options);

struct RtPlanObject {
  struct Prescription {
    double dose_gy = 0;
    std::optional<int64_t> roi_number;
    std::string type = "TARGET", description;
  };
  struct Beam {
    int64_t number = 1;
    std::string name, machine, radiation = "PHOTON";
    std::optional<double> dose_gy_per_fraction, meterset;
    std::array<double, 3> isocenter{0, 0, 0};
  };
  std::string label = "PLAN", name, intent = "CURATIVE", approval = "APPROVED";
  Identity identity;
  int64_t fractions = 1;
  std::vector<Prescription> prescriptions;
  std::vector<Beam> beams;
  std::string structure_set_uid;
  std::vector<std::string> dose_uids;
};
void WriteRtPlan(const std::string& path, const RtPlanObject& object, const WriteOptions& options);

struct RegistrationObject {
  // One frame that is registered to that of the identity.
  struct Item {
    std::string frame_uid;
    std::string type = "RIGID";  // of the matrices: RIGID, RIGID_SCALE or AFFINE
    Affine matrix;               // from frame_uid into the identity's frame
    // Or, the other way about (C.20.3.1.1): a position p of the identity's frame lies at post(pre(p) + field(p)).
    std::shared_ptr<const DisplacementField> field;
    Affine pre, post;
  };
  std::string label = "REGISTRATION", description;
  Identity identity;
  std::vector<Item> items;  // at least one; all with a field, or all without
};
void WriteRegistration(const std::string& path, const RegistrationObject& object, const WriteOptions& options);

// A coded concept (PS3.3 8): 80891009, SCT, Heart.
struct Code {
  std::string value, scheme, meaning;
};

struct SegmentationObject {
  struct Segment {
    std::string label;
    std::string algorithm_type = "AUTOMATIC", algorithm_name;  // AUTOMATIC, SEMIAUTOMATIC or MANUAL; the name of what made it
    Code category{"91723000", "SCT", "Anatomical Structure"}, type{"85756007", "SCT", "Tissue"};
    std::optional<std::array<int, 3>> color;  // sRGB 0..255
    const CoverageMask* mask = nullptr;
  };
  std::string label = "SEGMENTATION", description;
  Identity identity;
  std::vector<Segment> segments;  // at least one; masks of one grid with orthogonal axes
  bool fractional = false;        // FRACTIONAL (occupancy, in 255ths) instead of BINARY (coverage of a half or more)
  std::string image_series_uid;
  // The images that were segmented, with ImagePositionPatient of each: a frame names the one in its plane, if any does.
  // Without positions they are the grid's planes k = 0, 1, ...
  std::vector<std::string> image_uids;
  std::vector<Vec3> image_positions;
  std::string image_class = kCtImageClass;
};
// DICOM Segmentation (PS3.3 A.51): a frame for every plane that a segment touches.
void WriteSegmentation(const std::string& path, const SegmentationObject& object, const WriteOptions& options);

}  // namespace isovox::dicom
