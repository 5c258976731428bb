// Masks: sets and margins; distances, components and surfaces of volumes.
#include <cmath>

#include "addon/convert.h"
#include "addon/registry.h"
#include "base/error.h"
#include "imaging/components.h"
#include "imaging/distance.h"
#include "imaging/mask_algebra.h"
#include "imaging/surface.h"

namespace isovox::addon {
namespace {

Finish MaskResult(CoverageMask&& made) {
  auto mask = std::make_shared<CoverageMask>(std::move(made));
  return [mask](Napi::Env env) -> Napi::Value {
    double covered = 0;
    for (const float part : mask->coverage) covered += static_cast<double>(part);
    auto out = ToJs(env, {{"box", {{"begin", mask->box.begin}, {"end", mask->box.end}}},
                          {"volumeCc", covered * mask->grid.voxel_volume_cc()}})
                   .As<Napi::Object>();
    out.Set("mask", WrapHandle(env, mask, static_cast<int64_t>(mask->coverage.size() * sizeof(float))));
    return out;
  };
}

Work CombineMasksRow(Args& args) {
  const std::string operation = args.Text("operation");
  const auto parsed = MaskOperationFromName(operation);
  if (!parsed) throw InvalidArgument("operation", "union, intersection, subtract or xor", "\"" + operation + "\"");
  const Napi::Value raw = args.Raw("masks");
  if (!raw.IsArray() || raw.As<Napi::Array>().Length() == 0) {
    throw InvalidArgument("masks", "an array of at least one mask", Describe(raw));
  }
  std::vector<std::shared_ptr<CoverageMask>> masks;
  const auto array = raw.As<Napi::Array>();
  for (uint32_t n = 0; n < array.Length(); ++n) {
    masks.push_back(UnwrapHandle<CoverageMask>(array.Get(n), "masks[" + std::to_string(n) + "]"));
  }
  return {[=](const Exec& exec) -> Finish { return MaskResult(CombineMasks(exec, *parsed, masks)); }};
}

Work MarginMaskRow(Args& args) {
  const auto mask = args.Native<CoverageMask>("mask");
  const Args given = args.Object("marginsMm");
  PatientMargins margins;
  struct Side {
    const char* key;
    double* value;
  };
  for (const Side& side : {Side{"left", &margins.left}, {"right", &margins.right}, {"anterior", &margins.anterior},
                           {"posterior", &margins.posterior}, {"superior", &margins.superior},
                           {"inferior", &margins.inferior}}) {
    *side.value = given.Number(side.key, 0);
    if (!(std::abs(*side.value) <= 1000)) {
      throw InvalidArgument(std::string("marginsMm.") + side.key, "-1000 to 1000", std::to_string(*side.value));
    }
  }
  return {[=](const Exec& exec) -> Finish { return MaskResult(AddMargins(exec, *mask, margins)); }};
}

// A byte per voxel, not 0 where the first frame and component of the volume is not 0 once scaled: the volume's own bytes
// where they say so already.
class MaskBytes {
 public:
  MaskBytes(const Exec& exec, const Volume& volume) {
    const auto voxels = static_cast<size_t>(volume.grid.voxels());
    if (volume.dtype == DType::kUint8 && volume.components == 1 && volume.slope != 0 && volume.intercept == 0) {
      values_ = volume.As<uint8_t>().first(voxels);
      return;
    }
    storage_ = Storage::AllocateUnset(voxels);
    const auto mask = storage_->As<uint8_t>();
    values_ = mask;
    VisitDType(volume.dtype, [&](auto zero) {
      const auto values = volume.As<decltype(zero)>();
      ParallelFor(exec, static_cast<int64_t>(voxels), int64_t{1} << 16, [&](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; ++n) {
          const auto value = static_cast<double>(values[static_cast<size_t>(n * volume.components)]);
          mask[static_cast<size_t>(n)] = volume.slope * value + volume.intercept != 0 ? 1 : 0;
        }
      });
    });
  }

  std::span<const uint8_t> values() const { return values_; }

