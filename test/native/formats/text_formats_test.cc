// NRRD, MetaImage and NumPy files: both directions, every variant of packing, hostile bytes.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "dicom/maker.h"
#include "formats/format.h"
#include "formats/text_fields.h"
#include "formats/values.h"
#include "io/bzip2.h"
#include "io/gzip.h"

using namespace isovox;
using namespace isovox::formats;
using namespace isovox::test;

namespace {

Volume Counting(DType dtype, int64_t frames = 1, int64_t components = 1) {
  Grid grid;
  grid.size = {3, 4, 5};
  grid.spacing = {0.75, 1.5, 2.25};
  grid.origin = {-12.5, 7.25, 100};
  grid.axes = {{0, 1, 0}, {-1, 0, 0}, {0, 0, -1}};
  Volume volume = MakeVolume(grid, dtype, frames, components);
  VisitDType(dtype, [&](auto sample) {
    using T = decltype(sample);
    int next = 1;
    for (T& value : volume.As<T>()) value = static_cast<T>(next = next * 3 % 101);
  });
  return volume;
}

bool SameVoxels(const Volume& a, const Volume& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.storage->data(), b.storage->data(), a.bytes()) == 0;
}

void SpillText(const std::string& path, const std::string& text) { Spill(path, {text.begin(), text.end()}); }

const std::vector<DType> kAll = {DType::kInt8,  DType::kUint8,  DType::kInt16,  DType::kUint16,  DType::kInt32,
                                 DType::kUint32, DType::kInt64, DType::kUint64, DType::kFloat32, DType::kFloat64};

}  // namespace

TEST_CASE("NRRD and MetaImage: every type, packing, attached and detached, vectors and frames") {
  const TempFolder folder;
  for (const DType dtype : kAll) {
    for (const auto& [frames, components] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {3, 1}, {1, 3}, {2, 4}}) {
      const Volume volume = Counting(dtype, frames, components);
      for (const auto& [name, codecs] : std::vector<std::pair<const char*, std::vector<const char*>>>{
               {"v.nrrd", {"gzip", "raw", "bzip2", "ascii"}},
               {"v.nhdr", {"gzip", "raw", "bzip2", "ascii"}},
               {"v.mha", {"zlib", "raw", "ascii"}},
               {"v.mhd", {"zlib", "raw", "ascii"}}}) {
        for (const char* codec : codecs) {
          CAPTURE(name);
          CAPTURE(codec);
          WriteSettings settings;
          settings.codec = codec;
          WriteVolume({}, volume, folder / name, settings);
          const ReadResult read = ReadVolume({}, folder / name);
          CHECK(read.volume.dtype == dtype);
          CHECK(read.volume.frames == frames);
          CHECK(read.volume.components == components);
          CHECK(SameVoxels(read.volume, volume));
          CHECK(read.volume.grid == volume.grid);
        }
      }
    }
  }
}

