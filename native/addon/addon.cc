// The module: walks the rooms' tables and wraps every row in one door.
#include <napi.h>

#include "addon/convert.h"
#include "addon/door.h"
#include "addon/registry.h"

namespace isovox::addon {
namespace {

constexpr Table (*kTables[])() = {CoreTable,    IoTable,      VolumeTable, DicomTable,     FormatsTable,
                                  StoreTable,   ImagingTable, DoseTable,   RadiomicsTable, InferenceTable,
                                  FiltersTable, AlignTable,   MasksTable,  LoaderTable};

Napi::Value CallLight(const Napi::CallbackInfo& info, const Row& row) {
  try {
    return row.light(info);
  } catch (const Error& error) {
    throw ToJsError(info.Env(), error);
  }
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto surface = Napi::Array::New(env);
  for (const auto table : kTables) {
    for (const Row& row : table()) {
      const Row* bound = &row;
      exports.Set(row.name, Napi::Function::New(
                                env,
                                [bound](const Napi::CallbackInfo& info) {
                                  return bound->heavy != nullptr ? CallHeavy(info, *bound) : CallLight(info, *bound);
                                },
                                row.name));
      auto described = Napi::Object::New(env);
      described.Set("name", row.name);
      described.Set("heavy", row.heavy != nullptr);
      described.Set("signature", row.signature);
      described.Set("doc", row.doc);
      surface.Set(surface.Length(), described);
    }
  }
  exports.Set("surface", surface);
  return exports;
}

}  // namespace
}  // namespace isovox::addon

Napi::Object InitModule(Napi::Env env, Napi::Object exports) { return isovox::addon::Init(env, exports); }
NODE_API_MODULE(isovox, InitModule)
