// Batches of patches as JavaScript asks for them.
#include <cmath>

#include "addon/convert.h"
#include "addon/registry.h"
#include "addon/store_handle.h"
#include "loader/batch.h"

namespace isovox::addon {
namespace {

using loader::BatchShape;
using loader::Change;
using loader::Sample;
using loader::Source;

std::vector<Napi::Value> ListOf(const Args& args, const char* key) {
  const Napi::Value value = args.Raw(key);
  if (!value.IsArray()) throw InvalidArgument(key, "an array", Describe(value));
  const auto array = value.As<Napi::Array>();
  std::vector<Napi::Value> list;
  for (uint32_t i = 0; i < array.Length(); ++i) list.push_back(array.Get(i));
  return list;
}

Source SourceOf(Napi::Value handle, const std::string& name) {
  try {
    return {UnwrapHandle<const store::StoredVolume>(handle, name), nullptr};
  } catch (const Error&) {
    return {nullptr, UnwrapHandle<const Volume>(handle, name)};
  }
}

std::array<int64_t, 3> IntegersOf(const Args& args, const char* key, double least) {
  std::array<int64_t, 3> out{};
  const auto numbers = args.Numbers(key, 3);
  for (size_t a = 0; a < 3; ++a) {
    if (numbers[a] != std::floor(numbers[a]) || numbers[a] < least || numbers[a] > 1e9) {
      throw InvalidArgument(key, "three whole numbers", std::to_string(numbers[a]));
    }
    out[a] = static_cast<int64_t>(numbers[a]);
  }
  return out;
}

uint64_t SeedOf(const Args& args) { return static_cast<uint64_t>(args.Integer("seed", 0, int64_t{1} << 53, 0)); }

Change ChangeOf(const Args& args) {
  const std::string type = args.Text("type");
  if (type == "window") {
    const loader::Window window{args.Number("low"), args.Number("high")};
    if (!(window.low < window.high)) throw InvalidArgument("window", "a low below the high", "another");
    return window;
  }
  if (type == "normalise") {
    const loader::Normalise by{args.Number("mean"), args.Number("deviation")};
    if (!(by.deviation > 0)) throw InvalidArgument("deviation", "a number above 0", std::to_string(by.deviation));
    return by;
  }
  if (type == "zscore") return loader::ZScore{};
  if (type == "linear") return loader::Linear{args.Number("factor", 1), args.Number("offset", 0)};
  if (type == "gamma") return loader::Gamma{args.Number("exponent")};
  if (type == "noise") return loader::Noise{args.Number("deviation"), SeedOf(args)};
  if (type == "bias") {
    loader::BiasField field;
    const auto numbers = args.Numbers("coefficients", field.coefficients.size());
    std::copy(numbers.begin(), numbers.end(), field.coefficients.begin());
    return field;
  }
  throw InvalidArgument("type", "one of window, normalise, zscore, linear, gamma, noise, bias", "\"" + type + "\"");
}

Sample SampleOf(const Args& args, bool nearest, double outside) {
  Sample sample;
  for (const Napi::Value& handle : ListOf(args, "channels")) sample.channels.push_back(SourceOf(handle, "channels"));
  sample.placement.start = IntegersOf(args, "start", -1e9);
  sample.placement.nearest = nearest;
  sample.placement.outside = static_cast<float>(outside);
  if (args.Has("flip")) {
    const auto flip = ListOf(args, "flip");
    for (size_t a = 0; a < 3 && a < flip.size(); ++a) sample.placement.flip[a] = flip[a].ToBoolean();
  }
  if (args.Has("affine")) {
    const auto numbers = args.Numbers("affine", 12);
    std::copy(numbers.begin(), numbers.end(), sample.placement.affine.emplace().begin());
  }
  if (args.Has("changes")) {
    for (const Napi::Value& change : ListOf(args, "changes")) {
      if (!change.IsObject()) throw InvalidArgument("changes", "objects", Describe(change));
      sample.changes.push_back(ChangeOf(Args(change.As<Napi::Object>(), "changes.")));
    }
  }
  return sample;
}

Work MakeBatchMemory(Args& args) {
  const int64_t values = args.Integer("values", 1, int64_t{1} << 40);
  return {[values, path = args.Text("path", "")](const Exec&) -> Finish {
    auto volume = std::make_shared<Volume>();
    volume->grid.size = {values, 1, 1};
    volume->dtype = DType::kFloat32;
    const size_t bytes = static_cast<size_t>(values) * sizeof(float);
    volume->storage = path.empty() ? Storage::Allocate(bytes) : Storage::CreateShared(path, bytes);
    return [volume, bytes](Napi::Env env) { return WrapHandle(env, volume, static_cast<int64_t>(bytes)); };
  }};
}

Work FillBatch(Args& args) {
  const auto buffer = args.Native<Volume>("buffer");
  if (buffer->dtype != DType::kFloat32) throw InvalidArgument("buffer", "a volume of float32", "another type");
  BatchShape shape;
  shape.size = IntegersOf(args, "size", 1);
  shape.channels = args.Integer("channelCount", 1, 4096, 1);
  if (args.Has("classes")) shape.classes = args.Numbers("classes");
  const bool nearest = args.Flag("nearest");
  const double outside = args.Number("outside", 0);
  auto samples = std::make_shared<std::vector<Sample>>();
  for (const Napi::Value& sample : ListOf(args, "samples")) {
    if (!sample.IsObject()) throw InvalidArgument("samples", "objects", Describe(sample));
    samples->push_back(SampleOf(Args(sample.As<Napi::Object>(), "samples."), nearest, outside));
  }
  return {[=](const Exec& exec) -> Finish {
    loader::FillBatch(exec, *samples, shape, buffer->As<float>());
    return [](Napi::Env env) { return env.Undefined(); };
  }};
}

Work SampleForeground(Args& args) {
  const Source source = SourceOf(args.Raw("labels"), "labels");
  std::vector<double> classes;
  if (args.Has("classes")) classes = args.Numbers("classes");
  const int64_t count = args.Integer("count", 1, 10'000'000);
  return {[source, classes, count, seed = SeedOf(args)](const Exec& exec) -> Finish {
    auto places = loader::SampleForeground(exec, source, classes, count, seed);
    return [places = std::move(places)](Napi::Env env) -> Napi::Value {
      auto array = Napi::Int32Array::New(env, places.size());
      std::copy(places.begin(), places.end(), array.Data());
      return array;
    };
  }};
}

constexpr Row kRows[] = {
    {"makeBatchMemory", MakeBatchMemory, nullptr, "(args: { values: number; path?: string }) => Promise<Handle<'Volume'>>",
     "Room for that many float32 values; with a path in a new file there, to be mapped by other processes too."},
    {"fillBatch", FillBatch, nullptr,
     "(args: { buffer: Handle<'Volume'>; size: readonly number[]; samples: readonly BatchSample[]; "
     "channelCount?: number; nearest?: boolean; outside?: number; classes?: readonly number[] }) => Promise<void>",
     "Patches of `size` (x, y, z) side by side into a float32 volume: N x C x D x H x W. `classes` makes labels one-hot."},
    {"sampleForeground", SampleForeground, nullptr,
     "(args: { labels: Handle<'StoredVolume'> | Handle<'Volume'>; classes?: readonly number[]; count: number; "
     "seed?: number }) => Promise<Int32Array>",
     "x, y, z of up to `count` foreground voxels, drawn evenly."},
};

}  // namespace

Table LoaderTable() { return kRows; }

}  // namespace isovox::addon
