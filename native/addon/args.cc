#include "addon/args.h"

#include <cmath>

#include "addon/convert.h"
#include "base/error.h"

namespace isovox::addon {

std::string Describe(Napi::Value value) {
  if (value.IsString()) {
    std::string text = value.As<Napi::String>().Utf8Value();
    if (text.size() > 80) text = text.substr(0, 77) + "...";
    return "\"" + text + "\"";
  }
  if (value.IsArray()) return "an array of " + std::to_string(value.As<Napi::Array>().Length());
  if (value.IsFunction()) return "a function";
  if (value.IsObject() || value.IsExternal()) return "an object";
  return value.ToString().Utf8Value();
}

bool Args::Has(const char* key) const {
  const Napi::Value value = object_.Get(key);
  return !value.IsUndefined() && !value.IsNull();
}

std::string Args::Text(const char* key) const {
  const Napi::Value value = object_.Get(key);
  if (!value.IsString()) throw InvalidArgument(path_ + key, "a string", Describe(value));
  return value.As<Napi::String>().Utf8Value();
}

std::string Args::Text(const char* key, std::string fallback) const {
  return Has(key) ? Text(key) : std::move(fallback);
}

double Args::Number(const char* key) const {
  const Napi::Value value = object_.Get(key);
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (!std::isfinite(number)) throw InvalidArgument(path_ + key, "a finite number", Describe(value));
  return number;
}

double Args::Number(const char* key, double fallback) const { return Has(key) ? Number(key) : fallback; }

int64_t Args::Integer(const char* key, int64_t least, int64_t most) const {
  const double number = Number(key);
  if (number != std::floor(number) || number < static_cast<double>(least) || number > static_cast<double>(most)) {
    throw InvalidArgument(path_ + key,
                          "an integer between " + std::to_string(least) + " and " + std::to_string(most),
                          Describe(object_.Get(key)));
  }
  return static_cast<int64_t>(number);
}

int64_t Args::Integer(const char* key, int64_t least, int64_t most, int64_t fallback) const {
  return Has(key) ? Integer(key, least, most) : fallback;
}

bool Args::Flag(const char* key, bool fallback) const {
  if (!Has(key)) return fallback;
  const Napi::Value value = object_.Get(key);
  if (!value.IsBoolean()) throw InvalidArgument(path_ + key, "true or false", Describe(value));
  return value.As<Napi::Boolean>().Value();
}

std::vector<std::string> Args::TextList(const char* key) const {
  const Napi::Value value = object_.Get(key);
  if (!value.IsArray()) throw InvalidArgument(path_ + key, "an array of strings", Describe(value));
  const auto array = value.As<Napi::Array>();
  std::vector<std::string> texts;
  texts.reserve(array.Length());
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value item = array.Get(i);
    if (!item.IsString()) {
      throw InvalidArgument(path_ + key + "[" + std::to_string(i) + "]", "a string", Describe(item));
    }
    texts.push_back(item.As<Napi::String>().Utf8Value());
  }
  return texts;
}

std::vector<double> Args::Numbers(const char* key, size_t count) const {
  const Napi::Value value = object_.Get(key);
  std::vector<double> numbers;
  const auto take = [&](uint32_t length, const auto& get) {
    numbers.reserve(length);
    for (uint32_t i = 0; i < length; ++i) {
      const Napi::Value item = get(i);
      const double number = item.IsNumber() ? item.As<Napi::Number>().DoubleValue() : std::nan("");
      if (!std::isfinite(number)) {
        throw InvalidArgument(path_ + key + "[" + std::to_string(i) + "]", "a finite number", Describe(item));
      }
      numbers.push_back(number);
    }
  };
  if (value.IsArray()) {
    const auto array = value.As<Napi::Array>();
    take(array.Length(), [&](uint32_t i) { return array.Get(i); });
  } else if (value.IsTypedArray()) {
    const auto array = value.As<Napi::TypedArray>();
    take(static_cast<uint32_t>(array.ElementLength()), [&](uint32_t i) { return array.Get(i); });
  } else {
    throw InvalidArgument(path_ + key, "an array of numbers", Describe(value));
  }
  if (count != 0 && numbers.size() != count) {
    throw InvalidArgument(path_ + key, std::to_string(count) + " numbers", std::to_string(numbers.size()));
  }
  return numbers;
}

Args Args::Object(const char* key) const {
  const Napi::Value value = object_.Get(key);
  if (!value.IsObject()) throw InvalidArgument(path_ + key, "an object", Describe(value));
  return Args(value.As<Napi::Object>(), path_ + key + ".");
}

nlohmann::json Args::Json(const char* key) const { return FromJs(object_.Get(key), path_ + key); }

}  // namespace isovox::addon
