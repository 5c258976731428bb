// bombs: files of a few bytes, or a few hundred thousand, that say or unfold to gigabytes. Each is read in a process of its own and has
// to be refused within 100 ms of processor time and 64 MB. Prints a line of JSON per bomb.
#include <libdeflate.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>

#include "align/sequences.h"
#include "dicom/maker.h"
#include "dicom/rtdose.h"
#include "dicom/rtstruct.h"
#include "formats/format.h"
#include "io/xml.h"
#include "seeds.h"
#include "store/volume_store.h"

namespace {

using namespace isovox;
using Bytes = std::vector<char>;
namespace fs = std::filesystem;

constexpr double kMostSeconds = 0.1, kMostMb = 64;

template <typename T>
void Put(Bytes& bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

Bytes Text(const std::string& text) { return {text.begin(), text.end()}; }

// Half a gigabyte of zeros behind `head`, packed.
Bytes Packed(const Bytes& head, bool gzip) {
  Bytes plain = head;
  plain.resize(head.size() + (size_t{512} << 20));
  libdeflate_compressor* packer = libdeflate_alloc_compressor(6);
  Bytes packed(plain.size() / 500);
  const auto pack = gzip ? libdeflate_gzip_compress : libdeflate_deflate_compress;
  packed.resize(pack(packer, plain.data(), plain.size(), packed.data(), packed.size()));
  libdeflate_free_compressor(packer);
  return packed;
}

Bytes Nifti(std::initializer_list<int16_t> sizes) {
  Bytes bytes(352 + 16);
  Put<int32_t>(bytes, 0, 348);
  Put<int16_t>(bytes, 40, static_cast<int16_t>(sizes.size()));
  size_t at = 42;
  for (const int16_t size : sizes) {
    Put(bytes, at, size);
    at += 2;
  }
  Put<int16_t>(bytes, 70, 4);
  Put<int16_t>(bytes, 72, 16);
  for (size_t i = 0; i < 8; ++i) Put<float>(bytes, 76 + 4 * i, 1);
  Put<float>(bytes, 108, 352);
  std::memcpy(bytes.data() + 344, "n+1", 4);
  return bytes;
}

Bytes Gzip(const Bytes& plain) {
  libdeflate_compressor* packer = libdeflate_alloc_compressor(6);
  Bytes packed(plain.size() + 100);
  packed.resize(libdeflate_gzip_compress(packer, plain.data(), plain.size(), packed.data(), packed.size()));
  libdeflate_free_compressor(packer);
  return packed;
}

// The value of an element of explicit little endian, replaced by another of the same length.
Bytes With(Bytes bytes, uint16_t group, uint16_t element, const std::string& value) {
  char tag[4];
  std::memcpy(tag, &group, 2);
  std::memcpy(tag + 2, &element, 2);
  for (size_t at = 132; at + 8 + value.size() <= bytes.size(); ++at) {
    if (std::memcmp(bytes.data() + at, tag, 4) != 0) continue;
    std::memcpy(bytes.data() + at + 8, value.data(), value.size());
    return bytes;
  }
  std::fprintf(stderr, "element %04x,%04x is not there\n", group, element);
  std::abort();
}

const std::string kHuge("\xFF\xFF", 2);

// Items in items, of undefined length, before PatientName.
Bytes Nested(const Bytes& file, int depth) {
  constexpr char kLevel[] = "\x08\x00\x40\x11SQ\0\0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF", kName[] = "\x10\x00\x10\x00PN";
  const auto at = std::search(file.begin(), file.end(), kName, kName + 6);
  if (at == file.end()) std::abort();
  Bytes bytes(file.begin(), at);
  for (int i = 0; i < depth; ++i) bytes.insert(bytes.end(), kLevel, kLevel + sizeof kLevel - 1);
  bytes.insert(bytes.end(), at, file.end());
  return bytes;
}

struct Bomb {
  std::string name, file;
  Bytes bytes;
};

void Volume1(const std::string& path) { formats::ReadVolume({}, path); }

// A Zarr array of one chunk of `side`^3 int16 whose file is `chunk`.
void MakeArray(const std::string& folder, const char* codecs, int64_t side, const Bytes& chunk) {
  const std::string s = std::to_string(side), shape = "[" + s + "," + s + "," + s + "]";
  fs::create_directories(folder + "/c/0/0");
  test::Spill(folder + "/zarr.json",
              Text(R"({"zarr_format":3,"node_type":"array","shape":)" + shape +
                   R"(,"data_type":"int16","chunk_grid":{"name":"regular","configuration":{"chunk_shape":)" + shape +
                   R"(}},"chunk_key_encoding":{"name":"default","configuration":{"separator":"/"}},"fill_value":0,"codecs":)" + codecs + "}"));
  test::Spill(folder + "/c/0/0/0", chunk);
}

}  // namespace

int main() {
  const test::TempFolder folder;
  Bytes ct, rle, jpeg, jpeg_ls, dose, structures;
  for (const fuzz::Seed& seed : fuzz::MakeSeeds()) {
    // The first of each is explicit little endian.
    const auto keep = [&](const char* format, Bytes& into) {
      if (seed.format == format && into.empty()) into = seed.bytes;
    };
    keep("ct", ct);
    keep("rle", rle);
    keep("jpeg", jpeg);
    keep("jpeg-ls", jpeg_ls);
    keep("rtdose", dose);
    keep("rtstruct", structures);
  }
  const auto large = [](const Bytes& bytes) { return With(With(bytes, 0x28, 0x10, kHuge), 0x28, 0x11, kHuge); };
  Bytes zstd_frame = {0x28, '\xB5', 0x2F, '\xFD', '\xE0', 0, 0, 0, '\x80', 0, 0, 0, 0, 0x01, 0, 0};
  const auto dim3 = Nifti({32767, 32767, 32767});
  const std::vector<Bomb> files = {
      {"NIfTI of 32767^3 voxels in 368 bytes", "a.nii", dim3},
      {"the same in gzip", "a.nii.gz", Gzip(dim3)},
      {"NIfTI of 7 axes whose product overflows", "b.nii", Nifti({32767, 32767, 32767, 32767, 32767, 1, 1})},
      {"NIfTI of 65 GB that unfolds to 512 MB", "c.nii.gz", Packed(Nifti({32767, 1000, 1000}), true)},
      {"NRRD of 10^15 bytes", "a.nrrd", Text("NRRD0004\ntype: int16\ndimension: 3\nsizes: 100000 100000 50000\nencoding: raw\nendian: little\n\nxx")},
      {"NRRD whose sizes overflow", "b.nrrd", Text("NRRD0004\ntype: int16\ndimension: 3\nsizes: 4294967296 4294967296 4\nencoding: raw\nendian: little\n\nxx")},
      {"NRRD in gzip, 10^15 bytes", "c.nrrd", [] {
         Bytes bytes = Text("NRRD0004\ntype: int16\ndimension: 3\nsizes: 100000 100000 50000\nencoding: gzip\nendian: little\n\n");
         const Bytes data = Gzip(Bytes(64));
         bytes.insert(bytes.end(), data.begin(), data.end());
         return bytes;
       }()},
      {"NRRD as text, 10^15 numbers", "d.nrrd", Text("NRRD0004\ntype: int16\ndimension: 3\nsizes: 100000 100000 50000\nencoding: ascii\n\n1 2 3")},
      {"MetaImage of 10^15 bytes", "a.mha", Text("ObjectType = Image\nNDims = 3\nDimSize = 100000 100000 50000\nElementType = MET_SHORT\nElementDataFile = LOCAL\nxx")},
      {"NumPy array of 10^15 bytes", "a.npy", [] {
         std::string header = "{'descr': '<i2', 'fortran_order': False, 'shape': (100000, 100000, 50000), }\n";
         Bytes bytes = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, static_cast<char>(header.size()), 0};
         bytes.insert(bytes.end(), header.begin(), header.end());
         return bytes;
       }()},
      {"DICOM image of 65535 x 65535", "a.dcm", large(ct)},
      {"the same in RLE", "b.dcm", large(rle)},
      {"the same in lossless JPEG", "c.dcm", large(jpeg)},
      {"the same in JPEG-LS", "d.dcm", large(jpeg_ls)},
      {"DICOM in gzip that unfolds to 512 MB", "e.dcm.gz", Packed(ct, true)},
      {"DICOM with sequences 200,000 deep", "f.dcm", Nested(ct, 200000)},
      {"RTDOSE of 65535 x 65535", "dose.dcm", large(dose)},
      {"RTSTRUCT with sequences 200,000 deep", "structures.dcm", Nested(structures, 200000)},
  };
  bool failed = false;
  int count = 0;
  const auto judge = [&](const std::string& name, size_t size, const std::function<void()>& read) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);
      try {
        read();
      } catch (const Error&) {
        std::_Exit(12);
      } catch (const std::bad_alloc&) {
        std::_Exit(13);
      }
      std::_Exit(10);
    }
    int status = 0;
    rusage usage{};
    ::wait4(child, &status, 0, &usage);
    const double seconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                           1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    const double mb = static_cast<double>(usage.ru_maxrss) / 1024;
    const bool refused = WIFEXITED(status) && WEXITSTATUS(status) == 12;
