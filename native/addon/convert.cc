#include "addon/convert.h"

#include "addon/args.h"
#include "io/s3_uri.h"

namespace isovox::addon {
namespace {

constexpr int kDeepest = 64;

nlohmann::json FromJsAtDepth(Napi::Value value, const std::string& name, int depth) {
  if (depth > kDeepest) throw InvalidArgument(name, "a value nested at most 64 deep", "a deeper one");
  if (value.IsUndefined() || value.IsNull()) return nullptr;
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  if (value.IsNumber()) return value.As<Napi::Number>().DoubleValue();
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  if (value.IsArray()) {
    const auto array = value.As<Napi::Array>();
    auto out = nlohmann::json::array();
    for (uint32_t i = 0; i < array.Length(); ++i) {
      out.push_back(FromJsAtDepth(array.Get(i), name + "[" + std::to_string(i) + "]", depth + 1));
    }
    return out;
  }
  if (value.IsTypedArray()) {
    const auto array = value.As<Napi::TypedArray>();
    auto out = nlohmann::json::array();
    for (size_t i = 0; i < array.ElementLength(); ++i) {
      out.push_back(array.Get(static_cast<uint32_t>(i)).ToNumber().DoubleValue());
    }
    return out;
  }
  if (value.IsObject() && !value.IsFunction() && !value.IsExternal()) {
    const auto object = value.As<Napi::Object>();
    auto out = nlohmann::json::object();
    const Napi::Array keys = object.GetPropertyNames();
    for (uint32_t i = 0; i < keys.Length(); ++i) {
      const std::string key = keys.Get(i).ToString().Utf8Value();
      const Napi::Value item = object.Get(key);
      if (!item.IsUndefined()) out[key] = FromJsAtDepth(item, name + "." + key, depth + 1);
    }
    return out;
  }
  throw InvalidArgument(name, "plain data", Describe(value));
}

Napi::Value TypedArrayOver(Napi::Env env, Napi::ArrayBuffer buffer, DType dtype, size_t count) {
  switch (dtype) {
    case DType::kInt8: return Napi::Int8Array::New(env, count, buffer, 0);
    case DType::kUint8: return Napi::Uint8Array::New(env, count, buffer, 0);
    case DType::kInt16: return Napi::Int16Array::New(env, count, buffer, 0);
    case DType::kUint16: return Napi::Uint16Array::New(env, count, buffer, 0);
    case DType::kInt32: return Napi::Int32Array::New(env, count, buffer, 0);
    case DType::kUint32: return Napi::Uint32Array::New(env, count, buffer, 0);
    case DType::kInt64: return Napi::BigInt64Array::New(env, count, buffer, 0);
    case DType::kUint64: return Napi::BigUint64Array::New(env, count, buffer, 0);
    case DType::kFloat32: return Napi::Float32Array::New(env, count, buffer, 0);
    case DType::kFloat64: break;
  }
  return Napi::Float64Array::New(env, count, buffer, 0);
}

}  // namespace

Napi::Value ToJs(Napi::Env env, const nlohmann::json& value) {
  switch (value.type()) {
    case nlohmann::json::value_t::boolean:
      return Napi::Boolean::New(env, value.get<bool>());
    case nlohmann::json::value_t::number_integer:
    case nlohmann::json::value_t::number_unsigned:
    case nlohmann::json::value_t::number_float:
      return Napi::Number::New(env, value.get<double>());
    case nlohmann::json::value_t::string:
      return Napi::String::New(env, value.get_ref<const std::string&>());
    case nlohmann::json::value_t::array: {
      auto array = Napi::Array::New(env, value.size());
      for (uint32_t i = 0; i < value.size(); ++i) array.Set(i, ToJs(env, value[i]));
      return array;
    }
    case nlohmann::json::value_t::object: {
      auto object = Napi::Object::New(env);
      for (const auto& [key, item] : value.items()) object.Set(key, ToJs(env, item));
      return object;
    }
    default:
      return env.Null();
  }
}

nlohmann::json FromJs(Napi::Value value, const std::string& name) { return FromJsAtDepth(value, name, 0); }

Napi::Value ViewOf(Napi::Env env, std::shared_ptr<const Storage> storage, DType dtype, size_t offset, size_t count) {
  const void* data = storage->data() + offset;
  return ViewOfMemory(env, std::move(storage), data, dtype, count);
}

Napi::Value ViewOfMemory(Napi::Env env, std::shared_ptr<const void> owner, const void* data, DType dtype, size_t count) {
  // A buffer over no memory counts as detached, and no view of it can be read.
  if (count == 0) return TypedArrayOver(env, Napi::ArrayBuffer::New(env, 0), dtype, 0);
  // V8 refuses two buffers over one address, so a second view of the same bytes must be made over the first buffer:
  // lib/native/volume.ts keeps it.
  auto* keeper = new std::shared_ptr<const void>(std::move(owner));
  const auto buffer = Napi::ArrayBuffer::New(
      env, const_cast<void*>(data), count * DTypeSize(dtype),
      [](Napi::Env, void*, std::shared_ptr<const void>* kept) { delete kept; }, keeper);
  return TypedArrayOver(env, buffer, dtype, count);
}

Napi::Value AdoptNumbers(Napi::Env env, std::vector<double>&& numbers) {
  if (numbers.empty()) return Napi::Float64Array::New(env, 0);
  auto* kept = new std::vector<double>(std::move(numbers));
  const auto buffer = Napi::ArrayBuffer::New(
      env, kept->data(), kept->size() * sizeof(double),
      [](Napi::Env, void*, std::vector<double>* dying) { delete dying; }, kept);
  return Napi::Float64Array::New(env, kept->size(), buffer, 0);
}

nlohmann::json FactsOf(const Volume& volume) {
  return {{"grid", DescribeGrid(volume.grid)},
          {"frames", volume.frames},
          {"components", volume.components},
          {"dtype", std::string(DTypeName(volume.dtype))},
          {"slope", volume.slope},
          {"intercept", volume.intercept},
          {"unit", volume.unit},
          {"metadata", volume.metadata},
          {"bytes", volume.bytes()}};
}

nlohmann::json DescribeGrid(const Grid& grid) {
  const auto& a = grid.axes;
  auto affine = grid.AffineRas();
  for (double& number : affine) number += 0.0;  // -0 becomes 0
  return {{"size", grid.size},
          {"spacing", grid.spacing},
          {"origin", {grid.origin.x, grid.origin.y, grid.origin.z}},
          {"direction", {a.i.x, a.j.x, a.k.x, a.i.y, a.j.y, a.k.y, a.i.z, a.j.z, a.k.z}},
          {"affine", affine},
          {"orientation", grid.OrientationCode()}};
}

Napi::Error ToJsError(Napi::Env env, const Error& error) {
  Napi::Error js = Napi::Error::New(env, ShownPath(error.message()));
  js.Set("code", Napi::String::New(env, std::string(ErrorCodeName(error.code()))));
  auto context = Napi::Object::New(env);
  for (const auto& [key, value] : error.context()) context.Set(key, Napi::String::New(env, ShownPath(value)));
  js.Set("context", context);
  return js;
}

}  // namespace isovox::addon
