// Reads the one options object that every heavy function takes, into plain C++.
// A value outside its specification throws ERR_INVALID_ARGUMENT: "Expected X for NAME but received Y".
#pragma once

#include <napi.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "addon/handle.h"

namespace isovox::addon {

class Args {
 public:
  // `path` is what error messages put before a key: "" at the top, "grid." inside.
  Args(Napi::Object object, std::string path = {}) : object_(object), path_(std::move(path)) {}

  Napi::Env env() const { return object_.Env(); }
  bool Has(const char* key) const;  // present and neither undefined nor null

  std::string Text(const char* key) const;
  std::string Text(const char* key, std::string fallback) const;
  double Number(const char* key) const;
  double Number(const char* key, double fallback) const;
  int64_t Integer(const char* key, int64_t least, int64_t most) const;
  int64_t Integer(const char* key, int64_t least, int64_t most, int64_t fallback) const;
  bool Flag(const char* key, bool fallback = false) const;
  std::vector<std::string> TextList(const char* key) const;
  // Any array or typed array of finite numbers; `count` 0 means any length.
  std::vector<double> Numbers(const char* key, size_t count = 0) const;
  Args Object(const char* key) const;
  // A plain value of any shape (objects, arrays, numbers, texts); no handles inside.
  nlohmann::json Json(const char* key) const;
  // A native object made by an earlier call.
  template <typename T>
  std::shared_ptr<T> Native(const char* key) const {
    return UnwrapHandle<T>(object_.Get(key), path_ + key);
  }
  Napi::Value Raw(const char* key) const { return object_.Get(key); }

 private:
  Napi::Object object_;
  std::string path_;
};

// "a string", "-1", "undefined": how an error message names what it was given.
std::string Describe(Napi::Value value);

}  // namespace isovox::addon
