// A box of numbers that filters read and write: i fastest, spacing in millimetres.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/dtype.h"
#include "base/storage.h"

namespace isovox::filters {

template <typename T>
class Field {
 public:
  // With any content. Throws ERR_RESOURCE when there is no such memory.
  Field(const std::array<int64_t, 3>& of_size, const std::array<double, 3>& of_spacing)
      : size(of_size), spacing(of_spacing) {
    const int64_t factors[] = {of_size[0], of_size[1], of_size[2], static_cast<int64_t>(sizeof(T))};
    storage = Storage::AllocateUnset(CheckedProduct(factors));
  }

  // Over numbers that are there already.
  Field(const std::array<int64_t, 3>& of_size, const std::array<double, 3>& of_spacing, std::shared_ptr<Storage> numbers)
      : size(of_size), spacing(of_spacing), storage(std::move(numbers)) {}

  int64_t voxels() const { return size[0] * size[1] * size[2]; }
  T* data() { return reinterpret_cast<T*>(storage->data()); }
  const T* data() const { return reinterpret_cast<const T*>(static_cast<const Storage&>(*storage).data()); }
  int64_t step(size_t axis) const { return axis == 0 ? 1 : axis == 1 ? size[0] : size[0] * size[1]; }

  std::array<int64_t, 3> size;
  std::array<double, 3> spacing;
  std::shared_ptr<Storage> storage;
};

}  // namespace isovox::filters