#if defined(ISOVOX_FUZZ_ASAN)
    const bool good = refused;  // its own time and memory are counted too
#else
    const bool good = refused && seconds <= kMostSeconds && mb <= kMostMb;
#endif
    std::printf("{\"bomb\":\"%s\",\"bytes\":%zu,\"refused\":%s,\"seconds\":%.3f,\"mb\":%.1f}%s\n", name.c_str(), size, refused ? "true" : "false",
                seconds, mb, good ? "" : "  <- too much");
    std::fflush(stdout);
    failed = failed || !good;
    ++count;
  };
  for (const Bomb& bomb : files) {
    const std::string path = folder / bomb.file;
    test::Spill(path, bomb.bytes);
    judge(bomb.name, bomb.bytes.size(), [&] {
      if (bomb.file == "dose.dcm") return static_cast<void>(dicom::ReadRtDose({}, path));
      if (bomb.file == "structures.dcm") return static_cast<void>(dicom::ReadRtStruct({}, path));
      Volume1(path);
    });
  }
  const auto read_array = [](const std::string& path) { return [path] { store::OpenVolume(path).ReadAll({}); }; };
  const std::string a = folder / "a.zarr", b = folder / "b.zarr", c = folder / "c.zarr";
  const char* bytes_codec = R"({"name":"bytes","configuration":{"endian":"little"}})";
  MakeArray(a, (std::string("[") + bytes_codec + R"(,{"name":"zstd","configuration":{"level":1}}])").c_str(), 1000, zstd_frame);
  judge("Zarr chunk of 2 GB in 16 bytes of zstd", zstd_frame.size(), read_array(a));
  MakeArray(b, (std::string("[") + bytes_codec + R"(,{"name":"gzip","configuration":{"level":1}}])").c_str(), 1000, Gzip(Bytes(64)));
  judge("Zarr chunk of 2 GB in gzip of 64 bytes", 30, read_array(b));
  const std::string sharding = std::string(R"([{"name":"sharding_indexed","configuration":{"chunk_shape":[1,1,1],"codecs":[)") + bytes_codec +
                               R"(],"index_codecs":[)" + bytes_codec + R"(],"index_location":"end"}}])";
  MakeArray(c, sharding.c_str(), 1000, Bytes(64));
  judge("Zarr shard whose index has 10^9 entries", 64, read_array(c));
  std::string xml;
  for (int i = 0; i < 200000; ++i) xml += "<a>";
  judge("XML 200,000 deep", xml.size(), [&] { ParseXml(xml); });
  std::printf("%d bombs\n", count);
  return failed ? 1 : 0;
}
