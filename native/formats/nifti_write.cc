// Writes NIfTI files: version 1 unless a size does not fit, single files or pairs, compressed when the name says so.
#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "formats/base64.h"
#include "formats/formats.h"
#include "formats/nifti.h"
#include "io/atomic_file.h"
#include "io/gzip.h"

namespace isovox::formats {
namespace {

int FieldOr(const Volume& volume, const char* name, int fallback) {
  const auto found = volume.metadata.find(name);
  if (found == volume.metadata.end()) return fallback;
  int value = fallback;
  std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
  return value;
}

std::string TextOr(const Volume& volume, const char* name) {
  const auto found = volume.metadata.find(name);
  return found == volume.metadata.end() ? "" : found->second;
}

// The sizes beyond the third axis: as they were read when they still multiply to the frames, else one axis.
void PutFrames(const Volume& volume, NiftiHeader& header) {
  header.dim.fill(1);
  for (size_t a = 0; a < 3; ++a) header.dim[a + 1] = volume.grid.size[a];
  header.dim[0] = volume.frames > 1 ? 4 : 3;
  header.dim[4] = volume.frames;
  std::vector<int64_t> read;
  const std::string text = TextOr(volume, "dim");
  for (const char *at = text.data(), *end = at + text.size(); at < end;) {
    int64_t value = 0;
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc()) break;
    read.push_back(value);
    at = stop + 1;
  }
  int64_t product = 1;
  for (size_t a = 4; a < read.size(); ++a) product *= read[a];
  if (read.size() < 2 || read.size() > 8 || product != volume.frames) return;
  for (size_t a = 1; a < 4 && a < read.size(); ++a) {
    if (read[a] != volume.grid.size[a - 1]) return;
  }
  header.dim[0] = static_cast<int64_t>(read.size()) - 1;
  for (size_t a = 4; a < read.size(); ++a) header.dim[a] = read[a];
}

void PutTimes(const Volume& volume, NiftiHeader& header) {
  for (size_t a = 4; a < 8; ++a) header.pixdim[a] = 1;
  const std::string text = TextOr(volume, "pixdim4");
  size_t axis = 4;
  for (const char *at = text.data(), *end = at + text.size(); at < end && axis < 8;) {
    double value = 0;
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc()) break;
    header.pixdim[axis++] = value;
    at = stop + 1;
  }
}

std::vector<std::byte> Extensions(const Volume& volume) {
  std::vector<std::byte> out(4);
  for (const auto& [name, text] : volume.metadata) {
    const size_t colon = text.find(':');
    if (!name.starts_with("nifti.extension.") || colon == std::string::npos) continue;
    int32_t code = 0;
    std::from_chars(text.data(), text.data() + colon, code);
    const auto data = DecodeBase64(std::string_view(text).substr(colon + 1));
    if (!data) continue;
    const size_t size = (data->size() + 8 + 15) / 16 * 16;
    const std::array<int32_t, 2> head = {static_cast<int32_t>(size), code};
    const auto raw = std::as_bytes(std::span(head));
    const size_t begin = out.size();
    out.insert(out.end(), raw.begin(), raw.end());
    out.insert(out.end(), data->begin(), data->end());
    out.resize(begin + size);
    out[0] = std::byte{1};
  }
  return out;
}

NiftiHeader HeaderFor(const Volume& volume) {
  const NiftiType* type = FindNiftiType(volume.dtype, volume.components);
  if (type == nullptr) {
    throw Error(ErrorCode::kUnsupported,
                "NIfTI has no type for " + std::to_string(volume.components) + " values of " +
                    std::string(DTypeName(volume.dtype)) + " in a voxel",
                {{"what", "dtype"}, {"value", std::string(DTypeName(volume.dtype))}});
  }
  NiftiHeader header;
  header.datatype = type->code;
  PutFrames(volume, header);
  PutTimes(volume, header);
  if (*std::max_element(header.dim.begin(), header.dim.end()) > 32767) header.version = 2;
  header.scl_slope = type->components == 1 ? volume.slope : 0;
  header.scl_inter = type->components == 1 ? volume.intercept : 0;
  header.qform_code = FieldOr(volume, "qform_code", 1);
  header.sform_code = FieldOr(volume, "sform_code", 1);
  header.xyzt_units = (FieldOr(volume, "xyzt_units", 0) & ~7) | 2;  // lengths are millimetres inside
  header.intent_code = FieldOr(volume, "intent_code", 0);
  header.descrip = TextOr(volume, "descrip");
  header.intent_name = TextOr(volume, "intent_name");
  PutGrid(volume.grid, header);
  return header;
}

void WriteParts(const std::string& path, std::initializer_list<std::span<const std::byte>> parts,
                const WriteSettings& settings) {
  AtomicFile file(path);
  if (EndsWith(path, ".gz")) {
    // One gzip member: some readers in browsers stop after the first.
    size_t total = 0;
    for (const auto part : parts) total += part.size();
    Buffer joined = Buffer::OfSize(total);
    size_t at = 0;
    for (const auto part : parts) {
      std::copy(part.begin(), part.end(), joined.data.get() + at);
      at += part.size();
    }
    file.Write(Gzip(joined.bytes(), settings.level));
  } else {
    for (const auto part : parts) file.Write(part);
  }
  file.Commit();
}

}  // namespace

void WriteNifti(const Exec& exec, const Volume& volume, const std::string& path, const WriteSettings& settings) {
  NiftiHeader header = HeaderFor(volume);
  const auto extensions = Extensions(volume);
  const std::span<const std::byte> voxels(volume.storage->data(), volume.bytes());
  const bool gz = EndsWith(path, ".gz");
  const std::string stem = gz ? path.substr(0, path.size() - 3) : path;
  exec.CheckCancelled();
  if (EndsWith(stem, ".nii")) {
    const size_t header_bytes = header.version == 1 ? kNifti1HeaderBytes : kNifti2HeaderBytes;
    header.vox_offset = static_cast<int64_t>((header_bytes + extensions.size() + 15) / 16 * 16);
    std::vector<std::byte> padding(static_cast<size_t>(header.vox_offset) - header_bytes - extensions.size());
    WriteParts(path, {SerialiseNiftiHeader(header), extensions, padding, voxels}, settings);
    return;
  }
  header.single = false;
  const std::string base = stem.substr(0, stem.size() - 4), tail = gz ? ".gz" : "";
  WriteParts(base + ".img" + tail, {voxels}, settings);
  WriteParts(base + ".hdr" + tail, {SerialiseNiftiHeader(header), extensions}, settings);
}

}  // namespace isovox::formats
