// Inference: models in ONNX, run on tensors or slid over volumes.
#include <cstring>

#include "addon/convert.h"
#include "addon/model_spec_args.h"
#include "addon/registry.h"
#include "base/storage.h"
#include "inference/model.h"
#include "inference/segment.h"

namespace isovox::addon {

template <> struct HandleName<Model> { static constexpr const char* value = "Model"; };

namespace {

constexpr int64_t kMiB = 1 << 20;

nlohmann::json DescribeTensors(const std::vector<TensorInfo>& infos) {
  auto out = nlohmann::json::array();
  for (const TensorInfo& info : infos) {
    auto shape = nlohmann::json::array();
    for (const int64_t size : info.shape) shape.push_back(size < 0 ? nlohmann::json(nullptr) : nlohmann::json(size));
    out.push_back({{"name", info.name}, {"type", std::string(TensorTypeName(info.type))}, {"shape", shape}});
  }
  return out;
}

Work LoadModel(Args& args) {
  ModelOptions options;
  options.path = args.Text("path");
  options.library = args.Text("library", "");
  const std::string device = args.Text("device", "auto");
  const auto parsed = DeviceFromText(device);
  if (!parsed) throw InvalidArgument("device", "auto, cpu, cuda or cuda:N", "\"" + device + "\"");
  options.device = *parsed;
  options.threads = static_cast<int>(args.Integer("threads", 1, 256));
  options.gpu_memory_limit_bytes = args.Integer("gpuMemoryLimitMb", 0, int64_t{1} << 30, 0) * kMiB;
  return {[options](const Exec& exec) -> Finish {
    exec.CheckCancelled();
    auto model = Model::Load(options);
    return [model](Napi::Env env) -> Napi::Value {
      auto out = ToJs(env, {{"inputs", DescribeTensors(model->inputs())},
                            {"outputs", DescribeTensors(model->outputs())},
                            {"provider", model->provider()},
                            {"note", model->note()},
                            {"onnxRuntime", OnnxRuntimeVersion()}})
                     .As<Napi::Object>();
      out.Set("model", WrapHandle(env, model));
      return out;
    };
  }};
}

// How values of a tensor type lie in a typed array: 16-bit floats as their bits, truth values as bytes.
DType ArrayTypeOf(TensorType type) {
  switch (type) {
    case TensorType::kFloat32: return DType::kFloat32;
    case TensorType::kFloat64: return DType::kFloat64;
    case TensorType::kInt8: return DType::kInt8;
    case TensorType::kInt16: return DType::kInt16;
    case TensorType::kInt32: return DType::kInt32;
    case TensorType::kUint32: return DType::kUint32;
    case TensorType::kInt64: return DType::kInt64;
    case TensorType::kUint64: return DType::kUint64;
    case TensorType::kUint8:
    case TensorType::kBool: return DType::kUint8;
    case TensorType::kFloat16:
    case TensorType::kBfloat16:
    case TensorType::kUint16: break;
  }
  return DType::kUint16;
}

std::optional<DType> DTypeOfArray(const Napi::TypedArray& array) {
  switch (array.TypedArrayType()) {
    case napi_int8_array: return DType::kInt8;
    case napi_uint8_array:
    case napi_uint8_clamped_array: return DType::kUint8;
    case napi_int16_array: return DType::kInt16;
    case napi_uint16_array: return DType::kUint16;
    case napi_int32_array: return DType::kInt32;
    case napi_uint32_array: return DType::kUint32;
    case napi_float32_array: return DType::kFloat32;
    case napi_float64_array: return DType::kFloat64;
    case napi_bigint64_array: return DType::kInt64;
    case napi_biguint64_array: return DType::kUint64;
    default: return std::nullopt;
  }
}

Tensor ReadTensor(const Args& args) {
  Tensor tensor;
  tensor.name = args.Text("name");
  const std::string type = args.Text("type");
  const auto parsed = TensorTypeFromName(type);
  if (!parsed) throw InvalidArgument("type", "float32, float16, int64, uint8, bool and so on", "\"" + type + "\"");
  tensor.type = *parsed;
  for (const double size : args.Numbers("shape")) {
    if (!(size >= 0 && size <= 1 << 30) || size != static_cast<double>(static_cast<int64_t>(size))) {
      throw InvalidArgument("shape", "whole numbers from 0 to 2^30", std::to_string(size));
    }
    tensor.shape.push_back(static_cast<int64_t>(size));
  }
  const Napi::Value raw = args.Raw("data");
  if (!raw.IsTypedArray()) throw InvalidArgument("data", "a typed array", Describe(raw));
  const auto array = raw.As<Napi::TypedArray>();
  const DType wanted = ArrayTypeOf(tensor.type);
  const auto given = DTypeOfArray(array);
  if (given != wanted) {
    throw InvalidArgument("data", "an array of " + std::string(DTypeName(wanted)) + " for the type " + type,
                          given ? "one of " + std::string(DTypeName(*given)) : "another");
  }
  if (static_cast<int64_t>(array.ElementLength()) != tensor.elements()) {
    throw InvalidArgument("data", std::to_string(tensor.elements()) + " values for the shape " + ShapeText(tensor.shape),
                          std::to_string(array.ElementLength()));
  }
  void* from = nullptr;
  napi_get_typedarray_info(args.env(), array, nullptr, nullptr, &from, nullptr, nullptr);
  auto storage = Storage::AllocateUnset(std::max<size_t>(tensor.bytes(), 1));
  if (tensor.bytes() > 0) std::memcpy(storage->data(), from, tensor.bytes());
  tensor.data = storage->data();
  tensor.owner = std::move(storage);
  return tensor;
}

Napi::Value TensorToJs(Napi::Env env, const Tensor& tensor) {
  auto out = ToJs(env, {{"name", tensor.name}, {"type", std::string(TensorTypeName(tensor.type))}, {"shape", tensor.shape}})
                 .As<Napi::Object>();
  out.Set("data", ViewOfMemory(env, tensor.owner, tensor.data, ArrayTypeOf(tensor.type),
                               static_cast<size_t>(tensor.elements())));
  return out;
}

Work RunModel(Args& args) {
  const auto model = args.Native<Model>("model");
  const Napi::Value raw = args.Raw("inputs");
  if (!raw.IsArray()) throw InvalidArgument("inputs", "an array of { name, type, shape, data }", Describe(raw));
  std::vector<Tensor> inputs;
  const auto array = raw.As<Napi::Array>();
  for (uint32_t n = 0; n < array.Length(); ++n) {
    const Napi::Value value = array.Get(n);
    if (!value.IsObject()) throw InvalidArgument("inputs", "an array of { name, type, shape, data }", Describe(value));
    inputs.push_back(ReadTensor(Args(value.As<Napi::Object>(), "inputs[" + std::to_string(n) + "].")));
  }
  return {[model, inputs = std::move(inputs)](const Exec& exec) -> Finish {
    auto outputs = std::make_shared<std::vector<Tensor>>(model->Run(exec, inputs));
    return [outputs](Napi::Env env) -> Napi::Value {
      auto list = Napi::Array::New(env, outputs->size());
      for (uint32_t n = 0; n < outputs->size(); ++n) list.Set(n, TensorToJs(env, (*outputs)[n]));
      return list;
    };
  }};
}

template <typename T>
std::vector<std::shared_ptr<T>> ReadHandles(const Args& args, const char* key) {
  const Napi::Value raw = args.Raw(key);
  if (!raw.IsArray() || raw.As<Napi::Array>().Length() == 0) {
    throw InvalidArgument(key, "an array of at least one", Describe(raw));
  }
  std::vector<std::shared_ptr<T>> handles;
  const auto array = raw.As<Napi::Array>();
  for (uint32_t n = 0; n < array.Length(); ++n) {
    handles.push_back(UnwrapHandle<T>(array.Get(n), std::string(key) + "[" + std::to_string(n) + "]"));
  }
  return handles;
}

Work CheckModelSpec(Args& args) {
  const auto model = args.Native<Model>("model");
  const ModelSpec spec = ReadModelSpec(args.Json("spec"));
  return {[=](const Exec&) -> Finish {
    CheckModel(*model, spec);
    return [](Napi::Env env) -> Napi::Value { return env.Undefined(); };
  }};
}

Work SegmentVolume(Args& args) {
  const auto images = ReadHandles<Volume>(args, "images");
  const auto models = ReadHandles<Model>(args, "models");
  const ModelSpec spec = ReadModelSpec(args.Json("spec"));
  const bool logits = args.Flag("logits");
  const int64_t lanes = args.Integer("lanes", 1, 256, 1);
  return {[=](const Exec& exec) -> Finish {
            auto result = std::make_shared<Segmented>(Segment(exec, images, models, spec, logits, lanes));
            return [=](Napi::Env env) -> Napi::Value {
              auto out = ToJs(env, {{"tiles", result->tiles}, {"provider", result->provider}, {"notes", result->notes}})
                             .As<Napi::Object>();
              auto labels = std::make_shared<Volume>(std::move(result->labels));
              const auto bytes = static_cast<int64_t>(labels->bytes());
              out.Set("labels", WrapHandle(env, std::move(labels), bytes));
              if (logits) {
                auto values = std::make_shared<Volume>(std::move(result->logits));
                const auto more = static_cast<int64_t>(values->bytes());
                out.Set("logits", WrapHandle(env, std::move(values), more));
              }
              return out;
            };
          },
          SegmentBytes(images.front()->grid, spec, lanes)};
}

constexpr Row kRows[] = {
    {"loadModel", LoadModel, nullptr,
     "(args: { path: string; library: string; device?: string; threads: number; gpuMemoryLimitMb?: number }) => "
     "Promise<LoadedModel>",
     "An ONNX model, loaded once and shared by all threads of the process."},
    {"runModel", RunModel, nullptr,
     "(args: { model: Handle<'Model'>; inputs: Array<ModelTensor & { name: string }> }) => "
     "Promise<Array<ModelTensor & { name: string }>>",
     "One run of a model; arrays are copied in and come out as views of native memory."},
    {"checkModel", CheckModelSpec, nullptr, "(args: { model: Handle<'Model'>; spec: ModelSpecInput }) => Promise<void>",
     "Refuses a model whose rank, type, channels, patch or labels are not those of its specification."},
    {"segmentVolume", SegmentVolume, nullptr,
     "(args: { images: Array<Handle<'Volume'>>; models: Array<Handle<'Model'>>; spec: ModelSpecInput; logits?: boolean; "
     "lanes?: number }) => Promise<SegmentResult>",
     "Labels of a volume, by a sliding window over one model or the mean of several."},
};

}  // namespace

Table InferenceTable() { return kRows; }

}  // namespace isovox::addon
