#include "dicom/rtdose.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "dicom/finding.h"
#include "dicom/geometry.h"
#include "dicom/header.h"
#include "dicom/pixels.h"
#include "simd/targets.h"

namespace isovox::dicom {
namespace {

using nlohmann::json;

Error BadPlanes(const std::string& message) {
  return Error(ErrorCode::kGeometry, message, {{"tag", "GridFrameOffsetVector"}});
}

// The distance of each frame from the first along the slice normal, in the order of frames.
std::vector<double> FrameDistances(const DataSet& set, int64_t frames, Vec3 position, const Axes& axes,
                                   Findings& findings) {
  auto offsets = set.Numbers(tag::kGridFrameOffsetVector);
  if (frames == 1) return {0};
  if (offsets.empty()) {
    const auto thickness = set.Number(tag::kSliceThickness);
    if (!thickness || !(*thickness > 0)) {
      throw BadPlanes("The dose has " + std::to_string(frames) + " planes but GridFrameOffsetVector is absent");
    }
    findings.push_back({"dose.no_offsets", Severity::kWarn,
                        "GridFrameOffsetVector is absent: planes were placed by SliceThickness", {}});
    for (int64_t f = 0; f < frames; ++f) offsets.push_back(static_cast<double>(f) * *thickness);
  }
  if (static_cast<int64_t>(offsets.size()) != frames) {
    throw BadPlanes("The dose has " + std::to_string(frames) + " planes but GridFrameOffsetVector has " +
                    std::to_string(offsets.size()) + " values");
  }
  if (!std::all_of(offsets.begin(), offsets.end(), [](double o) { return std::isfinite(o); })) {
    throw BadPlanes("GridFrameOffsetVector has a value that is no number");
  }
  // PS3.3 C.8.8.3.2: relative values begin with 0; otherwise they are patient z coordinates, of axial planes only.
  double along_normal = 1;
  if (offsets[0] != 0) {
    const bool axial = std::abs(std::abs(axes.k.z) - 1) < 1e-3;
    const bool at_position = std::abs(offsets[0] - position.z) < 0.01;
    if (axial) along_normal = axes.k.z > 0 ? 1 : -1;
    if (!axial || !at_position) {
      findings.push_back({"dose.odd_offsets", Severity::kWarn,
                          "GridFrameOffsetVector begins neither with 0 nor with the z of ImagePositionPatient; "
                          "its differences were used",
                          {{"first", offsets[0]}, {"z", position.z}}});
    }
  }
  const double first = offsets[0];
  for (double& offset : offsets) offset = (offset - first) * along_normal;
  return offsets;
}

json StoredDvhs(const DataSet& set, const Charset& charset) {
  static constexpr Field kFields[] = {
      {tag::kDVHType, As::kText},          {tag::kDoseUnits, As::kText},       {tag::kDVHVolumeUnits, As::kText},
      {tag::kDVHDoseScaling, As::kNumber}, {tag::kDVHMinimumDose, As::kNumber}, {tag::kDVHMaximumDose, As::kNumber},
      {tag::kDVHMeanDose, As::kNumber}};
  json list = json::array();
  for (const DataSet& item : set.Items(tag::kDVHSequence)) {
    json dvh = {{"ReferencedROINumbers", json::array()}, {"bins", item.Integer(tag::kDVHNumberOfBins).value_or(0)}};
    PutFields(dvh, item, charset, kFields);
    for (const DataSet& roi : item.Items(tag::kDVHReferencedROISequence)) {
      if (const auto number = roi.Integer(tag::kReferencedROINumber)) dvh["ReferencedROINumbers"].push_back(*number);
    }
    list.push_back(std::move(dvh));
  }
  return list;
}

double ScalingOf(const DataSet& set, Findings& findings) {
  const auto units = set.Text(tag::kDoseUnits);
  if (units.empty()) {
    findings.push_back({"dose.no_units", Severity::kWarn, "DoseUnits is absent: gray was assumed", {}});
  } else if (units != "GY") {
    throw Error(ErrorCode::kUnsupported, "Expected GY for DoseUnits but received " + std::string(units),
                {{"what", "DoseUnits"}, {"value", std::string(units)}});
  }
  const auto scaling = set.Number(tag::kDoseGridScaling);
  if (!scaling || !(*scaling > 0)) {
    throw Error(ErrorCode::kCorruptData, "Expected a positive number for DoseGridScaling but received " +
                                             (set.Has(tag::kDoseGridScaling)
                                                  ? "\"" + std::string(set.Text(tag::kDoseGridScaling)) + "\""
                                                  : std::string("nothing")),
                {{"tag", "DoseGridScaling"}});
  }
  return *scaling;
}

// Writes gray = float(stored * scaling), and gives the greatest. In lanes, so that no comparison waits for the last.
template <typename T, typename AsDouble>
inline __attribute__((always_inline)) float Scale(const T* __restrict stored, size_t count, double scaling,
                                                  float* __restrict gray, AsDouble&& as_double) {
  constexpr size_t kLanes = 16;
  float most[kLanes];
  std::fill(most, most + kLanes, -std::numeric_limits<float>::infinity());
  const auto scale = [&](size_t i, size_t lane) {
    const auto value = static_cast<float>(as_double(stored[i]) * scaling);
    gray[i] = value;
    most[lane] = value > most[lane] ? value : most[lane];
  };
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) scale(i + lane, lane);
  }
  for (; i < count; ++i) scale(i, 0);
  return *std::max_element(most, most + kLanes);
}

