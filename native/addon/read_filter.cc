#include "addon/read_filter.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace isovox::addon {
namespace {

using filters::Kind;

template <typename E, size_t N>
E OneOf(const Args& args, const char* key, const char* fallback, const std::array<std::pair<const char*, E>, N>& names) {
  const std::string text = fallback == nullptr ? args.Text(key) : args.Text(key, fallback);
  std::string known;
  for (const auto& [name, value] : names) {
    if (text == name) return value;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  throw InvalidArgument(key, known, "\"" + text + "\"");
}

constexpr std::array<std::pair<const char*, Kind>, 8> kKinds{{{"mean", Kind::kMean},
                                                              {"gaussian", Kind::kGaussian},
                                                              {"median", Kind::kMedian},
                                                              {"log", Kind::kLaplacian},
                                                              {"laws", Kind::kLaws},
                                                              {"gabor", Kind::kGabor},
                                                              {"wavelet", Kind::kWavelet},
                                                              {"nonseparable", Kind::kRadialWavelet}}};
constexpr std::array<std::pair<const char*, filters::Pooling>, 3> kPoolings{
    {{"average", filters::Pooling::kAverage}, {"max", filters::Pooling::kMax}, {"min", filters::Pooling::kMin}}};
constexpr std::array<std::pair<const char*, filters::GaborResponse>, 4> kResponses{
    {{"modulus", filters::GaborResponse::kModulus},
     {"real", filters::GaborResponse::kReal},
     {"imaginary", filters::GaborResponse::kImaginary},
     {"phase", filters::GaborResponse::kPhase}}};
constexpr std::array<std::pair<const char*, filters::RadialWavelet>, 2> kRadial{
    {{"simoncelli", filters::RadialWavelet::kSimoncelli}, {"shannon", filters::RadialWavelet::kShannon}}};

}  // namespace

filters::Filter ReadFilter(const Args& args) {
  filters::Filter f;
  f.kind = OneOf(args, "type", nullptr, kKinds);
  f.slices = args.Flag("slices");
  const std::string boundary = args.Text("boundary", "mirror");
  const auto known = filters::BoundaryFromName(boundary);
  if (!known) throw InvalidArgument("boundary", "zero, nearest, periodic or mirror", "\"" + boundary + "\"");
  f.boundary = *known;
  f.rotate = args.Flag("rotationInvariant");
  f.pooling = OneOf(args, "pooling", "average", kPoolings);
  f.support = args.Integer("support", 1, 4095, f.support);
  const bool wide = f.kind == Kind::kGaussian || f.kind == Kind::kLaplacian || f.kind == Kind::kGabor;
  if (wide) f.sigma_mm = args.Number("sigmaMm");
  f.truncate = args.Number("truncate", f.truncate);
  if (f.kind == Kind::kLaws) f.kernels = args.Text("kernels");
  if (args.Has("energyDistance")) f.energy_distance = args.Integer("energyDistance", 0, 2047);
  if (f.kind == Kind::kGabor) {
    f.gabor.sigma_mm = f.sigma_mm;
    f.gabor.lambda_mm = args.Number("lambdaMm");
    f.gabor.gamma = args.Number("gamma", 1);
    if (args.Has("thetaDeg")) f.gabor.theta_deg = args.Numbers("thetaDeg");
    if (f.gabor.theta_deg.empty() || f.gabor.theta_deg.size() > 360) {
      throw InvalidArgument("thetaDeg", "1 to 360 angles", std::to_string(f.gabor.theta_deg.size()));
    }
    f.gabor.response = OneOf(args, "response", "modulus", kResponses);
  }
  if (f.kind == Kind::kWavelet) {
    f.wavelet = args.Text("wavelet");
    f.decomposition = args.Text("decomposition");
  }
  if (f.kind == Kind::kRadialWavelet) f.radial = OneOf(args, "wavelet", "simoncelli", kRadial);
  f.level = static_cast<int>(args.Integer("level", 1, 10, 1));
  if (args.Has("riesz")) {
    const auto order = args.Numbers("riesz", 3);
    f.riesz.emplace();
    for (size_t d = 0; d < 3; ++d) {
      if (!(order[d] >= 0 && order[d] <= 4)) throw InvalidArgument("riesz", "orders from 0 to 4", std::to_string(order[d]));
      (*f.riesz)[d] = static_cast<int>(order[d]);
    }
  }
  if (args.Has("steerMm")) f.steer_mm = args.Number("steerMm");
  return f;
}

}  // namespace isovox::addon
