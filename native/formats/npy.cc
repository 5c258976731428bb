// NumPy arrays (numpy.lib.format, versions 1.0 to 3.0), read and written.
//
//   "\x93NUMPY" | major, minor | header length (2 bytes in version 1, 4 later, little endian) | header | voxels
//   header: a Python dictionary {'descr': '<i2', 'fortran_order': False, 'shape': (5, 4, 3), } padded with blanks
//
// The axis that varies fastest in memory is i, whatever the order is called: the last of a C-ordered array.
#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/error.h"
#include "formats/formats.h"
#include "formats/text_fields.h"
#include "formats/values.h"
#include "formats/voxel_data.h"
#include "io/atomic_file.h"
#include "io/file.h"

namespace isovox::formats {
namespace {

constexpr size_t kLargestHeader = size_t{1} << 20;

Error Wrong(const std::string& why) { return Error(ErrorCode::kCorruptData, "Not a NumPy file: " + why); }

struct Type {
  std::string_view code;
  DType dtype;
  int64_t components;
};
constexpr Type kTypes[] = {{"i1", DType::kInt8, 1},    {"u1", DType::kUint8, 1},   {"i2", DType::kInt16, 1},
                           {"u2", DType::kUint16, 1},  {"i4", DType::kInt32, 1},   {"u4", DType::kUint32, 1},
                           {"i8", DType::kInt64, 1},   {"u8", DType::kUint64, 1},  {"f4", DType::kFloat32, 1},
                           {"f8", DType::kFloat64, 1}, {"c8", DType::kFloat32, 2}, {"c16", DType::kFloat64, 2},
                           {"b1", DType::kUint8, 1},   {"f2", DType::kUint16, 1}};

struct Header {
  std::string descr;
  bool fortran = false;
  std::vector<int64_t> shape;
  uint64_t data_offset = 0;
};

// The text after 'key': up to the comma or brace that ends it (commas in brackets do not).
std::string_view ValueOf(std::string_view dictionary, std::string_view key) {
  const size_t found = dictionary.find(key);
  const size_t colon = found == std::string_view::npos ? found : dictionary.find(':', found);
  if (colon == std::string_view::npos) throw Wrong("its header has no " + std::string(key));
  int depth = 0;
  for (size_t at = colon + 1; at < dictionary.size(); ++at) {
    const char c = dictionary[at];
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    if (depth == 0 && (c == ',' || c == '}')) return Trim(dictionary.substr(colon + 1, at - colon - 1));
  }
  throw Wrong("its header is not closed");
}

Header HeaderOf(const File& file) {
  std::array<std::byte, 12> begin{};
  const size_t got = file.ReadSome(begin, 0);
  const std::span<const std::byte> present(begin.data(), got);
  ByteReader reader(present);
  reader.Skip(6);
  const auto major = reader.Read<uint8_t>();
  reader.Skip(1);
  if (major < 1 || major > 3) {
    throw Error(ErrorCode::kUnsupported, "NumPy format version " + std::to_string(major) + " is not read",
                {{"what", "version"}, {"value", std::to_string(major)}});
  }
  const size_t length = major == 1 ? reader.Read<uint16_t>() : reader.Read<uint32_t>();
  if (length > kLargestHeader || reader.offset() + length > file.size()) throw Wrong("its header is longer than the file");
  std::vector<std::byte> bytes(length);
  file.ReadExactly(bytes, reader.offset());
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Header header;
  header.data_offset = reader.offset() + length;
  std::string_view descr = ValueOf(text, "'descr'");
  if (descr.size() < 3 || (descr.front() != '\'' && descr.front() != '"')) {
    throw Error(ErrorCode::kUnsupported, "A NumPy array of records is not read", {{"what", "descr"}, {"value", std::string(descr)}});
  }
  header.descr = descr.substr(1, descr.size() - 2);
  header.fortran = ValueOf(text, "'fortran_order'") == "True";
  std::string shape(ValueOf(text, "'shape'"));
  for (char& c : shape) {
    if (c == '(' || c == ')' || c == ',') c = ' ';
  }
  if (!Trim(shape).empty()) header.shape = IntegersOf("shape", shape);
  return header;
}

// IEEE 754 binary16 to binary32.
float FromHalf(uint16_t half) {
  const int exponent = half >> 10 & 31;
  const auto fraction = static_cast<float>(half & 1023);
  const float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  if (exponent == 31) return fraction == 0 ? sign * HUGE_VALF : std::nanf("");
  return sign * std::ldexp(fraction + 1024, exponent - 25);
}

std::vector<int64_t> ShapeOf(const Volume& volume, bool& fortran) {
  std::vector<int64_t> shape = {volume.grid.size[2], volume.grid.size[1], volume.grid.size[0]};
  if (volume.frames > 1) shape.insert(shape.begin(), volume.frames);
  if (volume.components > 2) shape.push_back(volume.components);
  fortran = false;
  // The shape as it was read when it still describes this volume.
  const auto kept = volume.metadata.find("npy.shape");
  if (kept == volume.metadata.end() || volume.components > 2) return shape;
  std::vector<int64_t> read;
  for (const std::string& word : SplitWords(kept->second)) read.push_back(ParseInteger(word).value_or(0));
  const auto order = volume.metadata.find("npy.fortran_order");
  const bool was_fortran = order != volume.metadata.end() && order->second == "True";
  std::vector<int64_t> axes = read;
  if (!was_fortran) std::reverse(axes.begin(), axes.end());
  int64_t frames = 1;
  bool same = true;
  for (size_t a = 0; a < std::max<size_t>(axes.size(), 3); ++a) {
    const int64_t size = a < axes.size() ? axes[a] : 1;
    if (a < 3) same = same && size == volume.grid.size[a];
    else frames *= size;
  }
  if (!same || frames != volume.frames) return shape;
  fortran = was_fortran;
  return read;
}

}  // namespace

bool SniffNpy(const std::string&, std::span<const std::byte> head) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  return head.size() >= kMagic.size() &&
         std::string_view(reinterpret_cast<const char*>(head.data()), kMagic.size()) == kMagic;
}

