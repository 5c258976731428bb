#include "addon/model_spec_args.h"

#include <algorithm>

#include "base/error.h"

namespace isovox::addon {
namespace {

constexpr int64_t kLongestTile = 4096;

Normalisation ReadNormalisation(const nlohmann::json& value) {
  Normalisation out;
  const std::string method = value.value("method", "none");
  if (method == "ct") {
    out.kind = Normalisation::Kind::kCt;
  } else if (method == "zscore") {
    out.kind = Normalisation::Kind::kZScore;
  } else if (method == "minmax") {
    out.kind = Normalisation::Kind::kMinMax;
  } else if (method == "window") {
    out.kind = Normalisation::Kind::kWindow;
  } else if (method != "none") {
    throw InvalidArgument("spec.channels.method", "none, ct, zscore, minmax or window", "\"" + method + "\"");
  }
  out.low = value.value("low", 0.0);
  out.high = value.value("high", 0.0);
  out.mean = value.value("mean", 0.0);
  out.sd = value.value("sd", 1.0);
  out.within_nonzero = value.value("withinNonzero", false);
  const bool clips = out.kind == Normalisation::Kind::kCt || out.kind == Normalisation::Kind::kWindow;
  if (clips && !(out.high > out.low)) throw InvalidArgument("spec.channels.high", "more than low", std::to_string(out.high));
  return out;
}

}  // namespace

ModelSpec ReadModelSpec(const nlohmann::json& value) {
  try {
    ModelSpec spec;
    spec.orientation = value.value("orientation", "");
    spec.axes = value.value("axes", spec.axes);
    for (const int axis : {0, 1, 2}) {
      if (std::count(spec.axes.begin(), spec.axes.end(), axis) != 1) {
        throw InvalidArgument("spec.axes", "0, 1 and 2, each once", "another list");
      }
    }
    spec.spacing_mm = value.value("spacingMm", std::array<double, 3>{0, 0, 0});
    spec.crop_to_nonzero = value.value("cropToNonzero", false);
    for (const auto& channel : value.at("channels")) spec.channels.push_back(ReadNormalisation(channel));
    spec.cubic = value.value("interpolation", "cubic") == "cubic";
    spec.anisotropy = value.value("anisotropy", 3.0);
    spec.tile = value.at("patch").get<std::array<int64_t, 3>>();
    spec.context = value.value("context", int64_t{0});
    spec.overlap = value.value("overlap", 0.5);
    spec.gaussian = value.value("weighting", "gaussian") == "gaussian";
    spec.mirror = value.value("mirror", std::array<bool, 3>{});
    spec.batch = value.value("batch", int64_t{1});
    spec.regions = value.value("activation", "softmax") == "sigmoid";
    spec.labels = value.at("labels").get<std::vector<int>>();
    spec.input_channels = value.value("inputChannels", std::vector<std::vector<int>>{});
    if (value.contains("postprocess")) {
      const auto& post = value.at("postprocess");
      spec.postprocess = {post.value("largestComponent", std::vector<int>{}), post.value("fillHoles", std::vector<int>{}),
                          post.value("leastCc", 0.0)};
    }
    for (const int64_t size : spec.tile) {
      if (size < 1 || size > kLongestTile) throw InvalidArgument("spec.patch", "1 to 4096 voxels", std::to_string(size));
    }
    if (spec.channels.empty()) throw InvalidArgument("spec.channels", "at least one", "none");
    if (spec.labels.empty()) throw InvalidArgument("spec.labels", "at least one", "none");
    for (const int label : spec.labels) {
      if (label < 0 || label > 65535) throw InvalidArgument("spec.labels", "0 to 65535", std::to_string(label));
    }
    if (!(spec.overlap >= 0 && spec.overlap <= 0.95)) {
      throw InvalidArgument("spec.overlap", "0 to 0.95", std::to_string(spec.overlap));
    }
    if (spec.batch < 1 || spec.batch > 1024) throw InvalidArgument("spec.batch", "1 to 1024", std::to_string(spec.batch));
    if (spec.context < 0 || spec.context > 64) {
      throw InvalidArgument("spec.context", "0 to 64", std::to_string(spec.context));
    }
    return spec;
  } catch (const nlohmann::json::exception& wrong) {
    throw InvalidArgument("spec", "a model specification", wrong.what());
  }
}

}  // namespace isovox::addon
