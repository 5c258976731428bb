#include "inference/tensor.h"

#include <array>

#include "base/error.h"
#include "base/storage.h"

namespace isovox {
namespace {

struct Known {
  TensorType type;
  std::string_view name;
  size_t size;
};

constexpr std::array<Known, 13> kTypes = {{
    {TensorType::kFloat32, "float32", 4}, {TensorType::kFloat64, "float64", 8}, {TensorType::kFloat16, "float16", 2},
    {TensorType::kBfloat16, "bfloat16", 2}, {TensorType::kInt8, "int8", 1}, {TensorType::kUint8, "uint8", 1},
    {TensorType::kInt16, "int16", 2}, {TensorType::kUint16, "uint16", 2}, {TensorType::kInt32, "int32", 4},
    {TensorType::kUint32, "uint32", 4}, {TensorType::kInt64, "int64", 8}, {TensorType::kUint64, "uint64", 8},
    {TensorType::kBool, "bool", 1},
}};

}  // namespace

std::string_view TensorTypeName(TensorType type) { return kTypes[static_cast<size_t>(type)].name; }
size_t TensorTypeSize(TensorType type) { return kTypes[static_cast<size_t>(type)].size; }

std::optional<TensorType> TensorTypeFromName(std::string_view name) {
  for (const Known& known : kTypes) {
    if (known.name == name) return known.type;
  }
  return std::nullopt;
}

int64_t Tensor::elements() const { return static_cast<int64_t>(CheckedProduct(shape)); }

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t n = 0; n < shape.size(); ++n) {
    if (n > 0) text += ", ";
    text += shape[n] < 0 ? "any" : std::to_string(shape[n]);
  }
  return text + "]";
}

void CheckTensor(const TensorInfo& expected, TensorType type, const std::vector<int64_t>& shape) {
  const auto refuse = [&](const std::string& want, const std::string& got) {
    throw Error(ErrorCode::kModel, "Expected " + want + " for the model's input " + expected.name + " but received " + got,
                {{"name", expected.name}, {"expected", want}, {"actual", got}});
  };
  if (type != expected.type) refuse(std::string(TensorTypeName(expected.type)), std::string(TensorTypeName(type)));
  if (shape.size() != expected.shape.size()) {
    refuse("rank " + std::to_string(expected.shape.size()) + ", shape " + ShapeText(expected.shape),
           "rank " + std::to_string(shape.size()) + ", shape " + ShapeText(shape));
  }
  for (size_t n = 0; n < shape.size(); ++n) {
    if (expected.shape[n] >= 0 && shape[n] != expected.shape[n]) {
      refuse("shape " + ShapeText(expected.shape), "shape " + ShapeText(shape));
    }
  }
}

}  // namespace isovox
