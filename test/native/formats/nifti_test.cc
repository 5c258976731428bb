#include "formats/nifti.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "dicom/maker.h"
#include "formats/base64.h"
#include "formats/format.h"
#include "formats/statistics.h"
#include "io/gzip.h"

using namespace isovox;
using namespace isovox::formats;
using namespace isovox::test;

namespace {

Volume Counting(DType dtype, int64_t frames, int64_t components) {
  Grid grid;
  grid.size = {3, 4, 5};
  grid.spacing = {0.75, 1.5, 2.25};
  grid.origin = {-12.5, 7.25, 100};
  grid.axes = {{0, 1, 0}, {-1, 0, 0}, {0, 0, -1}};
  Volume volume = MakeVolume(grid, dtype, frames, components);
  for (size_t b = 0; b < volume.bytes(); ++b) volume.storage->data()[b] = static_cast<std::byte>(b * 37 % 61);
  return volume;
}

bool SameVoxels(const Volume& a, const Volume& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.storage->data(), b.storage->data(), a.bytes()) == 0;
}

}  // namespace

TEST_CASE("NIfTI: every type, single file, compressed and pair, 3-D and 4-D") {
  const TempFolder folder;
  for (const auto& [dtype, components] :
       std::vector<std::pair<DType, int64_t>>{{DType::kInt8, 1},    {DType::kUint8, 1},   {DType::kInt16, 1},
                                              {DType::kUint16, 1},  {DType::kInt32, 1},   {DType::kUint32, 1},
                                              {DType::kInt64, 1},   {DType::kUint64, 1},  {DType::kFloat32, 1},
                                              {DType::kFloat64, 1}, {DType::kFloat32, 2}, {DType::kFloat64, 2},
                                              {DType::kUint8, 3},   {DType::kUint8, 4}}) {
    for (const int64_t frames : {1, 3}) {
      Volume volume = Counting(dtype, frames, components);
      if (components == 1) {
        volume.slope = 0.5;
        volume.intercept = -7;
      }
      for (const char* name : {"v.nii", "v.nii.gz", "v.hdr", "w.img.gz"}) {
        WriteVolume({}, volume, folder / name, {});
        const ReadResult read = ReadVolume({}, folder / name);
        CHECK(read.format == "nifti");
        CHECK(read.volume.dtype == dtype);
        CHECK(read.volume.components == components);
        CHECK(read.volume.frames == frames);
        CHECK(SameVoxels(read.volume, volume));
        CHECK(read.volume.slope == volume.slope);
        CHECK(read.volume.intercept == volume.intercept);
        CHECK(Norm(read.volume.grid.IndexToPatient({2, 3, 4}) - volume.grid.IndexToPatient({2, 3, 4})) < 1e-4);
      }
    }
  }
}

TEST_CASE("NIfTI: the quaternion says the same as the matrix, for every orientation") {
  const Vec3 x{1, 0, 0}, y{0, 1, 0}, z{0, 0, 1};
  for (const auto& [a, b, c] : std::vector<std::array<Vec3, 3>>{{x, y, z}, {y, z, x}, {z, x, y}, {y, x, z}, {x, z, y}, {z, y, x}}) {
    for (int signs = 0; signs < 8; ++signs) {
      Grid grid;
      grid.size = {4, 5, 6};
      grid.spacing = {1, 2, 3};
      grid.origin = {10, -20, 30};
      grid.axes = {(signs & 1 ? -1.0 : 1.0) * a, (signs & 2 ? -1.0 : 1.0) * b, (signs & 4 ? -1.0 : 1.0) * c};
      NiftiHeader header;
      header.datatype = 4;
      header.dim = {3, 4, 5, 6, 1, 1, 1, 1};
      PutGrid(grid, header);
      NiftiHeader by_quaternion = ParseNiftiHeader(SerialiseNiftiHeader(header));
      CHECK(Norm(GridOf(by_quaternion).IndexToPatient({1, 2, 3}) - grid.IndexToPatient({1, 2, 3})) < 1e-4);
      by_quaternion.sform_code = 0;
      CHECK(Norm(GridOf(by_quaternion).IndexToPatient({1, 2, 3}) - grid.IndexToPatient({1, 2, 3})) < 1e-4);
    }
  }
}

