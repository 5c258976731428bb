// Writes NRRD files: attached as .nrrd, or .nhdr with the voxels in a file beside it. The layout is in nrrd.h.
#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.h"
#include "formats/formats.h"
#include "formats/nrrd.h"
#include "formats/text_fields.h"
#include "formats/values.h"
#include "io/atomic_file.h"

namespace isovox::formats {
namespace {

constexpr NrrdSpace kSpaces[] = {
    {"left-posterior-superior", "lps", 1, 1, 1},
    {"right-anterior-superior", "ras", -1, -1, 1},
    {"left-anterior-superior", "las", 1, -1, 1},
    {"left-posterior-superior-time", "lpst", 1, 1, 1},
    {"right-anterior-superior-time", "rast", -1, -1, 1},
    {"left-anterior-superior-time", "last", 1, -1, 1},
};

struct Codec {
  const char* name;
  Packing packing;
  const char* suffix;  // of a detached file
};
constexpr Codec kCodecs[] = {{"gzip", Packing::kGzip, ".raw.gz"},
                             {"raw", Packing::kRaw, ".raw"},
                             {"bzip2", Packing::kBzip2, ".raw.bz2"},
                             {"ascii", Packing::kText, ".txt"}};

const char* TypeName(DType dtype) {
  static constexpr const char* kNames[] = {"int8",  "uint8",  "int16", "uint16", "int32",
                                           "uint32", "int64", "uint64", "float",  "double"};
  return kNames[static_cast<size_t>(dtype)];
}

std::string Vector(Vec3 v, const NrrdSpace& space) {
  // Adding zero turns a negative zero into zero.
  const std::array<double, 3> parts = {space.x * v.x + 0.0, space.y * v.y + 0.0, space.z * v.z + 0.0};
  std::string text(1, '(');
  text += Joined(parts, ",");
  text.push_back(')');
  return text;
}

std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') out += "\\\\";
    else if (c == '\n') out += "\\n";
    else if (c != '\r') out.push_back(c);
  }
  return out;
}

std::string Meta(const Volume& volume, const std::string& name) {
  const auto found = volume.metadata.find("nrrd." + name);
  return found == volume.metadata.end() ? std::string() : found->second;
}

// The sizes as they were read when they still describe this volume, else components, i, j, k, frames.
std::vector<int64_t> SizesOf(const Volume& volume, bool& as_read) {
  const auto& n = volume.grid.size;
  std::vector<int64_t> sizes;
  if (volume.components > 1) sizes.push_back(volume.components);
  sizes.insert(sizes.end(), {n[0], n[1], n[2]});
  std::vector<int64_t> read;
  for (const std::string& word : SplitWords(Meta(volume, "sizes"))) read.push_back(ParseInteger(word).value_or(0));
  int64_t rest = 1;
  as_read = read.size() >= sizes.size() && std::equal(sizes.begin(), sizes.end(), read.begin()) &&
            Meta(volume, "orientation") == volume.grid.OrientationCode();
  for (size_t a = sizes.size(); a < read.size() && as_read; ++a) rest *= read[a];
  as_read = as_read && rest == volume.frames;
  if (as_read) return read;
  if (volume.frames > 1) sizes.push_back(volume.frames);
  return sizes;
}

std::string HeaderFor(const Volume& volume, const Codec& codec, const std::string& data_file) {
  const Grid& grid = volume.grid;
  const NrrdSpace* kept = FindNrrdSpace(Meta(volume, "space"));
  const NrrdSpace& space = kept == nullptr ? kSpaces[0] : *kept;
  bool as_read = false;
  const auto sizes = SizesOf(volume, as_read);
  const bool vectors = volume.components > 1;
  const size_t behind = sizes.size() - 3 - (vectors ? 1 : 0);
  std::string text = "NRRD0005\n";
  const auto field = [&](const std::string& name, const std::string& value) { text += name + ": " + value + "\n"; };
  field("type", TypeName(volume.dtype));
  field("dimension", std::to_string(sizes.size()));
  // The spaces with time are four-dimensional; the vectors written here have three.
  field("space", std::string(space.name).substr(0, std::string_view(space.name).find("-time")));
  field("sizes", Joined(sizes));
  std::string directions = vectors ? "none " : "";
  directions += Vector(grid.spacing[0] * grid.axes.i, space) + " " + Vector(grid.spacing[1] * grid.axes.j, space) + " " +
                Vector(grid.spacing[2] * grid.axes.k, space);
  for (size_t a = 0; a < behind; ++a) directions += " none";
  field("space directions", directions);
  std::string kinds = Meta(volume, "kinds");
  if (!as_read || SplitWords(kinds).size() != sizes.size()) {
    kinds = vectors ? (volume.components == 2   ? "complex "
                       : volume.components == 3 ? "RGB-color "
                       : volume.components == 4 ? "RGBA-color "
                                                : "vector ")
                    : "";
    kinds += "domain domain domain";
    for (size_t a = 0; a < behind; ++a) kinds += " list";
  }
  field("kinds", kinds);
  if (DTypeSize(volume.dtype) > 1 && codec.packing != Packing::kText) field("endian", "little");
  field("encoding", codec.name);
  field("space origin", Vector(grid.origin, space));
  for (const char* name : kNrrdKeptFields) {
    if (const std::string value = Meta(volume, name); !value.empty()) field(name, value);
  }
  for (const char* name : kNrrdAxisFields) {
    const std::string value = Meta(volume, name);
    if (as_read && !value.empty() && std::string_view(name) != "kinds") field(name, value);
  }
  constexpr std::string_view kKey = "nrrd.key.";
  if (!data_file.empty()) field("data file", data_file);
  for (const auto& [name, value] : volume.metadata) {
    if (name.starts_with(kKey)) text += Escaped(name.substr(kKey.size())) + ":=" + Escaped(value) + "\n";
  }
  return text + "\n";
}

}  // namespace

const NrrdSpace* FindNrrdSpace(std::string_view name) {
  for (const NrrdSpace& space : kSpaces) {
    if (name == space.name || name == space.letters) return &space;
  }
  return nullptr;
}

void WriteNrrd(const Exec& exec, const Volume& given, const std::string& path, const WriteSettings& settings) {
  const Volume volume = WithoutScaling(exec, given);
  const Codec& codec = FindCodec(kCodecs, settings.codec);
  exec.CheckCancelled();
  if (!EndsWith(path, ".nhdr")) {
    AtomicFile file(path);
    file.Write(BytesOfText(HeaderFor(volume, codec, "")));
    WriteVoxelData(volume, codec.packing, settings.level, file);
    file.Commit();
    return;
  }
  const std::string data_path = path.substr(0, path.size() - 5) + codec.suffix;
  AtomicFile data(data_path);
  WriteVoxelData(volume, codec.packing, settings.level, data);
  data.Commit();
  const std::string header = HeaderFor(volume, codec, std::filesystem::path(data_path).filename().string());
  WriteFileAtomically(path, BytesOfText(header));
}

}  // namespace isovox::formats
