// Reads NRRD files, attached or detached. The layout is in nrrd.h; field numbers are those of the format's definition.
#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>

#include "base/error.h"
#include "formats/formats.h"
#include "formats/nrrd.h"
#include "formats/text_fields.h"
#include "io/file.h"

namespace isovox::formats {
namespace {

constexpr size_t kLargestHeader = size_t{16} << 20;

struct Header {
  std::map<std::string, std::string> fields;  // lower case
  std::map<std::string, std::string> keys;
  std::vector<std::string> listed_files;
  uint64_t data_offset = 0;  // behind the empty line; 0 when there is none
};

Error Wrong(const std::string& why) { return Error(ErrorCode::kCorruptData, "Not a NRRD header: " + why); }

// Field names have two spellings in places (section 3 of the definition).
std::string Canonical(std::string name) {
  static const std::map<std::string, std::string> kSpellings = {
      {"datafile", "data file"},   {"lineskip", "line skip"},       {"byteskip", "byte skip"},
      {"axismins", "axis mins"},   {"axismaxs", "axis maxs"},       {"centers", "centerings"},
      {"blocksize", "block size"}, {"sampleunits", "sample units"}, {"oldmin", "old min"},
      {"oldmax", "old max"}};
  const auto found = kSpellings.find(name);
  return found == kSpellings.end() ? name : found->second;
}

std::string Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      out.push_back(text[i] == 'n' ? '\n' : text[i]);
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

// False while `text` may go on: neither an empty line nor, at `complete`, the end of the file was met.
bool ParseHeader(std::string_view text, bool complete, Header& header) {
  header = {};
  size_t at = 0;
  for (bool first = true; at < text.size(); first = false) {
    const size_t newline = text.find('\n', at);
    if (newline == std::string_view::npos && !complete) return false;
    const std::string_view line = Trim(text.substr(at, newline - at));
    at = newline == std::string_view::npos ? text.size() : newline + 1;
    if (first) {
      if (!line.starts_with("NRRD000")) throw Wrong("no magic");
      continue;
    }
    if (line.empty()) {
      header.data_offset = at;
      return true;
    }
    if (line[0] == '#') continue;
    if (header.fields.contains("data file") && Lower(header.fields["data file"]).starts_with("list")) {
      header.listed_files.emplace_back(line);
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon + 1 >= line.size()) throw Wrong("a line is neither field nor key");
    if (line[colon + 1] == '=') {
      header.keys[Unescaped(line.substr(0, colon))] = Unescaped(line.substr(colon + 2));
    } else {
      header.fields[Canonical(Lower(line.substr(0, colon)))] = Trim(line.substr(colon + 1));
    }
  }
  return complete;
}

Header HeaderOf(const File& file) {
  Header header;
  for (size_t size = 8192;; size *= 4) {
    std::vector<std::byte> bytes(std::min<uint64_t>(size, file.size()));
    bytes.resize(file.ReadSome(bytes, 0));
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (ParseHeader(text, bytes.size() >= file.size(), header)) return header;
    if (size >= kLargestHeader) throw Wrong("it does not end within 16 MiB");
  }
}

DType TypeOf(const std::string& name) {
  static const std::map<std::string, DType> kNames = {
      {"signed char", DType::kInt8}, {"int8", DType::kInt8}, {"int8_t", DType::kInt8},
      {"uchar", DType::kUint8}, {"unsigned char", DType::kUint8}, {"uint8", DType::kUint8}, {"uint8_t", DType::kUint8},
      {"short", DType::kInt16}, {"short int", DType::kInt16}, {"signed short", DType::kInt16},
      {"signed short int", DType::kInt16}, {"int16", DType::kInt16}, {"int16_t", DType::kInt16},
      {"ushort", DType::kUint16}, {"unsigned short", DType::kUint16}, {"unsigned short int", DType::kUint16},
      {"uint16", DType::kUint16}, {"uint16_t", DType::kUint16},
      {"int", DType::kInt32}, {"signed int", DType::kInt32}, {"int32", DType::kInt32}, {"int32_t", DType::kInt32},
      {"uint", DType::kUint32}, {"unsigned int", DType::kUint32}, {"uint32", DType::kUint32}, {"uint32_t", DType::kUint32},
      {"longlong", DType::kInt64}, {"long long", DType::kInt64}, {"long long int", DType::kInt64},
      {"signed long long", DType::kInt64}, {"signed long long int", DType::kInt64}, {"int64", DType::kInt64},
      {"int64_t", DType::kInt64},
      {"ulonglong", DType::kUint64}, {"unsigned long long", DType::kUint64}, {"unsigned long long int", DType::kUint64},
      {"uint64", DType::kUint64}, {"uint64_t", DType::kUint64},
      {"float", DType::kFloat32}, {"double", DType::kFloat64}};
  const auto found = kNames.find(Lower(name));
  if (found != kNames.end()) return found->second;
  throw Error(ErrorCode::kUnsupported, "NRRD type \"" + name + "\" is not read", {{"what", "type"}, {"value", name}});
}

Packing PackingOf(const std::string& encoding) {
  static const std::map<std::string, Packing> kNames = {
      {"raw", Packing::kRaw},     {"gzip", Packing::kGzip},   {"gz", Packing::kGzip},  {"bzip2", Packing::kBzip2},
      {"bz2", Packing::kBzip2},   {"ascii", Packing::kText},  {"text", Packing::kText}, {"txt", Packing::kText},
      {"hex", Packing::kHex}};
  const auto found = kNames.find(Lower(encoding));
  if (found != kNames.end()) return found->second;
  throw Error(ErrorCode::kUnsupported, "NRRD encoding \"" + encoding + "\" is not read",
              {{"what", "encoding"}, {"value", encoding}});
}

const std::string& Need(const Header& header, const char* field) {
  const auto found = header.fields.find(field);
  if (found == header.fields.end()) throw Wrong(std::string("there is no field ") + field);
  return found->second;
}

std::string Text(const Header& header, const char* field) {
  const auto found = header.fields.find(field);
  return found == header.fields.end() ? std::string() : found->second;
}

using Vector = std::vector<double>;

// "none (1,0,0) (0,1,0)": a vector for each axis that has a direction.
std::vector<std::optional<Vector>> VectorsOf(const std::string& field, std::string_view text) {
  std::vector<std::optional<Vector>> vectors;
  while (!(text = Trim(text)).empty()) {
    if (text[0] != '(') {
      const auto word = SplitWords(text).front();
      if (Lower(word) != "none") throw Wrong(field + " is neither a vector nor none");
      vectors.emplace_back();
      text.remove_prefix(word.size());
      continue;
    }
    const size_t close = text.find(')');
    if (close == std::string_view::npos) throw Wrong(field + " is not closed");
    std::string numbers(text.substr(1, close - 1));
    std::replace(numbers.begin(), numbers.end(), ',', ' ');
    vectors.push_back(RealsOf(field, numbers));
    text.remove_prefix(close + 1);
  }
  return vectors;
}

Vec3 InSpace(const Vector& v) { return {v[0], v.size() > 1 ? v[1] : 0, v.size() > 2 ? v[2] : 0}; }

// The directions of the axes in space. Writers that give time a dimension of its own (space dimension 4) give its axis a
// vector too, which has no part in space.
std::vector<std::optional<Vec3>> DirectionsOf(const Header& header) {
  std::vector<std::optional<Vec3>> directions;
  for (const auto& vector : VectorsOf("space directions", Text(header, "space directions"))) {
    directions.emplace_back();
    if (!vector) continue;
    const Vec3 part = InSpace(*vector);
    const bool beyond = std::any_of(vector->begin() + std::min<std::ptrdiff_t>(3, std::ssize(*vector)), vector->end(),
                                    [](double component) { return component != 0; });
    if (!beyond) directions.back() = part;
    else if (Norm(part) > 0) throw Wrong("an axis runs through space and through another dimension at once");
  }
  return directions;
}

// Which axes are in space; the one before them holds the values of a voxel, those behind them are frames.
struct Roles {
  size_t first = 0, count = 0;
};

Roles RolesOf(const Header& header, size_t dimension, const std::vector<std::optional<Vec3>>& directions) {
  std::vector<bool> spatial(dimension, true);
  if (!directions.empty()) {
    for (size_t a = 0; a < dimension; ++a) spatial[a] = directions[a].has_value();
  } else if (const auto kinds = SplitWords(Text(header, "kinds")); kinds.size() == dimension) {
    for (size_t a = 0; a < dimension; ++a) {
      const std::string kind = Lower(kinds[a]);
      spatial[a] = kind == "domain" || kind == "space" || kind == "???" || kind == "none";
    }
  }
  Roles roles;
  while (roles.first < dimension && !spatial[roles.first]) ++roles.first;
  while (roles.first + roles.count < dimension && spatial[roles.first + roles.count] && roles.count < 3) ++roles.count;
  if (roles.count == 0) return {0, std::min<size_t>(dimension, 3)};  // nothing is said of space
  const auto rest = spatial.begin() + static_cast<std::ptrdiff_t>(roles.first + roles.count);
  if (roles.first > 1 || (!directions.empty() && std::find(rest, spatial.end(), true) != spatial.end())) {
    throw Error(ErrorCode::kUnsupported, "The NRRD file's spatial axes are not side by side behind at most one other axis",
                {{"what", "axes"}, {"value", Text(header, "kinds")}});
  }
  return roles;
}

void PutGeometry(const Header& header, const Roles& roles, const std::vector<std::optional<Vec3>>& directions, Grid& grid) {
  const NrrdSpace* space = FindNrrdSpace(Lower(Text(header, "space")));
  const Vec3 sign = space == nullptr ? Vec3{1, 1, 1} : Vec3{space->x, space->y, space->z};
  std::array<Vec3, 3> steps = {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}};
  if (!directions.empty()) {
    for (size_t a = 0; a < roles.count; ++a) {
      const Vec3 v = *directions[roles.first + a];
      steps[a] = {sign.x * v.x, sign.y * v.y, sign.z * v.z};
    }
    // A single slice in space: the third axis is their normal, one millimetre long.
    if (roles.count == 2) {
      const Vec3 normal = Cross(steps[0], steps[1]);
      if (Norm(normal) > 0) steps[2] = (1 / Norm(normal)) * normal;
    }
    if (const auto origin = VectorsOf("space origin", Text(header, "space origin")); !origin.empty() && origin[0]) {
      const Vec3 place = InSpace(*origin[0]);
      grid.origin = {sign.x * place.x, sign.y * place.y, sign.z * place.z};
    }
  } else {
    const auto words = SplitWords(Text(header, "spacings")), mins = SplitWords(Text(header, "axis mins"));
    double* const origin[] = {&grid.origin.x, &grid.origin.y, &grid.origin.z};
    for (size_t a = 0; a < roles.count; ++a) {
      const size_t axis = roles.first + a;
      const double spacing = axis < words.size() ? ParseReal(words[axis]).value_or(1) : 1;
      if (std::isfinite(spacing) && spacing != 0) steps[a] = std::abs(spacing) * steps[a];
      const double min = axis < mins.size() ? ParseReal(mins[axis]).value_or(0) : 0;
      if (std::isfinite(min)) *origin[a] = min;
    }
  }
  PutSteps(steps, grid);
}

// "data file": one name, "LIST" and a name in every line behind it, or "pattern%03d min max step".
std::vector<std::string> FilesOf(const std::string& path, const Header& header, size_t dimension) {
  const auto words = SplitWords(Need(header, "data file"));
  const auto subdim_is_whole = [&](size_t at) {
    const auto subdim = words.size() > at ? ParseInteger(words[at]) : std::nullopt;
    if (subdim && static_cast<size_t>(*subdim) > dimension) throw Wrong("a data file has more axes than the whole");
  };
  std::vector<std::string> files;
  if (Lower(words[0]) == "list") {
    subdim_is_whole(1);
    for (const std::string& name : header.listed_files) files.push_back(BesideHeader(path, name));
    return files;
  }
  if (words.size() < 4 || words[0].find('%') == std::string::npos) {
    return {BesideHeader(path, Need(header, "data file"))};
  }
  const auto low = ParseInteger(words[1]), high = ParseInteger(words[2]), step = ParseInteger(words[3]);
  if (!low || !high || !step || *step == 0 || (*high - *low) / *step < 0 || (*high - *low) / *step > 65535) {
    throw Wrong("the numbers of its data files make no series");
  }
  subdim_is_whole(4);
  for (int64_t n = *low; *step > 0 ? n <= *high : n >= *high; n += *step) {
    files.push_back(BesideHeader(path, NumberedName(words[0], n)));
  }
  return files;
}

void Keep(const Header& header, Volume& volume) {
  for (const char* field : kNrrdKeptFields) {
    if (const auto found = header.fields.find(field); found != header.fields.end()) {
      volume.metadata[std::string("nrrd.") + field] = found->second;
    }
  }
  for (const char* field : kNrrdAxisFields) {
    if (const auto found = header.fields.find(field); found != header.fields.end()) {
      volume.metadata[std::string("nrrd.") + field] = found->second;
    }
  }
  for (const auto& [key, value] : header.keys) volume.metadata["nrrd.key." + key] = value;
  volume.metadata["nrrd.sizes"] = Text(header, "sizes");
  volume.metadata["nrrd.orientation"] = volume.grid.OrientationCode();
  if (const auto* space = FindNrrdSpace(Lower(Text(header, "space")))) volume.metadata["nrrd.space"] = space->name;
}

}  // namespace

