// Small DICOM files for tests, made by our own writers in a folder that goes away.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.h"
#include "dicom/write_objects.h"
#include "volume/volume.h"

namespace isovox::test {

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "isovox-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::vector<char> Slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void Spill(const std::string& path, const std::vector<char>& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// The code that `act` throws; "" when it throws nothing.
inline std::string CodeOf(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return std::string(ErrorCodeName(error.code()));
  }
  return "";
}

inline dicom::Identity SomeIdentity() {
  dicom::Identity identity;
  identity.patient_id = "P1";
  identity.study_uid = "1.2.3";
  identity.series_uid = "1.2.3.4";
  identity.frame_uid = "1.2.3.9";
  identity.date = "20240102";
  identity.time = "101112";
  return identity;
}

// 4 x 3 x slices voxels that count up.
inline Volume SomeVolume(int64_t slices, double intercept = -1000) {
  Grid grid;
  grid.size = {4, 3, slices};
  grid.spacing = {1.5, 2, 2.5};
  grid.origin = {-10, -20, 30};
  Volume volume = MakeVolume(grid, DType::kInt16);
  volume.intercept = intercept;
  int16_t next = -5;
  for (int16_t& voxel : volume.As<int16_t>()) voxel = next++;
  return volume;
}

inline std::vector<std::string> WriteSlices(const TempFolder& folder, const Volume& volume,
                                            const dicom::WriteOptions& options = {}, dicom::ImageSeries series = {}) {
  series.volume = &volume;
  series.folder = folder.path();
  if (series.identity.series_uid.empty()) series.identity = SomeIdentity();
  return dicom::WriteImageSeries({}, series, options);
}

inline Roi SquareRoi(int number, const std::string& name) {
  Roi roi;
  roi.number = number;
  roi.name = name;
  roi.type = "PTV";
  roi.color = {255, 0, 10};
  for (const double z : {30.0, 32.5}) {
    roi.contours.push_back({ContourKind::kClosedPlanar, roi.points.size(), 4});
    for (const Vec3 p : {Vec3{0, 0, z}, Vec3{10.125, 0, z}, Vec3{10.125, 10, z}, Vec3{0, 10, z}}) roi.points.push_back(p);
  }
  return roi;
}

inline DoseGrid SomeDose(std::vector<double> plane_mm) {
  DoseGrid dose;
  dose.grid.size = {3, 2, static_cast<int64_t>(plane_mm.size())};
  dose.grid.spacing = {3, 2, plane_mm.size() > 1 ? plane_mm[1] : 2.5};
  dose.grid.origin = {-5, -6, -70};
  dose.plane_mm = std::move(plane_mm);
  dose.values = Storage::Allocate(static_cast<size_t>(dose.grid.voxels()) * sizeof(float));
  float next = 0;
  for (float& gray : dose.values->As<float>()) gray = next += 1.25F;
  return dose;
}

inline std::vector<dicom::WriteOptions> AllWriteOptions() {
  using Syntax = dicom::WriteOptions::Syntax;
  std::vector<dicom::WriteOptions> all;
  for (const Syntax syntax : {Syntax::kExplicit, Syntax::kImplicit, Syntax::kBigEndian, Syntax::kDeflated}) {
    for (const bool meta : {true, false}) {
      for (const bool undefined : {false, true}) {
        if (syntax == Syntax::kDeflated && !meta) continue;  // nothing would say that it is deflated
        all.push_back({syntax, meta, undefined, ""});
      }
    }
  }
  return all;
}

}  // namespace isovox::test
