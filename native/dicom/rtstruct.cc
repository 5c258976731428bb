#include "dicom/rtstruct.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "dicom/decimal.h"
#include "dicom/finding.h"
#include "dicom/header.h"

namespace isovox::dicom {
namespace {

using nlohmann::json;

struct KindRow {
  std::string_view name;
  ContourKind kind;
  size_t fewest_points;
};

// PS3.3 C.8.8.6.1.
constexpr KindRow kKinds[] = {{"CLOSED_PLANAR", ContourKind::kClosedPlanar, 3},
                              {"OPEN_PLANAR", ContourKind::kOpenPlanar, 2},
                              {"OPEN_NONPLANAR", ContourKind::kOpenNonplanar, 2},
                              {"POINT", ContourKind::kPoint, 1},
                              {"CLOSEDPLANAR_XOR", ContourKind::kClosedPlanarXor, 3}};

bool IsClosed(ContourKind kind) {
  return kind == ContourKind::kClosedPlanar || kind == ContourKind::kClosedPlanarXor;
}

// Faults of one kind in one ROI, counted: a structure with a thousand bad contours is one finding.
class FaultCounter {
 public:
  void Add(const char* code, Severity severity, const char* what, size_t contour) {
    for (Row& row : rows_) {
      if (row.code == code) {
        ++row.count;
        return;
      }
    }
    rows_.push_back({code, severity, what, contour, 1});
  }

  Findings ToFindings(const Roi& roi) const {
    Findings findings;
    for (const Row& row : rows_) {
      findings.push_back({row.code, row.severity,
                          std::to_string(row.count) + (row.count == 1 ? " contour of " : " contours of ") + roi.name +
                              " " + row.what,
                          {{"roi", roi.name}, {"count", row.count}, {"first_contour", row.first}}});
    }
    return findings;
  }

 private:
  struct Row {
    std::string code;
    Severity severity;
    const char* what;
    size_t first;
    size_t count;
  };
  std::vector<Row> rows_;
};

// Appends one item of ContourSequence to `roi`, or counts why it cannot be used.
void AddContour(const DataSet& item, size_t index, Roi& roi, FaultCounter& faults, std::vector<double>& numbers) {
  const auto name = item.Text(tag::kContourGeometricType);
  const KindRow* row = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const KindRow& k) { return k.name == name; });
  if (row == std::end(kKinds)) {
    faults.Add("contour.unknown_kind", Severity::kWarn, "without a known geometric type, read as closed", index);
    row = &kKinds[0];
  }
  numbers.clear();
  ParseDecimals(item.Text(tag::kContourData), numbers);
  if (numbers.size() % 3 != 0) {
    faults.Add("contour.bad_count", Severity::kWarn, "left out: the coordinates do not come in threes", index);
    return;
  }
  if (!std::all_of(numbers.begin(), numbers.end(), [](double n) { return std::isfinite(n); })) {
    faults.Add("contour.bad_number", Severity::kWarn, "left out: a coordinate is not a number", index);
    return;
  }
  size_t count = numbers.size() / 3;
  const auto declared = item.Integer(tag::kNumberOfContourPoints);
  if (declared && *declared != static_cast<int64_t>(count)) {
    faults.Add("contour.count_mismatch", Severity::kWarn, "with more or fewer points than declared", index);
  }
  // Some writers repeat the first point to close the loop, which the standard closes by itself.
  if (IsClosed(row->kind) && count > 3 && std::equal(numbers.begin(), numbers.begin() + 3, numbers.end() - 3)) --count;
  if (count < row->fewest_points) {
    faults.Add("contour.too_few_points", Severity::kWarn, "left out: too few points", index);
    return;
  }
  // RTSTRUCT files in the field also hold structures of one point that say CLOSED_PLANAR; those fail the test above.
  roi.contours.push_back({row->kind, roi.points.size(), count});
  for (size_t i = 0; i < count; ++i) roi.points.push_back({numbers[3 * i], numbers[3 * i + 1], numbers[3 * i + 2]});
}

json Summarise(const Roi& roi, const Findings& findings) {
  json summary = {{"ROINumber", roi.number},           {"ROIName", roi.name},
                  {"contours", roi.contours.size()},   {"points", roi.points.size()},
                  {"kinds", json::object()},           {"findings", ToJson(findings)}};
  if (!roi.type.empty()) summary["RTROIInterpretedType"] = roi.type;
  if (!roi.generation_algorithm.empty()) summary["ROIGenerationAlgorithm"] = roi.generation_algorithm;
  if (roi.color) summary["ROIDisplayColor"] = *roi.color;
  std::set<int64_t> planes;
  std::array<size_t, std::size(kKinds)> kinds{};
  for (const Contour& contour : roi.contours) {
    ++kinds[static_cast<size_t>(contour.kind)];
    // Planes that differ by less than a hundredth of a millimetre are one: coordinates are rounded text.
    if (IsClosed(contour.kind)) planes.insert(std::llround(roi.points[contour.first].z * 100));
  }
  for (const KindRow& row : kKinds) {
    const size_t count = kinds[static_cast<size_t>(row.kind)];
    if (count > 0) summary["kinds"][std::string(row.name)] = count;
  }
  summary["planes"] = planes.size();
  if (!roi.points.empty()) {
    const auto [low, high] = std::minmax_element(roi.points.begin(), roi.points.end(),
                                                 [](const Vec3& a, const Vec3& b) { return a.z < b.z; });
    summary["zRangeMm"] = {low->z, high->z};
  }
  return summary;
}

