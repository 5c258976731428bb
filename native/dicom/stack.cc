#include "dicom/stack.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "io/s3_uri.h"

namespace isovox::dicom {
namespace {

using nlohmann::json;

constexpr double kSamePlaneMm = 1e-3;
constexpr double kMostMissing = 1e6;  // between two slices: beyond it only the count is off
constexpr double kDegrees = 180.0 / 3.14159265358979323846;

class Reporter {
 public:
  Reporter(bool strict, Findings& findings) : strict_(strict), findings_(findings) {}

  // A fault of geometry that a strict reader refuses.
  void Fault(const char* code, std::string message, json context) {
    if (strict_) throw Error(ErrorCode::kGeometry, message, {{"finding", code}});
    Remark(code, Severity::kWarn, std::move(message), std::move(context));
  }
  void Remark(const char* code, Severity severity, std::string message, json context) {
    findings_.push_back({code, severity, std::move(message), std::move(context)});
  }

 private:
  bool strict_;
  Findings& findings_;
};

bool SameOrientation(const std::optional<Axes>& a, const std::optional<Axes>& b) {
  if (!a || !b) return !a && !b;
  return Norm(a->i - b->i) < 1e-3 && Norm(a->j - b->j) < 1e-3;
}

bool SameShape(const ImageHeader& a, const ImageHeader& b) {
  return a.layout.rows == b.layout.rows && a.layout.columns == b.layout.columns &&
         a.mosaic_side == b.mosaic_side && a.layout.samples == b.layout.samples && a.layout.dtype == b.layout.dtype;
}

// What most planes agree on: a scout or a dose report among the slices must not decide for them.
struct Kind {
  const ImageHeader* header;
  std::optional<Axes> axes;
  size_t planes = 0;
};

Kind Typical(const std::vector<ImageHeader>& headers) {
  std::vector<Kind> kinds;
  for (const ImageHeader& header : headers) {
    for (const Plane& plane : header.planes) {
      const auto same = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) {
        return SameShape(*kind.header, header) && SameOrientation(kind.axes, plane.axes);
      });
      if (same == kinds.end()) kinds.push_back({&header, plane.axes, 1});
      else ++same->planes;
    }
  }
  return *std::max_element(kinds.begin(), kinds.end(), [](const Kind& a, const Kind& b) { return a.planes < b.planes; });
}

// Leaves out copies of an object, and what has another shape or direction than the rest.
std::vector<Plane> FittingPlanes(const std::vector<ImageHeader>& headers, const Kind& typical, Reporter& reporter) {
  std::vector<Plane> planes;
  std::set<std::string> seen;
  json copies = json::array(), others = json::array(), turned = json::array();
  for (const ImageHeader& header : headers) {
    if (!header.sop_uid.empty() && !seen.insert(header.sop_uid).second) {
      copies.push_back(ShownPath(header.path));
    } else if (!SameShape(header, *typical.header)) {
      others.push_back(ShownPath(header.path));
    } else {
      for (const Plane& plane : header.planes) {
        if (SameOrientation(plane.axes, typical.axes)) planes.push_back(plane);
        else turned.push_back(ShownPath(header.path));
      }
    }
  }
  if (!copies.empty()) {
    reporter.Remark("slice.duplicate", Severity::kInfo,
                    std::to_string(copies.size()) + " files are copies of an object that is there already",
                    {{"count", copies.size()}, {"path", copies[0]}});
  }
  if (!others.empty()) {
    reporter.Remark("slice.other_size", Severity::kWarn,
                    std::to_string(others.size()) + " images of another size or type were left out",
                    {{"count", others.size()}, {"path", others[0]}});
  }
  if (!turned.empty()) {
    reporter.Remark("slice.other_orientation", Severity::kWarn,
                    std::to_string(turned.size()) + " images of another orientation were left out",
                    {{"count", turned.size()}, {"path", turned[0]}});
  }
  return planes;
}

