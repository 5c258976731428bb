#include "inference/model.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <mutex>
#include <tuple>

#include "base/storage.h"
#include "inference/ort_api.h"
#include "inference/run_watch.h"

namespace isovox {
namespace {

constexpr std::array<std::pair<ONNXTensorElementDataType, TensorType>, 13> kElements = {{
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, TensorType::kFloat32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, TensorType::kFloat64},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, TensorType::kFloat16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, TensorType::kBfloat16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, TensorType::kInt8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, TensorType::kUint8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16, TensorType::kInt16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16, TensorType::kUint16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, TensorType::kInt32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32, TensorType::kUint32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, TensorType::kInt64},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64, TensorType::kUint64},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, TensorType::kBool},
}};

TensorType FromOrt(ONNXTensorElementDataType element, const std::string& name) {
  for (const auto& [ort, ours] : kElements) {
    if (ort == element) return ours;
  }
  throw Error(ErrorCode::kModel, "The model's tensor " + name + " has a type that is no number or truth value");
}

ONNXTensorElementDataType ToOrt(TensorType type) {
  for (const auto& [ort, ours] : kElements) {
    if (ours == type) return ort;
  }
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

TensorInfo Describe(const OrtTypeInfo* type, std::string name) {
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;
  CheckOrt(Ort().CastTypeInfoToTensorInfo(type, &tensor), "The model cannot be described");
  if (tensor == nullptr) {
    throw Error(ErrorCode::kModel, "The model's value " + name + " is a sequence or map; only tensors are taken");
  }
  ONNXTensorElementDataType element{};
  size_t rank = 0;
  CheckOrt(Ort().GetTensorElementType(tensor, &element), "The model cannot be described");
  CheckOrt(Ort().GetDimensionsCount(tensor, &rank), "The model cannot be described");
  std::vector<int64_t> shape(rank);
  CheckOrt(Ort().GetDimensions(tensor, shape.data(), rank), "The model cannot be described");
  return {name, FromOrt(element, name), std::move(shape)};
}

class OrtModel : public Model {
 public:
  explicit OrtModel(const ModelOptions& options) : options_(options) {
    const OrtApi& api = OpenOrt(options.library);
    struct stat facts{};
    if (::stat(options.path.c_str(), &facts) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) {
        throw Error(ErrorCode::kNotFound, "There is no model at " + options.path, {{"path", options.path}});
      }
      throw IoError("open", options.path, errno);
    }
    if (options.device.kind != Device::Kind::kCpu) {
      try {
        Open(true);
        provider_ = "cuda:" + std::to_string(options.device.index);
      } catch (const Error& refused) {
        if (options.device.kind == Device::Kind::kCuda) {
          throw Error(ErrorCode::kUnsupported, "CUDA cannot be used: " + refused.message() + ". Take device auto or cpu",
                      {{"what", "cuda"}, {"path", options.path}});
        }
        note_ = "runs on the CPU: " + refused.message();
      }
    }
    if (!session_) {
      Open(false);
      provider_ = "cpu";
    }
    OrtMemoryInfo* memory = nullptr;
    CheckOrt(api.CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory), "ONNX Runtime has no CPU memory");
    memory_.reset(memory);
    ReadNames();
  }

  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  const std::string& provider() const override { return provider_; }
  const std::string& note() const override { return note_; }
  const ModelOptions& options() const override { return options_; }

  std::vector<Tensor> Run(const Exec& exec, std::span<const Tensor> inputs) override {
    const auto asked = ShapesOf(inputs);
    const auto expected = ExpectedShapes(asked);
    bool refused = false;
    if (!expected.empty()) {
      std::vector<Tensor> outputs;
      for (size_t n = 0; n < expected.size(); ++n) {
        Tensor output{outputs_[n].name, outputs_[n].type, expected[n], nullptr, nullptr};
        auto storage = Storage::AllocateUnset(std::max<size_t>(output.bytes(), 1));
        output.data = storage->data();
        output.owner = std::move(storage);
        outputs.push_back(std::move(output));
      }
      try {
        RunInto(exec, inputs, outputs);
        return outputs;
      } catch (const Error& error) {
        // The shapes of its outputs may hang on the values of its inputs.
        if (error.code() != ErrorCode::kModel) throw;
        refused = true;
      }
    }
    auto outputs = RunUnbound(exec, inputs);
    const std::lock_guard lock(shapes_mutex_);
    shapes_vary_ = shapes_vary_ || refused;
    seen_inputs_ = asked;
    seen_outputs_ = ShapesOf(outputs);
    return outputs;
  }

  void RunInto(const Exec& exec, std::span<const Tensor> inputs, std::span<const Tensor> outputs) override {
    const OrtOwned<OrtIoBinding> binding = Bind(inputs);
    std::vector<OrtOwned<OrtValue>> values;
    for (const Tensor& output : outputs) {
      values.push_back(ValueOver(output));
      CheckOrt(Ort().BindOutput(binding.get(), output.name.c_str(), values.back().get()), "An output cannot be bound");
    }
    RunBound(exec, binding.get());
  }

 private:
  using Shapes = std::vector<std::vector<int64_t>>;

  static Shapes ShapesOf(std::span<const Tensor> tensors) {
    Shapes shapes;
    for (const Tensor& tensor : tensors) shapes.push_back(tensor.shape);
    return shapes;
  }

  // Of the outputs, when the run before had inputs of the same shapes: they are then written to blocks on huge pages, which
  // cost less than new memory of ONNX Runtime's at every run. None otherwise.
  Shapes ExpectedShapes(const Shapes& inputs) {
    const std::lock_guard lock(shapes_mutex_);
    return !shapes_vary_ && inputs == seen_inputs_ ? seen_outputs_ : Shapes{};
  }

  std::vector<Tensor> RunUnbound(const Exec& exec, std::span<const Tensor> inputs) {
    const OrtOwned<OrtIoBinding> binding = Bind(inputs);
    for (const TensorInfo& output : outputs_) {
      CheckOrt(Ort().BindOutputToDevice(binding.get(), output.name.c_str(), memory_.get()), "An output cannot be bound");
    }
    RunBound(exec, binding.get());
    OrtAllocator* allocator = nullptr;
    CheckOrt(Ort().GetAllocatorWithDefaultOptions(&allocator), "ONNX Runtime has no memory");
    OrtValue** values = nullptr;
    size_t count = 0;
    CheckOrt(Ort().GetBoundOutputValues(binding.get(), allocator, &values, &count), "The outputs cannot be had");
    std::vector<std::shared_ptr<OrtValue>> owned;
    for (size_t n = 0; n < count; ++n) owned.emplace_back(values[n], [](OrtValue* value) { Ort().ReleaseValue(value); });
    IgnoreOrt(Ort().AllocatorFree(allocator, values));
    std::vector<Tensor> tensors;
    for (size_t n = 0; n < count; ++n) {
      OrtTypeInfo* type = nullptr;
      CheckOrt(Ort().GetTypeInfo(owned[n].get(), &type), "An output cannot be described");
      const OrtOwned<OrtTypeInfo> keep(type);
      TensorInfo info = Describe(type, outputs_[n].name);
      Tensor tensor{std::move(info.name), info.type, std::move(info.shape), owned[n], nullptr};
      CheckOrt(Ort().GetTensorMutableData(owned[n].get(), &tensor.data), "An output cannot be read");
      tensors.push_back(std::move(tensor));
    }
    return tensors;
  }

  void Open(bool cuda) {
    const OrtApi& api = Ort();
    OrtSessionOptions* raw = nullptr;
    CheckOrt(api.CreateSessionOptions(&raw), "ONNX Runtime refused");
    const OrtOwned<OrtSessionOptions> settings(raw);
    CheckOrt(api.SetIntraOpNumThreads(raw, options_.threads), "ONNX Runtime refused the number of threads");
    CheckOrt(api.SetInterOpNumThreads(raw, 1), "ONNX Runtime refused the number of threads");
    CheckOrt(api.SetSessionGraphOptimizationLevel(raw, ORT_ENABLE_ALL), "ONNX Runtime refused");
    // Threads that spin between runs would take the cores that the rest of the pool works on.
    CheckOrt(api.AddSessionConfigEntry(raw, "session.force_spinning_stop", "1"), "ONNX Runtime refused");
    // Blocks for all tensors of a run at once, laid out from the first run, cost more memory than time.
    CheckOrt(api.DisableMemPattern(raw), "ONNX Runtime refused");
    if (cuda) AddCuda(raw);
    OrtSession* session = nullptr;
    CheckOrt(api.CreateSession(OrtProcessEnv(), options_.path.c_str(), raw, &session), "The model was refused");
    session_.reset(session);
  }

  void AddCuda(OrtSessionOptions* settings) {
    const OrtApi& api = Ort();
    OrtCUDAProviderOptionsV2* raw = nullptr;
    CheckOrt(api.CreateCUDAProviderOptions(&raw), "the CUDA provider is not there");
    const OrtOwned<OrtCUDAProviderOptionsV2> cuda(raw);
    const std::string device = std::to_string(options_.device.index);
    const std::string limit = std::to_string(options_.gpu_memory_limit_bytes);
    std::vector<const char*> keys = {"device_id", "cudnn_conv_algo_search", "arena_extend_strategy"};
    std::vector<const char*> values = {device.c_str(), "HEURISTIC", "kSameAsRequested"};
    if (options_.gpu_memory_limit_bytes > 0) {
      keys.push_back("gpu_mem_limit");
      values.push_back(limit.c_str());
    }
    CheckOrt(api.UpdateCUDAProviderOptions(raw, keys.data(), values.data(), keys.size()), "the CUDA provider refused");
    CheckOrt(api.SessionOptionsAppendExecutionProvider_CUDA_V2(settings, raw), "the CUDA provider cannot be loaded");
  }

  void ReadNames() {
    const OrtApi& api = Ort();
    OrtAllocator* allocator = nullptr;
    CheckOrt(api.GetAllocatorWithDefaultOptions(&allocator), "ONNX Runtime has no memory");
    const auto read = [&](bool input) {
      size_t count = 0;
      CheckOrt(input ? api.SessionGetInputCount(session_.get(), &count) : api.SessionGetOutputCount(session_.get(), &count),
               "The model cannot be described");
      for (size_t n = 0; n < count; ++n) {
        char* name = nullptr;
        CheckOrt(input ? api.SessionGetInputName(session_.get(), n, allocator, &name)
                       : api.SessionGetOutputName(session_.get(), n, allocator, &name),
                 "The model cannot be described");
        const std::string owned = name;
        IgnoreOrt(api.AllocatorFree(allocator, name));
        OrtTypeInfo* type = nullptr;
        CheckOrt(input ? api.SessionGetInputTypeInfo(session_.get(), n, &type)
                       : api.SessionGetOutputTypeInfo(session_.get(), n, &type),
                 "The model cannot be described");
        const OrtOwned<OrtTypeInfo> keep(type);
        (input ? inputs_ : outputs_).push_back(Describe(type, owned));
      }
    };
    read(true);
    read(false);
  }

  OrtOwned<OrtValue> ValueOver(const Tensor& tensor) {
    OrtValue* value = nullptr;
    CheckOrt(Ort().CreateTensorWithDataAsOrtValue(memory_.get(), tensor.data, tensor.bytes(), tensor.shape.data(),
                                                  tensor.shape.size(), ToOrt(tensor.type), &value),
             "A tensor cannot be made");
    return OrtOwned<OrtValue>(value);
  }

  OrtOwned<OrtIoBinding> Bind(std::span<const Tensor> inputs) {
    OrtIoBinding* raw = nullptr;
    CheckOrt(Ort().CreateIoBinding(session_.get(), &raw), "The model cannot be bound");
    OrtOwned<OrtIoBinding> binding(raw);
    for (const TensorInfo& expected : inputs_) {
      const Tensor* given = nullptr;
      for (const Tensor& tensor : inputs) {
        if (tensor.name == expected.name) given = &tensor;
      }
      if (given == nullptr) {
        throw Error(ErrorCode::kModel, "The model's input " + expected.name + " was not given", {{"name", expected.name}});
      }
      CheckTensor(expected, given->type, given->shape);
      const OrtOwned<OrtValue> value = ValueOver(*given);
      CheckOrt(Ort().BindInput(raw, expected.name.c_str(), value.get()), "An input cannot be bound");
    }
    for (const Tensor& tensor : inputs) {
      bool known = false;
      std::string names;
      for (const TensorInfo& expected : inputs_) {
        known = known || expected.name == tensor.name;
        names += (names.empty() ? "" : ", ") + expected.name;
      }
      if (!known) {
        throw Error(ErrorCode::kModel, "The model has no input " + tensor.name + "; it has " + names,
                    {{"name", tensor.name}, {"expected", names}});
      }
    }
    return binding;
  }

  void RunBound(const Exec& exec, OrtIoBinding* binding) {
    exec.CheckCancelled();
    OrtRunOptions* raw = nullptr;
    CheckOrt(Ort().CreateRunOptions(&raw), "ONNX Runtime refused");
    const OrtOwned<OrtRunOptions> run(raw);
    OrtStatus* status = nullptr;
    {
      const RunWatch watch(exec.cancel, [raw] { IgnoreOrt(Ort().RunOptionsSetTerminate(raw)); });
      status = Ort().RunWithBinding(session_.get(), raw, binding);
    }
    if (status != nullptr && exec.cancel != nullptr && exec.cancel->cancelled()) {
      Ort().ReleaseStatus(status);
      exec.CheckCancelled();
    }
    CheckOrt(status, "The model failed");
  }

  ModelOptions options_;
  OrtOwned<OrtSession> session_;
  OrtOwned<OrtMemoryInfo> memory_;
  std::vector<TensorInfo> inputs_, outputs_;
  std::string provider_, note_;
  std::mutex shapes_mutex_;
  Shapes seen_inputs_, seen_outputs_;  // of the run before
  bool shapes_vary_ = false;
};

using Key = std::tuple<std::string, int64_t, int64_t, int64_t, int, int, int, int64_t>;

// A file that was replaced is another model.
Key KeyOf(const ModelOptions& options) {
  struct stat facts{};
  const bool there = ::stat(options.path.c_str(), &facts) == 0;
  return {options.path,
          there ? facts.st_mtim.tv_sec : 0,
          there ? facts.st_mtim.tv_nsec : 0,
          there ? static_cast<int64_t>(facts.st_size) : 0,
          static_cast<int>(options.device.kind),
          options.device.index,
          options.threads,
          options.gpu_memory_limit_bytes};
}

}  // namespace

std::shared_ptr<Model> Model::Load(const ModelOptions& options) {
  // Held while loading: two callers that want one model get one.
  static auto& mutex = *new std::mutex;
  static auto& models = *new std::map<Key, std::weak_ptr<Model>>;
  const std::lock_guard lock(mutex);
  const Key key = KeyOf(options);
  if (auto known = models[key].lock()) return known;
  try {
    auto model = std::make_shared<OrtModel>(options);
    models[key] = model;
    return model;
  } catch (Error& error) {
    throw error.With("path", options.path);
  }
}

}  // namespace isovox
