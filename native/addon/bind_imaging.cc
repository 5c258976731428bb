// Imaging: contours to voxels, slices, isolines, outlines.
#include <cmath>

#include "addon/convert.h"
#include "addon/convert_imaging.h"
#include "addon/registry.h"
#include "base/error.h"
#include "imaging/isolines.h"
#include "imaging/mask_contours.h"
#include "imaging/outline.h"
#include "imaging/slice.h"
#include "imaging/voxelise.h"

namespace isovox::addon {

nlohmann::json FindingsToJson(const Findings& findings) {
  auto out = nlohmann::json::array();
  for (const Finding& finding : findings) {
    const char* severity = finding.severity == Severity::kInfo   ? "info"
                           : finding.severity == Severity::kWarn ? "warn"
                                                                 : "fail";
    out.push_back({{"code", finding.code}, {"severity", severity}, {"message", finding.message}});
  }
  return out;
}

SolidOptions ReadSolidOptions(const Args& args) {
  SolidOptions options;
  const std::string interpolation = args.Text("interpolation", "shape"), caps = args.Text("endCaps", "shape");
  if (interpolation == "slab") {
    options.interpolation = PlaneInterpolation::kSlab;
  } else if (interpolation != "shape") {
    throw InvalidArgument("interpolation", "shape or slab", "\"" + interpolation + "\"");
  }
  if (caps == "half") {
    options.end_caps = EndCaps::kHalf;
  } else if (caps == "none") {
    options.end_caps = EndCaps::kNone;
  } else if (caps != "shape") {
    throw InvalidArgument("endCaps", "shape, half or none", "\"" + caps + "\"");
  }
  if (args.Has("sliceThicknessMm")) {
    options.slice_thickness_mm = args.Number("sliceThicknessMm");
    if (!(options.slice_thickness_mm > 0)) {
      throw InvalidArgument("sliceThicknessMm", "a positive number", std::to_string(options.slice_thickness_mm));
    }
  }
  return options;
}

Grid ReadGrid(const Args& args) {
  Grid grid;
  const auto size = args.Numbers("size", 3), spacing = args.Numbers("spacing", 3), origin = args.Numbers("origin", 3);
  for (size_t a = 0; a < 3; ++a) {
    if (!(size[a] >= 1 && size[a] <= 1 << 20) || size[a] != std::floor(size[a])) {
      throw InvalidArgument("grid.size", "three integers from 1 to 1048576", std::to_string(size[a]));
    }
    if (!(spacing[a] > 0)) throw InvalidArgument("grid.spacing", "positive millimetres", std::to_string(spacing[a]));
    grid.size[a] = static_cast<int64_t>(size[a]);
    grid.spacing[a] = spacing[a];
  }
  grid.origin = {origin[0], origin[1], origin[2]};
  if (args.Has("direction")) {
    const auto d = args.Numbers("direction", 9);
    grid.axes = {{d[0], d[3], d[6]}, {d[1], d[4], d[7]}, {d[2], d[5], d[8]}};
    static_cast<void>(PatientToIndexMap(grid));
  }
  return grid;
}

namespace {

const Roi& RoiAt(const RoiSet& set, int64_t index) { return set.rois[static_cast<size_t>(index)]; }

int64_t ReadRoiIndex(const Args& args, const RoiSet& set) {
  if (set.rois.empty()) throw InvalidArgument("rois", "a set with at least one structure", "an empty one");
  return args.Integer("index", 0, static_cast<int64_t>(set.rois.size()) - 1);
}

PatientPlane ReadPlane(const Args& args) {
  const std::string plane = args.Text("plane");
  if (plane == "axial") return PatientPlane::kAxial;
  if (plane == "coronal") return PatientPlane::kCoronal;
  if (plane == "sagittal") return PatientPlane::kSagittal;
  throw InvalidArgument("plane", "axial, coronal or sagittal", "\"" + plane + "\"");
}

Napi::Value LinesToJs(Napi::Env env, std::vector<std::vector<double>>&& lines) {
  auto out = Napi::Array::New(env, lines.size());
  for (uint32_t n = 0; n < lines.size(); ++n) out.Set(n, AdoptNumbers(env, std::move(lines[n])));
  return out;
}

int64_t MaskBytes(const CoverageMask& mask) { return static_cast<int64_t>(mask.coverage.size() * sizeof(float)); }

Napi::Object MaskToJs(Napi::Env env, std::shared_ptr<CoverageMask> mask) {
  auto out = ToJs(env, {{"box", {{"begin", mask->box.begin}, {"end", mask->box.end}}}, {"volumeCc", VolumeCc(*mask)}})
                 .As<Napi::Object>();
  const int64_t bytes = MaskBytes(*mask);
  out.Set("mask", WrapHandle(env, std::move(mask), bytes));
  return out;
}

Work VoxeliseRoi(Args& args) {
  const auto rois = args.Native<RoiSet>("rois");
  const int64_t index = ReadRoiIndex(args, *rois);
  const SolidOptions options = ReadSolidOptions(args);
  const Grid grid = args.Has("volume") ? args.Native<Volume>("volume")->grid : ReadGrid(args.Object("grid"));
  const std::string coverage = args.Text("coverage", "section");
  if (coverage != "section" && coverage != "slab") {
    throw InvalidArgument("coverage", "section or slab", "\"" + coverage + "\"");
  }
  const CoverageKind kind = coverage == "slab" ? CoverageKind::kSlab : CoverageKind::kSection;
  return {[=](const Exec& exec) -> Finish {
    auto result = std::make_shared<Voxelised>(Voxelise(RoiAt(*rois, index), grid, options, kind, exec));
    return [result](Napi::Env env) -> Napi::Value {
      auto out = MaskToJs(env, std::make_shared<CoverageMask>(std::move(result->mask)));
      out.Set("findings", ToJs(env, FindingsToJson(result->findings)));
      return out;
    };
  }};
}

Work MaskVolumeRow(Args& args) {
  const auto mask = args.Native<CoverageMask>("mask");
  const std::string mode = args.Text("mode", "binary");
  if (mode != "binary" && mode != "fraction") throw InvalidArgument("mode", "binary or fraction", "\"" + mode + "\"");
  const MaskVolume kind = mode == "binary" ? MaskVolume::kBinary : MaskVolume::kFraction;
  const int64_t bytes = mask->grid.voxels() * (kind == MaskVolume::kBinary ? 1 : 4);
  return {[=](const Exec&) -> Finish {
            auto volume = std::make_shared<Volume>(MaskToVolume(*mask, kind));
            return [volume](Napi::Env env) -> Napi::Value {
              return WrapHandle(env, volume, static_cast<int64_t>(volume->bytes()));
            };
          },
          bytes};
}

Work MaskFromVolumeRow(Args& args) {
  const auto volume = args.Native<Volume>("volume");
  std::optional<double> label;
  if (args.Has("label")) label = args.Number("label");
  return {[=](const Exec& exec) -> Finish {
            auto mask = std::make_shared<CoverageMask>(MaskFromVolume(*volume, label, exec));
            return [mask](Napi::Env env) -> Napi::Value { return MaskToJs(env, mask); };
          },
          volume->grid.voxels() * 4};
}

Work MaskContoursRow(Args& args) {
  const Napi::Value raw = args.Raw("masks");
  if (!raw.IsArray()) throw InvalidArgument("masks", "an array of { mask, number, name }", Describe(raw));
  ContourOptions options;
  options.tolerance_mm = args.Number("toleranceMm", 0);
  if (!(options.tolerance_mm >= 0)) {
    throw InvalidArgument("toleranceMm", "millimetres, not negative", std::to_string(options.tolerance_mm));
  }
  const std::string holes = args.Text("holes", "loops");
  if (holes != "loops" && holes != "keyhole") throw InvalidArgument("holes", "loops or keyhole", "\"" + holes + "\"");
  options.holes = holes == "keyhole" ? HoleStyle::kKeyhole : HoleStyle::kLoops;
  struct Item {
    std::shared_ptr<CoverageMask> mask;
    int number;
    std::string name;
  };
  std::vector<Item> items;
  const auto array = raw.As<Napi::Array>();
  for (uint32_t n = 0; n < array.Length(); ++n) {
    const Napi::Value value = array.Get(n);
    if (!value.IsObject()) throw InvalidArgument("masks", "an array of { mask, number, name }", Describe(value));
    const Args item(value.As<Napi::Object>());
    items.push_back({item.Native<CoverageMask>("mask"), static_cast<int>(item.Integer("number", 0, 1 << 30)),
                     item.Text("name")});
  }
  return {[=](const Exec& exec) -> Finish {
    auto set = std::make_shared<RoiSet>();
    int64_t points = 0, contours = 0;
    for (const Item& item : items) {
      Roi roi = MaskContours(*item.mask, options, exec);
      roi.number = item.number;
      roi.name = item.name;
      points += static_cast<int64_t>(roi.points.size());
      contours += static_cast<int64_t>(roi.contours.size());
      set->rois.push_back(std::move(roi));
    }
    return [set, points, contours](Napi::Env env) -> Napi::Value {
      auto out = ToJs(env, {{"contours", contours}, {"points", points}}).As<Napi::Object>();
      out.Set("rois", WrapHandle(env, set, points * static_cast<int64_t>(sizeof(Vec3))));
      return out;
    };
  }};
}

Work ExtractSliceRow(Args& args) {
  SliceRequest request;
  request.plane = ReadPlane(args);
  request.position_mm = args.Number("positionMm");
  request.pixel_mm = args.Number("pixelMm");
  if (!(request.pixel_mm > 0)) throw InvalidArgument("pixelMm", "a positive number", std::to_string(request.pixel_mm));
  if (args.Has("extent")) {
    const auto extent = args.Numbers("extent", 4);
    request.extent = std::array<double, 4>{extent[0], extent[1], extent[2], extent[3]};
  }
  std::shared_ptr<Volume> volume;
  std::shared_ptr<DoseGrid> dose;
  if (args.Has("dose")) {
    dose = args.Native<DoseGrid>("dose");
  } else {
    volume = args.Native<Volume>("volume");
  }
  return {[=](const Exec& exec) -> Finish {
    auto slice = std::make_shared<Slice>(dose ? ExtractSlice(*dose, request, exec)
                                              : ExtractSlice(*volume, request, exec));
    return [slice](Napi::Env env) -> Napi::Value {
      auto out = ToJs(env, {{"width", slice->width},
                            {"height", slice->height},
                            {"u0", slice->u0},
                            {"v0", slice->v0},
                            {"pixelMm", slice->pixel_mm}})
                     .As<Napi::Object>();
      const size_t count = static_cast<size_t>(slice->width * slice->height);
      out.Set("values", ViewOf(env, slice->values, DType::kFloat32, 0, count));
      return out;
    };
  }};
}

Work IsolinesRow(Args& args) {
  const int64_t width = args.Integer("width", 0, 1 << 20), height = args.Integer("height", 0, 1 << 20);
  const Napi::Value raw = args.Raw("values");
  if (!raw.IsTypedArray() || raw.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array ||
      static_cast<int64_t>(raw.As<Napi::TypedArray>().ElementLength()) != width * height) {
    throw InvalidArgument("values", "a Float32Array of width x height", Describe(raw));
  }
  const auto array = raw.As<Napi::Float32Array>();
  std::vector<float> values(array.Data(), array.Data() + array.ElementLength());
  const double u0 = args.Number("u0"), v0 = args.Number("v0"), pixel = args.Number("pixelMm");
  const auto levels = args.Numbers("levels");
  return {[=, values = std::move(values)](const Exec& exec) -> Finish {
    auto lines = std::make_shared<std::vector<Polylines>>(levels.size());
    ParallelFor(exec, static_cast<int64_t>(levels.size()), 1, [&](int64_t begin, int64_t end) {
      for (auto n = static_cast<size_t>(begin); n < static_cast<size_t>(end); ++n) {
        (*lines)[n] = Isolines(values, width, height, levels[n], u0, v0, pixel);
      }
    });
    return [levels, lines](Napi::Env env) -> Napi::Value {
      auto out = Napi::Array::New(env, levels.size());
      for (uint32_t n = 0; n < levels.size(); ++n) {
        auto item = Napi::Object::New(env);
        item.Set("level", levels[n]);
        item.Set("lines", LinesToJs(env, std::move((*lines)[n])));
        out.Set(n, item);
      }
      return out;
    };
  }};
}

Work OutlineRow(Args& args) {
  const PatientPlane plane = ReadPlane(args);
  const double position = args.Number("positionMm"), pixel = args.Number("pixelMm", 1);
  if (!(pixel > 0)) throw InvalidArgument("pixelMm", "a positive number", std::to_string(pixel));
  std::shared_ptr<CoverageMask> mask;
  std::shared_ptr<RoiSet> rois;
  int64_t index = 0;
  SolidOptions options;
  if (args.Has("mask")) {
    mask = args.Native<CoverageMask>("mask");
  } else {
    rois = args.Native<RoiSet>("rois");
    index = ReadRoiIndex(args, *rois);
    options = ReadSolidOptions(args);
  }
  return {[=](const Exec& exec) -> Finish {
    auto lines = std::make_shared<Polylines>(mask ? OutlineOfMask(*mask, plane, position, pixel, exec)
                                                  : OutlineOfRoi(RoiAt(*rois, index), options, plane, position, pixel));
    return [lines](Napi::Env env) -> Napi::Value { return LinesToJs(env, std::move(*lines)); };
  }};
}

constexpr Row kRows[] = {
    {"voxelise", VoxeliseRoi, nullptr, "(args: VoxeliseArgs) => Promise<VoxeliseResult>",
     "How much of every voxel of a grid a contoured structure covers."},
    {"maskToVolume", MaskVolumeRow, nullptr,
     "(args: { mask: Handle<'CoverageMask'>; mode?: 'binary' | 'fraction' }) => Promise<Handle<'Volume'>>",
     "A mask as a volume: uint8 where at least half is covered, or float32 fractions."},
    {"maskFromVolume", MaskFromVolumeRow, nullptr,
     "(args: { volume: Handle<'Volume'>; label?: number }) => Promise<Omit<VoxeliseResult, 'findings'>>",
     "The voxels equal to a label, or above 0, as a mask."},
    {"maskContours", MaskContoursRow, nullptr, "(args: MaskContoursArgs) => Promise<MaskContoursResult>",
     "Closed, oriented contours along the voxels of masks, simplified within a tolerance."},
    {"extractSlice", ExtractSliceRow, nullptr, "(args: ExtractSliceArgs) => Promise<SliceResult>",
     "A patient plane through a volume or dose, trilinear, NaN outside."},
    {"isolines", IsolinesRow, nullptr, "(args: IsolinesArgs) => Promise<IsolineResult[]>",
     "Lines of equal value on a slice; closed lines repeat their first point."},
    {"outline", OutlineRow, nullptr, "(args: OutlineArgs) => Promise<Polyline[]>",
     "Where a patient plane cuts a structure; closed lines repeat their first point."},
};

}  // namespace

Table ImagingTable() { return kRows; }

}  // namespace isovox::addon