TEST_CASE("NumPy: every type, complex pairs, C and Fortran order, both byte orders, three versions") {
  const TempFolder folder;
  for (const DType dtype : kAll) {
    for (const int64_t frames : {1, 3}) {
      const Volume volume = Counting(dtype, frames);
      WriteVolume({}, volume, folder / "v.npy", {});
      const ReadResult read = ReadVolume({}, folder / "v.npy");
      CHECK(read.format == "npy");
      CHECK(read.volume.dtype == dtype);
      CHECK(read.volume.frames == frames);
      CHECK(SameVoxels(read.volume, volume));
      CHECK(read.volume.grid.size == volume.grid.size);
      WriteVolume({}, read.volume, folder / "w.npy", {});
      CHECK(Slurp(folder / "v.npy") == Slurp(folder / "w.npy"));
    }
  }
  const Volume complex = Counting(DType::kFloat32, 1, 2);
  WriteVolume({}, complex, folder / "c.npy", {});
  CHECK(ReadVolume({}, folder / "c.npy").volume.components == 2);
  CHECK(CodeOf([&] { WriteVolume({}, Counting(DType::kInt16, 1, 2), folder / "x.npy", {}); }) == "ERR_UNSUPPORTED");

  const auto spill = [&](char major, const std::string& dictionary, const std::string& data) {
    std::string text = "\x93NUMPY";
    text += {major, '\0', static_cast<char>(dictionary.size()), '\0'};
    if (major > 1) text += std::string(2, '\0');
    SpillText(folder / "made.npy", text + dictionary + data);
    return ReadVolume({}, folder / "made.npy").volume;
  };
  const std::string big("\0\1\0\2\0\3\0\4\0\5\0\6", 12);
  for (const char major : {'\1', '\2', '\3'}) {
    const Volume c = spill(major, "{'descr': '>i2', 'fortran_order': False, 'shape': (2, 3), }\n", big);
    CHECK(c.grid.size == std::array<int64_t, 3>{3, 2, 1});
    CHECK(c.As<int16_t>()[5] == 6);
    const Volume f = spill(major, "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n", big);
    CHECK(f.grid.size == std::array<int64_t, 3>{2, 3, 1});
  }
  const Volume half = spill(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (5,), }\n",
                            std::string("\x00\x3c\x00\xc0\x01\x00\xff\x7b\x00\x7c", 10));
  CHECK(half.dtype == DType::kFloat32);
  CHECK(half.As<float>()[0] == 1);
  CHECK(half.As<float>()[1] == -2);
  CHECK(half.As<float>()[2] == std::ldexp(1.0F, -24));
  CHECK(half.As<float>()[3] == 65504);
  CHECK(std::isinf(half.As<float>()[4]));
  CHECK(CodeOf([&] { spill(1, "{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (2,), }\n", big); }) == "ERR_UNSUPPORTED");
  CHECK(CodeOf([&] { spill(1, "{'descr': '<i2', 'fortran_order': False, 'shape': (2000000, 3000000), }\n", big); }) == "ERR_CORRUPT_DATA");
}

TEST_CASE("NRRD: time that has a dimension of its own is the fourth axis, as ITK and Slicer write it") {
  const TempFolder folder;
  const std::string head = "NRRD0004\ntype: uint8\ndimension: 4\nspace dimension: 4\nencoding: raw\nkinds: domain domain domain domain\n";
  const std::string vectors = "space directions: (-1,0,0,0) (0,-1.5,0,0) (0,0,2,0) (0,0,0,3)\nspace origin: (1,2,3,4)\n\n";
  SpillText(folder / "times.nrrd", head + "sizes: 2 1 1 3\n" + vectors + std::string("\1\2\3\4\5\6", 6));
  const Volume times = ReadVolume({}, folder / "times.nrrd").volume;
  CHECK(times.frames == 3);
  CHECK(times.grid.size == std::array<int64_t, 3>{2, 1, 1});
  CHECK(times.grid.spacing == std::array{1.0, 1.5, 2.0});
  CHECK(times.grid.origin == Vec3{1, 2, 3});
  CHECK(times.grid.axes.i == Vec3{-1, 0, 0});
  CHECK(times.As<uint8_t>()[4] == 5);
  WriteVolume({}, times, folder / "copy.nrrd", {});
  const Volume copy = ReadVolume({}, folder / "copy.nrrd").volume;
  CHECK(copy.grid == times.grid);
  CHECK(SameVoxels(copy, times));
  SpillText(folder / "one.seg.nrrd", head + "sizes: 2 1 1 1\n" + vectors + std::string("\1\2", 2));
  CHECK(ReadVolume({}, folder / "one.seg.nrrd").volume.frames == 1);
  const std::string slanted = "space directions: (1,0,0,1) (0,1,0,0) (0,0,1,0) (0,0,0,1)\n\n";
  SpillText(folder / "slanted.nrrd", head + "sizes: 2 1 1 1\n" + slanted + std::string("\1\2", 2));
  CHECK(CodeOf([&] { ReadVolume({}, folder / "slanted.nrrd"); }) == "ERR_CORRUPT_DATA");
}

