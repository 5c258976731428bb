#include "addon/handle.h"

#include <cstring>

#include "addon/args.h"
#include "addon/env_state.h"
#include "base/error.h"

namespace isovox::addon {
namespace {

// Marks our externals; an external of another addon has another tag.
constexpr napi_type_tag kHandleTag = {0x1507061f09a24c11, 0x8d3f5be0c2a7914e};

struct Box {
  std::shared_ptr<void> object;
  const char* type;
  int64_t external_bytes;
  std::shared_ptr<HeldMemory> held;
};

void Empty(Napi::Env env, Box& box) {
  if (!box.object) return;
  box.object.reset();
  if (box.external_bytes > 0) box.held->Change(env, -box.external_bytes);
}

Box* BoxOf(Napi::Value value) {
  if (!value.IsExternal()) return nullptr;
  bool ours = false;
  if (napi_check_object_type_tag(value.Env(), value, &kHandleTag, &ours) != napi_ok || !ours) return nullptr;
  void* data = nullptr;
  return napi_get_value_external(value.Env(), value, &data) == napi_ok ? static_cast<Box*>(data) : nullptr;
}

}  // namespace

Napi::Value WrapRaw(Napi::Env env, std::shared_ptr<void> object, const char* type, int64_t external_bytes) {
  auto* box = new Box{std::move(object), type, external_bytes, EnvState::Of(env)->held()};
  const auto external = Napi::External<Box>::New(env, box, [](Napi::Env finalising, Box* dying) {
    Empty(finalising, *dying);
    delete dying;
  });
  if (napi_type_tag_object(env, external, &kHandleTag) != napi_ok) {
    throw Error(ErrorCode::kInternal, "A handle could not be tagged");
  }
  if (external_bytes > 0) box->held->Change(env, external_bytes);
  return external;
}

std::shared_ptr<void> UnwrapRaw(Napi::Value value, const char* type, const std::string& name) {
  const Box* box = BoxOf(value);
  const std::string expected = std::string("a ") + type + " handle";
  if (box == nullptr) throw InvalidArgument(name, expected, Describe(value));
  if (std::strcmp(box->type, type) != 0) throw InvalidArgument(name, expected, std::string("a ") + box->type);
  if (!box->object) throw InvalidArgument(name, expected, std::string("a ") + type + " that was disposed");
  return box->object;
}

void DisposeHandle(Napi::Env env, Napi::Value value) {
  Box* box = BoxOf(value);
  if (box == nullptr) throw InvalidArgument("handle", "a native handle", Describe(value));
  Empty(env, *box);
}

}  // namespace isovox::addon
