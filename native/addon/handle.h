// Native objects as JavaScript holds them: an external over a shared_ptr, tagged with its type, so that no handle is
// trusted unchecked. dispose() empties it early; the finaliser empties it late.
#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "io/file_lock.h"
#include "volume/dose_grid.h"
#include "volume/mask.h"
#include "volume/roi.h"
#include "volume/volume.h"

namespace isovox::addon {

// A list of structures with what belongs to all of them.
struct RoiSet {
  std::vector<Roi> rois;
};

template <typename T>
struct HandleName;
template <> struct HandleName<Volume> { static constexpr const char* value = "Volume"; };
template <> struct HandleName<DoseGrid> { static constexpr const char* value = "DoseGrid"; };
template <> struct HandleName<RoiSet> { static constexpr const char* value = "RoiSet"; };
template <> struct HandleName<FileLock> { static constexpr const char* value = "FileLock"; };
template <> struct HandleName<CoverageMask> { static constexpr const char* value = "CoverageMask"; };

// `external_bytes` is told to V8, so that it collects in time.
Napi::Value WrapRaw(Napi::Env env, std::shared_ptr<void> object, const char* type, int64_t external_bytes);
// Throws ERR_INVALID_ARGUMENT for anything but a live handle of that type.
std::shared_ptr<void> UnwrapRaw(Napi::Value value, const char* type, const std::string& name);
// Empties the handle; a second call does nothing. Throws for what is no handle.
void DisposeHandle(Napi::Env env, Napi::Value value);

template <typename T>
Napi::Value WrapHandle(Napi::Env env, std::shared_ptr<T> object, int64_t external_bytes = 0) {
  return WrapRaw(env, std::const_pointer_cast<std::remove_const_t<T>>(std::move(object)),
                 HandleName<std::remove_const_t<T>>::value, external_bytes);
}

template <typename T>
std::shared_ptr<T> UnwrapHandle(Napi::Value value, const std::string& name) {
  return std::static_pointer_cast<T>(UnwrapRaw(value, HandleName<std::remove_const_t<T>>::value, name));
}

}  // namespace isovox::addon
