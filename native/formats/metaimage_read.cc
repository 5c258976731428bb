// Reads MetaImage files. The layout is in metaimage.h.
#include <algorithm>
#include <optional>

#include "base/error.h"
#include "formats/formats.h"
#include "formats/metaimage.h"
#include "formats/text_fields.h"
#include "formats/voxel_data.h"
#include "io/file.h"

namespace isovox::formats {
namespace {

constexpr size_t kLargestHeader = size_t{1} << 20;
constexpr int64_t kMostAxes = 10;  // as MetaIO

struct Header {
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> behind;  // lines after ElementDataFile: the names of LIST
  uint64_t data_offset = 0;

  std::string Text(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, value] : fields) {
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) return value;
    }
    return {};
  }
  bool True(std::initializer_list<std::string_view> keys) const {
    const std::string text = Lower(Text(keys));
    return text.starts_with('t') || text == "1";
  }
};

Error Wrong(const std::string& why) { return Error(ErrorCode::kCorruptData, "Not a MetaImage header: " + why); }

std::optional<std::string_view> NextLine(std::string_view text, size_t& at) {
  const size_t newline = text.find('\n', at);
  if (at >= text.size()) return std::nullopt;
  const auto line = Trim(text.substr(at, newline == std::string_view::npos ? text.size() - at : newline - at));
  at = newline == std::string_view::npos ? text.size() : newline + 1;
  return line;
}

Header HeaderOf(const File& file) {
  std::vector<std::byte> bytes(std::min<uint64_t>(kLargestHeader, file.size()));
  bytes.resize(file.ReadSome(bytes, 0));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Header header;
  size_t at = 0;
  while (const auto line = NextLine(text, at)) {
    if (line->empty()) continue;
    const size_t sign = line->find_first_of("=:");
    if (sign == std::string_view::npos) throw Wrong("a line is no key and value");
    header.fields.emplace_back(Trim(line->substr(0, sign)), Trim(line->substr(sign + 1)));
    if (header.fields.back().first != "ElementDataFile") continue;
    header.data_offset = at;
    if (Lower(header.fields.back().second).starts_with("list")) {
      while (const auto name = NextLine(text, at)) {
        if (!name->empty()) header.behind.emplace_back(*name);
      }
    }
    return header;
  }
  throw Wrong("it has no ElementDataFile");
}

// Axes beyond the third are frames; matrix and offset are cut to the first three.
void PutGeometry(const Header& header, size_t axes, Grid& grid) {
  const auto numbers = [&](std::initializer_list<std::string_view> keys, size_t count) {
    const std::string text = header.Text(keys);
    return text.empty() ? std::vector<double>() : RealsOf(*keys.begin(), text, count);
  };
  auto spacing = numbers({"ElementSpacing"}, axes);
  if (spacing.empty()) spacing = numbers({"ElementSize"}, axes);
  const auto matrix = numbers({"TransformMatrix", "Rotation", "Orientation"}, axes * axes);
  const auto offset = numbers({"Offset", "Position", "Origin"}, axes);
  std::array<Vec3, 3> steps = {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}};
  const size_t spatial = std::min<size_t>(axes, 3);
  const auto entry = [&](size_t axis, size_t c) { return c < spatial ? matrix[axis * axes + c] : 0.0; };
  for (size_t a = 0; a < spatial; ++a) {
    if (!matrix.empty()) steps[a] = {entry(a, 0), entry(a, 1), entry(a, 2)};
    if (!spacing.empty()) steps[a] = std::abs(spacing[a]) * steps[a];
  }
  if (!offset.empty()) {
    grid.origin = {offset[0], spatial > 1 ? offset[1] : 0, spatial > 2 ? offset[2] : 0};
  }
  PutSteps(steps, grid);
}

std::vector<std::string> FilesOf(const std::string& path, const Header& header, size_t axes) {
  const std::string text = header.Text({"ElementDataFile"});
  const auto words = SplitWords(text);
  if (words.empty()) throw Wrong("ElementDataFile names nothing");
  std::vector<std::string> files;
  if (Lower(words[0]) == "list") {
    // The number after LIST is how many axes a file has; only the slowest may be spread over files.
    const auto axes_of_file = words.size() > 1 ? ParseInteger(words[1]) : std::optional<int64_t>(static_cast<int64_t>(axes) - 1);
    if (!axes_of_file || *axes_of_file < 1 || *axes_of_file > static_cast<int64_t>(axes)) throw Wrong("LIST is not understood");
    for (const std::string& name : header.behind) files.push_back(BesideHeader(path, name));
    return files;
  }
  if (words[0].find('%') == std::string::npos || words.size() < 3) return {BesideHeader(path, text)};
  const auto low = ParseInteger(words[1]), high = ParseInteger(words[2]);
  const auto step = words.size() > 3 ? ParseInteger(words[3]) : std::optional<int64_t>(1);
  if (!low || !high || !step || *step < 1 || *high < *low || (*high - *low) / *step > 65535) {
    throw Wrong("the numbers of its data files make no series");
  }
  for (int64_t n = *low; n <= *high; n += *step) files.push_back(BesideHeader(path, NumberedName(words[0], n)));
  return files;
}

