#include "addon/dicom_write.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "addon/convert.h"
#include "addon/grid_args.h"
#include "dicom/write_objects.h"

namespace isovox::addon {
namespace {

std::vector<std::string> TextsOr(const Args& args, const char* key) {
  return args.Has(key) ? args.TextList(key) : std::vector<std::string>{};
}

// ImagePositionPatient of `count` images, flat; empty when absent.
std::vector<Vec3> PositionsOf(const Args& args, size_t count) {
  std::vector<Vec3> positions;
  if (!args.Has("referencedImagePositions")) return positions;
  const auto numbers = args.Numbers("referencedImagePositions", 3 * count);
  for (size_t n = 0; n < numbers.size(); n += 3) positions.push_back({numbers[n], numbers[n + 1], numbers[n + 2]});
  return positions;
}

dicom::Identity IdentityOf(const Args& args) {
  const Args from = args.Object("identity");
  dicom::Identity identity;
  identity.patient_id = from.Text("PatientID");
  identity.patient_sex = from.Text("PatientSex", "");
  identity.study_uid = from.Text("StudyInstanceUID");
  identity.series_uid = from.Text("SeriesInstanceUID");
  identity.frame_uid = from.Text("FrameOfReferenceUID", "");
  identity.instance_uids = TextsOr(from, "SOPInstanceUIDs");
  if (from.Has("SOPInstanceUID")) identity.instance_uids = {from.Text("SOPInstanceUID")};
  identity.date = from.Text("StudyDate", "");
  identity.time = from.Text("StudyTime", "");
  identity.study_description = from.Text("StudyDescription", "");
  identity.series_description = from.Text("SeriesDescription", "");
  identity.series_number = from.Integer("SeriesNumber", 0, 0x7FFFFFFF, 1);
  return identity;
}

// The value of `key` as the index of one of `names`.
size_t Choice(const Args& args, const char* key, std::initializer_list<const char*> names) {
  if (!args.Has(key)) return 0;
  const std::string given = args.Text(key);
  std::string expected;
  size_t index = 0;
  for (const char* name : names) {
    if (given == name) return index;
    expected += (index++ == 0 ? "" : ", ") + std::string(name);
  }
  throw InvalidArgument(key, "one of " + expected, "\"" + given + "\"");
}

dicom::WriteOptions OptionsOf(const Args& args) {
  dicom::WriteOptions options;
  if (!args.Has("options")) return options;
  const Args from = args.Object("options");
  options.syntax = static_cast<dicom::WriteOptions::Syntax>(
      Choice(from, "transferSyntax", {"explicit", "implicit", "big-endian", "deflated"}));
  options.meta = from.Flag("meta", true);
  options.undefined_length = from.Flag("undefinedLength", false);
  options.modality = from.Text("modality", "");
  return options;
}

// Calls take(item, name) for each object of an array.
template <typename Take>
void ForEachObject(const Args& args, const char* key, Take take) {
  const Napi::Value value = args.Raw(key);
  if (value.IsUndefined()) return;
  if (!value.IsArray()) throw InvalidArgument(key, "an array of objects", Describe(value));
  const auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value item = array.Get(i);
    const std::string name = std::string(key) + "[" + std::to_string(i) + "]";
    if (!item.IsObject()) throw InvalidArgument(name, "an object", Describe(item));
    take(Args(item.As<Napi::Object>(), name + "."));
  }
}

// Appends the points of one contour: an array or Float64Array of x, y, z.
void AddContour(Napi::Value value, ContourKind kind, const std::string& name, Roi& roi) {
  std::vector<double> numbers;
  if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_float64_array) {
    const auto array = value.As<Napi::Float64Array>();
    numbers.assign(array.Data(), array.Data() + array.ElementLength());
  } else if (value.IsArray()) {
    const auto array = value.As<Napi::Array>();
    numbers.resize(array.Length());
    for (uint32_t i = 0; i < array.Length(); ++i) {
      const Napi::Value item = array.Get(i);
      numbers[i] = item.IsNumber() ? item.As<Napi::Number>().DoubleValue() : std::nan("");
    }
  } else {
    throw InvalidArgument(name, "an array of numbers", Describe(value));
  }
  if (numbers.empty() || numbers.size() % 3 != 0) {
    throw InvalidArgument(name, "x, y, z of one or more points", std::to_string(numbers.size()) + " numbers");
  }
  roi.contours.push_back({kind, roi.points.size(), numbers.size() / 3});
  for (size_t i = 0; i < numbers.size(); i += 3) {
    const Vec3 point{numbers[i], numbers[i + 1], numbers[i + 2]};
    if (!std::isfinite(point.x + point.y + point.z)) throw InvalidArgument(name, "finite numbers", "others");
    roi.points.push_back(point);
  }
}

