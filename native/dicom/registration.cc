#include "dicom/registration.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/storage.h"
#include "dicom/finding.h"
#include "dicom/geometry.h"
#include "dicom/header.h"
#include "simd/samples.h"

namespace isovox::dicom {
namespace {

using nlohmann::json;

// How far a matrix that is called rigid may be from one, in its products of columns.
constexpr double kRigid = 1e-3;

Error BadMatrix(const std::string& message) {
  return Error(ErrorCode::kGeometry, message, {{"tag", "FrameOfReferenceTransformationMatrix"}});
}

bool IsRotation(const Affine& m) {
  for (size_t a = 0; a < 3; ++a) {
    for (size_t b = a; b < 3; ++b) {
      double product = 0;
      for (size_t r = 0; r < 3; ++r) product += m.rows[4 * r + a] * m.rows[4 * r + b];
      if (std::abs(product - (a == b ? 1 : 0)) > kRigid) return false;
    }
  }
  return m.Determinant() > 0;
}

Affine MatrixOf(const DataSet& item, Findings& findings) {
  const auto numbers = item.Numbers(tag::kFrameOfReferenceTransformationMatrix);
  if (numbers.size() != 16) {
    throw BadMatrix("A transformation matrix has " + std::to_string(numbers.size()) + " values instead of 16");
  }
  if (!std::all_of(numbers.begin(), numbers.end(), [](double n) { return std::isfinite(n); })) {
    throw BadMatrix("A transformation matrix has a value that is no number");
  }
  if (std::abs(numbers[12]) + std::abs(numbers[13]) + std::abs(numbers[14]) + std::abs(numbers[15] - 1) > 1e-9) {
    throw BadMatrix("The last row of a transformation matrix is not 0 0 0 1");
  }
  Affine matrix;
  std::copy(numbers.begin(), numbers.begin() + 12, matrix.rows.begin());
  if (!(std::abs(matrix.Determinant()) > 1e-9)) throw BadMatrix("A transformation matrix cannot be inverted");
  if (item.Text(tag::kFrameOfReferenceTransformationMatrixType) == "RIGID" && !IsRotation(matrix)) {
    findings.push_back({"registration.not_rigid", Severity::kWarn,
                        "A matrix is called rigid and is not: it was applied as it is", {}});
  }
  return matrix;
}

// The matrices of a MatrixRegistrationSequence, the first of which is applied first (C.20.2.1.1).
Affine ChainOf(const DataSet& item, Findings& findings, int& matrices) {
  Affine chain;
  const auto registrations = item.Items(tag::kMatrixRegistrationSequence);
  if (registrations.empty()) throw BadMatrix("A registration has no matrices");
  for (const DataSet& one : registrations.front().Items(tag::kMatrixSequence)) {
    chain = MatrixOf(one, findings).After(chain);
    ++matrices;
  }
  return chain;
}

std::shared_ptr<const DisplacementField> FieldOf(const DataSet& item, Endian endian) {
  const auto grids = item.Items(tag::kDeformableRegistrationGridSequence);
  if (grids.empty()) return nullptr;
  const DataSet& set = grids.front();
  const auto bad = [](const std::string& message, const char* tag) {
    return Error(ErrorCode::kCorruptData, message, {{"tag", tag}});
  };
  auto field = std::make_shared<DisplacementField>();
  Grid& grid = field->grid;
  const auto size = set.Numbers(tag::kGridDimensions), spacing = set.Numbers(tag::kGridResolution);
  if (size.size() != 3 || spacing.size() != 3) {
    throw bad("GridDimensions and GridResolution must have three values each", "GridDimensions");
  }
  for (size_t a = 0; a < 3; ++a) {
    if (!(size[a] >= 1 && size[a] <= 65535)) {
      throw bad("A dimension of the deformation grid is not 1 to 65535", "GridDimensions");
    }
    if (!(spacing[a] > 0) || !std::isfinite(spacing[a])) {
      throw bad("A resolution of the deformation grid is not positive", "GridResolution");
    }
    grid.size[a] = static_cast<int64_t>(size[a]);
    grid.spacing[a] = spacing[a];
  }
  const auto position = PositionOf(set);
  const auto axes = OrientationOf(set);
  if (!position) throw bad("The deformation grid has no ImagePositionPatient", "ImagePositionPatient");
  grid.origin = *position;
  if (axes) grid.axes = *axes;
  const Element* element = set.Find(tag::kVectorGridData);
  const auto bytes = element == nullptr ? std::span<const std::byte>{} : element->value;
  const std::array<int64_t, 4> factors{grid.size[0], grid.size[1], grid.size[2], 12};
  if (CheckedProduct(factors) != bytes.size()) {
    throw bad("The deformation grid asks for " + std::to_string(CheckedProduct(factors)) + " bytes of vectors but has " +
                  std::to_string(bytes.size()),
              "VectorGridData");
  }
  field->vectors.resize(bytes.size() / sizeof(float));
  std::memcpy(field->vectors.data(), bytes.data(), bytes.size());
  if (endian == Endian::kBig) simd::SwapBytes(std::as_writable_bytes(std::span(field->vectors)), sizeof(float));
  return field;
}

json ToJson(const Registration::Item& item, int matrices) {
  json out = {{"FrameOfReferenceUID", item.frame_uid}, {"matrices", matrices}, {"deformable", item.field != nullptr}};
  if (item.field) {
    const Grid& g = item.field->grid;
    out["grid"] = {{"size", g.size}, {"spacing", g.spacing}, {"origin", {g.origin.x, g.origin.y, g.origin.z}}};
  } else {
    json matrix = item.matrix.rows;
    for (const double last : {0.0, 0.0, 0.0, 1.0}) matrix.push_back(last);
    out["matrix"] = std::move(matrix);
  }
  return out;
}

}  // namespace

Registration ReadRegistration(const std::string& path) {
  const DicomFile file = DicomFile::Open(path);
  try {
    const DataSet& set = file.set();
    json header = RecordOf(file);
    if (header["kind"] != "reg") {
      throw Error(ErrorCode::kUnsupported,
                  "Expected a spatial registration but " + path + " is of kind " + header["kind"].get<std::string>(),
                  {{"what", "SOPClassUID"}, {"value", std::string(set.Text(tag::kSOPClassUID))}});
    }
    Registration result;
    Findings findings;
    json items = json::array();
    result.frame_uid = set.Text(tag::kFrameOfReferenceUID);
    for (const DataSet& one : set.Items(tag::kRegistrationSequence)) {
      Registration::Item item;
      int matrices = 0;
      item.frame_uid = one.Text(tag::kFrameOfReferenceUID);
      item.matrix = ChainOf(one, findings, matrices);
      items.push_back(ToJson(item, matrices));
      result.items.push_back(std::move(item));
    }
    for (const DataSet& one : set.Items(tag::kDeformableRegistrationSequence)) {
      Registration::Item item;
      int matrices = 0;
      item.frame_uid = one.Text(tag::kSourceFrameOfReferenceUID);
      for (const auto& [tag, into] : {std::pair(tag::kPreDeformationMatrixRegistrationSequence, &item.pre),
                                      std::pair(tag::kPostDeformationMatrixRegistrationSequence, &item.post)}) {
        if (const auto given = one.Items(tag); !given.empty()) {
          *into = MatrixOf(given.front(), findings);
          ++matrices;
        }
      }
      item.field = FieldOf(one, file.endian());
      // Without a field the matrices take the registered frame to the source; `matrix` is the other way about.
      if (!item.field) item.matrix = item.post.After(item.pre).Inverse();
      items.push_back(ToJson(item, matrices));
      result.items.push_back(std::move(item));
    }
    if (result.items.empty()) {
      throw Error(ErrorCode::kCorruptData, "The registration registers nothing", {{"tag", "RegistrationSequence"}});
    }
    result.summary = {{"header", std::move(header)}, {"items", std::move(items)}, {"findings", dicom::ToJson(findings)}};
    return result;
  } catch (Error& error) {
    error.With("path", path);
    throw;
  }
}

SpatialMap MapBetween(const Registration& registration, const std::string& from, const std::string& to) {
  const auto& items = registration.items;
  const auto named = [&](const std::string& uid) {
    return std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.frame_uid == uid; });
  };
  const auto find = [&](const std::string& uid, const char* which) {
    auto found = named(uid);
    // A file that registers images names no frame; with a single one there is no doubt which.
    if (found == items.end() && std::count_if(items.begin(), items.end(), [](const auto& item) {
                                  return item.frame_uid.empty();
                                }) == 1) {
      found = named("");
    }
    if (found == items.end()) {
      std::string known = registration.frame_uid;
      for (const auto& item : items) known += ", " + item.frame_uid;
      throw InvalidArgument(which, "a frame that the registration knows: " + known, uid);
    }
    return found;
  };
  const std::string& own = registration.frame_uid;
  auto source = items.end();
  if (from.empty()) {
    size_t others = 0;
    for (auto item = items.begin(); item != items.end(); ++item) {
      if (item->frame_uid == own) continue;
      source = item;
      ++others;
    }
    if (others != 1) {
      throw InvalidArgument("fromFrame", "the frame of the dose, since the file registers " + std::to_string(others),
                            "nothing");
    }
  } else if (from != own || named(from) != items.end()) {
    source = find(from, "fromFrame");
  }
  auto target = items.end();
  if (!to.empty() && (to != own || named(to) != items.end())) target = find(to, "toFrame");

  SpatialMap map;
  if (target != items.end() && target != source) {
    if (target->field) {
      throw Error(ErrorCode::kUnsupported, "A deformation cannot be followed backwards: doses are taken to frame " + own,
                  {{"what", "toFrame"}, {"value", to}});
    }
    map.affine = target->matrix;
  }
  if (source == items.end() || source == target) return map;
  if (source->field) {
    map.field = source->field;
    map.pre = source->pre;
    map.post = source->post;
  } else {
    map.affine = source->matrix.Inverse().After(map.affine);
  }
  return map;
}

}  // namespace isovox::dicom
