// Spatial Registration (PS3.3 A.39.1, C.20.2) and Deformable Spatial Registration (A.39.2, C.20.3).
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/storage.h"
#include "dicom/write_objects.h"

namespace isovox::dicom {
namespace {

constexpr double kStraight = 1e-6;  // in the products of a grid's axes

void PutMatrix(DataSetBuilder& item, const Affine& matrix, const std::string& type) {
  std::vector<double> numbers(matrix.rows.begin(), matrix.rows.end());
  for (const double last : {0.0, 0.0, 0.0, 1.0}) numbers.push_back(last);
  if (!std::all_of(numbers.begin(), numbers.end(), [](double n) { return std::isfinite(n); })) {
    throw InvalidArgument("matrix", "finite numbers", "others");
  }
  item.Numbers(tag::kFrameOfReferenceTransformationMatrix, numbers)
      .Text(tag::kFrameOfReferenceTransformationMatrixType, type);
}

void PutRigid(DataSetBuilder& set, const RegistrationObject::Item& from) {
  auto& item = set.Item(tag::kRegistrationSequence);
  item.Text(tag::kFrameOfReferenceUID, from.frame_uid);
  auto& registration = item.Item(tag::kMatrixRegistrationSequence);
  registration.Empty(tag::kRegistrationTypeCodeSequence);
  PutMatrix(registration.Item(tag::kMatrixSequence), from.matrix, from.type);
}

// The standard states the first two axes; the third is their cross product.
void PutField(DataSetBuilder& item, const DisplacementField& field) {
  const Grid& grid = field.grid;
  const auto [i, j, k] = grid.axes;
  if (Norm(Cross(i, j) - k) > kStraight) {
    throw InvalidArgument("field.grid.direction", "right-handed orthonormal axes", "others");
  }
  const std::array<int64_t, 4> factors{grid.size[0], grid.size[1], grid.size[2], 3};
  if (CheckedProduct(factors) != field.vectors.size()) {
    throw InvalidArgument("field.vectors", std::to_string(CheckedProduct(factors)) + " numbers, three of every node",
                          std::to_string(field.vectors.size()));
  }
  const size_t bytes = field.vectors.size() * sizeof(float);
  if (bytes > 0xFFFFFFFE) throw InvalidArgument("field.vectors", "fewer than 4 GiB", std::to_string(bytes) + " bytes");
  std::string data(bytes, '\0');
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(data.data(), field.vectors.data(), bytes);
  item.Item(tag::kDeformableRegistrationGridSequence)
      .Numbers(tag::kImagePositionPatient, std::array{grid.origin.x, grid.origin.y, grid.origin.z})
      .Numbers(tag::kImageOrientationPatient, std::array{i.x, i.y, i.z, j.x, j.y, j.z})
      .Numbers(tag::kGridDimensions, std::vector<double>(grid.size.begin(), grid.size.end()))
      .Numbers(tag::kGridResolution, grid.spacing)
      .Octets(tag::kVectorGridData, std::move(data));
}

void PutDeformable(DataSetBuilder& set, const RegistrationObject::Item& from) {
  auto& item = set.Item(tag::kDeformableRegistrationSequence);
  item.Text(tag::kSourceFrameOfReferenceUID, from.frame_uid).Empty(tag::kRegistrationTypeCodeSequence);
  PutField(item, *from.field);
  // Matrices may be absent where they change nothing, but some readers want them.
  PutMatrix(item.Item(tag::kPreDeformationMatrixRegistrationSequence), from.pre, from.type);
  PutMatrix(item.Item(tag::kPostDeformationMatrixRegistrationSequence), from.post, from.type);
}

}  // namespace

void WriteRegistration(const std::string& path, const RegistrationObject& object, const WriteOptions& options) {
  if (object.items.empty()) throw InvalidArgument("items", "at least one registered frame", "none");
  const auto deformable = [](const RegistrationObject::Item& item) { return item.field != nullptr; };
  const auto fields = std::count_if(object.items.begin(), object.items.end(), deformable);
  if (fields != 0 && fields != static_cast<std::ptrdiff_t>(object.items.size())) {
    throw InvalidArgument("items", "all with a field or all without: the standard has an object for each", "both");
  }
  if (fields != 0 && options.syntax == WriteOptions::Syntax::kBigEndian) {
    throw InvalidArgument("options.transferSyntax", "little endian for a field", "big-endian");
  }
  if (object.identity.frame_uid.empty()) {
    throw InvalidArgument("identity.FrameOfReferenceUID", "the frame that is registered to", "nothing");
  }
  DataSetBuilder set;
  PutCommonModules(set, object.identity, fields != 0 ? kDeformableRegistrationClass : kRegistrationClass,
                   object.identity.InstanceUid(0), "REG", options);
  set.Number(tag::kInstanceNumber, 1)
      .Text(tag::kContentDate, object.identity.date)
      .Text(tag::kContentTime, object.identity.time)
      .Text(tag::kContentLabel, object.label)
      .Text(tag::kContentDescription, object.description)
      .Empty(tag::kContentCreatorName);
  if (fields != 0) {
    set.Text(tag::kManufacturerModelName, "Isovox").Text(tag::kDeviceSerialNumber, "1").Text(tag::kSoftwareVersions, "1");
  }
  for (const auto& item : object.items) {
    if (fields != 0) {
      PutDeformable(set, item);
    } else {
      PutRigid(set, item);
    }
  }
  WriteDicomFile(path, set, options);
}

}  // namespace isovox::dicom