// What StructureSetROISequence and RTROIObservationsSequence say.
std::vector<Roi> DeclaredRois(const DataSet& set, const Charset& charset, Findings& findings) {
  std::vector<Roi> rois;
  std::set<int> numbers;
  for (const DataSet& item : set.Items(tag::kStructureSetROISequence)) {
    const auto number = item.Integer(tag::kROINumber);
    const std::string name = charset.ToUtf8(item.Text(tag::kROIName));
    if (!number || std::abs(*number) > 0x7FFFFFFF) {
      findings.push_back({"roi.no_number", Severity::kWarn, "A structure without a number was left out", {{"roi", name}}});
      continue;
    }
    if (!numbers.insert(static_cast<int>(*number)).second) {
      findings.push_back({"roi.duplicate_number", Severity::kWarn,
                          "Two structures have number " + std::to_string(*number) + "; the second was left out",
                          {{"roi", name}, {"number", *number}}});
      continue;
    }
    Roi roi;
    roi.number = static_cast<int>(*number);
    roi.name = name;
    roi.generation_algorithm = charset.ToUtf8(item.Text(tag::kROIGenerationAlgorithm));
    rois.push_back(std::move(roi));
  }
  for (const DataSet& item : set.Items(tag::kRTROIObservationsSequence)) {
    const auto number = item.Integer(tag::kReferencedROINumber);
    const auto type = item.Text(tag::kRTROIInterpretedType);
    if (!number || type.empty()) continue;
    for (Roi& roi : rois) {
      if (roi.number == *number && roi.type.empty()) roi.type = charset.ToUtf8(type);
    }
  }
  return rois;
}

std::optional<std::array<int, 3>> ColorOf(const DataSet& item) {
  const auto color = item.Numbers(tag::kROIDisplayColor);
  if (color.size() != 3) return std::nullopt;
  std::array<int, 3> rgb{};
  for (size_t c = 0; c < 3; ++c) {
    if (!(color[c] >= 0 && color[c] <= 255)) return std::nullopt;
    rgb[c] = static_cast<int>(color[c]);
  }
  return rgb;
}

}  // namespace

RtStruct ReadRtStruct(const Exec& exec, const std::string& path) {
  const DicomFile file = DicomFile::Open(path);
  RtStruct result;
  Findings findings;
  try {
    const DataSet& set = file.set();
    json header = RecordOf(file);
    if (header["kind"] != "rtstruct") {
      throw Error(ErrorCode::kUnsupported,
                  "Expected an RT Structure Set but " + path + " is of kind " + header["kind"].get<std::string>(),
                  {{"what", "SOPClassUID"}, {"value", std::string(set.Text(tag::kSOPClassUID))}});
    }
    result.rois = DeclaredRois(set, file.charset(), findings);
    const auto sequences = set.Items(tag::kROIContourSequence);
    // Each structure with the items that hold its contours, so that structures are parsed in parallel.
    std::vector<std::vector<const DataSet*>> items_of(result.rois.size());
    for (const DataSet& item : sequences) {
      const auto number = item.Integer(tag::kReferencedROINumber);
      const auto roi = std::find_if(result.rois.begin(), result.rois.end(),
                                    [&](const Roi& r) { return number && r.number == *number; });
      if (roi == result.rois.end()) {
        findings.push_back({"roi.unknown_number", Severity::kWarn, "Contours refer to a structure that is not declared",
                            {{"number", number ? json(*number) : json("none")}}});
        continue;
      }
      items_of[static_cast<size_t>(roi - result.rois.begin())].push_back(&item);
      if (!roi->color) roi->color = ColorOf(item);
    }
    std::vector<Findings> findings_of(result.rois.size());
    exec.SetTotal(static_cast<int64_t>(result.rois.size()));
    ParallelFor(exec, static_cast<int64_t>(result.rois.size()), 1, [&](int64_t begin, int64_t) {
      const auto r = static_cast<size_t>(begin);
      Roi& roi = result.rois[r];
      FaultCounter faults;
      std::vector<double> numbers;
      size_t index = 0;
      for (const DataSet* item : items_of[r]) {
        for (const DataSet& contour : item->Items(tag::kContourSequence)) {
          AddContour(contour, index++, roi, faults, numbers);
        }
      }
      findings_of[r] = faults.ToFindings(roi);
      if (roi.contours.empty()) {
        findings_of[r].push_back({"roi.no_contours", Severity::kWarn, roi.name + " has no contours that can be used",
                                  {{"roi", roi.name}, {"contours_in_file", index}}});
      }
      exec.Step();
    });
    result.summary = {{"header", std::move(header)}, {"rois", json::array()}, {"findings", ToJson(findings)}};
    for (size_t r = 0; r < result.rois.size(); ++r) {
      result.summary["rois"].push_back(Summarise(result.rois[r], findings_of[r]));
    }
    return result;
  } catch (Error& error) {
    error.With("path", path);
    throw;
  }
}

}  // namespace isovox::dicom
