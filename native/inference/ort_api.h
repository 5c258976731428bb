// ONNX Runtime, found and opened at run time: the one place that knows its library.
#pragma once

#include <onnxruntime_c_api.h>

#include <memory>
#include <string>

#include "base/error.h"

namespace isovox {

// The C API of the library at `path`, opened at the first call and kept for the life of the process; later calls give
// the same whatever they name. Throws ERR_NOT_FOUND when it cannot be opened, ERR_UNSUPPORTED when it is too old.
const OrtApi& OpenOrt(const std::string& path);
// REQUIRES an earlier OpenOrt that returned.
const OrtApi& Ort();
// One environment per process.
OrtEnv* OrtProcessEnv();

// Throws the Error that a status stands for; a null status is success. `doing` begins the message.
void CheckOrt(OrtStatus* status, const char* doing);

// For calls whose failure changes nothing.
void IgnoreOrt(OrtStatus* status);

// Releases with the function of the API that its type has.
template <typename T>
struct OrtRelease;
#define ISOVOX_ORT_RELEASE(type, function)                       \
  template <>                                                    \
  struct OrtRelease<type> {                                      \
    void operator()(type* object) const { Ort().function(object); } \
  }
ISOVOX_ORT_RELEASE(OrtSession, ReleaseSession);
ISOVOX_ORT_RELEASE(OrtSessionOptions, ReleaseSessionOptions);
ISOVOX_ORT_RELEASE(OrtRunOptions, ReleaseRunOptions);
ISOVOX_ORT_RELEASE(OrtValue, ReleaseValue);
ISOVOX_ORT_RELEASE(OrtIoBinding, ReleaseIoBinding);
ISOVOX_ORT_RELEASE(OrtMemoryInfo, ReleaseMemoryInfo);
ISOVOX_ORT_RELEASE(OrtTypeInfo, ReleaseTypeInfo);
ISOVOX_ORT_RELEASE(OrtCUDAProviderOptionsV2, ReleaseCUDAProviderOptions);
#undef ISOVOX_ORT_RELEASE

template <typename T>
using OrtOwned = std::unique_ptr<T, OrtRelease<T>>;

}  // namespace isovox