Roi RoiOf(const Args& args) {
  Roi roi;
  roi.number = static_cast<int>(args.Integer("number", 0, 0x7FFFFFFF));
  roi.name = args.Text("name");
  roi.type = args.Text("type", "");
  roi.generation_algorithm = args.Text("algorithm", "");
  if (args.Has("color")) {
    const auto color = args.Numbers("color", 3);
    roi.color = {static_cast<int>(color[0]), static_cast<int>(color[1]), static_cast<int>(color[2])};
  }
  const auto kind = static_cast<ContourKind>(
      Choice(args, "kind", {"CLOSED_PLANAR", "OPEN_PLANAR", "OPEN_NONPLANAR", "POINT", "CLOSEDPLANAR_XOR"}));
  const Napi::Value contours = args.Raw("contours");
  if (!contours.IsArray()) throw InvalidArgument("contours", "an array of contours", Describe(contours));
  const auto array = contours.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) {
    AddContour(array.Get(i), kind, "contours[" + std::to_string(i) + "]", roi);
  }
  return roi;
}

// A dose grid from `grid`, `values` and `planeMm`.
std::shared_ptr<const DoseGrid> DoseOf(const Args& args) {
  if (args.Has("dose")) return args.Native<DoseGrid>("dose");
  auto dose = std::make_shared<DoseGrid>();
  dose->grid = GridOf(args, "grid");
  const auto planes = static_cast<size_t>(dose->grid.size[2]);
  if (args.Has("planeMm")) {
    dose->plane_mm = args.Numbers("planeMm", planes);
    for (size_t k = 0; k < planes; ++k) {
      if (k == 0 ? dose->plane_mm[0] != 0 : dose->plane_mm[k] <= dose->plane_mm[k - 1]) {
        throw InvalidArgument("planeMm", "distances that begin with 0 and ascend", "others");
      }
    }
    if (planes > 1) dose->grid.spacing[2] = dose->plane_mm[1];
  } else {
    for (size_t k = 0; k < planes; ++k) dose->plane_mm.push_back(static_cast<double>(k) * dose->grid.spacing[2]);
  }
  const auto count = static_cast<size_t>(dose->grid.voxels());
  const Napi::Value values = args.Raw("values");
  if (!values.IsTypedArray()) throw InvalidArgument("values", "a Float32Array or Float64Array", Describe(values));
  const auto array = values.As<Napi::TypedArray>();
  if (array.ElementLength() != count) {
    throw InvalidArgument("values", std::to_string(count) + " values", std::to_string(array.ElementLength()));
  }
  dose->values = Storage::Allocate(count * sizeof(float));
  const auto gray = dose->values->As<float>();
  if (array.TypedArrayType() == napi_float32_array) {
    if (count > 0) std::memcpy(gray.data(), values.As<Napi::Float32Array>().Data(), count * sizeof(float));
  } else if (array.TypedArrayType() == napi_float64_array) {
    const auto* from = values.As<Napi::Float64Array>().Data();
    for (size_t i = 0; i < count; ++i) gray[i] = static_cast<float>(from[i]);
  } else {
    throw InvalidArgument("values", "a Float32Array or Float64Array", "another typed array");
  }
  return dose;
}

Finish Undefined() {
  return [](Napi::Env env) { return env.Undefined(); };
}

}  // namespace

