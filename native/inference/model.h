// A neural network in ONNX: loaded once per process and shared, run on the CPU or through CUDA.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exec/exec.h"
#include "inference/tensor.h"

namespace isovox {

struct Device {
  enum class Kind { kAuto, kCpu, kCuda };
  Kind kind = Kind::kAuto;
  int index = 0;  // of the CUDA device
};

// "auto", "cpu", "cuda", "cuda:1"; anything else gives nothing.
std::optional<Device> DeviceFromText(std::string_view text);

struct ModelOptions {
  std::string path;      // model.onnx
  std::string library;   // the shared library of ONNX Runtime; the first one that a process names is the one it uses
  Device device;
  int threads = 1;       // of one operation of the network
  int64_t gpu_memory_limit_bytes = 0;  // 0: as much as there is
};

// Thread-safe. The same options give the same model while anyone holds it.
class Model {
 public:
  // Throws ERR_NOT_FOUND (no file, no ONNX Runtime), ERR_MODEL (refused by ONNX Runtime, with its reason) and
  // ERR_UNSUPPORTED (CUDA asked for by name and not to be had; or built without ONNX Runtime's headers).
  // With Device::kAuto, CUDA is tried first and its absence is in note().
  static std::shared_ptr<Model> Load(const ModelOptions& options);

  virtual ~Model() = default;
  virtual const std::vector<TensorInfo>& inputs() const = 0;
  virtual const std::vector<TensorInfo>& outputs() const = 0;
  virtual const std::string& provider() const = 0;  // "cpu", "cuda:0"
  virtual const std::string& note() const = 0;      // why it is not the device that was hoped for; "" otherwise
  virtual const ModelOptions& options() const = 0;
  // The same network on the CPU.
  virtual std::shared_ptr<Model> OnCpu() const {
    ModelOptions on_cpu = options();
    on_cpu.device = {Device::Kind::kCpu, 0};
    return Load(on_cpu);
  }
  // The same network with other threads.
  virtual std::shared_ptr<Model> WithThreads(int threads) const {
    ModelOptions other = options();
    other.threads = threads;
    return Load(other);
  }

  // One run. `inputs` in any order, each named; outputs come in the model's order, in memory of their own.
  // Throws ERR_MODEL for an input that does not fit or a network that fails, ERR_RESOURCE when memory ran out,
  // ERR_CANCELLED when the token is raised: the network stops at its next operation.
  virtual std::vector<Tensor> Run(const Exec& exec, std::span<const Tensor> inputs) = 0;
  // The same, with every output written to the caller's memory; REQUIRES their exact shapes.
  virtual void RunInto(const Exec& exec, std::span<const Tensor> inputs, std::span<const Tensor> outputs) = 0;
};

// Version of the ONNX Runtime in use, "" before the first model is loaded.
std::string OnnxRuntimeVersion();

}  // namespace isovox