// Planes without positions, in the order of InstanceNumber and frame, one step apart.
void StackByNumber(const std::vector<ImageHeader>& headers, const Kind& typical, Stack& stack, Reporter& reporter) {
  std::stable_sort(stack.planes.begin(), stack.planes.end(), [&](const Plane& a, const Plane& b) {
    const int64_t na = headers[a.file].instance_number, nb = headers[b.file].instance_number;
    if (na != nb || a.file != b.file) return na != nb ? na < nb : a.file < b.file;
    if (a.content.dimensions != b.content.dimensions) return a.content.dimensions < b.content.dimensions;
    return a.content.in_stack != b.content.in_stack ? a.content.in_stack < b.content.in_stack : a.frame < b.frame;
  });
  const double step = typical.header->slice_step > 0 ? typical.header->slice_step : 1;
  stack.grid.spacing[2] = step;
  if (typical.axes) stack.grid.axes = *typical.axes;
  // A file that numbers its frames and repeats the numbers for every time says so by its dimensions.
  const Plane& last = stack.planes.back();
  size_t per_time = 0;
  while (per_time < stack.planes.size() && stack.planes[per_time].content.dimensions == stack.planes[0].content.dimensions) ++per_time;
  if (last.file == stack.planes[0].file && per_time < stack.planes.size() && stack.planes.size() % per_time == 0) {
    bool regular = true;
    for (size_t p = 0; p < stack.planes.size(); ++p) {
      const FrameContent &own = stack.planes[p].content, &same_time = stack.planes[p / per_time * per_time].content;
      regular = regular && own.dimensions == same_time.dimensions && own.in_stack == stack.planes[p % per_time].content.in_stack;
    }
    if (regular) stack.times = static_cast<int64_t>(stack.planes.size() / per_time);
  }
  if (const auto& first = stack.planes.front().position) stack.grid.origin = *first;
  const size_t places = stack.planes.size() / static_cast<size_t>(stack.times);
  for (size_t k = 0; k < places; ++k) stack.positions_mm.push_back(static_cast<double>(k) * step);
  const bool several = places > 1;
  reporter.Remark("slice.no_position", several ? Severity::kWarn : Severity::kInfo,
                  several ? "Positions are absent: images were ordered by their numbers and placed by thickness"
                          : "The image has no position in the patient",
                  {{"count", stack.planes.size()}});
}

// Planes at one place: times of 4-D data when every place has as many, else copies of which the first is kept.
void ResolveRepeats(const std::vector<ImageHeader>& headers, Stack& stack, Reporter& reporter) {
  std::vector<std::vector<Plane>> places;
  for (const Plane& plane : stack.planes) {
    if (places.empty() || plane.along - places.back().front().along > kSamePlaneMm) places.emplace_back();
    places.back().push_back(plane);
  }
  const size_t times = places.front().size();
  bool regular = times > 1, told_apart = true;
  for (auto& place : places) {
    std::stable_sort(place.begin(), place.end(), [&](const Plane& a, const Plane& b) {
      const ImageHeader &ha = headers[a.file], &hb = headers[b.file];
      if (ha.time_key != hb.time_key) return ha.time_key < hb.time_key;
      if (a.content.dimensions != b.content.dimensions) return a.content.dimensions < b.content.dimensions;
      if (ha.instance_number != hb.instance_number) return ha.instance_number < hb.instance_number;
      return a.file != b.file ? a.file < b.file : a.frame < b.frame;
    });
    regular = regular && place.size() == times;
    for (size_t t = 1; t < place.size(); ++t) {
      const Plane &before = place[t - 1], &plane = place[t];
      const ImageHeader &mine = headers[plane.file], &theirs = headers[before.file];
      // Frames of a file that does not list its dimensions are times; where it does, two with the same are copies. Many
      // scanners number the images of a dynamic or diffusion series and tell them apart by nothing else that is public;
      // an image that was exported twice keeps its number.
      const bool by_order = plane.file == before.file && !plane.content.complete;
      told_apart = told_apart && (by_order || plane.content.dimensions != before.content.dimensions ||
                                  mine.time_key != theirs.time_key || mine.instance_number != theirs.instance_number);
    }
  }
  stack.planes.clear();
  if (regular && told_apart) {
    stack.times = static_cast<int64_t>(times);
    for (size_t t = 0; t < times; ++t) {
      for (const auto& place : places) stack.planes.push_back(place[t]);
    }
    reporter.Remark("series.several_times", Severity::kInfo,
                    "There are " + std::to_string(times) + " images at each position: they became the fourth axis",
                    {{"times", times}});
    return;
  }
  size_t dropped = 0;
  double first_along = 0;
  for (const auto& place : places) {
    stack.planes.push_back(place.front());
    if (place.size() > 1 && dropped == 0) first_along = place.front().along;
    dropped += place.size() - 1;
  }
  if (dropped > 0) {
    reporter.Fault("slice.duplicate",
                   std::to_string(dropped) + " images lie where another one lies already and were left out",
                   {{"count", dropped}, {"position_mm", first_along}});
  }
}

