#include "inference/ort_api.h"

#include <dlfcn.h>

#include <algorithm>
#include <mutex>

#include "inference/model.h"

namespace isovox {
namespace {

struct Library {
  std::mutex mutex;
  const OrtApi* api = nullptr;
  OrtEnv* env = nullptr;
  std::string version;
};

// Never destroyed: a pool thread may still be inside a network when the process ends.
Library& TheLibrary() {
  static auto& library = *new Library;
  return library;
}

// ONNX Runtime says "out of memory" in these ways; its status has no code for it.
bool IsOutOfMemory(const std::string& message) {
  constexpr const char* kSigns[] = {"Failed to allocate memory", "out of memory", "bad_alloc", "CUDNN_STATUS_ALLOC_FAILED",
                                    "CUBLAS_STATUS_ALLOC_FAILED", "exceeds the specified limit", "Available memory of"};
  return std::any_of(std::begin(kSigns), std::end(kSigns),
                     [&](const char* sign) { return message.find(sign) != std::string::npos; });
}

}  // namespace

const OrtApi& OpenOrt(const std::string& path) {
  Library& library = TheLibrary();
  const std::lock_guard lock(library.mutex);
  if (library.api != nullptr) return *library.api;
  if (path.empty()) {
    throw Error(ErrorCode::kNotFound,
                "Models need ONNX Runtime, which is not installed beside isovox: "
                "npm install onnxruntime-node --onnxruntime-node-install=skip; or set ISOVOX_ONNXRUNTIME to a "
                "libonnxruntime.so");
  }
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    throw Error(ErrorCode::kNotFound, std::string("ONNX Runtime cannot be opened: ") + dlerror(), {{"path", path}});
  }
  using GetBase = const OrtApiBase* (*)();
  const auto base = reinterpret_cast<GetBase>(dlsym(handle, "OrtGetApiBase"));
  if (base == nullptr) {
    throw Error(ErrorCode::kNotFound, path + " is not ONNX Runtime: it has no OrtGetApiBase", {{"path", path}});
  }
  const OrtApi* api = base()->GetApi(ORT_API_VERSION);
  if (api == nullptr) {
    throw Error(ErrorCode::kUnsupported,
                std::string("ONNX Runtime ") + base()->GetVersionString() + " is too old: its C API is below version " +
                    std::to_string(ORT_API_VERSION),
                {{"path", path}});
  }
  if (OrtStatus* status = api->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "isovox", &library.env); status != nullptr) {
    const std::string reason = api->GetErrorMessage(status);
    api->ReleaseStatus(status);
    throw Error(ErrorCode::kModel, "ONNX Runtime cannot start: " + reason, {{"path", path}});
  }
  library.version = base()->GetVersionString();
  library.api = api;
  return *library.api;
}

const OrtApi& Ort() { return *TheLibrary().api; }

OrtEnv* OrtProcessEnv() { return TheLibrary().env; }

std::string OnnxRuntimeVersion() {
  Library& library = TheLibrary();
  const std::lock_guard lock(library.mutex);
  return library.version;
}

void CheckOrt(OrtStatus* status, const char* doing) {
  if (status == nullptr) return;
  const std::string reason = Ort().GetErrorMessage(status);
  Ort().ReleaseStatus(status);
  const ErrorCode code = IsOutOfMemory(reason) ? ErrorCode::kResource : ErrorCode::kModel;
  throw Error(code, std::string(doing) + ": " + reason, {{"reason", reason}});
}

void IgnoreOrt(OrtStatus* status) {
  if (status != nullptr) Ort().ReleaseStatus(status);
}

}  // namespace isovox
