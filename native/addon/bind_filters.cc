// Filters: response maps of a volume, and the names of wavelets.
#include "addon/convert.h"
#include "addon/read_filter.h"
#include "addon/registry.h"
#include "filters/wavelets.h"

namespace isovox::addon {
namespace {

Work FilterVolume(Args& args) {
  const auto volume = args.Native<const Volume>("volume");
  const filters::Filter filter = ReadFilter(args.Object("filter"));
  const int64_t element = volume->dtype == DType::kFloat64 ? 8 : 4;
  const bool spectral = filter.kind == filters::Kind::kRadialWavelet || filter.riesz.has_value();
  return {[=](const Exec& exec) -> Finish {
            auto out = std::make_shared<Volume>(filters::ApplyToVolume(exec, filter, *volume));
            return [out](Napi::Env env) -> Napi::Value {
              return WrapHandle(env, out, static_cast<int64_t>(out->bytes()));
            };
          },
          volume->grid.voxels() * (spectral ? 40 : 3 * element)};
}

Napi::Value Wavelets(const Napi::CallbackInfo& info) { return ToJs(info.Env(), filters::WaveletNames()); }

constexpr Row kRows[] = {
    {"filterVolume", FilterVolume, nullptr,
     "(args: { volume: Handle<'Volume'>; filter: FilterArgs }) => Promise<Handle<'Volume'>>",
     "The response map of a filter, on the grid of the volume."},
    {"waveletNames", nullptr, Wavelets, "() => string[]", "The discrete wavelets that a filter may name."},
};

}  // namespace

Table FiltersTable() { return kRows; }

}  // namespace isovox::addon