Work WriteImageSeries(Args& args) {
  const auto volume = args.Native<const Volume>("volume");
  dicom::ImageSeries series;
  constexpr std::array kKinds{"CT", "MR", "PT"};
  const size_t kind = Choice(args, "modality", {kKinds[0], kKinds[1], kKinds[2]});
  series.kind = static_cast<dicom::ImageSeries::Kind>(kind);
  series.folder = args.Text("folder");
  series.prefix = args.Text("prefix", kKinds[kind]);
  series.identity = IdentityOf(args);
  if (args.Has("positionsMm")) series.positions_mm = args.Numbers("positionsMm");
  if (args.Has("tiltDegrees")) series.tilt_degrees = args.Number("tiltDegrees");
  if (args.Has("injection")) {
    const Args from = args.Object("injection");
    series.injection.weight_kg = from.Number("weightKg");
    series.injection.dose_bq = from.Number("doseBq");
    series.injection.half_life_s = from.Number("halfLifeS", series.injection.half_life_s);
    series.injection.time = from.Text("time");
  }
  return {[volume, series = std::move(series), options = OptionsOf(args)](const Exec& exec) -> Finish {
    dicom::ImageSeries filled = series;
    filled.volume = volume.get();
    return [paths = dicom::WriteImageSeries(exec, filled, options)](Napi::Env env) { return ToJs(env, paths); };
  }};
}

Work WriteRtStruct(Args& args) {
  auto rois = std::make_shared<std::vector<Roi>>();
  if (args.Has("roiSet")) *rois = args.Native<RoiSet>("roiSet")->rois;
  ForEachObject(args, "rois", [&](const Args& item) { rois->push_back(RoiOf(item)); });
  dicom::RtStructObject object;
  object.label = args.Text("label", "RTSTRUCT");
  object.identity = IdentityOf(args);
  object.image_series_uid = args.Text("referencedSeriesUID", "");
  object.image_uids = TextsOr(args, "referencedSOPInstanceUIDs");
  object.image_positions = PositionsOf(args, object.image_uids.size());
  return {[path = args.Text("path"), rois, object, options = OptionsOf(args)](const Exec&) -> Finish {
    dicom::RtStructObject filled = object;
    filled.rois = rois.get();
    dicom::WriteRtStruct(path, filled, options);
    return Undefined();
  }};
}

Work WriteRtDose(Args& args) {
  const auto dose = DoseOf(args);
  dicom::RtDoseObject object;
  object.identity = IdentityOf(args);
  object.bits = static_cast<int>(args.Integer("bits", 16, 32, 32));
  object.summation_type = args.Text("DoseSummationType", "PLAN");
  object.dose_type = args.Text("DoseType", "PHYSICAL");
  object.comment = args.Text("DoseComment", "");
  object.plan_uids = TextsOr(args, "referencedRTPlanUIDs");
  object.structure_set_uid = args.Text("referencedStructureSetUID", "");
  if (args.Has("beamNumber")) object.beam_number = args.Integer("beamNumber", 0, 0x7FFFFFFF);
  object.offsets =
      static_cast<dicom::RtDoseObject::Offsets>(Choice(args, "offsets", {"relative", "absolute", "descending"}));
  return {[path = args.Text("path"), dose, object, options = OptionsOf(args)](const Exec&) -> Finish {
    dicom::RtDoseObject filled = object;
    filled.dose = dose.get();
    dicom::WriteRtDose(path, filled, options);
    return Undefined();
  }};
}

Work WriteSegmentation(Args& args) {
  dicom::SegmentationObject object;
  object.identity = IdentityOf(args);
  object.label = args.Text("label", "SEGMENTATION");
  object.description = args.Text("description", "");
  object.fractional = Choice(args, "type", {"BINARY", "FRACTIONAL"}) == 1;
  object.image_series_uid = args.Text("referencedSeriesUID", "");
  object.image_uids = TextsOr(args, "referencedSOPInstanceUIDs");
  object.image_positions = PositionsOf(args, object.image_uids.size());
  object.image_class = args.Text("referencedSOPClassUID", dicom::kCtImageClass);
  auto masks = std::make_shared<std::vector<std::shared_ptr<CoverageMask>>>();
  ForEachObject(args, "segments", [&](const Args& item) {
    dicom::SegmentationObject::Segment segment;
    segment.label = item.Text("label");
    segment.algorithm_type = item.Text("algorithmType", "AUTOMATIC");
    segment.algorithm_name = item.Text("algorithmName", "");
    const auto code = [&](const char* key, dicom::Code& into) {
      if (!item.Has(key)) return;
      const Args given = item.Object(key);
      into = {given.Text("value"), given.Text("scheme"), given.Text("meaning")};
    };
    code("category", segment.category);
    code("property", segment.type);
    if (item.Has("color")) {
      const auto color = item.Numbers("color", 3);
      segment.color = {static_cast<int>(color[0]), static_cast<int>(color[1]), static_cast<int>(color[2])};
    }
    masks->push_back(item.Native<CoverageMask>("mask"));
    object.segments.push_back(std::move(segment));
  });
  return {[path = args.Text("path"), masks, object, options = OptionsOf(args)](const Exec&) -> Finish {
    dicom::SegmentationObject filled = object;
    for (size_t n = 0; n < masks->size(); ++n) filled.segments[n].mask = (*masks)[n].get();
    dicom::WriteSegmentation(path, filled, options);
    return Undefined();
  }};
}