TEST_CASE("NIfTI: version 2 when a size does not fit, and big-endian files") {
  const TempFolder folder;
  Grid grid;
  grid.size = {40000, 1, 1};
  Volume volume = MakeVolume(grid, DType::kUint8);
  volume.As<uint8_t>()[39999] = 9;
  WriteVolume({}, volume, folder / "long.nii", {});
  CHECK(Slurp(folder / "long.nii")[0] == '\x1C');  // 540
  CHECK(SameVoxels(ReadVolume({}, folder / "long.nii").volume, volume));

  const Volume small = Counting(DType::kInt16, 1, 1);
  WriteVolume({}, small, folder / "little.nii", {});
  auto bytes = Slurp(folder / "little.nii");
  const auto swap = [&](size_t at, size_t size, size_t count) {
    for (size_t i = 0; i < count; ++i) std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at + i * size), bytes.begin() + static_cast<std::ptrdiff_t>(at + (i + 1) * size));
  };
  swap(0, 4, 1);
  swap(40, 2, 8);
  swap(68, 2, 4);
  swap(76, 4, 11);
  swap(252, 2, 2);
  swap(256, 4, 18);
  swap(352, 2, 60);
  Spill(folder / "big.nii", bytes);
  const ReadResult big = ReadVolume({}, folder / "big.nii");
  CHECK(SameVoxels(big.volume, small));
  CHECK(Norm(big.volume.grid.origin - small.grid.origin) < 1e-5);
}

TEST_CASE("NIfTI: header extensions and fields survive a copy") {
  const TempFolder folder;
  Volume volume = Counting(DType::kInt16, 6, 1);
  const std::vector<std::byte> data(40, std::byte{'x'});
  volume.metadata["nifti.extension.0"] = "6:" + EncodeBase64(data);
  volume.metadata["descrip"] = "a description";
  volume.metadata["dim"] = "5 3 4 5 2 3";
  WriteVolume({}, volume, folder / "e.nii.gz", {});
  const ReadResult read = ReadVolume({}, folder / "e.nii.gz");
  CHECK(read.volume.metadata.at("nifti.extension.0") == volume.metadata["nifti.extension.0"]);
  CHECK(read.volume.metadata.at("descrip") == "a description");
  CHECK(read.volume.metadata.at("dim") == "5 3 4 5 2 3");
  CHECK(SameVoxels(read.volume, volume));
  WriteVolume({}, read.volume, folder / "f.nii.gz", {});
  CHECK(Slurp(folder / "e.nii.gz") == Slurp(folder / "f.nii.gz"));
}

TEST_CASE("NIfTI: bombs and short files are refused before memory is asked for") {
  const TempFolder folder;
  NiftiHeader header;
  header.datatype = 64;
  header.dim = {3, 30000, 30000, 30000, 1, 1, 1, 1};
  header.pixdim.fill(1);
  header.vox_offset = 352;
  auto bytes = SerialiseNiftiHeader(header);
  bytes.resize(400);
  const auto spill = [&](const char* name, const std::vector<std::byte>& content) {
    Spill(folder / name, {reinterpret_cast<const char*>(content.data()),
                          reinterpret_cast<const char*>(content.data()) + content.size()});
  };
  spill("bomb.nii", bytes);
  spill("bomb.nii.gz", Gzip(bytes));
  for (const char* name : {"bomb.nii", "bomb.nii.gz"}) {
    CHECK(CodeOf([&] { ReadVolume({}, folder / name); }) == "ERR_CORRUPT_DATA");
  }
  spill("plain.txt", std::vector<std::byte>(100, std::byte{'a'}));
  CHECK(CodeOf([&] { ReadVolume({}, folder / "plain.txt"); }) == "ERR_UNSUPPORTED");
  CHECK(CodeOf([&] { ReadVolume({}, folder / "absent.nii"); }) == "ERR_NOT_FOUND");
  CHECK(CodeOf([&] { ReadVolume({}, folder.path()); }) == "ERR_NOT_FOUND");
  CHECK(CodeOf([&] { WriteVolume({}, SomeVolume(1), folder / "x.xyz", {}); }) == "ERR_INVALID_ARGUMENT");
  CHECK(CodeOf([&] { WriteVolume({}, SomeVolume(1), folder / "no/x.nii", {}); }) == "ERR_NOT_FOUND");
}

TEST_CASE("a folder of DICOM images is a volume") {
  const TempFolder folder;
  const Volume volume = SomeVolume(4);
  WriteSlices(folder, volume);
  const ReadResult read = ReadVolume({}, folder.path());
  CHECK(read.format == "dicom");
  CHECK(SameVoxels(read.volume, volume));
}

TEST_CASE("statistics: after scaling, without what is not finite, the same for any number of threads") {
  Grid grid;
  grid.size = {300, 300, 10};
  Volume volume = MakeVolume(grid, DType::kFloat32);
  volume.slope = -2;
  volume.intercept = 1;
  auto values = volume.As<float>();
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(std::sin(static_cast<double>(i)));
  values[5] = std::nanf("");
  values[6] = 10;
  Statistics one, four;
  Arena::WithThreads(1)->Execute([&] { one = StatisticsOf({}, volume); });
  Arena::WithThreads(4)->Execute([&] { four = StatisticsOf({}, volume); });
  CHECK(one.min == -19);
  CHECK(one.max > 2.99);
  CHECK(one.count == 899999);
  CHECK(one.mean == four.mean);
  CHECK(one.max == four.max);
}
