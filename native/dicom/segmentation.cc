#include "dicom/segmentation.h"

#include <algorithm>
#include <cmath>
#include <cstring>
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
// Masks may take this many bytes for one of the file's: a bit of a frame becomes a float, in a box about its segment. And
// this many for a voxel of its frames, which compress to almost nothing; boxes overlap.
constexpr uint64_t kMostBytesPerByte = 64;
constexpr uint64_t kMostBytesPerVoxel = 16;
constexpr uint64_t kAllowance = uint64_t{64} << 20;

Error BadPlanes(const std::string& message) { return Error(ErrorCode::kGeometry, message, {{"what", "frames"}}); }

struct Frame {
  size_t segment;  // in SegmentSequence; of a label map, nothing
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

json SegmentsOf(const DataSet& set, const Charset& charset, std::optional<int64_t> background,
                std::map<int64_t, size_t>& index_of) {
  json segments = json::array();
  for (const DataSet& item : set.Items(tag::kSegmentSequence)) {
    const auto number = item.Integer(tag::kSegmentNumber);
    if (number && number == background) continue;
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

// Segment, unless it is a label map, and position of every frame; fills the grid's axes and spacing within the plane.
std::vector<Frame> FramesOf(const DataSet& set, const PixelLayout& layout, bool label_map,
                            const std::map<int64_t, size_t>& index_of, Grid& grid) {
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
    if (!label_map && segment == index_of.end()) {
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
    frames.push_back({label_map ? 0 : segment->second, *position});
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

void Extend(IndexBox& box, const std::array<int64_t, 3>& from, const std::array<int64_t, 3>& to) {
  const bool fresh = box.empty();
  for (size_t axis = 0; axis < 3; ++axis) {
    box.begin[axis] = fresh ? from[axis] : std::min(box.begin[axis], from[axis]);
    box.end[axis] = fresh ? to[axis] : std::max(box.end[axis], to[axis]);
  }
}

// The frames of one segment each: BINARY and FRACTIONAL.
struct SegmentFrames {
  double most;  // the value of a voxel that is wholly in

  void AddToBoxes(std::span<const std::byte> stored, const Grid& grid, const Frame& frame,
                  std::vector<CoverageMask>& masks) const {
    const int64_t columns = grid.size[0];
    for (int64_t j = 0; j < grid.size[1]; ++j) {
      const auto row = stored.subspan(static_cast<size_t>(j * columns), static_cast<size_t>(columns));
      const auto set = [](std::byte value) { return value != std::byte{0}; };
      const auto first = std::find_if(row.begin(), row.end(), set);
      if (first == row.end()) continue;
      const auto last = std::find_if(row.rbegin(), row.rend(), set);
      Extend(masks[frame.segment].box, {first - row.begin(), j, frame.plane}, {row.rend() - last, j + 1, frame.plane + 1});
    }
  }

  void AddTo(std::span<const std::byte> stored, const Frame& frame, std::vector<CoverageMask>& masks) const {
    CoverageMask& mask = masks[frame.segment];
    const auto& [begin, end] = mask.box;
    // Frames without a voxel count for no box, and may lie outside that of the others.
    if (mask.box.empty() || frame.plane < begin[2] || frame.plane >= end[2]) return;
    for (int64_t j = begin[1]; j < end[1]; ++j) {
      const std::byte* from = stored.data() + j * mask.grid.size[0];
      float* to = mask.coverage.data() + ((frame.plane - begin[2]) * (end[1] - begin[1]) + j - begin[1]) * (end[0] - begin[0]);
      for (int64_t i = begin[0]; i < end[0]; ++i) {
        // A segment may have two frames on one plane; the greater counts.
        const auto value = static_cast<float>(std::min(1.0, static_cast<double>(from[i]) / most));
        to[i - begin[0]] = std::max(to[i - begin[0]], value);
      }
    }
  }
};

// Frames whose values are the numbers of segments: LABELMAP.
class LabelFrames {
 public:
  LabelFrames(DType dtype, int64_t background, const std::map<int64_t, size_t>& index_of)
      : wide_(dtype == DType::kUint16), segment_of_(wide_ ? 65536 : 256, kUnknown) {
    const auto within = [&](int64_t value) { return value >= 0 && value < static_cast<int64_t>(segment_of_.size()); };
    if (within(background)) segment_of_[static_cast<size_t>(background)] = kNone;
    for (const auto& [number, segment] : index_of) {
      if (within(number)) segment_of_[static_cast<size_t>(number)] = static_cast<int64_t>(segment);
    }
  }

  void AddToBoxes(std::span<const std::byte> stored, const Grid& grid, const Frame& frame,
                  std::vector<CoverageMask>& masks) const {
    ForEach(stored, grid, [&](int64_t i, int64_t j, size_t segment) {
      Extend(masks[segment].box, {i, j, frame.plane}, {i + 1, j + 1, frame.plane + 1});
    });
  }

  void AddTo(std::span<const std::byte> stored, const Frame& frame, std::vector<CoverageMask>& masks) const {
    if (masks.empty()) return;
    ForEach(stored, masks[0].grid, [&](int64_t i, int64_t j, size_t segment) {
      const auto& [begin, end] = masks[segment].box;
      const int64_t row = (frame.plane - begin[2]) * (end[1] - begin[1]) + j - begin[1];
      masks[segment].coverage[static_cast<size_t>(row * (end[0] - begin[0]) + i - begin[0])] = 1;
    });
  }

 private:
  static constexpr int64_t kNone = -1, kUnknown = -2;

  template <typename Act>
  void ForEach(std::span<const std::byte> stored, const Grid& grid, const Act& act) const {
    for (int64_t j = 0; j < grid.size[1]; ++j) {
      for (int64_t i = 0; i < grid.size[0]; ++i) {
        const auto at = static_cast<size_t>(j * grid.size[0] + i);
        uint16_t value = 0;
        if (wide_) {
          std::memcpy(&value, stored.data() + 2 * at, 2);
        } else {
          value = static_cast<uint8_t>(stored[at]);
        }
        const int64_t segment = segment_of_[value];
        if (segment == kUnknown) {
          throw Error(ErrorCode::kCorruptData, "A voxel has the label " + std::to_string(value) + ", of which there is no segment",
                      {{"tag", "SegmentSequence"}, {"value", std::to_string(value)}});
        }
        if (segment != kNone) act(i, j, static_cast<size_t>(segment));
      }
    }
  }

  bool wide_;
  std::vector<int64_t> segment_of_;
};

void Allocate(std::vector<CoverageMask>& masks, uint64_t file_bytes, uint64_t voxels) {
  uint64_t wanted = 0;
  for (const CoverageMask& mask : masks) {
    std::array<int64_t, 4> factors{0, 0, 0, 4};
    for (size_t axis = 0; axis < 3; ++axis) factors[axis] = mask.box.end[axis] - mask.box.begin[axis];
    wanted += CheckedProduct(factors);
  }
  if (wanted > std::max(kMostBytesPerByte * file_bytes, kMostBytesPerVoxel * voxels) + kAllowance) {
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
    const bool fractional = type == "FRACTIONAL", label_map = type == "LABELMAP";
    if (!fractional && !label_map && type != "BINARY") {
      throw Error(ErrorCode::kUnsupported, "Expected BINARY, FRACTIONAL or LABELMAP for SegmentationType but received " + type,
                  {{"what", "SegmentationType"}, {"value", type}});
    }
    const PixelLayout layout = LayoutOf(file);
    if (layout.samples != 1 || !(layout.dtype == DType::kUint8 || (label_map && layout.dtype == DType::kUint16))) {
      throw Error(ErrorCode::kUnsupported, "Expected segments in bytes, or labels of up to two, but received samples of " +
                                               std::to_string(layout.bits_allocated) + " bits",
                  {{"what", "BitsAllocated"}, {"value", std::to_string(layout.bits_allocated)}});
    }
    const double most = fractional ? set.Number(tag::kMaximumFractionalValue).value_or(255) : 1;
    if (!(most >= 1 && most <= 255)) {
      throw Error(ErrorCode::kCorruptData, "MaximumFractionalValue is not between 1 and 255",
                  {{"tag", "MaximumFractionalValue"}});
    }
    Segmentation result;
    std::map<int64_t, size_t> index_of;
    const int64_t background = set.Integer(tag::kPixelPaddingValue).value_or(0);
    json segments = SegmentsOf(set, file.charset(), label_map ? std::optional(background) : std::nullopt, index_of);
    Grid grid;
    std::vector<Frame> frames = FramesOf(set, layout, label_map, index_of, grid);
    PlacePlanes(frames, grid);
    grid.size[0] = layout.columns;
    grid.size[1] = layout.rows;

    result.masks.resize(segments.size());
    for (CoverageMask& mask : result.masks) mask.grid = grid;
    const PixelReader reader(exec, file, layout);
    exec.SetTotal(2 * layout.frames);
    const auto each = [&](const auto& act) {
      Buffer stored = Buffer::OfSize(layout.frame_bytes());
      for (size_t f = 0; f < frames.size(); ++f) {
        exec.CheckCancelled();
        reader.ReadFrame(static_cast<int64_t>(f), stored.bytes());
        act(stored.bytes(), frames[f]);
        exec.Step();
      }
    };
    // Twice over the frames: for the boxes, then for the values, so that no more is held than the segments fill.
    const auto fill = [&](const auto& content) {
      each([&](std::span<const std::byte> stored, const Frame& frame) { content.AddToBoxes(stored, grid, frame, result.masks); });
      Allocate(result.masks, file.size(), layout.frame_samples() * static_cast<uint64_t>(layout.frames));
      each([&](std::span<const std::byte> stored, const Frame& frame) { content.AddTo(stored, frame, result.masks); });
    };
    if (label_map) {
      fill(LabelFrames(layout.dtype, background, index_of));
    } else {
      fill(SegmentFrames{most});
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
