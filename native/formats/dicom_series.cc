// A DICOM series as a format of volumes: one image file, or the largest image series of a folder.
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "dicom/header.h"
#include "dicom/series.h"
#include "formats/formats.h"
#include "io/gzip.h"
#include "io/s3_object.h"

namespace isovox::formats {
namespace {

using nlohmann::json;

// The files of a folder, not of its sub-folders, in the order of names; below an s3:// prefix, the objects.
std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> files;
  if (IsS3(folder)) return ObjectsIn(folder);
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    std::error_code ignored;
    if (entry.is_regular_file(ignored)) files.push_back(entry.path().string());
  }
  if (failed) throw IoError("list", folder, failed.value());
  std::sort(files.begin(), files.end());
  return files;
}

bool IsFolder(const std::string& path) {
  std::error_code ignored;
  return IsS3(path) ? IsObjectFolder(path) : std::filesystem::is_directory(path, ignored);
}

std::vector<std::string> LargestSeriesIn(const Exec& exec, const std::string& folder, json& findings) {
  const std::vector<std::string> files = FilesIn(folder);
  const auto records = dicom::ScanHeaders({exec.cancel, nullptr}, files);
  std::map<std::string, std::vector<std::string>> series;
  for (size_t f = 0; f < files.size(); ++f) {
    const json& record = records[f];
    // Whatever has rows is an image; the class decides only what the index calls it.
    if (record["status"] != "dicom" || !record.contains("Rows") || record["kind"] == "rtdose") continue;
    series[record.value("SeriesInstanceUID", "")].push_back(files[f]);
  }
  if (series.empty()) {
    throw Error(ErrorCode::kNotFound, "There is no DICOM image in " + folder, {{"path", folder}});
  }
  const auto largest = std::max_element(series.begin(), series.end(), [](const auto& a, const auto& b) {
    return a.second.size() < b.second.size();
  });
  if (series.size() > 1) {
    findings.push_back({{"code", "series.several"},
                        {"severity", "warn"},
                        {"message", "The folder holds " + std::to_string(series.size()) +
                                        " image series; the largest was read"},
                        {"context", {{"series", series.size()}, {"SeriesInstanceUID", largest->first}}}});
  }
  return largest->second;
}

}  // namespace

bool SniffDicom(const std::string& path, std::span<const std::byte> head) {
  if (head.empty()) {
    return IsFolder(path);
  }
  if (head.size() >= 132 && std::equal(head.begin() + 128, head.begin() + 132, std::as_bytes(std::span("DICM", 4)).begin())) {
    return true;
  }
  if (LooksGzipped(head)) {
    std::array<std::byte, 132> unpacked{};
    return GunzipPrefix(head, unpacked) == unpacked.size() && SniffDicom(path, unpacked);
  }
  // Without preamble: little-endian or big-endian group 2 or 8 at the start.
  const auto first = std::to_integer<int>(head[0]), second = head.size() > 1 ? std::to_integer<int>(head[1]) : 0;
  return (second == 0 && (first == 2 || first == 8)) || (first == 0 && (second == 2 || second == 8));
}

Volume ReadDicomWith(const Exec& exec, const std::string& path, const DicomSettings& settings, Wanted wanted, json& findings) {
  dicom::SeriesOptions options = settings.series;
  options.voxels = wanted == Wanted::kVoxels;
  const auto files = IsFolder(path) ? LargestSeriesIn(exec, path, findings) : std::vector<std::string>{path};
  dicom::Series series = settings.suv.empty() ? dicom::ReadSeries(exec, files, options)
                                              : dicom::ReadSuv(exec, files, settings.suv, options);
  for (const json& finding : series.summary["findings"]) findings.push_back(finding);
  return std::move(series.volume);
}

Volume ReadDicom(const Exec& exec, const std::string& path, Wanted wanted, json& findings) {
  return ReadDicomWith(exec, path, {}, wanted, findings);
}

}  // namespace isovox::formats
