#include "base/dtype.h"

#include <array>

namespace isovox {
namespace {

struct Row {
  DType dtype;
  std::string_view name;
  size_t size;
};

constexpr std::array<Row, 10> kRows = {{{DType::kInt8, "int8", 1},
                                        {DType::kUint8, "uint8", 1},
                                        {DType::kInt16, "int16", 2},
                                        {DType::kUint16, "uint16", 2},
                                        {DType::kInt32, "int32", 4},
                                        {DType::kUint32, "uint32", 4},
                                        {DType::kInt64, "int64", 8},
                                        {DType::kUint64, "uint64", 8},
                                        {DType::kFloat32, "float32", 4},
                                        {DType::kFloat64, "float64", 8}}};

}  // namespace

std::string_view DTypeName(DType dtype) { return kRows[static_cast<size_t>(dtype)].name; }

size_t DTypeSize(DType dtype) { return kRows[static_cast<size_t>(dtype)].size; }

std::optional<DType> DTypeFromName(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

}  // namespace isovox
