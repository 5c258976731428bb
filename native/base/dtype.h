// Voxel types. Names follow NumPy, so that a table, a Zarr array and a typed array agree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace isovox {

enum class DType { kInt8, kUint8, kInt16, kUint16, kInt32, kUint32, kInt64, kUint64, kFloat32, kFloat64 };

// "int16"; valid for the life of the program.
std::string_view DTypeName(DType dtype);
std::optional<DType> DTypeFromName(std::string_view name);
size_t DTypeSize(DType dtype);

template <typename T>
struct DTypeOf;
#define ISOVOX_DTYPE_OF(type, enumerator)               \
  template <>                                           \
  struct DTypeOf<type> {                                \
    static constexpr DType value = DType::enumerator;   \
  }
ISOVOX_DTYPE_OF(int8_t, kInt8);
ISOVOX_DTYPE_OF(uint8_t, kUint8);
ISOVOX_DTYPE_OF(int16_t, kInt16);
ISOVOX_DTYPE_OF(uint16_t, kUint16);
ISOVOX_DTYPE_OF(int32_t, kInt32);
ISOVOX_DTYPE_OF(uint32_t, kUint32);
ISOVOX_DTYPE_OF(int64_t, kInt64);
ISOVOX_DTYPE_OF(uint64_t, kUint64);
ISOVOX_DTYPE_OF(float, kFloat32);
ISOVOX_DTYPE_OF(double, kFloat64);
#undef ISOVOX_DTYPE_OF

// Calls visit(T{}) with the C++ type of `dtype`; every branch must return the same type.
template <typename Visitor>
decltype(auto) VisitDType(DType dtype, Visitor&& visit) {
  switch (dtype) {
    case DType::kInt8: return visit(int8_t{});
    case DType::kUint8: return visit(uint8_t{});
    case DType::kInt16: return visit(int16_t{});
    case DType::kUint16: return visit(uint16_t{});
    case DType::kInt32: return visit(int32_t{});
    case DType::kUint32: return visit(uint32_t{});
    case DType::kInt64: return visit(int64_t{});
    case DType::kUint64: return visit(uint64_t{});
    case DType::kFloat32: return visit(float{});
    case DType::kFloat64: break;
  }
  return visit(double{});
}

}  // namespace isovox
