#include "dicom/segmentation.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/storage.h"
#include "dicom/finding.h"
#include "dicom/geometry.h"
#include "dicom/header.h"
#include "dicom/pixels.h"

namespace isovox::dicom {
namespace {

using nlohmann::json;

// Positions are decimal texts: within this of a whole number of steps, and of the line of origins, counts as on it.
constexpr double kOffStep = 0.02;
constexpr double kOffLineMm = 0.1;
constexpr double kClosestMm = 1e-3;
// Masks may take this many bytes for one of the file's: a bit of a frame becomes a float, in a box about its segment.
constexpr uint64_t kMostBytesPerByte = 64;
constexpr uint64_t kAllowance = uint64_t{64} << 20;

Error BadPlanes(const std::string& message) { return Error(ErrorCode::kGeometry, message, {{"what", "frames"}}); }

struct Frame {
  size_t segment;  // in SegmentSequence
  Vec3 position;
  int64_t plane = 0;
};

// The first item of a functional group: of the frame, else shared by all frames.
std::optional<DataSet> GroupOf(const DataSet* frame, const DataSet* shared, Tag tag) {
  for (const DataSet* set : {frame, shared}) {
    if (set == nullptr) continue;
    if (auto items = set->Items(tag); !items.empty()) return std::move(items.front());
  }
  return std::nullopt;
}

json CodeOf(const DataSet& item, Tag tag, const Charset& charset) {
  const auto codes = item.Items(tag);
  if (codes.empty()) return nullptr;
  return {{"value", std::string(codes[0].Text(tag::kCodeValue))},
          {"scheme", std::string(codes[0].Text(tag::kCodingSchemeDesignator))},
          {"meaning", charset.ToUtf8(codes[0].Text(tag::kCodeMeaning))}};
}

json SegmentsOf(const DataSet& set, const Charset& charset, std::map<int64_t, size_t>& index_of) {
  json segments = json::array();
  for (const DataSet& item : set.Items(tag::kSegmentSequence)) {
    const auto number = item.Integer(tag::kSegmentNumber);
    if (!number || !index_of.try_emplace(*number, segments.size()).second) {
      throw Error(ErrorCode::kCorruptData, "Segments must have numbers of their own", {{"tag", "SegmentNumber"}});
    }
    segments.push_back({{"SegmentNumber", *number},
                        {"SegmentLabel", charset.ToUtf8(item.Text(tag::kSegmentLabel))},
                        {"SegmentAlgorithmType", std::string(item.Text(tag::kSegmentAlgorithmType))},
                        {"SegmentAlgorithmName", charset.ToUtf8(item.Text(tag::kSegmentAlgorithmName))},
                        {"category", CodeOf(item, tag::kSegmentedPropertyCategoryCodeSequence, charset)},
                        {"type", CodeOf(item, tag::kSegmentedPropertyTypeCodeSequence, charset)}});
  }
  if (segments.empty()) {
    throw Error(ErrorCode::kCorruptData, "The segmentation declares no segments", {{"tag", "SegmentSequence"}});
  }
  return segments;
}

// Segment and position of every frame; fills the grid's axes and spacing within the plane.
std::vector<Frame> FramesOf(const DataSet& set, const PixelLayout& layout, const std::map<int64_t, size_t>& index_of,
                            Grid& grid) {
  const auto shared_items = set.Items(tag::kSharedFunctionalGroupsSequence);
  const DataSet* shared = shared_items.empty() ? nullptr : &shared_items.front();
  const auto items = set.Items(tag::kPerFrameFunctionalGroupsSequence);
  if (static_cast<int64_t>(items.size()) != layout.frames) {
    throw Error(ErrorCode::kCorruptData,
                "There are " + std::to_string(layout.frames) + " frames but functional groups of " +
                    std::to_string(items.size()),
                {{"tag", "PerFrameFunctionalGroupsSequence"}});
  }
  std::vector<Frame> frames;
  for (const DataSet& item : items) {
    const auto identification = GroupOf(&item, shared, tag::kSegmentIdentificationSequence);
    const auto number = identification ? identification->Integer(tag::kReferencedSegmentNumber) : std::nullopt;
    const auto segment = number ? index_of.find(*number) : index_of.end();
    if (segment == index_of.end()) {
      throw Error(ErrorCode::kCorruptData, "Frame " + std::to_string(frames.size() + 1) + " belongs to no segment",
                  {{"tag", "ReferencedSegmentNumber"}});
    }
    const auto place = GroupOf(&item, shared, tag::kPlanePositionSequence);
    const auto position = place ? PositionOf(*place) : std::nullopt;
    const auto turned = GroupOf(&item, shared, tag::kPlaneOrientationSequence);
    const auto axes = turned ? OrientationOf(*turned) : std::nullopt;
    const auto measures = GroupOf(&item, shared, tag::kPixelMeasuresSequence);
    const auto spacing = measures ? SpacingOf(*measures) : std::nullopt;
    if (!position || !axes || !spacing) {
      throw BadPlanes("Frame " + std::to_string(frames.size() + 1) + " has no position, orientation or pixel spacing");
    }
    const auto [across, down] = *spacing;
    if (frames.empty()) {
      grid.axes = *axes;
      grid.spacing = {across, down, 0};
      const auto between = measures->Number(tag::kSpacingBetweenSlices), thick = measures->Number(tag::kSliceThickness);
      grid.spacing[2] = between && *between > 0 ? *between : thick && *thick > 0 ? *thick : 0;
    } else if (Norm(axes->i - grid.axes.i) + Norm(axes->j - grid.axes.j) > 1e-4 ||
               std::abs(across - grid.spacing[0]) + std::abs(down - grid.spacing[1]) > 1e-4) {
      throw BadPlanes("Frames of different orientation or pixel spacing are not read");
    }
    frames.push_back({segment->second, *position});
  }
  return frames;
}

// Puts the frames on planes that are one step apart: the least distance of two, unless SpacingBetweenSlices divides it.
void PlacePlanes(std::vector<Frame>& frames, Grid& grid) {
  const Vec3 normal = grid.axes.k, first = frames.front().position;
  std::vector<double> heights;
  for (const Frame& frame : frames) {
    const Vec3 d = frame.position - first;
    const double height = Dot(d, normal);
    if (!std::isfinite(height) || Norm(d - height * normal) > kOffLineMm) {
      throw BadPlanes("Frames whose corners do not lie above each other are not read");
    }
    heights.push_back(height);
  }
  std::vector<double> sorted = heights;
  std::sort(sorted.begin(), sorted.end());
  double step = 0;
  for (size_t n = 1; n < sorted.size(); ++n) {
    const double gap = sorted[n] - sorted[n - 1];
    if (gap > kClosestMm && (step == 0 || gap < step)) step = gap;
  }
  const double stated = grid.spacing[2];
  const auto whole = [](double x) { return std::abs(x - std::round(x)) <= kOffStep; };
  if (step == 0) step = stated > 0 ? stated : 1;
  if (stated > kClosestMm && stated < step && whole(step / stated)) step = stated;
  const double low = sorted.front(), planes = std::round((sorted.back() - low) / step) + 1;
  if (!(planes <= 65535)) throw BadPlanes("The frames would need " + std::to_string(planes) + " planes");
  // The step that reaches the last plane, so that roundings of the least distance do not add up.
  if (planes > 1) step = (sorted.back() - low) / (planes - 1);
  for (size_t n = 0; n < frames.size(); ++n) {
    const double at = (heights[n] - low) / step;
    if (std::abs(at - std::round(at)) > 2 * kOffStep) throw BadPlanes("Frames that are unevenly spaced are not read");
    frames[n].plane = std::llround(at);
  }
  grid.spacing[2] = step;
  grid.origin = first + low * normal;
  grid.size[2] = static_cast<int64_t>(planes);
}

// Box of the voxels that are not 0 in a frame.
void AddToBox(std::span<const std::byte> frame, int64_t columns, int64_t rows, int64_t plane, IndexBox& box) {
  for (int64_t j = 0; j < rows; ++j) {
    const auto row = frame.subspan(static_cast<size_t>(j * columns), static_cast<size_t>(columns));
    const auto set = [](std::byte value) { return value != std::byte{0}; };
    const auto first = std::find_if(row.begin(), row.end(), set);
    if (first == row.end()) continue;
    const auto last = std::find_if(row.rbegin(), row.rend(), set);
    const std::array<int64_t, 3> from{first - row.begin(), j, plane}, to{row.rend() - last, j + 1, plane + 1};
    const bool fresh = box.empty();
    for (size_t axis = 0; axis < 3; ++axis) {
      box.begin[axis] = fresh ? from[axis] : std::min(box.begin[axis], from[axis]);
      box.end[axis] = fresh ? to[axis] : std::max(box.end[axis], to[axis]);
    }
  }
}

void Allocate(std::vector<CoverageMask>& masks, uint64_t file_bytes) {
  uint64_t wanted = 0;
  for (const CoverageMask& mask : masks) {
    std::array<int64_t, 4> factors{0, 0, 0, 4};
    for (size_t axis = 0; axis < 3; ++axis) factors[axis] = mask.box.end[axis] - mask.box.begin[axis];
    wanted += CheckedProduct(factors);
  }
  if (wanted > kMostBytesPerByte * file_bytes + kAllowance) {
    throw Error(ErrorCode::kResource, "The segments lie so far apart that their masks would take " +
                                          std::to_string(wanted) + " bytes",
                {{"requested", std::to_string(wanted)}});
  }
  for (CoverageMask& mask : masks) {
    size_t count = 1;
    for (size_t axis = 0; axis < 3; ++axis) count *= static_cast<size_t>(mask.box.end[axis] - mask.box.begin[axis]);
    mask.coverage.assign(count, 0);
  }
}

}  // namespace

Segmentation ReadSegmentation(const Exec& exec, const std::string& path) {
  const DicomFile file = DicomFile::Open(path);
  try {
    const DataSet& set = file.set();
    json header = RecordOf(file);
    if (header["kind"] != "seg") {
      throw Error(ErrorCode::kUnsupported,
                  "Expected a segmentation but " + path + " is of kind " + header["kind"].get<std::string>(),
                  {{"what", "SOPClassUID"}, {"value", std::string(set.Text(tag::kSOPClassUID))}});
    }
    const std::string type(set.Text(tag::kSegmentationType));
    const bool fractional = type == "FRACTIONAL";
    if (!fractional && type != "BINARY") {
      throw Error(ErrorCode::kUnsupported, "Expected BINARY or FRACTIONAL for SegmentationType but received " + type,
                  {{"what", "SegmentationType"}, {"value", type}});
    }
    const PixelLayout layout = LayoutOf(file);
    if (layout.samples != 1 || layout.dtype != DType::kUint8) {
      throw Error(ErrorCode::kUnsupported, "Segmentations of more than a byte a voxel are not read",
                  {{"what", "BitsAllocated"}, {"value", std::to_string(layout.bits_allocated)}});
    }
    const double most = fractional ? set.Number(tag::kMaximumFractionalValue).value_or(255) : 1;
    if (!(most >= 1 && most <= 255)) {
      throw Error(ErrorCode::kCorruptData, "MaximumFractionalValue is not between 1 and 255",
                  {{"tag", "MaximumFractionalValue"}});
    }
    Segmentation result;
    std::map<int64_t, size_t> index_of;
    json segments = SegmentsOf(set, file.charset(), index_of);
    Grid grid;
    std::vector<Frame> frames = FramesOf(set, layout, index_of, grid);
    PlacePlanes(frames, grid);
    grid.size[0] = layout.columns;
    grid.size[1] = layout.rows;

    result.masks.resize(segments.size());
    for (CoverageMask& mask : result.masks) mask.grid = grid;
    const PixelReader reader(exec, file, layout);
    Buffer stored = Buffer::OfSize(layout.frame_bytes());
    exec.SetTotal(2 * layout.frames);
    // Twice over the frames: for the boxes, then for the values, so that no more is held than the segments fill.
    for (size_t f = 0; f < frames.size(); ++f) {
      exec.CheckCancelled();
      reader.ReadFrame(static_cast<int64_t>(f), stored.bytes());
      AddToBox(stored.bytes(), layout.columns, layout.rows, frames[f].plane, result.masks[frames[f].segment].box);
      exec.Step();
    }
    Allocate(result.masks, file.size());
    for (size_t f = 0; f < frames.size(); ++f) {
      exec.CheckCancelled();
      CoverageMask& mask = result.masks[frames[f].segment];
      const auto& [begin, end] = mask.box;
      exec.Step();
      // Frames without a voxel count for no box, and may lie outside that of the others.
      if (mask.box.empty() || frames[f].plane < begin[2] || frames[f].plane >= end[2]) continue;
      reader.ReadFrame(static_cast<int64_t>(f), stored.bytes());
      for (int64_t j = begin[1]; j < end[1]; ++j) {
        const std::byte* from = stored.data.get() + j * layout.columns;
        float* to = mask.coverage.data() +
                    ((frames[f].plane - begin[2]) * (end[1] - begin[1]) + j - begin[1]) * (end[0] - begin[0]);
        for (int64_t i = begin[0]; i < end[0]; ++i) {
          // A segment may have two frames on one plane; the greater counts.
          const auto value = static_cast<float>(std::min(1.0, static_cast<double>(from[i]) / most));
          to[i - begin[0]] = std::max(to[i - begin[0]], value);
        }
      }
    }
    json sources = json::array();
    for (const DataSet& series : set.Items(tag::kReferencedSeriesSequence)) {
      sources.push_back(std::string(series.Text(tag::kSeriesInstanceUID)));
    }
    result.summary = {{"header", std::move(header)},
                      {"SegmentationType", type},
                      {"referencedSeriesUIDs", std::move(sources)},
                      {"segments", std::move(segments)}};
    return result;
  } catch (Error& error) {
    error.With("path", path);
    throw;
  }
}

}  // namespace isovox::dicom