bool SniffNrrd(const std::string&, std::span<const std::byte> head) {
  constexpr std::string_view kMagic = "NRRD000";
  return head.size() >= 9 && std::string_view(reinterpret_cast<const char*>(head.data()), 7) == kMagic;
}

Volume ReadNrrd(const Exec& exec, const std::string& path, Wanted wanted, nlohmann::json&) {
  const File file = File::Open(path);
  const Header header = HeaderOf(file);
  const auto sizes = IntegersOf("sizes", Need(header, "sizes"));
  const auto dimension = IntegersOf("dimension", Need(header, "dimension"), 1)[0];
  if (dimension < 1 || dimension > 16 || sizes.size() != static_cast<size_t>(dimension)) {
    throw Wrong("dimension and sizes disagree");
  }
  for (const int64_t size : sizes) {
    if (size < 1) throw Wrong("an axis has no sample");
  }
  const auto directions = DirectionsOf(header);
  if (!directions.empty() && directions.size() != sizes.size()) throw Wrong("space directions and sizes disagree");

  Volume volume;
  volume.dtype = TypeOf(Need(header, "type"));
  const Roles roles = RolesOf(header, sizes.size(), directions);
  volume.components = static_cast<int64_t>(CheckedProduct(std::span(sizes).first(roles.first)));
  volume.frames = static_cast<int64_t>(CheckedProduct(std::span(sizes).subspan(roles.first + roles.count)));
  volume.grid.size = {1, 1, 1};
  for (size_t a = 0; a < roles.count; ++a) volume.grid.size[a] = sizes[roles.first + a];
  PutGeometry(header, roles, directions, volume.grid);
  Keep(header, volume);

  VoxelData data;
  data.packing = PackingOf(Need(header, "encoding"));
  data.endian = Lower(Text(header, "endian")) == "big" ? Endian::kBig : Endian::kLittle;
  data.line_skip = ParseInteger(Text(header, "line skip")).value_or(0);
  data.byte_skip = ParseInteger(Text(header, "byte skip")).value_or(0);
  if (data.line_skip < 0 || data.byte_skip < VoxelData::kLastBytes) throw Wrong("a skip is negative");
  if (data.byte_skip == VoxelData::kLastBytes && data.packing != Packing::kRaw) {
    throw Wrong("byte skip -1 goes only with raw data");
  }
  if (header.fields.contains("data file")) {
    data.files = FilesOf(path, header, sizes.size());
  } else {
    if (header.data_offset == 0) throw Wrong("no empty line ends it, and it names no data file");
    data.files = {path};
    data.offset = header.data_offset;
  }
  if (wanted == Wanted::kFacts) return volume;
  ReadVoxelData(exec, data, volume);
  return volume;
}

}  // namespace isovox::formats
