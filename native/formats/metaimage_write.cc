// Writes MetaImage files: .mha in one, or .mhd with the voxels in a file beside it. The layout is in metaimage.h.
#include <filesystem>

#include "base/error.h"
#include "formats/formats.h"
#include "formats/metaimage.h"
#include "formats/text_fields.h"
#include "formats/values.h"
#include "formats/voxel_data.h"
#include "io/atomic_file.h"
#include "io/gzip.h"

namespace isovox::formats {
namespace {

struct Codec {
  const char* name;
  Packing packing;
  const char* suffix;  // of a detached file
};
constexpr Codec kCodecs[] = {
    {"zlib", Packing::kZlib, ".zraw"}, {"raw", Packing::kRaw, ".raw"}, {"ascii", Packing::kText, ".txt"}};

// Where each axis begins, as MetaIO has it: "RAI" for axes that grow towards left, posterior and superior.
std::string AnatomicalOrientation(const Grid& grid) {
  std::string code = grid.OrientationCode();
  for (char& c : code) {
    const std::string_view from = "LRPASI", to = "RLAPIS";
    c = to[from.find(c)];
  }
  return code;
}

std::string HeaderFor(const Volume& volume, const Codec& codec, size_t packed, const std::string& data_file) {
  const Grid& grid = volume.grid;
  std::vector<int64_t> sizes(grid.size.begin(), grid.size.end());
  if (volume.frames > 1) sizes.push_back(volume.frames);
  // Sizes as they were read (two axes, or more than four) when they still describe this volume.
  if (const auto read = volume.metadata.find("metaimage.DimSize"); read != volume.metadata.end()) {
    std::vector<int64_t> kept;
    for (const std::string& word : SplitWords(read->second)) kept.push_back(ParseInteger(word).value_or(0));
    int64_t frames = 1;
    bool same = !kept.empty();
    for (size_t a = 0; a < std::max<size_t>(kept.size(), 3); ++a) {
      const int64_t size = a < kept.size() ? kept[a] : 1;
      if (a < 3) same = same && size == grid.size[a];
      else frames *= size;
    }
    if (same && frames == volume.frames) sizes = kept;
  }
  const size_t axes = sizes.size();
  const Vec3 axis[] = {grid.axes.i, grid.axes.j, grid.axes.k};
  std::vector<double> matrix, offset, spacing, centre(axes, 0.0);
  const auto part = [](Vec3 v, size_t c) { return c == 0 ? v.x : c == 1 ? v.y : v.z; };
  for (size_t a = 0; a < axes; ++a) {
    for (size_t c = 0; c < axes; ++c) matrix.push_back(a < 3 && c < 3 ? part(axis[a], c) + 0.0 : a == c ? 1.0 : 0.0);
    offset.push_back(a < 3 ? part(grid.origin, a) + 0.0 : 0.0);
    spacing.push_back(a < 3 ? grid.spacing[a] : 1.0);
  }
  std::string text;
  const auto field = [&](const std::string& name, const std::string& value) { text += name + " = " + value + "\n"; };
  field("ObjectType", "Image");
  field("NDims", std::to_string(axes));
  field("BinaryData", codec.packing == Packing::kText ? "False" : "True");
  field("BinaryDataByteOrderMSB", "False");
  field("CompressedData", codec.packing == Packing::kZlib ? "True" : "False");
  if (codec.packing == Packing::kZlib) field("CompressedDataSize", std::to_string(packed));
  field("TransformMatrix", Joined(matrix));
  field("Offset", Joined(offset));
  field("CenterOfRotation", Joined(centre));
  if (axes >= 3) field("AnatomicalOrientation", AnatomicalOrientation(grid));
  field("ElementSpacing", Joined(spacing));
  field("DimSize", Joined(sizes));
  constexpr std::string_view kOwn = "metaimage.";
  for (const auto& [name, value] : volume.metadata) {
    if (!name.starts_with(kOwn) || IsMetaImageKey(name.substr(kOwn.size()))) continue;
    std::string line = value;
    std::erase_if(line, [](char c) { return c == '\n' || c == '\r'; });
    field(name.substr(kOwn.size()), line);
  }
  if (volume.slope != 1 || volume.intercept != 0) {
    field("ElementToIntensityFunctionSlope", Shortest(volume.slope));
    field("ElementToIntensityFunctionOffset", Shortest(volume.intercept));
  }
  if (volume.components > 1) field("ElementNumberOfChannels", std::to_string(volume.components));
  for (const MetaType& type : kMetaTypes) {
    if (type.dtype != volume.dtype) continue;
    field("ElementType", type.name);
    break;
  }
  field("ElementDataFile", data_file);
  return text;
}

}  // namespace

void WriteMetaImage(const Exec& exec, const Volume& given, const std::string& path, const WriteSettings& settings) {
  // Readers in use ignore the scaling of the format, so only what was read from one is written with it.
  const bool own = given.metadata.contains("metaimage.DimSize");
  const Volume volume = own ? given : WithoutScaling(exec, given);
  const Codec& codec = FindCodec(kCodecs, settings.codec);
  exec.CheckCancelled();
  const std::span<const std::byte> voxels(volume.storage->data(), volume.bytes());
  const auto packed = codec.packing == Packing::kZlib ? Zlib(voxels, settings.level) : std::vector<std::byte>();
  const auto put = [&](AtomicFile& file) {
    if (codec.packing == Packing::kZlib) file.Write(packed);
    else WriteVoxelData(volume, codec.packing, settings.level, file);
  };
  if (!EndsWith(path, ".mhd")) {
    AtomicFile file(path);
    file.Write(BytesOfText(HeaderFor(volume, codec, packed.size(), "LOCAL")));
    put(file);
    file.Commit();
    return;
  }
  const std::string data_path = path.substr(0, path.size() - 4) + codec.suffix;
  AtomicFile data(data_path);
  put(data);
  data.Commit();
  const std::string name = std::filesystem::path(data_path).filename().string();
  const std::string header = HeaderFor(volume, codec, packed.size(), name);
  WriteFileAtomically(path, BytesOfText(header));
}

}  // namespace isovox::formats
