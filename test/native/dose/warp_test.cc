// Doses in other frames of reference and doses subtracted, against closed forms: linear doses and affine maps, which
// trilinear interpolation keeps exactly.
#include "dose/warp.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "dicom/maker.h"
#include "dicom/registration.h"
#include "dose/phantoms.h"

using namespace isovox;
using namespace isovox::test;

namespace {

constexpr const char* kOwn = "1.2.3.9";  // of SomeIdentity
constexpr const char* kMoved = "1.2.3.10";
constexpr const char* kOther = "1.2.3.11";

using Matrix = std::array<double, 16>;
constexpr Matrix kIdentity{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};

Matrix Shift(double x, double y, double z) {
  Matrix m = kIdentity;
  m[3] = x, m[7] = y, m[11] = z;
  return m;
}
Matrix TurnZ(double angle) {
  Matrix m = kIdentity;
  m[0] = m[5] = std::cos(angle);
  m[4] = std::sin(angle);
  m[1] = -m[4];
  return m;
}

void PutMatrix(dicom::DataSetBuilder& item, const Matrix& matrix, const char* type = "RIGID") {
  item.Numbers(dicom::tag::kFrameOfReferenceTransformationMatrix, matrix)
      .Text(dicom::tag::kFrameOfReferenceTransformationMatrixType, type);
}

dicom::DataSetBuilder RigidObject() {
  dicom::DataSetBuilder set;
  PutCommonModules(set, SomeIdentity(), "1.2.840.10008.5.1.4.1.1.66.1", "1.2.3.4.1", "REG", {});
  return set;
}

void Register(dicom::DataSetBuilder& set, const char* frame, const std::vector<Matrix>& chain) {
  auto& item = set.Item(dicom::tag::kRegistrationSequence);
  item.Text(dicom::tag::kFrameOfReferenceUID, frame);
  auto& registration = item.Item(dicom::tag::kMatrixRegistrationSequence);
  for (const Matrix& matrix : chain) PutMatrix(registration.Item(dicom::tag::kMatrixSequence), matrix);
}

// A field whose displacement at p is (0.1 x, -0.05 z, 2) on nodes that reach 40 mm to every side.
dicom::DataSetBuilder DeformableObject(const Matrix* pre, const Matrix* post, bool hole = false) {
  dicom::DataSetBuilder set;
  PutCommonModules(set, SomeIdentity(), "1.2.840.10008.5.1.4.1.1.66.3", "1.2.3.4.1", "REG", {});
  auto& item = set.Item(dicom::tag::kDeformableRegistrationSequence);
  item.Text(dicom::tag::kSourceFrameOfReferenceUID, kMoved);
  if (pre != nullptr) PutMatrix(item.Item(dicom::tag::kPreDeformationMatrixRegistrationSequence), *pre);
  if (post != nullptr) PutMatrix(item.Item(dicom::tag::kPostDeformationMatrixRegistrationSequence), *post);
  auto& grid = item.Item(dicom::tag::kDeformableRegistrationGridSequence);
  constexpr int kNodes = 9;
  std::vector<float> vectors;
  for (int k = 0; k < kNodes; ++k) {
    for (int j = 0; j < kNodes; ++j) {
      for (int i = 0; i < kNodes; ++i) {
        const float x = static_cast<float>(-40 + 10 * i), z = static_cast<float>(-40 + 10 * k);
        const float first = hole && k == 0 ? std::numeric_limits<float>::quiet_NaN() : 0.1F * x;
        vectors.insert(vectors.end(), {first, -0.05F * z, 2});
      }
    }
  }
  std::string bytes(vectors.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), vectors.data(), bytes.size());
  grid.Numbers(dicom::tag::kImagePositionPatient, std::array{-40.0, -40.0, -40.0})
      .Numbers(dicom::tag::kImageOrientationPatient, std::array{1.0, 0.0, 0.0, 0.0, 1.0, 0.0})
      .Numbers(dicom::tag::kGridDimensions, std::array<double, 3>{kNodes, kNodes, kNodes})
      .Numbers(dicom::tag::kGridResolution, std::array{10.0, 10.0, 10.0})
      .Octets(dicom::tag::kVectorGridData, bytes);
  return set;
}

Grid Target() {
  Grid grid;
  grid.size = {7, 6, 5};
  grid.spacing = {3, 4, 5};
  grid.origin = {-9, -10, -10};
  return grid;
}
std::vector<double> Planes(const Grid& grid) {
  std::vector<double> planes;
  for (int64_t k = 0; k < grid.size[2]; ++k) planes.push_back(static_cast<double>(k) * grid.spacing[2]);
  return planes;
}

// 20 + slope . p, as LinearDose makes it.
constexpr Vec3 kSlope{0.3, -0.2, 0.1};

