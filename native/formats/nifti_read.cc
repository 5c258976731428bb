// Reads NIfTI files. Nothing is allocated before the sizes in the header are held against the bytes that are there.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "base/storage.h"
#include "formats/base64.h"
#include "formats/formats.h"
#include "formats/nifti.h"
#include "io/file.h"
#include "io/gzip.h"
#include "simd/samples.h"

namespace isovox::formats {
namespace {

constexpr uint64_t kMostDeflateExpansion = 1032;  // what a byte of deflate can hold at most
constexpr int64_t kLargestExtensions = int64_t{64} << 20;

// The first bytes of a file as its format sees them: gzip taken off.
std::vector<std::byte> PlainHead(std::span<const std::byte> head, size_t most) {
  std::vector<std::byte> plain(most);
  if (LooksGzipped(head)) {
    plain.resize(GunzipPrefix(head, plain));
  } else {
    plain.assign(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(std::min(most, head.size())));
  }
  return plain;
}

// The other half of a pair; as much compressed as this one unless only the other kind is there.
std::string Partner(const std::string& path, const char* from, const char* to) {
  for (const std::string suffix : {"", ".gz"}) {
    const std::string ending = from + suffix;
    if (!EndsWith(path, ending)) continue;
    const std::string stem = path.substr(0, path.size() - ending.size()) + to;
    const std::string other = stem + (suffix.empty() ? ".gz" : "");
    std::error_code ignored;
    const bool only_other = !std::filesystem::exists(stem + suffix, ignored) && std::filesystem::exists(other, ignored);
    return only_other ? other : stem + suffix;
  }
  return {};
}

int64_t Product(const NiftiHeader& header, size_t first, size_t last) {
  const std::array<int64_t, 4> factors = {header.dim[first], first + 1 <= last ? header.dim[first + 1] : 1,
                                          first + 2 <= last ? header.dim[first + 2] : 1,
                                          first + 3 <= last ? header.dim[first + 3] : 1};
  return static_cast<int64_t>(CheckedProduct(factors));
}

// Header extensions (nifti1_io: esize, ecode, data), kept so that a copy has them too.
void KeepExtensions(std::span<const std::byte> between, Endian endian, Volume& volume) {
  if (between.size() < 4 || between[0] == std::byte{0}) return;
  ByteReader reader(between, endian);
  reader.Skip(4);
  for (int index = 0; reader.remaining() >= 16; ++index) {
    const auto size = reader.Read<int32_t>();
    const auto code = reader.Read<int32_t>();
    if (size < 8 || static_cast<size_t>(size - 8) > reader.remaining()) return;
    volume.metadata["nifti.extension." + std::to_string(index)] =
        std::to_string(code) + ":" + EncodeBase64(reader.Take(static_cast<size_t>(size - 8)));
  }
}

void KeepFields(const NiftiHeader& header, Volume& volume) {
  auto& metadata = volume.metadata;
  if (!header.descrip.empty()) metadata["descrip"] = header.descrip;
  if (!header.intent_name.empty()) metadata["intent_name"] = header.intent_name;
  metadata["intent_code"] = std::to_string(header.intent_code);
  metadata["qform_code"] = std::to_string(header.qform_code);
  metadata["sform_code"] = std::to_string(header.sform_code);
  metadata["xyzt_units"] = std::to_string(header.xyzt_units);
  std::string dim, pixdim;
  for (size_t a = 0; a <= static_cast<size_t>(header.dim[0]); ++a) {
    if (a > 0) dim.push_back(' ');
    dim.append(std::to_string(header.dim[a]));
    if (a < 4) continue;
    if (!pixdim.empty()) pixdim.push_back(' ');
    pixdim.append(std::to_string(header.pixdim[a]));
  }
  metadata["dim"] = dim;
  if (!pixdim.empty()) metadata["pixdim4"] = pixdim;
}

// The voxels of `source`, which begin `skip` bytes into its (decompressed) content, into the volume's storage.
void ReadVoxels(const Exec& exec, const File& source, uint64_t skip, Volume& volume) {
  const size_t bytes = volume.bytes();
  std::array<std::byte, 3> magic{};
  const bool gzipped = source.ReadSome(magic, 0) == magic.size() && LooksGzipped(magic);
  const uint64_t there = gzipped ? source.size() * kMostDeflateExpansion : source.size();
  if (skip + bytes < bytes || there < skip + bytes) {
    throw Error(ErrorCode::kCorruptData,
                "The header declares " + std::to_string(bytes) + " bytes of voxels but " + source.path() +
                    " can hold at most " + std::to_string(there < skip ? 0 : there - skip),
                {{"path", source.path()}});
  }
  if (!gzipped) {
    volume.storage = Storage::AllocateUnset(bytes);
    constexpr int64_t kChunk = int64_t{4} << 20;
    ParallelFor(exec, static_cast<int64_t>(bytes), kChunk, [&](int64_t begin, int64_t end) {
      source.ReadExactly({volume.storage->data() + begin, static_cast<size_t>(end - begin)},
                         skip + static_cast<uint64_t>(begin));
    });
    return;
  }
  const auto packed = Storage::AllocateUnset(static_cast<size_t>(source.size()));
  source.ReadExactly(packed->As<std::byte>(), 0);
  exec.CheckCancelled();
  // Header and voxels come out together: the header before the place where the storage begins.
  volume.storage = Storage::AllocateUnset(bytes, static_cast<size_t>(skip));
  const std::span<std::byte> out(volume.storage->data() - skip, bytes + static_cast<size_t>(skip));
  size_t written = 0;
  try {
    written = GunzipInto(packed->As<std::byte>(), out);
  } catch (const Error& error) {
    // More data than declared, or damage: what comes before it may be all that is needed.
    if (error.code() != ErrorCode::kCorruptData) throw;
    written = GunzipPrefix(packed->As<std::byte>(), out);
  }
  if (written < out.size()) {
    throw Error(ErrorCode::kCorruptData,
                "The header declares " + std::to_string(bytes) + " bytes of voxels but only " +
                    std::to_string(written < skip ? 0 : written - skip) + " are there or can be decompressed",
                {{"path", source.path()}});
  }
}

}  // namespace

bool SniffNifti(const std::string& path, std::span<const std::byte> head) {
  if (EndsWith(path, ".img") || EndsWith(path, ".img.gz")) return true;
  return IsNiftiHeader(PlainHead(head, kNifti2HeaderBytes));
}

Volume ReadNifti(const Exec& exec, const std::string& path, Wanted wanted, nlohmann::json&) {
  std::string header_path = path;
  if (const auto partner = Partner(path, ".img", ".hdr"); !partner.empty()) header_path = partner;
  const File header_file = File::Open(header_path);
  std::vector<std::byte> head(std::min<uint64_t>(header_file.size(), 4096));
  head.resize(header_file.ReadSome(head, 0));
  const NiftiHeader header = ParseNiftiHeader(PlainHead(head, kNifti2HeaderBytes));
  const NiftiType* type = FindNiftiType(header.datatype);
  if (type == nullptr) {
    throw Error(ErrorCode::kUnsupported, "NIfTI data type " + std::to_string(header.datatype) + " is not read",
                {{"what", "datatype"}, {"value", std::to_string(header.datatype)}});
  }
  Volume volume;
  volume.grid = GridOf(header);
  volume.dtype = type->dtype;
  volume.components = type->components;
  volume.frames = Product(header, 4, 7);
  const std::array<int64_t, 6> factors = {header.dim[1], header.dim[2],    header.dim[3],
                                          volume.frames, type->components, static_cast<int64_t>(DTypeSize(type->dtype))};
  CheckedProduct(factors);
  // A slope of zero means that none was set.
  if (std::isfinite(header.scl_slope) && header.scl_slope != 0 && std::isfinite(header.scl_inter) &&
      type->components == 1) {
    volume.slope = header.scl_slope;
    volume.intercept = header.scl_inter;
  }
  KeepFields(header, volume);
  const size_t header_bytes = header.version == 1 ? kNifti1HeaderBytes : kNifti2HeaderBytes;
  if (header.single) {
    const auto begin = static_cast<uint64_t>(std::max<int64_t>(header.vox_offset, static_cast<int64_t>(header_bytes)));
    if (wanted == Wanted::kFacts) return volume;
    ReadVoxels(exec, header_file, begin, volume);
    if (begin > header_bytes + 4 && begin < static_cast<uint64_t>(kLargestExtensions)) {
      std::vector<std::byte> content(static_cast<size_t>(begin));
      if (LooksGzipped(head)) {
        content.resize(GunzipPrefix(ReadWholeFile(header_file).bytes(), content));
      } else {
        content.resize(header_file.ReadSome(content, 0));
      }
      if (content.size() > header_bytes) {
        KeepExtensions(std::span(content).subspan(header_bytes), header.endian, volume);
      }
    }
  } else {
    const std::string image_path = header_path == path ? Partner(path, ".hdr", ".img") : path;
    if (image_path.empty()) {
      throw Error(ErrorCode::kUnsupported, "The header says that its voxels are in an .img file, but it is no .hdr",
                  {{"what", "magic"}, {"value", "pair"}});
    }
    if (wanted == Wanted::kFacts) return volume;
    ReadVoxels(exec, File::Open(image_path), static_cast<uint64_t>(header.vox_offset), volume);
  }
  if (header.endian == Endian::kBig) {
    const size_t size = DTypeSize(volume.dtype);
    constexpr int64_t kChunk = int64_t{1} << 20;
    ParallelFor(exec, volume.elements(), kChunk, [&](int64_t begin, int64_t end) {
      simd::SwapBytes({volume.storage->data() + static_cast<size_t>(begin) * size, static_cast<size_t>(end - begin) * size}, size);
    });
  }
  return volume;
}

}  // namespace isovox::formats