// Spacing along the stack, and the direction from plane to plane; names gaps, unevenness and tilt.
// Gives how many slices are missing behind each plane, when they are to be filled.
std::vector<size_t> Measure(const std::vector<Plane>& planes, const Axes& axes, double fallback_step, Gaps gaps_become,
                            Stack& stack, Reporter& reporter) {
  const size_t count = planes.size();
  const Vec3 first = *planes.front().position, last = *planes.back().position;
  stack.grid.origin = first;
  stack.grid.axes = axes;
  for (const Plane& plane : planes) stack.positions_mm.push_back(plane.along - planes.front().along);
  if (count == 1) {
    stack.grid.spacing[2] = fallback_step > 0 ? fallback_step : 1;
    return {};
  }
  std::vector<double> steps;
  for (size_t k = 1; k < count; ++k) steps.push_back(planes[k].along - planes[k - 1].along);
  std::vector<double> sorted = steps;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
  const double typical = sorted[sorted.size() / 2];
  const double tolerance = std::max(0.02, 0.01 * typical);
  size_t missing = 0, uneven = 0;
  std::vector<size_t> behind(count, 0);
  json gaps = json::array();
  for (size_t k = 0; k < steps.size(); ++k) {
    if (std::abs(steps[k] - typical) <= tolerance) continue;
    const double whole = std::round(steps[k] / typical);
    if (whole >= 2 && std::abs(steps[k] - whole * typical) <= whole * tolerance) {
      behind[k] = static_cast<size_t>(std::min(whole, kMostMissing)) - 1;
      missing += behind[k];
      gaps.push_back(planes[k].along + typical);
    } else {
      ++uneven;
    }
  }
  const bool fill = missing > 0 && uneven == 0 && gaps_become == Gaps::kFill;
  if (fill && missing > count) {
    throw Error(ErrorCode::kGeometry, "Expected fewer missing slices than there are but received " + std::to_string(missing) +
                                          " gaps among " + std::to_string(count) + " slices",
                {{"finding", "slice.missing"}});
  }
  const bool even = uneven == 0 && (missing == 0 || fill);
  double step = even ? stack.positions_mm.back() / static_cast<double>(count + missing - 1) : typical;
  if (fill) {
    reporter.Remark("slice.filled", Severity::kWarn,
                    std::to_string(missing) + " slices are missing and were interpolated from their neighbours",
                    {{"count", missing}, {"position_mm", gaps[0]}, {"spacing_mm", typical}});
  } else if (missing > 0 && gaps_become == Gaps::kRefuse) {
    throw Error(ErrorCode::kGeometry, "Expected a series without gaps but " + std::to_string(missing) + " slices are missing",
                {{"finding", "slice.missing"}, {"count", std::to_string(missing)}, {"position_mm", std::to_string(gaps[0].get<double>())}});
  } else if (missing > 0) {
    reporter.Fault("slice.missing", std::to_string(missing) + " slices are missing",
                   {{"count", missing}, {"position_mm", gaps[0]}, {"spacing_mm", typical}});
  }
  if (uneven > 0) {
    const auto [least, most] = std::minmax_element(steps.begin(), steps.end());
    reporter.Fault("slice.uneven", "Slices are unevenly spaced",
                   {{"count", uneven}, {"least_mm", *least}, {"most_mm", *most}, {"typical_mm", typical}});
  }
  const Vec3 way = last - first;
  const double cosine = Dot(way, axes.k) / Norm(way);
  const double tilt = std::acos(std::min(1.0, cosine)) * kDegrees;
  if (tilt > 0.05) {
    stack.grid.axes.k = (1 / Norm(way)) * way;
    step /= cosine;
    reporter.Remark("slice.tilted", Severity::kInfo, "The stack is tilted against its slices", {{"degrees", tilt}});
  }
  stack.grid.spacing[2] = step;
  double off_line = 0;
  for (const Plane& plane : planes) {
    const Vec3 from_first = *plane.position - first;
    off_line = std::max(off_line, Norm(from_first - (Dot(from_first, axes.k) / cosine) * stack.grid.axes.k));
  }
  if (tilt <= 0.05 && off_line > 0.1) {
    // Within the angle that counts as straight a long stack may still drift; one grid cannot follow single slices.
    reporter.Fault("slice.shifted", "Slices are shifted against each other", {{"most_mm", off_line}});
  } else if (tilt > 0.05 && off_line > 0.1) {
    reporter.Fault("slice.shifted", "Slices do not lie on one line", {{"most_mm", off_line}});
  }
  return fill ? behind : std::vector<size_t>();
}

