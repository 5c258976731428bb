// Storage: alignment, zeroes where they are promised, blocks used again.
#include "base/storage.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/error.h"

using namespace isovox;

namespace {

bool AllZero(const Storage& storage) {
  const auto bytes = storage.As<uint8_t>();
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

}  // namespace

TEST_CASE("storage is aligned and zero, small and large, also when its block was used before") {
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{1000}, size_t{5} << 20, (size_t{9} << 20) + 7}) {
    for (int again = 0; again < 3; ++again) {
      const auto storage = Storage::Allocate(bytes);
      CHECK(storage->bytes() == bytes);
      CHECK(reinterpret_cast<uintptr_t>(storage->data()) % 64 == 0);
      CHECK(AllZero(*storage));
      std::fill_n(storage->data(), bytes, std::byte{0xAB});
    }
  }
}

TEST_CASE("storage without promised content has the size asked for") {
  const auto storage = Storage::AllocateUnset(size_t{6} << 20);
  CHECK(storage->bytes() == size_t{6} << 20);
  std::fill_n(storage->data(), storage->bytes(), std::byte{1});
  CHECK(Storage::AllocateUnset(10)->bytes() == 10);
}

TEST_CASE("sizes that multiply past any memory are refused") {
  const int64_t huge[] = {int64_t{1} << 40, int64_t{1} << 40};
  CHECK_THROWS_AS(CheckedProduct(huge), Error);
  const int64_t negative[] = {2, -1};
  CHECK_THROWS_AS(CheckedProduct(negative), Error);
  CHECK_THROWS_AS(Storage::Allocate(~size_t{0} >> 1), Error);
}