VoxelData DataOf(const std::string& path, const Header& header, size_t axes) {
  VoxelData data;
  if (header.True({"CompressedData"})) data.packing = Packing::kZlib;
  if (const std::string binary = header.Text({"BinaryData"}); !binary.empty() && !header.True({"BinaryData"})) {
    data.packing = Packing::kText;
  }
  if (header.True({"BinaryDataByteOrderMSB", "ElementByteOrderMSB"})) data.endian = Endian::kBig;
  const int64_t header_size = ParseInteger(header.Text({"HeaderSize"})).value_or(0);
  if (Lower(header.Text({"ElementDataFile"})) == "local") {
    data.files = {path};
    data.offset = header.data_offset;
  } else {
    data.files = FilesOf(path, header, axes);
    // HeaderSize -1: whatever stands before the voxels, which end the file.
    if (header_size < -1) throw Wrong("HeaderSize is negative");
    if (header_size == -1 && data.packing == Packing::kRaw) data.byte_skip = VoxelData::kLastBytes;
    if (header_size > 0) data.offset = static_cast<uint64_t>(header_size);
  }
  return data;
}

DType TypeOf(std::string name) {
  if (name.ends_with("_ARRAY")) name.resize(name.size() - 6);
  for (const MetaType& type : kMetaTypes) {
    if (name == type.name) return type.dtype;
  }
  throw Error(ErrorCode::kUnsupported, "MetaImage type \"" + name + "\" is not read",
              {{"what", "ElementType"}, {"value", name}});
}

}  // namespace

bool IsMetaImageKey(std::string_view key) {
  static constexpr std::string_view kKeys[] = {
      "ObjectType",      "ObjectSubType", "NDims",    "BinaryData",  "BinaryDataByteOrderMSB", "ElementByteOrderMSB",
      "CompressedData",  "CompressedDataSize", "TransformMatrix",    "Rotation",    "Orientation", "Offset", "Position",
      "Origin",          "ElementSpacing", "ElementSize", "DimSize", "ElementNumberOfChannels", "ElementType",
      "HeaderSize",      "ElementDataFile", "AnatomicalOrientation", "CenterOfRotation",
      "ElementToIntensityFunctionSlope", "ElementToIntensityFunctionOffset"};
  return std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys);
}

bool SniffMetaImage(const std::string& path, std::span<const std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  const std::string_view begin = Trim(text.substr(0, text.find('\n')));
  return begin.starts_with("ObjectType") || (text.find("NDims") != std::string_view::npos && text.find("DimSize") != std::string_view::npos) ||
         (!head.empty() && (EndsWith(path, ".mha") || EndsWith(path, ".mhd")));
}

Volume ReadMetaImage(const Exec& exec, const std::string& path, Wanted wanted, nlohmann::json&) {
  const File file = File::Open(path);
  const Header header = HeaderOf(file);
  if (const std::string type = header.Text({"ObjectType"}); !type.empty() && type != "Image") {
    throw Error(ErrorCode::kUnsupported, "The file holds a MetaIO " + type + ", no image",
                {{"what", "ObjectType"}, {"value", type}});
  }
  const int64_t axes = IntegersOf("NDims", header.Text({"NDims"}), 1)[0];
  if (axes < 1 || axes > kMostAxes) throw Wrong("NDims is " + std::to_string(axes));
  const auto sizes = IntegersOf("DimSize", header.Text({"DimSize"}), static_cast<size_t>(axes));
  for (const int64_t size : sizes) {
    if (size < 1) throw Wrong("an axis has no voxel");
  }
  Volume volume;
  const size_t spatial = std::min<size_t>(sizes.size(), 3);
  volume.grid.size = {1, 1, 1};
  std::copy_n(sizes.begin(), spatial, volume.grid.size.begin());
  volume.frames = static_cast<int64_t>(CheckedProduct(std::span(sizes).subspan(spatial)));
  volume.dtype = TypeOf(header.Text({"ElementType"}));
  if (const std::string channels = header.Text({"ElementNumberOfChannels"}); !channels.empty()) {
    volume.components = IntegersOf("ElementNumberOfChannels", channels, 1)[0];
    if (volume.components < 1) throw Wrong("ElementNumberOfChannels is " + channels);
  }
  PutGeometry(header, sizes.size(), volume.grid);
  const double slope = ParseReal(header.Text({"ElementToIntensityFunctionSlope"})).value_or(1);
  const double offset = ParseReal(header.Text({"ElementToIntensityFunctionOffset"})).value_or(0);
  if (std::isfinite(slope) && slope != 0 && std::isfinite(offset)) {
    volume.slope = slope;
    volume.intercept = offset;
  }
  for (const auto& [key, value] : header.fields) {
    if (!IsMetaImageKey(key)) volume.metadata["metaimage." + key] = value;
  }
  volume.metadata["metaimage.DimSize"] = Joined(sizes);
  if (wanted == Wanted::kFacts) return volume;
  ReadVoxelData(exec, DataOf(path, header, sizes.size()), volume);
  return volume;
}

}  // namespace isovox::formats