Volume ReadNpy(const Exec& exec, const std::string& path, Wanted wanted, nlohmann::json&) {
  const File file = File::Open(path);
  const Header header = HeaderOf(file);
  const auto type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                 [&](const Type& row) { return row.code == std::string_view(header.descr).substr(1); });
  if (type == std::end(kTypes) || std::string_view("<>|=").find(header.descr[0]) == std::string_view::npos) {
    throw Error(ErrorCode::kUnsupported, "NumPy type \"" + header.descr + "\" is not read",
                {{"what", "descr"}, {"value", header.descr}});
  }
  std::vector<int64_t> axes = header.shape;
  if (!header.fortran) std::reverse(axes.begin(), axes.end());
  Volume volume;
  volume.dtype = type->dtype;
  volume.components = type->components;
  volume.grid.size = {1, 1, 1};
  for (size_t a = 0; a < axes.size(); ++a) {
    if (axes[a] < 1) throw Error(ErrorCode::kUnsupported, "The NumPy array is empty", {{"what", "shape"}, {"value", Joined(header.shape)}});
    if (a < 3) volume.grid.size[a] = axes[a];
  }
  if (axes.size() > 3) volume.frames = static_cast<int64_t>(CheckedProduct(std::span(axes).subspan(3)));
  volume.metadata["npy.shape"] = Joined(header.shape);
  volume.metadata["npy.fortran_order"] = header.fortran ? "True" : "False";
  VoxelData data;
  data.files = {path};
  data.offset = header.data_offset;
  data.endian = header.descr[0] == '>' ? Endian::kBig : Endian::kLittle;
  if (wanted == Wanted::kFacts) return volume;
  ReadVoxelData(exec, data, volume);
  if (type->code != "f2") return volume;
  Volume wide = MakeVolume(volume.grid, DType::kFloat32, volume.frames, volume.components);
  wide.metadata = volume.metadata;
  const auto halves = volume.As<uint16_t>();
  std::transform(halves.begin(), halves.end(), wide.As<float>().begin(), FromHalf);
  return wide;
}

void WriteNpy(const Exec& exec, const Volume& given, const std::string& path, const WriteSettings&) {
  const Volume volume = WithoutScaling(exec, given);
  const int64_t pair = volume.components == 2 ? 2 : 1;
  const auto type = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const Type& row) {
    return row.dtype == volume.dtype && row.components == pair;
  });
  if (type == std::end(kTypes)) {
    throw Error(ErrorCode::kUnsupported, "NumPy has no complex type of " + std::string(DTypeName(volume.dtype)),
                {{"what", "dtype"}, {"value", std::string(DTypeName(volume.dtype))}});
  }
  bool fortran = false;
  const auto shape = ShapeOf(volume, fortran);
  std::string header = std::string("{'descr': '") + (DTypeSize(volume.dtype) == 1 ? '|' : '<') + std::string(type->code) +
                       "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': (" + Joined(shape, ", ") +
                       (shape.size() == 1 ? ",), }" : "), }");
  // Voxels begin at a multiple of 64 bytes.
  header.append(63 - (10 + header.size()) % 64, ' ').push_back('\n');
  std::string begin = "\x93NUMPY";
  begin += {'\x01', '\x00', static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  AtomicFile file(path);
  file.Write(BytesOfText(begin + header));
  file.Write({volume.storage->data(), volume.bytes()});
  file.Commit();
}

}  // namespace isovox::formats
