// Tensors as they pass between callers and models: a type, a shape, and bytes that somebody owns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isovox {

// Names follow NumPy; bfloat16 travels as its 16 bits, as float16 does.
enum class TensorType {
  kFloat32, kFloat64, kFloat16, kBfloat16, kInt8, kUint8, kInt16, kUint16, kInt32, kUint32, kInt64, kUint64, kBool
};

std::string_view TensorTypeName(TensorType type);
std::optional<TensorType> TensorTypeFromName(std::string_view name);
size_t TensorTypeSize(TensorType type);

// What a model says of one of its inputs or outputs; a dimension of -1 may have any size.
struct TensorInfo {
  std::string name;
  TensorType type = TensorType::kFloat32;
  std::vector<int64_t> shape;
};

struct Tensor {
  std::string name;
  TensorType type = TensorType::kFloat32;
  std::vector<int64_t> shape;
  std::shared_ptr<void> owner;  // keeps `data` alive
  void* data = nullptr;

  int64_t elements() const;
  size_t bytes() const { return static_cast<size_t>(elements()) * TensorTypeSize(type); }
};

// "[1, 1, any, any, any]"
std::string ShapeText(const std::vector<int64_t>& shape);

// Throws ERR_MODEL, naming the input, when type, rank or a fixed dimension differ from what the model takes.
void CheckTensor(const TensorInfo& expected, TensorType type, const std::vector<int64_t>& shape);

}  // namespace isovox
