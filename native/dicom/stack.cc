#include "dicom/stack.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace isovox::dicom {
namespace {

using nlohmann::json;

constexpr double kSamePlaneMm = 1e-3;
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

// The header that most others agree with: a scout or a dose report among the slices must not decide for them.
const ImageHeader& Typical(const std::vector<ImageHeader>& headers) {
  std::vector<std::pair<const ImageHeader*, size_t>> kinds;
  for (const ImageHeader& header : headers) {
    const auto same = std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) {
      return SameShape(*kind.first, header) && SameOrientation(kind.first->axes, header.axes);
    });
    if (same == kinds.end()) {
      kinds.emplace_back(&header, header.planes.size());
    } else {
      same->second += header.planes.size();
    }
  }
  return *std::max_element(kinds.begin(), kinds.end(), [](const auto& a, const auto& b) { return a.second < b.second; })
              ->first;
}

// Leaves out copies of an object, and what has another shape or direction than the rest.
std::vector<Plane> FittingPlanes(const std::vector<ImageHeader>& headers, const ImageHeader& typical,
                                 Reporter& reporter) {
  std::vector<Plane> planes;
  std::set<std::string> seen;
  json copies = json::array(), others = json::array(), turned = json::array();
  for (const ImageHeader& header : headers) {
    if (!header.sop_uid.empty() && !seen.insert(header.sop_uid).second) {
      copies.push_back(header.path);
    } else if (!SameShape(header, typical)) {
      others.push_back(header.path);
    } else if (!SameOrientation(header.axes, typical.axes)) {
      turned.push_back(header.path);
    } else {
      planes.insert(planes.end(), header.planes.begin(), header.planes.end());
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
void StackByNumber(const std::vector<ImageHeader>& headers, const ImageHeader& typical, Stack& stack,
                   Reporter& reporter) {
  std::stable_sort(stack.planes.begin(), stack.planes.end(), [&](const Plane& a, const Plane& b) {
    const int64_t na = headers[a.file].instance_number, nb = headers[b.file].instance_number;
    return na != nb ? na < nb : a.file != b.file ? a.file < b.file : a.frame < b.frame;
  });
  const double step = typical.slice_step > 0 ? typical.slice_step : 1;
  stack.grid.spacing[2] = step;
  if (typical.axes) stack.grid.axes = *typical.axes;
  if (const auto& first = stack.planes.front().position) stack.grid.origin = *first;
  for (size_t k = 0; k < stack.planes.size(); ++k) stack.positions_mm.push_back(static_cast<double>(k) * step);
  const bool several = stack.planes.size() > 1;
  reporter.Remark("slice.no_position", several ? Severity::kWarn : Severity::kInfo,
                  several ? "Positions are absent: images were ordered by InstanceNumber and placed by thickness"
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
      if (ha.instance_number != hb.instance_number) return ha.instance_number < hb.instance_number;
      return a.file != b.file ? a.file < b.file : a.frame < b.frame;
    });
    regular = regular && place.size() == times;
    for (size_t t = 1; t < place.size(); ++t) {
      const bool same_file = place[t].file == place[t - 1].file;
      told_apart = told_apart && (same_file || headers[place[t].file].time_key != headers[place[t - 1].file].time_key);
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
void Measure(const std::vector<Plane>& planes, const Axes& axes, double fallback_step, Stack& stack, Reporter& reporter) {
  const size_t count = planes.size();
  const Vec3 first = *planes.front().position, last = *planes.back().position;
  stack.grid.origin = first;
  stack.grid.axes = axes;
  for (const Plane& plane : planes) stack.positions_mm.push_back(plane.along - planes.front().along);
  if (count == 1) {
    stack.grid.spacing[2] = fallback_step > 0 ? fallback_step : 1;
    return;
  }
  std::vector<double> steps;
  for (size_t k = 1; k < count; ++k) steps.push_back(planes[k].along - planes[k - 1].along);
  std::vector<double> sorted = steps;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
  const double typical = sorted[sorted.size() / 2];
  const double tolerance = std::max(0.02, 0.01 * typical);
  size_t missing = 0, uneven = 0;
  json gaps = json::array();
  for (size_t k = 0; k < steps.size(); ++k) {
    if (std::abs(steps[k] - typical) <= tolerance) continue;
    const double whole = std::round(steps[k] / typical);
    if (whole >= 2 && std::abs(steps[k] - whole * typical) <= whole * tolerance) {
      missing += static_cast<size_t>(whole) - 1;
      gaps.push_back(planes[k].along + typical);
    } else {
      ++uneven;
    }
  }
  const bool even = missing == 0 && uneven == 0;
  double step = even ? stack.positions_mm.back() / static_cast<double>(count - 1) : typical;
  if (missing > 0) {
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
}

}  // namespace

Stack StackPlanes(const std::vector<ImageHeader>& headers, bool strict, Findings& findings) {
  Reporter reporter(strict, findings);
  const ImageHeader& typical = Typical(headers);
  Stack stack;
  stack.planes = FittingPlanes(headers, typical, reporter);
  if (typical.mosaic && typical.mosaic_side == 1) {
    reporter.Remark("series.mosaic", Severity::kWarn, "The images are mosaics of slices, and do not say how to take them apart", {});
  }
  stack.grid.size = {typical.layout.columns, typical.layout.rows, 0};
  if (typical.spacing) {
    stack.grid.spacing = {(*typical.spacing)[0], (*typical.spacing)[1], 1};
  } else {
    reporter.Remark("slice.no_spacing", Severity::kWarn, "PixelSpacing is absent: pixels of 1 mm were assumed", {});
  }
  const bool placed = typical.axes && std::all_of(stack.planes.begin(), stack.planes.end(),
                                                  [](const Plane& plane) { return plane.position.has_value(); });
  if (!placed) {
    StackByNumber(headers, typical, stack, reporter);
  } else {
    Axes axes = *typical.axes;
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
    Measure(first_time, axes, typical.slice_step, stack, reporter);
  }
  stack.grid.size[2] = static_cast<int64_t>(stack.planes.size()) / stack.times;
  return stack;
}

}  // namespace isovox::dicom