// Makes room for the slices that are missing behind each place, in every time.
void MakeRoom(const std::vector<size_t>& behind, Stack& stack) {
  const size_t places = behind.size(), times = static_cast<size_t>(stack.times);
  std::vector<Plane> planes;
  std::vector<double> positions;
  for (size_t t = 0; t < times; ++t) {
    for (size_t k = 0; k < places; ++k) {
      const size_t before = planes.size(), after = before + behind[k] + 1;
      planes.push_back(stack.planes[t * places + k]);
      if (t == 0) positions.push_back(stack.positions_mm[k]);
      for (size_t n = 1; n <= behind[k]; ++n) {
        const double weight = static_cast<double>(n) / static_cast<double>(behind[k] + 1);
        stack.filled.push_back({before + n, before, after, weight});
        Plane plane = planes[before];
        plane.file = kNoFile;
        planes.push_back(plane);
        if (t == 0) positions.push_back(stack.positions_mm[k] + weight * (stack.positions_mm[k + 1] - stack.positions_mm[k]));
      }
    }
  }
  stack.planes = std::move(planes);
  stack.positions_mm = std::move(positions);
}

}  // namespace

Stack StackPlanes(const std::vector<ImageHeader>& headers, bool strict, Gaps gaps, Findings& findings) {
  Reporter reporter(strict, findings);
  const Kind kind = Typical(headers);
  const ImageHeader& typical = *kind.header;
  Stack stack;
  stack.planes = FittingPlanes(headers, kind, reporter);
  if (typical.mosaic && typical.mosaic_side == 1) {
    reporter.Remark("series.mosaic", Severity::kWarn, "The images are mosaics of slices, and do not say how to take them apart", {});
  }
  stack.grid.size = {typical.layout.columns, typical.layout.rows, 0};
  if (typical.spacing) {
    stack.grid.spacing = {(*typical.spacing)[0], (*typical.spacing)[1], 1};
  } else {
    reporter.Remark("slice.no_spacing", Severity::kWarn, "PixelSpacing is absent or zero: pixels of 1 mm were assumed", {});
  }
  const bool placed = kind.axes && std::all_of(stack.planes.begin(), stack.planes.end(),
                                                  [](const Plane& plane) { return plane.position.has_value(); });
  if (!placed) {
    StackByNumber(headers, kind, stack, reporter);
  } else {
    Axes axes = *kind.axes;
    for (Plane& plane : stack.planes) plane.along = Dot(*plane.position, axes.k);
    // The frames of one file keep their order when they run steadily the other way: the third axis turns instead.
    const bool backwards = std::adjacent_find(stack.planes.begin(), stack.planes.end(), [](const Plane& a, const Plane& b) {
                             return b.along - a.along > -kSamePlaneMm;
                           }) == stack.planes.end();
    if (headers.size() == 1 && stack.planes.size() > 1 && backwards) {
      axes.k = -1.0 * axes.k;
      for (Plane& plane : stack.planes) plane.along = -plane.along;
    }
    std::stable_sort(stack.planes.begin(), stack.planes.end(),
                     [](const Plane& a, const Plane& b) { return a.along < b.along; });
    ResolveRepeats(headers, stack, reporter);
    const size_t places = stack.planes.size() / static_cast<size_t>(stack.times);
    const std::vector<Plane> first_time(stack.planes.begin(), stack.planes.begin() + static_cast<std::ptrdiff_t>(places));
    const auto behind = Measure(first_time, axes, typical.slice_step, gaps, stack, reporter);
    if (!behind.empty()) MakeRoom(behind, stack);
  }
  stack.grid.size[2] = static_cast<int64_t>(stack.planes.size()) / stack.times;
  return stack;
}

}  // namespace isovox::dicom
