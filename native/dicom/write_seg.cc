// Segmentation Storage (PS3.3 A.51, C.8.20): bits, or 255ths, of the planes that each segment touches.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "dicom/write_objects.h"

namespace isovox::dicom {
namespace {

constexpr double kMostFractional = 255;

// Voxels covered by at least this part are in a binary segment.
constexpr float kHalf = 0.5F;

// CIELab of D50 as 16-bit unsigned values (PS3.3 C.10.7.1.1), from sRGB by IEC 61966-2-1 and the Bradford adaptation.
std::array<double, 3> CieLab(const std::array<int, 3>& rgb) {
  std::array<double, 3> linear{};
  for (size_t c = 0; c < 3; ++c) {
    const double x = std::clamp(rgb[c], 0, 255) / 255.0;
    linear[c] = x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
  }
  const auto [r, g, b] = linear;
  const double x = (0.4360747 * r + 0.3850649 * g + 0.1430804 * b) / 0.96422;
  const double y = 0.2225045 * r + 0.7168786 * g + 0.0606169 * b;
  const double z = (0.0139322 * r + 0.0971045 * g + 0.7141733 * b) / 0.82521;
  const auto f = [](double t) { return t > 216.0 / 24389 ? std::cbrt(t) : (24389.0 / 27 * t + 16) / 116; };
  const double l = 116 * f(y) - 16, a = 500 * (f(x) - f(y)), bb = 200 * (f(y) - f(z));
  const auto unsigned16 = [](double value) { return std::clamp(std::round(value), 0.0, 65535.0); };
  return {unsigned16(l * 65535 / 100), unsigned16((a + 128) * 65535 / 255), unsigned16((bb + 128) * 65535 / 255)};
}

void PutCode(DataSetBuilder& set, Tag sequence, const Code& code) {
  set.Item(sequence)
      .Text(tag::kCodeValue, code.value)
      .Text(tag::kCodingSchemeDesignator, code.scheme)
      .Text(tag::kCodeMeaning, code.meaning);
}

void PutSegments(DataSetBuilder& set, const SegmentationObject& object) {
  int number = 0;
  for (const auto& segment : object.segments) {
    auto& item = set.Item(tag::kSegmentSequence);
    item.Number(tag::kSegmentNumber, ++number)
        .Text(tag::kSegmentLabel, segment.label)
        .Text(tag::kSegmentAlgorithmType, segment.algorithm_type);
    if (segment.algorithm_type != "MANUAL") {
      item.Text(tag::kSegmentAlgorithmName, segment.algorithm_name.empty() ? "Isovox" : segment.algorithm_name);
    }
    PutCode(item, tag::kSegmentedPropertyCategoryCodeSequence, segment.category);
    PutCode(item, tag::kSegmentedPropertyTypeCodeSequence, segment.type);
    if (segment.color) item.Numbers(tag::kRecommendedDisplayCIELabValue, CieLab(*segment.color));
  }
}

// Frames are ordered, and found by viewers, by segment and then by position.
void PutDimensions(DataSetBuilder& set, const std::string& organization) {
  set.Item(tag::kDimensionOrganizationSequence).Text(tag::kDimensionOrganizationUID, organization);
  const auto put = [&](Tag pointer, Tag group, const char* label) {
    set.Item(tag::kDimensionIndexSequence)
        .Text(tag::kDimensionOrganizationUID, organization)
        .Number(tag::kDimensionIndexPointer, pointer)
        .Number(tag::kFunctionalGroupPointer, group)
        .Text(tag::kDimensionDescriptionLabel, label);
  };
  put(tag::kReferencedSegmentNumber, tag::kSegmentIdentificationSequence, "Segment Number");
  put(tag::kImagePositionPatient, tag::kPlanePositionSequence, "Image Position");
}

struct Frame {
  size_t segment;
  int64_t plane;
};

// The row of a mask's box, j and k counted in the grid.
std::span<const float> RowOf(const CoverageMask& mask, int64_t j, int64_t k) {
  const int64_t ni = mask.box.end[0] - mask.box.begin[0], nj = mask.box.end[1] - mask.box.begin[1];
  const int64_t row = (k - mask.box.begin[2]) * nj + (j - mask.box.begin[1]);
  return std::span(mask.coverage).subspan(static_cast<size_t>(row * ni), static_cast<size_t>(ni));
}

std::vector<Frame> FramesOf(const SegmentationObject& object) {
  const float least = object.fractional ? static_cast<float>(0.5 / kMostFractional) : kHalf;
  std::vector<Frame> frames;
  for (size_t s = 0; s < object.segments.size(); ++s) {
    const CoverageMask& mask = *object.segments[s].mask;
    if (mask.box.empty()) continue;
    for (int64_t k = mask.box.begin[2]; k < mask.box.end[2]; ++k) {
      bool any = false;
      for (int64_t j = mask.box.begin[1]; j < mask.box.end[1] && !any; ++j) {
        const auto row = RowOf(mask, j, k);
        any = std::any_of(row.begin(), row.end(), [&](float part) { return part >= least; });
      }
      if (any) frames.push_back({s, k});
    }
  }
  return frames;
}

std::vector<std::byte> PixelsOf(const SegmentationObject& object, std::span<const Frame> frames, const Grid& grid) {
  const auto [ni, nj, nk] = grid.size;
  static_cast<void>(nk);
  const auto frame_voxels = static_cast<size_t>(ni * nj);
  std::vector<std::byte> bytes(object.fractional ? frames.size() * frame_voxels : (frames.size() * frame_voxels + 7) / 8);
  for (size_t f = 0; f < frames.size(); ++f) {
    const CoverageMask& mask = *object.segments[frames[f].segment].mask;
    for (int64_t j = mask.box.begin[1]; j < mask.box.end[1]; ++j) {
      const auto row = RowOf(mask, j, frames[f].plane);
      size_t at = f * frame_voxels + static_cast<size_t>(j * ni + mask.box.begin[0]);
      for (const float part : row) {
        if (object.fractional) {
          const double value = std::clamp(static_cast<double>(part), 0.0, 1.0) * kMostFractional;
          bytes[at] = static_cast<std::byte>(std::lround(value));
        } else if (part >= kHalf) {
          bytes[at / 8] |= std::byte{1} << (at % 8);  // the lowest bit first (PS3.5 8.1.1)
        }
        ++at;
      }
    }
  }
  return bytes;
}

bool Overlap(const SegmentationObject& object, std::span<const Frame> frames, std::span<const std::byte> pixels,
             const Grid& grid) {
  if (object.fractional) return object.segments.size() > 1;
  std::vector<bool> taken(static_cast<size_t>(grid.voxels()));
  const auto frame_voxels = static_cast<size_t>(grid.size[0] * grid.size[1]);
  for (size_t f = 0; f < frames.size(); ++f) {
    for (size_t v = 0; v < frame_voxels; ++v) {
      const size_t bit = f * frame_voxels + v;
      if ((pixels[bit / 8] >> (bit % 8) & std::byte{1}) == std::byte{0}) continue;
      const size_t voxel = static_cast<size_t>(frames[f].plane) * frame_voxels + v;
      if (taken[voxel]) return true;
      taken[voxel] = true;
    }
  }
  return false;
}

const Grid& CheckedGrid(const SegmentationObject& object) {
  if (object.segments.empty()) throw InvalidArgument("segments", "at least one segment", "none");
  if (object.segments.size() > 65535) {
    throw InvalidArgument("segments", "at most 65535", std::to_string(object.segments.size()));
  }
  const Grid& grid = object.segments.front().mask->grid;
  for (const auto& segment : object.segments) {
    if (!(segment.mask->grid == grid)) {
      throw InvalidArgument("segments", "masks of one grid", "another grid for " + segment.label);
    }
    const auto& type = segment.algorithm_type;
    if (type != "AUTOMATIC" && type != "SEMIAUTOMATIC" && type != "MANUAL") {
      throw InvalidArgument("algorithmType", "AUTOMATIC, SEMIAUTOMATIC or MANUAL", "\"" + type + "\"");
    }
    if (segment.label.empty()) throw InvalidArgument("segments", "labels that are not empty", "an empty one");
  }
  if (grid.size[0] > 65535 || grid.size[1] > 65535) throw InvalidArgument("grid", "at most 65535 rows and columns", "more");
  if (std::abs(Dot(grid.axes.i, grid.axes.j)) > 1e-4) {
    throw Error(ErrorCode::kGeometry, "A segmentation cannot be written on rows and columns that are not at right angles",
                {{"what", "axes"}});
  }
  if (object.identity.frame_uid.empty()) {
    throw InvalidArgument("identity.FrameOfReferenceUID", "the frame of reference of the image", "nothing");
  }
  const size_t images = object.image_uids.size(), positions = object.image_positions.size();
  if (positions > 0 ? positions != images : images > 0 && images != static_cast<size_t>(grid.size[2])) {
    throw InvalidArgument("referencedSOPInstanceUIDs",
                          positions > 0 ? "one for each of the " + std::to_string(positions) + " positions"
                                        : "one for each of the " + std::to_string(grid.size[2]) + " planes",
                          std::to_string(images));
  }
  return grid;
}

// The image in each plane of the grid, "" where there is none.
std::vector<std::string> ImagesOf(const SegmentationObject& object, const Grid& grid) {
  if (object.image_positions.empty() && !object.image_uids.empty()) return object.image_uids;
  std::vector<std::string> images(static_cast<size_t>(grid.size[2]));
  const PatientToIndexMap map(grid);
  for (size_t n = 0; n < object.image_positions.size(); ++n) {
    const double at = map(object.image_positions[n]).z, plane = std::round(at);
    if (std::abs(at - plane) > 0.1 || plane < 0 || plane >= static_cast<double>(grid.size[2])) continue;
    images[static_cast<size_t>(plane)] = object.image_uids[n];
  }
  return images;
}

void PutSource(DataSetBuilder& group, const SegmentationObject& object, const std::string& uid) {
  auto& derivation = group.Item(tag::kDerivationImageSequence);
  PutCode(derivation, tag::kDerivationCodeSequence, {"113076", "DCM", "Segmentation"});
  auto& source = derivation.Item(tag::kSourceImageSequence);
  source.Text(tag::kReferencedSOPClassUID, object.image_class).Text(tag::kReferencedSOPInstanceUID, uid);
  PutCode(source, tag::kPurposeOfReferenceCodeSequence,
          {"121322", "DCM", "Source image for image processing operation"});
}

}  // namespace

void WriteSegmentation(const std::string& path, const SegmentationObject& object, const WriteOptions& options) {
  const Grid& grid = CheckedGrid(object);
  const std::vector<Frame> frames = FramesOf(object);
  if (frames.empty()) throw InvalidArgument("segments", "masks with at least one voxel among them", "empty ones");
  const std::vector<std::byte> pixels = PixelsOf(object, frames, grid);
  const std::vector<std::string> images = ImagesOf(object, grid);
  const std::string uid = object.identity.InstanceUid(0);
  const Axes& a = grid.axes;

  DataSetBuilder set;
  PutCommonModules(set, object.identity, kSegmentationClass, uid, "SEG", options);
  set.Text(tag::kManufacturerModelName, "Isovox")
      .Text(tag::kDeviceSerialNumber, "1")
      .Text(tag::kSoftwareVersions, "1")
      .Texts(tag::kImageType, {"DERIVED", "PRIMARY"})
      .Number(tag::kInstanceNumber, 1)
      .Text(tag::kContentDate, object.identity.date.empty() ? "19700101" : object.identity.date)
      .Text(tag::kContentTime, object.identity.time.empty() ? "000000" : object.identity.time)
      .Text(tag::kContentLabel, object.label)
      .Text(tag::kContentDescription, object.description)
      .Empty(tag::kContentCreatorName)
      .Number(tag::kSamplesPerPixel, 1)
      .Text(tag::kPhotometricInterpretation, "MONOCHROME2")
      .Number(tag::kNumberOfFrames, static_cast<double>(frames.size()))
      .Number(tag::kRows, static_cast<double>(grid.size[1]))
      .Number(tag::kColumns, static_cast<double>(grid.size[0]))
      .Number(tag::kBitsAllocated, object.fractional ? 8 : 1)
      .Number(tag::kBitsStored, object.fractional ? 8 : 1)
      .Number(tag::kHighBit, object.fractional ? 7 : 0)
      .Number(tag::kPixelRepresentation, 0)
      .Text(tag::kLossyImageCompression, "00")
      .Text(tag::kSegmentationType, object.fractional ? "FRACTIONAL" : "BINARY")
      .Text(tag::kSegmentsOverlap, Overlap(object, frames, pixels, grid) ? "YES" : "NO");
  if (object.fractional) {
    set.Text(tag::kSegmentationFractionalType, "OCCUPANCY").Number(tag::kMaximumFractionalValue, kMostFractional);
  }
  PutSegments(set, object);
  const std::string organization = uid + ".1";
  PutDimensions(set, organization);
  if (!object.image_series_uid.empty()) {
    auto& series = set.Item(tag::kReferencedSeriesSequence);
    series.Text(tag::kSeriesInstanceUID, object.image_series_uid);
    for (const std::string& image : object.image_uids) {
      series.Item(tag::kReferencedInstanceSequence)
          .Text(tag::kReferencedSOPClassUID, object.image_class)
          .Text(tag::kReferencedSOPInstanceUID, image);
    }
  }

  auto& shared = set.Item(tag::kSharedFunctionalGroupsSequence);
  shared.Item(tag::kPixelMeasuresSequence)
      .Number(tag::kSliceThickness, grid.spacing[2])
      .Number(tag::kSpacingBetweenSlices, grid.spacing[2])
      .Numbers(tag::kPixelSpacing, std::array{grid.spacing[1], grid.spacing[0]});
  shared.Item(tag::kPlaneOrientationSequence)
      .Numbers(tag::kImageOrientationPatient, std::array{a.i.x, a.i.y, a.i.z, a.j.x, a.j.y, a.j.z});
  // The index of a position counts the positions that there are (PS3.3 C.7.6.17.2).
  std::vector<int64_t> planes;
  for (const Frame& frame : frames) planes.push_back(frame.plane);
  std::sort(planes.begin(), planes.end());
  planes.erase(std::unique(planes.begin(), planes.end()), planes.end());
  for (const Frame& frame : frames) {
    auto& group = set.Item(tag::kPerFrameFunctionalGroupsSequence);
    const auto ordinal = std::lower_bound(planes.begin(), planes.end(), frame.plane) - planes.begin() + 1;
    const auto segment = static_cast<double>(frame.segment + 1);
    group.Item(tag::kFrameContentSequence)
        .Numbers(tag::kDimensionIndexValues, std::array{segment, static_cast<double>(ordinal)});
    const Vec3 position = grid.IndexToPatient({0, 0, static_cast<double>(frame.plane)});
    group.Item(tag::kPlanePositionSequence)
        .Numbers(tag::kImagePositionPatient, std::array{position.x, position.y, position.z});
    group.Item(tag::kSegmentIdentificationSequence).Number(tag::kReferencedSegmentNumber, segment);
    const std::string& image = images[static_cast<size_t>(frame.plane)];
    if (!image.empty()) PutSource(group, object, image);
  }
  set.Pixels(pixels, 1);
  WriteDicomFile(path, set, options);
}

}  // namespace isovox::dicom