// The dose on the target must be that of `source(p)`.
template <typename Source>
void CheckWarped(const std::string& path, const std::string& from, const std::string& to, Source&& source) {
  const DoseGrid dose = LinearDose(kSlope, {2, 2.5, 3}, 60);
  const Grid grid = Target();
  const dicom::Registration registration = dicom::ReadRegistration(path);
  const WarpedDose warped = WarpDose(dose, dicom::MapBetween(registration, from, to), grid, Planes(grid), {});
  CHECK(warped.inside == 1);
  CHECK(warped.findings.empty());
  size_t v = 0;
  for (int64_t k = 0; k < grid.size[2]; ++k) {
    for (int64_t j = 0; j < grid.size[1]; ++j) {
      for (int64_t i = 0; i < grid.size[0]; ++i, ++v) {
        const Vec3 p =
            source(grid.IndexToPatient({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)}));
        CHECK(static_cast<double>(warped.dose->gray()[v]) == doctest::Approx(20 + Dot(kSlope, p)).epsilon(1e-5));
      }
    }
  }
}

}  // namespace

TEST_CASE("warp: rigid chains, the first matrix first, in both directions and between two registered frames") {
  const TempFolder folder;
  auto set = RigidObject();
  Register(set, kMoved, {Shift(5, 0, 0), TurnZ(0.5)});
  Register(set, kOther, {Shift(0, -3, 2)});
  Register(set, kOwn, {kIdentity});
  for (const dicom::WriteOptions& options : AllWriteOptions()) {
    WriteDicomFile(folder / "reg.dcm", set, options);
    const double c = std::cos(0.5), s = std::sin(0.5);
    // From the moved frame into the own: p -> turn(p + 5). Back: turn by -0.5, then -5.
    const auto back = [&](Vec3 p) { return Vec3{c * p.x + s * p.y - 5, -s * p.x + c * p.y, p.z}; };
    CheckWarped(folder / "reg.dcm", kMoved, kOwn, back);
    CheckWarped(folder / "reg.dcm", kMoved, "", back);
    CheckWarped(folder / "reg.dcm", kOwn, kMoved,
                [&](Vec3 p) { return Vec3{c * (p.x + 5) - s * p.y, s * (p.x + 5) + c * p.y, p.z}; });
    CheckWarped(folder / "reg.dcm", kMoved, kOther, [&](Vec3 p) { return back({p.x, p.y - 3, p.z + 2}); });
  }
}

TEST_CASE("warp: a deformation between its matrices, source = post (pre p + d(p))") {
  const TempFolder folder;
  const Matrix pre = TurnZ(0.3), post = Shift(1, 2, -4);
  WriteDicomFile(folder / "plain.dcm", DeformableObject(nullptr, nullptr), {});
  CheckWarped(folder / "plain.dcm", kMoved, kOwn, [](Vec3 p) { return Vec3{1.1 * p.x, p.y - 0.05 * p.z, p.z + 2}; });
  WriteDicomFile(folder / "both.dcm", DeformableObject(&pre, &post), {});
  const double c = std::cos(0.3), s = std::sin(0.3);
  CheckWarped(folder / "both.dcm", "", "", [&](Vec3 p) {
    return Vec3{c * p.x - s * p.y + 0.1 * p.x + 1, s * p.x + c * p.y - 0.05 * p.z + 2, p.z + 2 - 4};
  });
}

TEST_CASE("warp: what lies outside the dose or where the deformation is not defined is 0 and said") {
  const TempFolder folder;
  WriteDicomFile(folder / "reg.dcm", DeformableObject(nullptr, nullptr, true), {});
  const auto registration = dicom::ReadRegistration(folder / "reg.dcm");
  Grid grid = Target();
  grid.size[2] = 11;
  grid.origin.z = -40;  // the field's lowest plane has no displacements: none up to -30
  const WarpedDose warped =
      WarpDose(LinearDose(kSlope, {2, 2, 2}, 30), dicom::MapBetween(registration, "", ""), grid, Planes(grid), {});
  REQUIRE(warped.findings.size() == 2);
  CHECK(warped.findings[0].code == "dose.partial_coverage");
  CHECK(warped.findings[1].code == "registration.undefined");
  CHECK(warped.dose->gray()[0] == 0);
  CHECK(warped.inside > 0.7);
  CHECK(warped.inside < 0.9);
  grid.origin.x = 500;
  const auto far = WarpDose(LinearDose(kSlope, {2, 2, 2}, 30), SpatialMap{}, grid, Planes(grid), {});
  CHECK(far.findings.front().code == "dose.outside");
}

