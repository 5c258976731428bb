#include "dicom/slice.h"

#include <cmath>

#include "dicom/siemens.h"

namespace isovox::dicom {
namespace {

constexpr Tag kMetadata[] = {tag::kModality,          tag::kSOPClassUID,        tag::kStudyInstanceUID,
                             tag::kSeriesInstanceUID, tag::kFrameOfReferenceUID, tag::kSeriesDescription,
                             tag::kManufacturer,      tag::kManufacturerModelName, tag::kPatientPosition,
                             tag::kPhotometricInterpretation, tag::kConvolutionKernel, tag::kKVP,
                             tag::kSliceThickness,    tag::kUnits,              tag::kRescaleType};

// The first item of a functional group in the frame's own groups, else in the shared ones.
std::optional<DataSet> Group(const DataSet* own, const DataSet* shared, Tag sequence) {
  for (const DataSet* groups : {own, shared}) {
    if (groups == nullptr) continue;
    auto items = groups->Items(sequence);
    if (!items.empty()) return std::move(items.front());
  }
  return std::nullopt;
}

std::string UnitOf(const DataSet& set, const std::string& modality) {
  if (set.Has(tag::kDoseGridScaling)) return set.Text(tag::kDoseUnits) == "GY" ? "Gy" : "";
  const auto type = set.Text(tag::kRescaleType);
  if (type == "HU" || (modality == "CT" && (type.empty() || type == "US"))) return "HU";
  return modality == "PT" ? std::string(set.Text(tag::kUnits)) : std::string();
}

void PlacePlanes(const DataSet& set, ImageHeader& header) {
  const auto shared_items = set.Items(tag::kSharedFunctionalGroupsSequence);
  const auto own_items = set.Items(tag::kPerFrameFunctionalGroupsSequence);
  const DataSet* shared = shared_items.empty() ? nullptr : &shared_items.front();
  const auto position = PositionOf(set);
  const auto offsets = set.Numbers(tag::kGridFrameOffsetVector);
  const std::vector<Tag> pointers = DimensionPointers(set);
  const double slope = set.Number(tag::kDoseGridScaling).value_or(set.Number(tag::kRescaleSlope).value_or(1));
  const double intercept = set.Number(tag::kRescaleIntercept).value_or(0);
  for (int64_t f = 0; f < header.layout.frames; ++f) {
    Plane plane;
    plane.frame = f;
    plane.axes = header.axes;
    plane.slope = slope;
    plane.intercept = intercept;
    if (header.layout.frames == 1) plane.position = position;
    const DataSet* own = static_cast<size_t>(f) < own_items.size() ? &own_items[static_cast<size_t>(f)] : nullptr;
    if (own != nullptr || shared != nullptr) {
      if (const auto group = Group(own, shared, tag::kPlanePositionSequence)) plane.position = PositionOf(*group);
      if (const auto group = Group(own, shared, tag::kPixelValueTransformationSequence)) {
        plane.slope = group->Number(tag::kRescaleSlope).value_or(plane.slope);
        plane.intercept = group->Number(tag::kRescaleIntercept).value_or(plane.intercept);
      }
      if (const auto group = Group(own, shared, tag::kPlaneOrientationSequence)) plane.axes = OrientationOf(*group);
      if (const auto group = Group(own, nullptr, tag::kFrameContentSequence)) plane.content = FrameContentOf(*group, pointers);
      if (f == 0) {
        header.axes = plane.axes;
        if (const auto group = Group(own, shared, tag::kPixelMeasuresSequence)) {
          header.spacing = SpacingOf(*group);
          header.slice_step = group->Number(tag::kSpacingBetweenSlices)
                                  .value_or(group->Number(tag::kSliceThickness).value_or(header.slice_step));
        }
      }
    } else if (position && header.axes && offsets.size() == static_cast<size_t>(header.layout.frames)) {
      const double along = offsets[static_cast<size_t>(f)] - offsets[0];
      if (std::isfinite(along)) plane.position = *position + along * header.axes->k;
    }
    if (!(std::isfinite(plane.slope) && plane.slope != 0)) plane.slope = 1;  // 0 would erase the image
    header.planes.push_back(plane);
  }
}

// Takes a mosaic apart: its position is that of the corner that a plain image of the mosaic's size would have.
void PlaceTiles(const DataSet& set, ImageHeader& header) {
  const auto mosaic = MosaicOf(set, header.layout.rows, header.layout.columns);
  if (!mosaic || header.planes.size() != 1 || !header.axes || !header.spacing || !header.planes[0].position ||
      !(header.slice_step > 0)) {
    return;
  }
  const int64_t rows = header.layout.rows / mosaic->side, columns = header.layout.columns / mosaic->side;
  const auto& spacing = *header.spacing;
  const Vec3 step = header.slice_step * mosaic->normal.value_or(header.axes->k);
  Plane plane = header.planes[0];
  plane.position = *plane.position + (spacing[0] * static_cast<double>(header.layout.columns - columns) / 2) * header.axes->i +
                   (spacing[1] * static_cast<double>(header.layout.rows - rows) / 2) * header.axes->j;
  header.layout.rows = rows;
  header.layout.columns = columns;
  header.mosaic_side = mosaic->side;
  header.plain = false;
  header.planes.clear();
  for (plane.frame = 0; plane.frame < mosaic->tiles; ++plane.frame) {
    header.planes.push_back(plane);
    plane.position = *plane.position + step;
  }
}

}  // namespace

ImageHeader ReadImageHeader(const std::string& path, const std::function<File()>& open, size_t file_index) {
  try {
    const DicomFile file = DicomFile::Open(path, open);
    const DataSet& set = file.set();
    ImageHeader header;
    header.path = path;
    header.file_bytes = file.size();
    header.etag = file.etag();
    header.layout = LayoutOf(file);
    header.pixels = *file.pixels();
    header.plain = !header.pixels.encapsulated && header.layout.bits_allocated >= 8 && !header.layout.planar &&
                   file.endian() == Endian::kLittle && !file.inflated();
    header.sop_uid = set.Text(tag::kSOPInstanceUID);
    header.series_uid = set.Text(tag::kSeriesInstanceUID);
    header.modality = set.Text(tag::kModality);
    header.axes = OrientationOf(set);
    header.spacing = SpacingOf(set);
    header.slice_step =
        std::abs(set.Number(tag::kSpacingBetweenSlices).value_or(set.Number(tag::kSliceThickness).value_or(0)));
    header.instance_number = set.Integer(tag::kInstanceNumber).value_or(0);
    header.time_key = {set.Integer(tag::kTemporalPositionIdentifier).value_or(0),
                       set.Integer(tag::kAcquisitionNumber).value_or(0), set.Integer(tag::kEchoNumbers).value_or(0)};
    for (const auto type : set.Texts(tag::kImageType)) header.mosaic = header.mosaic || type == "MOSAIC";
    header.unit = UnitOf(set, header.modality);
    for (const Tag wanted : kMetadata) {
      const auto text = set.Text(wanted);
      if (!text.empty()) header.metadata.emplace_back(Keyword(wanted), file.charset().ToUtf8(text));
    }
    PlacePlanes(set, header);
    if (header.mosaic) PlaceTiles(set, header);
    for (Plane& plane : header.planes) plane.file = file_index;
    return header;
  } catch (Error& error) {
    error.With("path", path);
    throw;
  }
}

}  // namespace isovox::dicom
