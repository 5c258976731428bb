#include "radiomics/image_types.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "filters/intensity_maps.h"
#include "filters/recursive_gaussian.h"
#include "filters/stationary_wavelet.h"
#include "filters/wavelets.h"

namespace isovox::radiomics {
namespace {

using filters::Field;
using Use = std::function<void(const std::string&, const Field<double>&)>;

// As Python writes a float: "3.0", "1.5"; then with a dash for the point.
std::string SigmaName(double sigma) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), sigma).ptr;
  std::string name(text, end);
  if (name.find_first_of(".e") == std::string::npos) name += ".0";
  std::replace(name.begin(), name.end(), '.', '-');
  return "log-sigma-" + name + "-mm-3D";
}

void LogImages(const Exec& exec, const ImageType& type, const Field<double>& in, Findings& findings, const Use& use) {
  for (const double sigma : type.sigma_mm) {
    bool fits = true;
    for (size_t d = 0; d < 3; ++d) {
      fits = fits && in.size[d] >= 4 && static_cast<double>(in.size[d]) >= std::ceil(sigma / in.spacing[d]) + 1;
    }
    if (!fits) {
      findings.push_back({"radiomics.image_too_small", Severity::kWarn,
                          "The image is too small for a Laplacian of Gaussian of " + SigmaName(sigma)});
      continue;
    }
    use(SigmaName(sigma), filters::RecursiveLaplacian(exec, in, sigma));
  }
}

// One more sample at the end of axes of odd length: the first of them, as there.
template <typename T>
Field<T> MadeEven(const Field<T>& in) {
  std::array<int64_t, 3> size = in.size;
  for (int64_t& n : size) n += n % 2;
  Field<T> out(size, in.spacing);
  for (int64_t v = 0; v < out.voxels(); ++v) {
    const int64_t i = v % size[0] % in.size[0], j = v / size[0] % size[1] % in.size[1], k = v / (size[0] * size[1]) % in.size[2];
    out.data()[v] = in.data()[(k * in.size[1] + j) * in.size[0] + i];
  }
  return out;
}

template <typename T>
Field<T> CutTo(const Field<T>& in, const std::array<int64_t, 3>& size) {
  if (in.size == size) return in;
  Field<T> out(size, in.spacing);
  for (int64_t row = 0; row < size[1] * size[2]; ++row) {
    const int64_t from = (row / size[1] * in.size[1] + row % size[1]) * in.size[0];
    std::copy_n(in.data() + from, size[0], out.data() + row * size[0]);
  }
  return out;
}

template <typename To, typename From>
Field<To> As(const Field<From>& in) {
  Field<To> out(in.size, in.spacing);
  std::transform(in.data(), in.data() + in.voxels(), out.data(), [](From x) { return static_cast<To>(x); });
  return out;
}

template <typename T>
void WaveletImages(const Exec& exec, const ImageType& type, const Field<T>& in, bool slices,
                   const std::function<void(const std::string&, const Field<T>&)>& use) {
  const auto wavelet = filters::WaveletFromName(type.wavelet);
  if (!wavelet) throw InvalidArgument("wavelet", "a discrete wavelet", "\"" + type.wavelet + "\"");
  const size_t axes = slices ? 2 : 3;
  const auto band = [&](const Field<T>& of, unsigned letters) {
    std::array<std::vector<double>, 3> taps;
    for (size_t d = 0; d < axes; ++d) taps[d] = (letters >> (axes - 1 - d) & 1U) != 0 ? wavelet->high : wavelet->low;
    return filters::StationaryBand(exec, of, taps);
  };
  Field<T> data = MadeEven(in);
  for (int n = 0; n < type.start_level; ++n) data = band(data, 0);
  for (int n = 1; n <= type.level; ++n) {
    const std::string head = n == 1 ? "wavelet-" : "wavelet" + std::to_string(n) + "-";
    const auto name = [&](unsigned letters) {
      std::string text = head;
      for (size_t d = 0; d < axes; ++d) text += (letters >> (axes - 1 - d) & 1U) != 0 ? 'H' : 'L';
      return text;
    };
    for (unsigned letters = 1; letters < 1U << axes; ++letters) use(name(letters), CutTo(band(data, letters), in.size));
    data = band(data, 0);
    if (n == type.level) use(name(0), CutTo(data, in.size));
  }
}

}  // namespace

void DeriveImages(const Exec& exec, const ImageType& type, const Field<double>& in, const std::vector<uint8_t>& mask,
                  bool slices, Numbers numbers, Findings& findings, const Use& use) {
  switch (type.kind) {
    case ImageKind::kOriginal: return;
    case ImageKind::kLog: return LogImages(exec, type, in, findings, use);
    case ImageKind::kWavelet: 
      if (numbers != Numbers::kSingle) return WaveletImages<double>(exec, type, in, slices, use);
      return WaveletImages<float>(exec, type, As<float>(in), slices,
                                  [&](const std::string& name, const Field<float>& band) { use(name, As<double>(band)); });
    case ImageKind::kSquare: return use("square", filters::SquareMap(exec, in));
    case ImageKind::kSquareRoot: return use("squareroot", filters::SquareRootMap(exec, in));
    case ImageKind::kLogarithm: return use("logarithm", filters::LogarithmMap(exec, in));
    case ImageKind::kExponential: return use("exponential", filters::ExponentialMap(exec, in));
    case ImageKind::kGradient: return use("gradient", filters::GradientMagnitude(exec, in, type.gradient_per_mm));
    case ImageKind::kLbp2d: {
      Field<double> out = filters::SlicePatterns(exec, in, type.lbp_samples, type.lbp_radius, type.lbp_method);
      // There patterns are put into an image of the input's type.
      for (int64_t v = 0; numbers == Numbers::kWhole && v < out.voxels(); ++v) out.data()[v] = std::trunc(out.data()[v]);
      return use("lbp-2D", out);
    }
    case ImageKind::kLbp3d: break;
  }
  const auto maps = filters::SpherePatterns(exec, in, mask, type.sphere_levels, type.sphere_radius, type.sphere_subdivisions,
                                            numbers == Numbers::kWhole);
  for (size_t n = 0; n < maps.size(); ++n) {
    use(n + 1 == maps.size() ? "lbp-3D-k" : "lbp-3D-m" + std::to_string(n + 1), maps[n]);
  }
}

}  // namespace isovox::radiomics