TEST_CASE("NRRD: spaces, key and values, axes and skips survive") {
  const TempFolder folder;
  const std::string data("\0\1\0\2\0\3\0\4\0\5\0\6", 12);
  SpillText(folder / "ras.nrrd",
            "NRRD0004\n# a comment\ntype: unsigned short int\ndimension: 3\nspace: RAS\nsizes: 3 2 1\n"
            "space directions: (2,0,0) (0,3,0) (0,0,4)\nspace origin: (10,20,30)\nendian: big\nencoding: raw\n"
            "kinds: domain domain domain\nmeasurement frame: (1,0,0) (0,1,0) (0,0,1)\nlabels: \"x\" \"y\" \"z\"\n"
            "modality:=DWMRI\nnote:=two\\nlines\n\n" + data);
  const Volume ras = ReadVolume({}, folder / "ras.nrrd").volume;
  CHECK(ras.grid.origin == Vec3{-10, -20, 30});
  CHECK(ras.grid.OrientationCode() == "RAS");
  CHECK(ras.As<uint16_t>()[4] == 5);
  CHECK(ras.metadata.at("nrrd.key.note") == "two\nlines");
  WriteVolume({}, ras, folder / "copy.nrrd", {});
  const Volume copy = ReadVolume({}, folder / "copy.nrrd").volume;
  CHECK(copy.metadata == ras.metadata);
  CHECK(copy.grid == ras.grid);
  CHECK(SameVoxels(copy, ras));

  SpillText(folder / "data.bin", "two\nlines\nskip" + data + "tail");
  SpillText(folder / "skips.nhdr",
            "NRRD0001\ntype: short\ndimension: 2\nsizes: 3 2\nspacings: 0.5 2\nendian: big\nencoding: raw\n"
            "line skip: 2\nbyte skip: 4\ndata file: ./data.bin\n");
  const Volume skips = ReadVolume({}, folder / "skips.nhdr").volume;
  CHECK(skips.As<int16_t>()[5] == 6);
  CHECK(skips.grid.spacing == std::array{0.5, 2.0, 1.0});
  for (int i = 1; i <= 3; ++i) SpillText(folder / ("part0" + std::to_string(i) + ".raw"), std::string(2, static_cast<char>(i)));
  const std::string list = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 1 3\nencoding: raw\nspacings: 1 1 1\ndata file: ";
  SpillText(folder / "list.nhdr", list + "LIST\npart01.raw\npart02.raw\npart03.raw\n");
  SpillText(folder / "series.nhdr", list + "part%02d.raw 3 1 -1\n");
  CHECK(ReadVolume({}, folder / "list.nhdr").volume.As<uint8_t>()[5] == 3);
  CHECK(ReadVolume({}, folder / "series.nhdr").volume.As<uint8_t>()[5] == 1);
  SpillText(folder / "out.nhdr", list + "../data.bin\n");
  CHECK(CodeOf([&] { ReadVolume({}, folder / "out.nhdr"); }) == "ERR_UNSUPPORTED");
  SpillText(folder / "etc.nhdr", list + "/etc/passwd\n");
  CHECK(CodeOf([&] { ReadVolume({}, folder / "etc.nhdr"); }) == "ERR_UNSUPPORTED");
  SpillText(folder / "last.nhdr",
            "NRRD0001\ntype: short\ndimension: 2\nsizes: 3 2\nendian: big\nencoding: raw\nbyte skip: -1\ndata file: end.bin\n");
  SpillText(folder / "end.bin", "anything" + data);
  CHECK(ReadVolume({}, folder / "last.nhdr").volume.As<int16_t>()[0] == 1);
}

