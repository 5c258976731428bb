#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <numeric>

#include "dicom/maker.h"
#include "io/atomic_file.h"
#include "io/file.h"
#include "io/gzip.h"
#include "io/remove_tree.h"

using namespace isovox;
using namespace isovox::test;

namespace {

std::vector<std::byte> Numbered(size_t count) {
  std::vector<std::byte> bytes(count);
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * i / 7);
  return bytes;
}

}  // namespace

TEST_CASE("files: what cannot be read says so with its code") {
  const TempFolder folder;
  CHECK(CodeOf([&] { File::Open(folder / "absent"); }) == "ERR_NOT_FOUND");
  CHECK(CodeOf([&] { File::Open(folder.path()); }) == "ERR_IO");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(CodeOf([&] { File::Open(folder / "pipe"); }) == "ERR_IO");
  Spill(folder / "five", {'a', 'b', 'c', 'd', 'e'});
  const File file = File::Open(folder / "five");
  std::array<std::byte, 8> into{};
  CHECK(file.ReadSome(into, 2) == 3);
  CHECK(CodeOf([&] { file.ReadExactly(into, 0); }) == "ERR_CORRUPT_DATA");
}

TEST_CASE("atomic files: there whole or not at all, nothing left behind") {
  const TempFolder folder;
  const auto bytes = Numbered(1000);
  {
    AtomicFile file(folder / "a");
    file.Write(bytes);
    CHECK_FALSE(std::filesystem::exists(folder / "a"));
  }
  CHECK(std::filesystem::is_empty(folder.path()));
  WriteFileAtomically(folder / "a", bytes);
  CHECK(Slurp(folder / "a").size() == 1000);
  WriteFileAtomically(folder / "a", std::span(bytes).first(10));
  CHECK(Slurp(folder / "a").size() == 10);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  CHECK(CodeOf([&] { AtomicFile(folder / "no/such/folder"); }) == "ERR_NOT_FOUND");
}

TEST_CASE("gzip: members, limits, damage") {
  const auto bytes = Numbered(100000);
  auto packed = Gzip(bytes, 6);
  CHECK(LooksGzipped(packed));
  std::vector<std::byte> out(bytes.size());
  CHECK(GunzipInto(packed, out) == bytes.size());
  CHECK(out == bytes);
  out.resize(out.size() - 1);
  CHECK(CodeOf([&] { GunzipInto(packed, out); }) == "ERR_CORRUPT_DATA");
  CHECK(GunzipPrefix(packed, out) == out.size());
  CHECK(std::equal(out.begin(), out.end(), bytes.begin()));

  auto two = packed;
  two.insert(two.end(), packed.begin(), packed.end());
  two.resize(two.size() + 100);
  out.resize(bytes.size() * 2);
  CHECK(GunzipInto(two, out) == out.size());
  std::vector<std::byte> prefix(bytes.size() + 5);
  CHECK(GunzipPrefix(two, prefix) == prefix.size());

  packed[packed.size() / 2] ^= std::byte{0x55};
  CHECK(CodeOf([&] { GunzipInto(packed, out); }) == "ERR_CORRUPT_DATA");
}

TEST_CASE("raw deflate: any size up to the limit") {
  const std::vector<std::byte> zeros(5'000'000);
  const auto packed = DeflateRaw(zeros);
  CHECK(InflateRaw(packed, zeros.size()).size == zeros.size());
  CHECK(CodeOf([&] { InflateRaw(packed, zeros.size() - 1); }) == "ERR_RESOURCE");
  CHECK(CodeOf([&] { InflateRaw(std::span(packed).first(packed.size() / 2), 1 << 30); }) == "ERR_CORRUPT_DATA");
}

TEST_CASE("A folder goes with all that is in it, links unfollowed") {
  const test::TempFolder folder;
  namespace fs = std::filesystem;
  const fs::path tree = folder / "tree", outside = folder / "outside";
  fs::create_directories(tree / "a/b/c");
  fs::create_directories(outside);
  // More entries than one list of the kernel holds.
  for (int i = 0; i < 1500; ++i) std::ofstream(tree / "a" / ("file-" + std::to_string(i))) << i;
  std::ofstream(tree / "a/b/c/deep") << 1;
  std::ofstream(outside / "stays") << 1;
  fs::create_directory_symlink(outside, tree / "a/link");
  CHECK(RemoveTree(tree.c_str()));
  CHECK_FALSE(fs::exists(tree));
  CHECK(fs::exists(outside / "stays"));
  CHECK(RemoveTree(tree.c_str()));
}
