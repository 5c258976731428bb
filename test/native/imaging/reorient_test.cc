#include "imaging/reorient.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "dicom/maker.h"

using namespace isovox;
using namespace isovox::test;

TEST_CASE("reorient: every voxel keeps its value and its place, for all 48 codes and every voxel size") {
  for (const auto& [dtype, components] : std::vector<std::pair<DType, int64_t>>{
           {DType::kUint8, 1}, {DType::kInt16, 1}, {DType::kUint8, 3}, {DType::kFloat32, 1}, {DType::kInt64, 1},
           {DType::kFloat64, 2}, {DType::kInt16, 3}}) {
    Grid grid;
    grid.size = {19, 5, 33};
    grid.spacing = {0.5, 1.5, 3};
    grid.origin = {-7, 9, 40};
    const double c = 0.8, s = 0.6;
    grid.axes = {{c, s, 0}, {0, 0, -1}, {s, -c, 0}};
    Volume volume = MakeVolume(grid, dtype, 2, components);
    for (size_t b = 0; b < volume.bytes(); ++b) volume.storage->data()[b] = static_cast<std::byte>(b * 131 >> 3);
    const size_t voxel = DTypeSize(dtype) * static_cast<size_t>(components);
    int codes = 0;
    std::string letters = "ASL";
    std::sort(letters.begin(), letters.end());
    do {
      for (int signs = 0; signs < 8; ++signs) {
        std::string code = letters;
        for (size_t a = 0; a < 3; ++a) {
          if (signs >> a & 1) code[a] = code[a] == 'L' ? 'R' : code[a] == 'A' ? 'P' : 'I';
        }
        ++codes;
        const AxisOrder order = OrderFor(grid, code);
        const Volume out = Reorient({}, volume, order);
        CHECK(out.grid.OrientationCode() == code);
        for (int64_t n = 0; n < grid.voxels(); n += 7) {
          const int64_t i = n % out.grid.size[0], j = n / out.grid.size[0] % out.grid.size[1], k = n / (out.grid.size[0] * out.grid.size[1]);
          const Vec3 place = out.grid.IndexToPatient({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
          const Vec3 in = grid.PatientToIndex(place);
          const auto at = static_cast<size_t>(std::lround(in.x) + grid.size[0] * (std::lround(in.y) + grid.size[1] * std::lround(in.z)));
          const size_t frame = static_cast<size_t>(grid.voxels());
          REQUIRE(std::memcmp(out.storage->data() + (static_cast<size_t>(n) + frame) * voxel, volume.storage->data() + (at + frame) * voxel, voxel) == 0);
        }
      }
    } while (std::next_permutation(letters.begin(), letters.end()));
    CHECK(codes == 48);
  }
}

TEST_CASE("reorient: codes that are none are refused, the same code moves nothing") {
  const Volume volume = SomeVolume(2);
  for (const char* code : {"", "LP", "LLS", "XYZ", "LPSA", "LRS"}) CHECK(CodeOf([&] { OrderFor(volume.grid, code); }) == "ERR_INVALID_ARGUMENT");
  CHECK(OrderFor(volume.grid, "lps").identity());
  CHECK(Reorient({}, volume, OrderFor(volume.grid, "LPS")).storage == volume.storage);
}