Work WriteRegistration(Args& args) {
  dicom::RegistrationObject object;
  object.identity = IdentityOf(args);
  object.label = args.Text("label", "REGISTRATION");
  object.description = args.Text("description", "");
  ForEachObject(args, "items", [&](const Args& item) {
    dicom::RegistrationObject::Item registered;
    registered.frame_uid = item.Text("FrameOfReferenceUID");
    constexpr std::array kTypes{"RIGID", "RIGID_SCALE", "AFFINE"};
    registered.type = kTypes[Choice(item, "type", {kTypes[0], kTypes[1], kTypes[2]})];
    const auto matrix = [&](const char* key, Affine& into) {
      if (!item.Has(key)) return;
      const auto numbers = item.Numbers(key, 16);
      if (numbers[12] != 0 || numbers[13] != 0 || numbers[14] != 0 || numbers[15] != 1) {
        throw InvalidArgument(key, "a last row of 0 0 0 1", "another");
      }
      std::copy(numbers.begin(), numbers.begin() + 12, into.rows.begin());
    };
    matrix("matrix", registered.matrix);
    if (item.Has("field")) {
      const Args field = item.Object("field");
      auto read = std::make_shared<DisplacementField>();
      read->grid = GridOf(field, "grid");
      const Napi::Value vectors = field.Raw("vectors");
      if (!vectors.IsTypedArray() || vectors.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) {
        throw InvalidArgument("field.vectors", "a Float32Array", Describe(vectors));
      }
      const auto array = vectors.As<Napi::Float32Array>();
      read->vectors.assign(array.Data(), array.Data() + array.ElementLength());
      registered.field = std::move(read);
      matrix("preMatrix", registered.pre);
      matrix("postMatrix", registered.post);
    }
    object.items.push_back(std::move(registered));
  });
  return {[path = args.Text("path"), object, options = OptionsOf(args)](const Exec&) -> Finish {
    dicom::WriteRegistration(path, object, options);
    return Undefined();
  }};
}

Work WriteRtPlan(Args& args) {
  dicom::RtPlanObject object;
  object.label = args.Text("label", "PLAN");
  object.name = args.Text("name", "");
  object.intent = args.Text("intent", "CURATIVE");
  object.approval = args.Text("approval", "APPROVED");
  object.identity = IdentityOf(args);
  object.fractions = args.Integer("fractions", 1, 1000, 1);
  object.structure_set_uid = args.Text("referencedStructureSetUID", "");
  object.dose_uids = TextsOr(args, "referencedDoseUIDs");
  ForEachObject(args, "prescriptions", [&](const Args& item) {
    dicom::RtPlanObject::Prescription prescription;
    prescription.dose_gy = item.Number("doseGy");
    if (item.Has("roiNumber")) prescription.roi_number = item.Integer("roiNumber", 0, 0x7FFFFFFF);
    prescription.type = item.Text("type", "TARGET");
    prescription.description = item.Text("description", "");
    object.prescriptions.push_back(std::move(prescription));
  });
  ForEachObject(args, "beams", [&](const Args& item) {
    dicom::RtPlanObject::Beam beam;
    beam.number = item.Integer("number", 0, 0x7FFFFFFF);
    beam.name = item.Text("name");
    beam.machine = item.Text("machine", "");
    beam.radiation = item.Text("radiation", "PHOTON");
    if (item.Has("doseGyPerFraction")) beam.dose_gy_per_fraction = item.Number("doseGyPerFraction");
    if (item.Has("meterset")) beam.meterset = item.Number("meterset");
    if (item.Has("isocenter")) {
      const auto at = item.Numbers("isocenter", 3);
      beam.isocenter = {at[0], at[1], at[2]};
    }
    object.beams.push_back(std::move(beam));
  });
  return {[path = args.Text("path"), object, options = OptionsOf(args)](const Exec&) -> Finish {
    dicom::WriteRtPlan(path, object, options);
    return Undefined();
  }};
}

}  // namespace isovox::addon
