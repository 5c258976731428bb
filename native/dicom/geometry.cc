#include "dicom/geometry.h"

#include <cmath>

namespace isovox::dicom {
namespace {

bool AllFinite(const std::vector<double>& numbers) {
  for (const double number : numbers) {
    if (!std::isfinite(number)) return false;
  }
  return true;
}

Error BadGeometry(const char* expected, std::string_view actual) {
  return Error(ErrorCode::kGeometry, std::string("Expected ") + expected + " but received " + std::string(actual),
               {{"expected", expected}, {"actual", std::string(actual)}});
}

}  // namespace

std::optional<Axes> OrientationOf(const DataSet& set) {
  const auto n = set.Numbers(tag::kImageOrientationPatient);
  if (n.empty()) return std::nullopt;
  Axes axes;
  if (n.size() == 6 && AllFinite(n)) {
    const Vec3 row{n[0], n[1], n[2]}, column{n[3], n[4], n[5]};
    const double row_length = Norm(row), column_length = Norm(column);
    // Directions are written with few digits; a hundredth is beyond any rounding.
    if (row_length > 0.5 && column_length > 0.5 && std::abs(Dot(row, column)) < 0.01 * row_length * column_length) {
      axes.i = (1 / row_length) * row;
      axes.j = (1 / column_length) * column;
      axes.k = Cross(axes.i, axes.j);
      axes.k = (1 / Norm(axes.k)) * axes.k;
      return axes;
    }
  }
  throw BadGeometry("two directions at right angles in ImageOrientationPatient", set.Text(tag::kImageOrientationPatient));
}

std::optional<Vec3> PositionOf(const DataSet& set) {
  const auto n = set.Numbers(tag::kImagePositionPatient);
  if (n.empty()) return std::nullopt;
  if (n.size() != 3 || !AllFinite(n)) {
    throw BadGeometry("three numbers in ImagePositionPatient", set.Text(tag::kImagePositionPatient));
  }
  return Vec3{n[0], n[1], n[2]};
}

std::optional<std::array<double, 2>> SpacingOf(const DataSet& set) {
  const auto n = set.Numbers(tag::kPixelSpacing);
  if (n.empty()) return std::nullopt;
  // Zeros are how digitisers of films say that they do not know; of an image with a place in the patient they are an error.
  if (n == std::vector<double>{0, 0} && !set.Has(tag::kImagePositionPatient)) return std::nullopt;
  if (n.size() != 2 || !(n[0] > 0 && n[1] > 0) || !AllFinite(n)) {
    throw BadGeometry("two positive numbers in PixelSpacing", set.Text(tag::kPixelSpacing));
  }
  return std::array<double, 2>{n[1], n[0]};
}

}  // namespace isovox::dicom