TEST_CASE("MetaImage: lists, big endian, header sizes, matrices, foreign keys, scaling") {
  const TempFolder folder;
  for (int i = 1; i <= 3; ++i) SpillText(folder / ("s" + std::to_string(i)), std::string("\0\0\0\0", 4) + static_cast<char>(i));
  const std::string head =
      "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = True\nTransformMatrix = 0 1 0 1 0 0 0 0 -1\n"
      "Offset = 1 2 3\nElementSpacing = 2 3 4\nDimSize = 1 1 3\nModality = MET_MOD_CT\nElementType = MET_UCHAR\nHeaderSize = -1\n";
  SpillText(folder / "list.mhd", head + "ElementDataFile = LIST\ns1\ns2\ns3\n");
  SpillText(folder / "series.mhd", head + "ElementDataFile = s%d 1 3 1\n");
  for (const char* name : {"list.mhd", "series.mhd"}) {
    const Volume volume = ReadVolume({}, folder / name).volume;
    CHECK(volume.As<uint8_t>()[2] == 3);
    CHECK(volume.grid.axes.i == Vec3{0, 1, 0});
    CHECK(volume.grid.spacing == std::array{2.0, 3.0, 4.0});
    WriteVolume({}, volume, folder / "copy.mha", {});
    CHECK(ReadVolume({}, folder / "copy.mha").volume.metadata == volume.metadata);
  }
  Volume scaled = Counting(DType::kInt16);
  scaled.intercept = -1000;
  WriteVolume({}, scaled, folder / "hu.mha", {});
  const Volume hu = ReadVolume({}, folder / "hu.mha").volume;
  CHECK(hu.dtype == DType::kInt16);
  CHECK(hu.As<int16_t>()[0] == scaled.As<int16_t>()[0] - 1000);
  scaled.slope = 0.5;
  CHECK(WithoutScaling({}, scaled).dtype == DType::kFloat32);
  CHECK(CodeOf([&] { ConvertValues({}, scaled, DType::kUint8); }) == "ERR_INVALID_ARGUMENT");
  CHECK(ConvertValues({}, scaled, DType::kFloat64).As<double>()[0] == 0.5 * scaled.As<int16_t>()[0] - 1000);
}

TEST_CASE("bzip2 and zlib: there and back, damage, too much") {
  std::vector<std::byte> bytes(3'000'000);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * i >> 7);
  std::vector<std::byte> out(bytes.size());
  auto packed = Bzip2(bytes, 5);
  CHECK(Bunzip2Into(packed, out) == out.size());
  CHECK(out == bytes);
  packed[packed.size() / 2] ^= std::byte{1};
  CHECK(CodeOf([&] { Bunzip2Into(packed, out); }) == "ERR_CORRUPT_DATA");
  auto zlib = Zlib(bytes, 3);
  CHECK(UnzlibInto(zlib, out) == out.size());
  CHECK(out == bytes);
  CHECK(CodeOf([&] { UnzlibInto(zlib, std::span(out).first(10)); }) == "ERR_CORRUPT_DATA");
  const std::vector<std::byte> zeros(50'000'000);
  CHECK(zeros.size() <= (Bzip2(zeros).size() / kLeastBzip2Block + 1) * kMostBzip2PerBlock);
}

TEST_CASE("mutants of NRRD, MetaImage and NumPy files end in a typed error or a volume") {
  const TempFolder folder;
  std::mt19937 random(7);
  const Volume volume = Counting(DType::kInt16, 2);
  for (const auto& [name, codec] : std::vector<std::pair<const char*, const char*>>{
           {"m.nrrd", "gzip"}, {"m.nrrd", "raw"}, {"m.nrrd", "bzip2"}, {"m.nrrd", "ascii"}, {"m.nhdr", "raw"},
           {"m.mha", "zlib"},  {"m.mha", "raw"},  {"m.mha", "ascii"},  {"m.mhd", "raw"},    {"m.npy", ""}}) {
    WriteSettings settings;
    settings.codec = codec;
    WriteVolume({}, volume, folder / name, settings);
    const auto seed = Slurp(folder / name);
    for (int round = 0; round < 300; ++round) {
      auto bytes = seed;
      for (size_t edits = 1 + random() % 4; edits > 0; --edits) {
        const size_t at = random() % std::min<size_t>(bytes.size(), round % 2 ? 500 : bytes.size());
        switch (random() % 5) {
          case 0: bytes[at] = static_cast<char>(random()); break;
          case 1: bytes[at] = '9'; break;
          case 2: bytes.resize(std::max<size_t>(at, 1)); break;
          case 3: bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at)); break;
          default: bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), static_cast<char>('0' + random() % 10));
        }
        if (bytes.empty()) bytes.push_back('N');
      }
      Spill(folder / name, bytes);
      const std::string code = CodeOf([&] { ReadVolume({}, folder / name); });
      CHECK(code != "ERR_INTERNAL");
    }
  }
}