template <typename T>
float ScaleSamples(const T* stored, size_t count, double scaling, float* gray) {
  return Scale(stored, count, scaling, gray, [](T value) { return static_cast<double>(value); });
}
ISOVOX_FOR_CPUS
float ScaleSamples(const uint16_t* stored, size_t count, double scaling, float* gray) {
  return Scale(stored, count, scaling, gray, [](uint16_t value) { return static_cast<double>(int32_t{value}); });
}
// Vector registers turn signed integers into doubles.
ISOVOX_FOR_CPUS
float ScaleSamples(const uint32_t* stored, size_t count, double scaling, float* gray) {
  return Scale(stored, count, scaling, gray, [](uint32_t value) {
    return static_cast<double>(static_cast<int32_t>(value ^ 0x80000000U)) + 2147483648.0;
  });
}

}  // namespace

RtDose ReadRtDose(const Exec& exec, const std::string& path) {
  const DicomFile file = DicomFile::Open(path);
  try {
    const DataSet& set = file.set();
    RtDose result;
    Findings findings;
    json header = RecordOf(file);
    if (header["kind"] != "rtdose") {
      throw Error(ErrorCode::kUnsupported,
                  "Expected an RT Dose but " + path + " is of kind " + header["kind"].get<std::string>(),
                  {{"what", "SOPClassUID"}, {"value", std::string(set.Text(tag::kSOPClassUID))}});
    }
    const double scaling = ScalingOf(set, findings);
    const PixelLayout layout = LayoutOf(file);
    if (layout.samples != 1) {
      throw Error(ErrorCode::kUnsupported, "A dose of several samples per pixel is not read",
                  {{"what", "SamplesPerPixel"}, {"value", std::to_string(layout.samples)}});
    }
    Grid& grid = result.dose.grid;
    const auto spacing = SpacingOf(set);
    const auto position = PositionOf(set);
    if (!spacing || !position) {
      throw Error(ErrorCode::kGeometry, "The dose has no PixelSpacing or no ImagePositionPatient",
                  {{"expected", "PixelSpacing and ImagePositionPatient"}, {"actual", "absent"}});
    }
    if (const auto axes = OrientationOf(set)) {
      grid.axes = *axes;
    } else {
      findings.push_back({"dose.no_orientation", Severity::kWarn,
                          "ImageOrientationPatient is absent: axial planes were assumed", {}});
    }
    const auto distances = FrameDistances(set, layout.frames, *position, grid.axes, findings);
    std::vector<int64_t> frame_at(distances.size());
    std::iota(frame_at.begin(), frame_at.end(), int64_t{0});
    std::sort(frame_at.begin(), frame_at.end(),
              [&](int64_t a, int64_t b) { return distances[static_cast<size_t>(a)] < distances[static_cast<size_t>(b)]; });
    const double lowest = distances[static_cast<size_t>(frame_at[0])];
    for (const int64_t frame : frame_at) {
      const double at = distances[static_cast<size_t>(frame)] - lowest;
      if (!result.dose.plane_mm.empty() && at - result.dose.plane_mm.back() < 1e-3) {
        throw BadPlanes("Two planes of the dose lie at the same place");
      }
      result.dose.plane_mm.push_back(at);
    }
    grid.size = {layout.columns, layout.rows, layout.frames};
    grid.origin = *position + lowest * grid.axes.k;
    const auto& planes = result.dose.plane_mm;
    const double thickness = set.Number(tag::kSliceThickness).value_or(0);
    grid.spacing = {(*spacing)[0], (*spacing)[1], planes.size() > 1 ? planes[1] : thickness > 0 ? thickness : 1};
    if (planes.size() == 1) {
      findings.push_back({"dose.single_plane", Severity::kWarn, "The dose has one plane only: it has no thickness", {}});
    } else if (!result.dose.evenly_spaced()) {
      findings.push_back({"dose.uneven_planes", Severity::kInfo, "The planes of the dose are unevenly spaced", {}});
    }

    const PixelReader reader(exec, file, layout);
    result.dose.values = Storage::AllocateUnset(static_cast<size_t>(grid.voxels()) * sizeof(float));
    const auto gray = result.dose.values->As<float>();
    const size_t plane_size = layout.frame_samples();
    std::vector<float> maxima(static_cast<size_t>(layout.frames));
    exec.SetTotal(layout.frames);
    ParallelFor(exec, layout.frames, 8, [&](int64_t begin, int64_t end) {
      Buffer stored = Buffer::OfSize(layout.frame_bytes());
      for (int64_t k = begin; k < end; ++k) {
        const auto at = static_cast<size_t>(k);
        reader.ReadFrame(frame_at[at], stored.bytes());
        maxima[at] = VisitDType(layout.dtype, [&](auto sample) {
          return ScaleSamples(reinterpret_cast<const decltype(sample)*>(stored.bytes().data()), plane_size, scaling,
                              gray.data() + at * plane_size);
        });
        exec.Step();
      }
    });
    const float maximum = *std::max_element(maxima.begin(), maxima.end());
    if (!(maximum > 0)) findings.push_back({"dose.empty", Severity::kFail, "The dose is zero everywhere", {}});
    result.summary = {{"header", std::move(header)},
                      {"maximumGy", maximum},
                      {"findings", ToJson(findings)},
                      {"dvhs", StoredDvhs(set, file.charset())}};
    return result;
  } catch (Error& error) {
    error.With("path", path);
    throw;
  }
}

}  // namespace isovox::dicom
