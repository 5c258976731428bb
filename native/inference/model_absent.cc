// What stands for model.cc in a build without ONNX Runtime's headers.
#include "base/error.h"
#include "inference/model.h"

namespace isovox {

std::shared_ptr<Model> Model::Load(const ModelOptions& options) {
  throw Error(ErrorCode::kUnsupported,
              "This build of isovox has no inference: ONNX Runtime's headers were not there. Install libonnxruntime-dev "
              "or set ORT_INCLUDE_DIR, then run npm run build:native",
              {{"path", options.path}});
}

std::string OnnxRuntimeVersion() { return ""; }

}  // namespace isovox
