// A DICOM series as a format of volumes: one image file, or the largest image series of a folder.
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "dicom/header.h"
#include "dicom/series.h"
#include "formats/formats.h"
#include "io/gzip.h"

namespace isovox::formats {
namespace {

using nlohmann::json;

// The files of a folder, not of its sub-folders, in the order of names.
std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    std::error_code ignored;
    if (entry.is_regular_file(ignored)) files.push_back(entry.path().string());
  }
  if (failed) throw IoError("list", folder, failed.value());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> LargestSeriesIn(const Exec& exec, const std::string& folder, json& findings) {
  const auto records = dicom::ScanHeaders({exec.cancel, nullptr}, FilesIn(folder));
  std::map<std::string, std::vector<std::string>> series;
  for (const json& record : records) {
    // Whatever has rows is an image; the class decides only what the index calls it.
    if (record["status"] != "dicom" || !record.contains("Rows") || record["kind"] == "rtdose") continue;
    series[record.value("SeriesInstanceUID", "")].push_back(record["path"].get<std::string>());
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
    std::error_code ignored;
    return std::filesystem::is_directory(path, ignored);
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

namespace {

Volume ReadImages(const Exec& exec, const std::string& path, const std::string& suv_type, json& findings) {
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(path, ignored);
  const auto files = folder ? LargestSeriesIn(exec, path, findings) : std::vector<std::string>{path};
  dicom::Series series = suv_type.empty() ? dicom::ReadSeries(exec, files) : dicom::ReadSuv(exec, files, suv_type);
  for (const json& finding : series.summary["findings"]) findings.push_back(finding);
  return std::move(series.volume);
}

}  // namespace

Volume ReadDicom(const Exec& exec, const std::string& path, json& findings) { return ReadImages(exec, path, "", findings); }

ReadResult ReadDicomSuv(const Exec& exec, const std::string& path, const std::string& suv_type) {
  ReadResult result;
  result.format = "dicom";
  result.volume = ReadImages(exec, path, suv_type, result.findings);
  return result;
}

}  // namespace isovox::formats
