// Values across the boundary: plain data both ways, typed arrays as views of native memory, errors outwards.
#pragma once

#include <napi.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/dtype.h"
#include "base/error.h"
#include "base/storage.h"
#include "volume/grid.h"
#include "volume/volume.h"

namespace isovox::addon {

// Objects, arrays, texts, numbers, booleans, null. NaN and infinities travel as numbers.
Napi::Value ToJs(Napi::Env env, const nlohmann::json& value);
// Throws ERR_INVALID_ARGUMENT for functions, handles and nesting deeper than 64.
nlohmann::json FromJs(Napi::Value value, const std::string& name);

// A typed array over `count` elements of `storage` beginning at byte `offset`; keeps the storage alive, copies nothing.
Napi::Value ViewOf(Napi::Env env, std::shared_ptr<const Storage> storage, DType dtype, size_t offset, size_t count);
// The same over `data`, which lives as long as `owner`.
Napi::Value ViewOfMemory(Napi::Env env, std::shared_ptr<const void> owner, const void* data, DType dtype, size_t count);
// A Float64Array that takes over the vector's memory.
Napi::Value AdoptNumbers(Napi::Env env, std::vector<double>&& numbers);

// size, spacing, origin (LPS), direction (row-major, columns are axes), affine (RAS), orientation.
nlohmann::json DescribeGrid(const Grid& grid);
// VolumeDescription.
nlohmann::json FactsOf(const Volume& volume);

// An Error with `code` and `context` properties; lib/errors.ts wraps it.
Napi::Error ToJsError(Napi::Env env, const Error& error);

}  // namespace isovox::addon
