// Volumes from files of any format, from memory, and back.
#include <cmath>
#include <cstring>
#include <optional>
#include <tuple>

#include "addon/convert.h"
#include "addon/grid_args.h"
#include "addon/range_args.h"
#include "addon/registry.h"
#include "formats/format.h"
#include "formats/statistics.h"
#include "formats/values.h"
#include "imaging/crop.h"
#include "imaging/reorient.h"
#include "imaging/resample_onto.h"
#include "imaging/resample_volume.h"

namespace isovox::addon {
namespace {

// The bytes of a typed array whose element type is `dtype`, or throws.
std::span<const std::byte> BytesOf(Napi::Value value, DType dtype, const char* name) {
  static constexpr napi_typedarray_type kTypes[] = {
      napi_int8_array,   napi_uint8_array,    napi_int16_array,     napi_uint16_array,  napi_int32_array,
      napi_uint32_array, napi_bigint64_array, napi_biguint64_array, napi_float32_array, napi_float64_array};
  const std::string expected = std::string("a typed array of ") + std::string(DTypeName(dtype));
  if (!value.IsTypedArray()) throw InvalidArgument(name, expected, Describe(value));
  const auto array = value.As<Napi::TypedArray>();
  if (array.TypedArrayType() != kTypes[static_cast<size_t>(dtype)]) {
    throw InvalidArgument(name, expected, "another typed array");
  }
  const auto* data = static_cast<const std::byte*>(array.ArrayBuffer().Data());
  return {data + array.ByteOffset(), array.ByteLength()};
}

DType DTypeOfArgs(const Args& args) {
  const std::string name = args.Text("dtype", "");
  const auto dtype = DTypeFromName(name);
  if (!dtype) throw InvalidArgument("dtype", "a voxel type such as int16 or float32", "\"" + name + "\"");
  return *dtype;
}

// The array is copied here, before the call returns: the caller may change it at once.
Work MakeVolumeFromArray(Args& args) {
  auto volume = std::make_shared<Volume>(MakeVolume(GridOf(args, "grid"), DTypeOfArgs(args),
                                                    args.Integer("frames", 1, 0x7FFFFFFF, 1),
                                                    args.Integer("components", 1, 4, 1)));
  volume->slope = args.Number("slope", 1);
  volume->intercept = args.Number("intercept", 0);
  volume->unit = args.Text("unit", "");
  const auto bytes = BytesOf(args.Raw("data"), volume->dtype, "data");
  if (bytes.size() != volume->bytes()) {
    throw InvalidArgument("data", std::to_string(volume->elements()) + " values",
                          std::to_string(bytes.size() / DTypeSize(volume->dtype)));
  }
  std::memcpy(volume->storage->data(), bytes.data(), bytes.size());
  return {[volume](const Exec&) -> Finish {
    return [volume](Napi::Env env) { return WrapHandle(env, volume, static_cast<int64_t>(volume->bytes())); };
  }};
}

formats::DicomSettings DicomSettingsOf(const Args& args) {
  formats::DicomSettings settings;
  settings.suv = args.Text("suv", "");
  settings.series.gaps = dicom::GapsFrom(args.Text("gaps", "name"));
  return settings;
}

Work DescribeFile(Args& args) {
  return {[path = args.Text("path"), dicom = DicomSettingsOf(args)](const Exec& exec) -> Finish {
    const auto read = formats::ReadVolume(exec, path, dicom, formats::Wanted::kFacts);
    auto facts = FactsOf(read.volume);
    facts["format"] = read.format;
    facts["findings"] = read.findings;
    return [facts = std::move(facts)](Napi::Env env) { return ToJs(env, facts); };
  }};
}

Work ReadVolume(Args& args) {
  return {[path = args.Text("path"), dicom = DicomSettingsOf(args)](const Exec& exec) -> Finish {
    auto read = std::make_shared<formats::ReadResult>(formats::ReadVolume(exec, path, dicom));
    return [read](Napi::Env env) {
      const auto bytes = static_cast<int64_t>(read->volume.bytes());
      auto out = Napi::Object::New(env);
      out.Set("volume", WrapHandle(env, std::make_shared<Volume>(std::move(read->volume)), bytes));
      out.Set("format", read->format);
      out.Set("findings", ToJs(env, read->findings));
      return out;
    };
  }};
}

Work WriteVolume(Args& args) {
  formats::WriteSettings settings;
  settings.level = static_cast<int>(args.Integer("level", -7, 22, settings.level));
  settings.level_given = args.Has("level");
  settings.codec = args.Text("codec", "");
  settings.format = args.Text("format", "");
  settings.tile = args.Text("tile", settings.tile);
  if (args.Has("sharding")) settings.sharding = args.Flag("sharding");
  if (args.Has("chunks")) {
    const auto chunks = args.Numbers("chunks", 3);
    for (size_t a = 0; a < 3; ++a) {
      if (!(chunks[a] >= 1 && chunks[a] < 1e9 && chunks[a] == std::floor(chunks[a]))) {
        throw InvalidArgument("chunks", "three positive whole numbers", std::to_string(chunks[a]));
      }
      settings.chunk[a] = static_cast<int64_t>(chunks[a]);
    }
  }
  return {[volume = args.Native<const Volume>("volume"), path = args.Text("path"),
           settings](const Exec& exec) -> Finish {
    formats::WriteVolume(exec, *volume, path, settings);
    return [](Napi::Env env) { return env.Undefined(); };
  }};
}

// Spacings of the "spacing" argument, 0 where they stay.
std::array<double, 3> SpacingOfArgs(const Args& args, const Grid& grid) {
  std::array<double, 3> spacing{0, 0, 0};
  if (!args.Has("spacing")) return spacing;
  const auto numbers = args.Numbers("spacing", 3);
  for (size_t a = 0; a < 3; ++a) {
    // A thousand samples out of one are a slip of the unit.
    if (!(numbers[a] == 0 || (numbers[a] >= grid.spacing[a] / 1000 && std::isfinite(numbers[a])))) {
      throw InvalidArgument("spacing", "three numbers of millimetres, 0 to keep one", std::to_string(numbers[a]));
    }
    spacing[a] = numbers[a];
  }
  return spacing;
}

Interpolation InterpolationOfArgs(const Args& args) {
  const std::string name = args.Text("interpolation", "linear");
  const auto method = InterpolationFromName(name);
  if (!method) throw InvalidArgument("interpolation", "nearest, linear or cubic", "\"" + name + "\"");
  return *method;
}

Work ConvertVolume(Args& args) {
  const auto volume = args.Native<const Volume>("volume");
  const auto spacing = SpacingOfArgs(args, volume->grid);
  const Interpolation method = InterpolationOfArgs(args);
  const bool resample = spacing != std::array<double, 3>{0, 0, 0};
  const Grid grid = resample ? ResampledGrid(volume->grid, spacing) : volume->grid;
  const std::string orientation = args.Text("orientation", "");
  const AxisOrder order = orientation.empty() ? AxisOrder{} : OrderFor(grid, orientation);
  const DType dtype = args.Has("dtype") ? DTypeOfArgs(args) : volume->dtype;
  const double values = static_cast<double>(volume->frames * volume->components) * static_cast<double>(grid.size[0]) *
                        static_cast<double>(grid.size[1]) * static_cast<double>(grid.size[2]);
  // Doubles of both lattices while resampling, and a copy of the volume for each step that is taken.
  double need = values * static_cast<double>(DTypeSize(dtype));
  if (!order.identity()) need += values * static_cast<double>(DTypeSize(volume->dtype));
  if (resample) need += values * static_cast<double>(8 + DTypeSize(volume->dtype)) + 8 * static_cast<double>(volume->grid.voxels());
  return {[volume, spacing, resample, method, order, dtype](const Exec& exec) -> Finish {
            const Volume resampled = resample ? ResampleVolume(exec, *volume, spacing, method) : *volume;
            auto out = std::make_shared<Volume>(formats::ConvertValues(exec, Reorient(exec, resampled, order), dtype));
            return [out](Napi::Env env) { return WrapHandle(env, out, static_cast<int64_t>(out->bytes())); };
          },
          static_cast<int64_t>(std::min(need, 9e18))};
}

Work ResampleVolumeOnto(Args& args) {
  const auto volume = args.Native<const Volume>("volume"), like = args.Native<const Volume>("like");
  const Interpolation method = InterpolationOfArgs(args);
  const double outside = args.Number("outside", 0);
  const double values = static_cast<double>(like->grid.voxels()) * static_cast<double>(volume->frames * volume->components);
  const double need = values * static_cast<double>(DTypeSize(volume->dtype)) + 16 * static_cast<double>(volume->grid.voxels());
  return {[volume, like, method, outside](const Exec& exec) -> Finish {
            auto out = std::make_shared<Volume>(ResampleOnto(exec, *volume, like->grid, method, outside));
            return [out](Napi::Env env) { return WrapHandle(env, out, static_cast<int64_t>(out->bytes())); };
          },
          static_cast<int64_t>(std::min(need, 9e18))};
}

Work VolumeStatistics(Args& args) {
  const auto volume = args.Native<const Volume>("volume");
  std::vector<double> percents;
  if (args.Has("percentiles")) percents = args.Numbers("percentiles");
  for (const double percent : percents) {
    if (!(percent >= 0 && percent <= 100)) throw InvalidArgument("percentiles", "numbers from 0 to 100", std::to_string(percent));
  }
  return {[volume, percents](const Exec& exec) -> Finish {
            const auto s = formats::StatisticsOf(exec, *volume);
            const auto found = percents.empty() ? percents : formats::PercentilesOf(exec, *volume, percents);
            return [s, found](Napi::Env env) {
              return ToJs(env, {{"min", s.min}, {"max", s.max}, {"mean", s.mean}, {"deviation", s.deviation},
                                {"count", s.count}, {"percentiles", found}});
            };
          },
          percents.empty() ? 0 : static_cast<int64_t>(volume->bytes())};
}

constexpr int64_t kMostBins = int64_t{1} << 20;

Work VolumeHistogram(Args& args) {
  const auto volume = args.Native<const Volume>("volume");
  const int64_t bins = args.Integer("bins", 1, kMostBins);
  std::optional<std::pair<double, double>> range;
  if (args.Has("range")) {
    const auto ends = args.Numbers("range", 2);
    if (!(ends[0] < ends[1])) throw InvalidArgument("range", "[low, high] with low below high", std::to_string(ends[1]));
    range = {ends[0], ends[1]};
  }
  return {[volume, bins, range](const Exec& exec) -> Finish {
    double low = 0, high = 1;
    if (range) {
      std::tie(low, high) = *range;
    } else {
      const auto s = formats::StatisticsOf(exec, *volume);
      // One value has a bin about it.
      low = s.min < s.max ? s.min : s.min - 0.5;
      high = s.min < s.max ? s.max : s.max + 0.5;
    }
    const auto counts = formats::HistogramOf(exec, *volume, low, high, bins);
    return [low, high, counts](Napi::Env env) { return ToJs(env, {{"low", low}, {"high", high}, {"counts", counts}}); };
  }};
}

Work CropVolumeRow(Args& args) {
  const auto volume = args.Native<const Volume>("volume");
  VoxelRange range;
  static constexpr const char* kAxes[] = {"x", "y", "z", "t"};
  double bytes = static_cast<double>(volume->components) * static_cast<double>(DTypeSize(volume->dtype));
  for (size_t a = 0; a < 4; ++a) {
    const auto [first, count] = RangeOfArgs(args, kAxes[a], a < 3 ? volume->grid.size[a] : volume->frames);
    range.begin[a] = first;
    range.end[a] = first + count;
    bytes *= static_cast<double>(count);
  }
  return {[volume, range](const Exec& exec) -> Finish {
            auto out = std::make_shared<Volume>(CropVolume(exec, *volume, range));
            return [out](Napi::Env env) { return WrapHandle(env, out, static_cast<int64_t>(out->bytes())); };
          },
          static_cast<int64_t>(bytes)};
}

Napi::Value DescribeFormats(const Napi::CallbackInfo& info) {
  auto list = nlohmann::json::array();
  for (const auto& format : formats::AllFormats()) {
    list.push_back({{"name", format.name},
                    {"extensions", std::vector<std::string>(format.extensions.begin(), format.extensions.end())},
                    {"reads", true},
                    {"writes", format.write != nullptr},
                    {"codecs", std::vector<std::string>(format.codecs.begin(), format.codecs.end())}});
  }
  return ToJs(info.Env(), list);
}

constexpr Row kRows[] = {
    {"readVolume", ReadVolume, nullptr,
     "(args: { path: string; suv?: SuvType; gaps?: GapsOption }) => "
     "Promise<{ volume: Handle<'Volume'>; format: string; findings: Finding[] }>",
     "A volume from a file of any known format, or from a folder of DICOM images."},
    {"describeFile", DescribeFile, nullptr,
     "(args: { path: string; suv?: SuvType; gaps?: GapsOption }) => "
     "Promise<VolumeDescription & { format: string; findings: Finding[] }>",
     "What readVolume would give, without its voxels: only headers are read."},
    {"writeVolume", WriteVolume, nullptr,
     "(args: { volume: Handle<'Volume'>; path: string; format?: string; level?: number; codec?: string; "
     "tile?: string; chunks?: [number, number, number]; sharding?: boolean }) => Promise<void>",
     "A volume to a file, in the format of its extension; the file appears whole or not at all."},
    {"convertVolume", ConvertVolume, nullptr,
     "(args: { volume: Handle<'Volume'>; dtype?: string; orientation?: string; spacing?: [number, number, number]; "
     "interpolation?: 'nearest' | 'linear' | 'cubic' }) => Promise<Handle<'Volume'>>",
     "The same volume resampled along its axes, permuted and flipped to an orientation, and as values of another type."},
    {"resampleOnto", ResampleVolumeOnto, nullptr,
     "(args: { volume: Handle<'Volume'>; like: Handle<'Volume'>; interpolation?: 'nearest' | 'linear' | 'cubic'; "
     "outside?: number }) => Promise<Handle<'Volume'>>",
     "The volume at the voxels of another, whatever the angle between them; outside is the value beyond its edge."},
    {"volumeStatistics", VolumeStatistics, nullptr,
     "(args: { volume: Handle<'Volume'>; percentiles?: number[] }) => Promise<VolumeStatistics>",
     "Extremes, mean, spread and percentiles after scaling."},
    {"volumeHistogram", VolumeHistogram, nullptr,
     "(args: { volume: Handle<'Volume'>; bins: number; range?: [number, number] }) => Promise<VolumeHistogram>",
     "How many values lie in bins of equal width."},
    {"cropVolume", CropVolumeRow, nullptr,
     "(args: { volume: Handle<'Volume'>; x?: [number, number]; y?: [number, number]; z?: [number, number]; "
     "t?: [number, number] }) => Promise<Handle<'Volume'>>",
     "The voxels of a box, each range from begin to before end."},
    {"describeFormats", nullptr, DescribeFormats, "() => FormatDescription[]", "The formats of volumes."},
    {"makeVolume", MakeVolumeFromArray, nullptr,
     "(args: { grid: GridInput; dtype: string; data: VoxelArray; frames?: number; components?: number; "
     "slope?: number; intercept?: number; unit?: string }) => Promise<Handle<'Volume'>>",
     "A volume from a typed array, which is copied."},
};

}  // namespace

Table FormatsTable() { return kRows; }

}  // namespace isovox::addon
