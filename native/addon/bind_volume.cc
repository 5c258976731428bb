// Volumes as JavaScript sees them: what they are, views of their memory, early release.
#include "addon/convert.h"
#include "addon/registry.h"

namespace isovox::addon {

namespace {

Napi::Value DescribeVolume(const Napi::CallbackInfo& info) {
  const auto volume = UnwrapHandle<Volume>(info[0], "volume");
  return ToJs(info.Env(), FactsOf(*volume));
}

Napi::Value ViewVolume(const Napi::CallbackInfo& info) {
  const auto volume = UnwrapHandle<Volume>(info[0], "volume");
  return ViewOf(info.Env(), volume->storage, volume->dtype, 0, static_cast<size_t>(volume->elements()));
}

Napi::Value DescribeDose(const Napi::CallbackInfo& info) {
  const auto dose = UnwrapHandle<DoseGrid>(info[0], "dose");
  return ToJs(info.Env(), {{"grid", DescribeGrid(dose->grid)}, {"planeMm", dose->plane_mm}});
}

Napi::Value ViewDose(const Napi::CallbackInfo& info) {
  const auto dose = UnwrapHandle<DoseGrid>(info[0], "dose");
  return ViewOf(info.Env(), dose->values, DType::kFloat32, 0, static_cast<size_t>(dose->grid.voxels()));
}

Napi::Value Dispose(const Napi::CallbackInfo& info) {
  DisposeHandle(info.Env(), info[0]);
  return info.Env().Undefined();
}

constexpr Row kRows[] = {
    {"describeVolume", nullptr, DescribeVolume, "(volume: Handle<'Volume'>) => VolumeDescription",
     "Geometry, type, scaling and metadata of a volume."},
    {"viewVolume", nullptr, ViewVolume, "(volume: Handle<'Volume'>) => VoxelArray",
     "The stored voxels as a typed array over native memory; call once per volume and keep the array."},
    {"describeDose", nullptr, DescribeDose,
     "(dose: Handle<'DoseGrid'>) => { grid: GridDescription; planeMm: number[] }", "Geometry of a dose grid."},
    {"viewDose", nullptr, ViewDose, "(dose: Handle<'DoseGrid'>) => Float32Array",
     "Dose in gray as a typed array over native memory; call once per grid and keep the array."},
    {"dispose", nullptr, Dispose, "(handle: Handle<string>) => void",
     "Frees what a handle holds now instead of at garbage collection."},
};

}  // namespace

Table VolumeTable() { return kRows; }

}  // namespace isovox::addon