 private:
  std::shared_ptr<Storage> storage_;
  std::span<const uint8_t> values_;
};

Finish VolumeResult(std::shared_ptr<Volume> volume) {
  return [volume](Napi::Env env) -> Napi::Value {
    return WrapHandle(env, volume, static_cast<int64_t>(volume->bytes()));
  };
}

Work DistanceTransformRow(Args& args) {
  const auto volume = args.Native<Volume>("volume");
  return {[=](const Exec& exec) -> Finish {
            auto out = std::make_shared<Volume>(MakeUnsetVolume(volume->grid, DType::kFloat32));
            const MaskBytes mask(exec, *volume);
            DistanceToBackground(exec, mask.values(), volume->grid.size, volume->grid.spacing, out->As<float>());
            out->unit = "mm";
            return VolumeResult(out);
          },
          volume->grid.voxels() * 5};
}

Work LabelComponentsRow(Args& args) {
  const auto volume = args.Native<Volume>("volume");
  const int64_t connectivity = args.Integer("connectivity", 6, 26, 6);
  if (connectivity != 6 && connectivity != 18 && connectivity != 26) {
    throw InvalidArgument("connectivity", "6, 18 or 26", std::to_string(connectivity));
  }
  return {[=](const Exec& exec) -> Finish {
            auto out = std::make_shared<Volume>(MakeUnsetVolume(volume->grid, DType::kInt32));
            const MaskBytes mask(exec, *volume);
            auto voxels = LabelComponents(exec, mask.values(), volume->grid.size, static_cast<Connectivity>(connectivity),
                                          out->As<int32_t>());
            return [out, voxels = std::move(voxels)](Napi::Env env) -> Napi::Value {
              auto result = ToJs(env, {{"voxels", voxels}}).As<Napi::Object>();
              result.Set("labels", WrapHandle(env, out, static_cast<int64_t>(out->bytes())));
              return result;
            };
          },
          volume->grid.voxels() * 9};
}

Work ExtractSurfaceRow(Args& args) {
  const auto volume = args.Native<Volume>("volume");
  const double level = args.Number("level");
  return {[=](const Exec& exec) -> Finish {
            auto surface = std::make_shared<Surface>(ExtractSurface(exec, *volume, level));
            return [surface](Napi::Env env) -> Napi::Value {
              auto result = ToJs(env, {{"areaMm2", surface->area_mm2}, {"volumeMm3", surface->volume_mm3}})
                                .As<Napi::Object>();
              result.Set("points", ViewOfMemory(env, surface, surface->positions.get(), DType::kFloat32,
                                                static_cast<size_t>(3 * surface->points)));
              result.Set("triangles", ViewOfMemory(env, surface, surface->corners.get(), DType::kUint32,
                                                   static_cast<size_t>(3 * surface->triangles)));
              return result;
            };
          },
          volume->grid.voxels() / 4};
}

constexpr Row kRows[] = {
    {"combineMasks", CombineMasksRow, nullptr,
     "(args: { operation: 'union' | 'intersection' | 'subtract' | 'xor'; masks: Array<Handle<'CoverageMask'>> }) => "
     "Promise<MaskResult>",
     "Sets of masks on one grid; subtract takes every further mask from the first."},
    {"marginMask", MarginMaskRow, nullptr,
     "(args: { mask: Handle<'CoverageMask'>; marginsMm: PatientMargins }) => Promise<MaskResult>",
     "A mask grown (positive) or shrunk (negative) by millimetres to each side of the patient."},
    {"distanceTransform", DistanceTransformRow, nullptr,
     "(args: { volume: Handle<'Volume'> }) => Promise<Handle<'Volume'>>",
     "Millimetres from every voxel to the nearest voxel that is 0, exactly; float32."},
    {"labelComponents", LabelComponentsRow, nullptr,
     "(args: { volume: Handle<'Volume'>; connectivity?: number }) => "
     "Promise<{ labels: Handle<'Volume'>; voxels: number[] }>",
     "Connected components of the voxels that are not 0, numbered by their first voxels, and their sizes."},
    {"extractSurface", ExtractSurfaceRow, nullptr,
     "(args: { volume: Handle<'Volume'>; level: number }) => "
     "Promise<{ points: Float32Array; triangles: Uint32Array; areaMm2: number; volumeMm3: number }>",
     "The surface where a volume passes a value: points in LPS millimetres, triangles of their numbers."},
};

}  // namespace

Table MasksTable() { return kRows; }

}  // namespace isovox::addon