TEST_CASE("registration: bad files and frames that are not there, each with its code") {
  const TempFolder folder;
  const auto code = [&](const dicom::DataSetBuilder& set) {
    WriteDicomFile(folder / "bad.dcm", set, {});
    return CodeOf([&] { dicom::ReadRegistration(folder / "bad.dcm"); });
  };
  CHECK(code(RigidObject()) == "ERR_CORRUPT_DATA");
  auto singular = RigidObject();
  Matrix flat = kIdentity;
  flat[10] = 0;
  Register(singular, kMoved, {flat});
  CHECK(code(singular) == "ERR_GEOMETRY");
  auto perspective = RigidObject();
  Matrix last = kIdentity;
  last[12] = 0.1;
  Register(perspective, kMoved, {last});
  CHECK(code(perspective) == "ERR_GEOMETRY");
  auto nothing = RigidObject();
  nothing.Item(dicom::tag::kRegistrationSequence).Text(dicom::tag::kFrameOfReferenceUID, kMoved);
  CHECK(code(nothing) == "ERR_GEOMETRY");
  for (const auto& [tag, values] : {std::pair(dicom::tag::kGridDimensions, std::array<double, 3>{9, 9, 4e9}),
                                    std::pair(dicom::tag::kGridDimensions, std::array<double, 3>{9, 9, 8}),
                                    std::pair(dicom::tag::kGridResolution, std::array<double, 3>{10, 0, 10})}) {
    auto set = RigidObject();
    auto& item = set.Item(dicom::tag::kDeformableRegistrationSequence);
    auto& grid = item.Item(dicom::tag::kDeformableRegistrationGridSequence);
    grid.Numbers(dicom::tag::kImagePositionPatient, std::array{0.0, 0.0, 0.0})
        .Numbers(dicom::tag::kGridDimensions, std::array<double, 3>{9, 9, 9})
        .Numbers(dicom::tag::kGridResolution, std::array{10.0, 10.0, 10.0})
        .Octets(dicom::tag::kVectorGridData, std::string(9 * 9 * 9 * 12, '\0'));
    grid.Numbers(tag, values);
    CHECK(code(set) == "ERR_CORRUPT_DATA");
  }
  auto stretched = RigidObject();
  Matrix twice = kIdentity;
  twice[0] = 2;
  Register(stretched, kMoved, {twice});
  CHECK(code(stretched) == "");
  CHECK(dicom::ReadRegistration(folder / "bad.dcm").summary["findings"][0]["code"] == "registration.not_rigid");
  const auto rigid = dicom::ReadRegistration(folder / "bad.dcm");
  CHECK(CodeOf([&] { dicom::MapBetween(rigid, "9.9", ""); }) == "ERR_INVALID_ARGUMENT");
  WriteDicomFile(folder / "field.dcm", DeformableObject(nullptr, nullptr), {});
  const auto field = dicom::ReadRegistration(folder / "field.dcm");
  CHECK(CodeOf([&] { dicom::MapBetween(field, kOwn, kMoved); }) == "ERR_UNSUPPORTED");
}

TEST_CASE("registration: mutants end in a typed error or a result") {
  const TempFolder folder;
  auto rigid = RigidObject();
  Register(rigid, kMoved, {Shift(5, 0, 0), TurnZ(0.5)});
  WriteDicomFile(folder / "rigid", rigid, {});
  WriteDicomFile(folder / "field", DeformableObject(nullptr, nullptr), {});
  for (const char* seed : {"rigid", "field"}) {
    const auto whole = Slurp(folder / seed);
    const size_t head = std::min<size_t>(whole.size(), 1500);
    for (size_t at = 132; at < head; ++at) {
      for (const char byte : {'\0', '\x7F', '\xFF'}) {
        auto bytes = whole;
        bytes[at] = byte;
        Spill(folder / "mutant", bytes);
        static_cast<void>(CodeOf([&] {
          dicom::MapBetween(dicom::ReadRegistration(folder / "mutant"), "", "");
        }));
      }
    }
    for (size_t length = 0; length < head; length += 7) {
      Spill(folder / "mutant", {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)});
      static_cast<void>(CodeOf([&] { dicom::ReadRegistration(folder / "mutant"); }));
    }
  }
}

TEST_CASE("difference: linear doses on other grids differ by a linear dose") {
  const DoseGrid reference = LinearDose({0.3, 0, 0}, {3, 3, 3}, 24), evaluated = LinearDose({0.3, 0.1, 0}, {2, 2, 2}, 30);
  const DoseDifference found = SubtractDoses(reference, evaluated, 0, 1, {});
  const auto [ni, nj, nk] = reference.grid.size;
  CHECK(found.voxels == ni * nj * nk);
  CHECK(found.findings.empty());
  const auto values = found.difference.As<float>();
  double most = 0, squares = 0;
  int64_t within = 0;
  for (int64_t v = 0; v < ni * nj * nk; ++v) {
    const double y = reference.grid.IndexToPatient({0, static_cast<double>(v / ni % nj), 0}).y;
    CHECK(static_cast<double>(values[static_cast<size_t>(v)]) == doctest::Approx(0.1 * y).epsilon(1e-4));
    most = std::max(most, 0.1 * y);
    squares += 0.01 * y * y;
    within += std::abs(0.1 * y) <= 1;
  }
  CHECK(found.most == doctest::Approx(most).epsilon(1e-4));
  CHECK(found.rms == doctest::Approx(std::sqrt(squares / static_cast<double>(found.voxels))).epsilon(1e-4));
  CHECK(found.within == doctest::Approx(static_cast<double>(within) / static_cast<double>(found.voxels)).epsilon(0.05));
  const DoseDifference cut = SubtractDoses(evaluated, reference, 0, 0, {});
  CHECK(cut.findings.front().code == "dose.cut");
  CHECK(std::isnan(cut.difference.As<float>()[0]));
}
