#include "formats/nifti.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace isovox::formats {
namespace {

constexpr NiftiType kTypes[] = {
    {2, DType::kUint8, 1},      {4, DType::kInt16, 1},     {8, DType::kInt32, 1},    {16, DType::kFloat32, 1},
    {32, DType::kFloat32, 2},   {64, DType::kFloat64, 1},  {128, DType::kUint8, 3},  {256, DType::kInt8, 1},
    {512, DType::kUint16, 1},   {768, DType::kUint32, 1},  {1024, DType::kInt64, 1}, {1280, DType::kUint64, 1},
    {1792, DType::kFloat64, 2}, {2304, DType::kUint8, 4},
};

Error NotNifti(const std::string& why) { return Error(ErrorCode::kCorruptData, "Not a NIfTI header: " + why); }

std::string TakeText(ByteReader& reader, size_t offset, size_t count) {
  reader.Seek(offset);
  const auto text = reader.TakeText(count);
  return std::string(text.substr(0, std::min(text.find('\0'), text.size())));
}

template <typename Stored, typename T, size_t N>
void TakeArray(ByteReader& reader, size_t offset, std::array<T, N>& into) {
  reader.Seek(offset);
  for (T& value : into) value = static_cast<T>(reader.Read<Stored>());
}

// Where the fields of each version lie. NIfTI-1: int16, float; NIfTI-2: int64, double.
struct Offsets {
  size_t dim, datatype, pixdim, vox_offset, slope, descrip, qform, quatern, srow, units, intent, intent_name, magic;
};
constexpr Offsets kVersion1 = {40, 70, 76, 108, 112, 148, 252, 256, 280, 123, 68, 328, 344};
constexpr Offsets kVersion2 = {16, 12, 104, 168, 176, 240, 344, 352, 400, 500, 504, 508, 4};

template <typename Int, typename Real>
void ParseFields(ByteReader& reader, const Offsets& at, NiftiHeader& header) {
  TakeArray<Int>(reader, at.dim, header.dim);
  reader.Seek(at.datatype);
  header.datatype = reader.Read<int16_t>();
  TakeArray<Real>(reader, at.pixdim, header.pixdim);
  reader.Seek(at.slope);
  header.scl_slope = static_cast<double>(reader.Read<Real>());
  header.scl_inter = static_cast<double>(reader.Read<Real>());
  header.descrip = TakeText(reader, at.descrip, 80);
  reader.Seek(at.qform);
  // Codes are 16 bits in version 1 and 32 in version 2.
  const bool wide = sizeof(Int) == 8;
  header.qform_code = wide ? reader.Read<int32_t>() : reader.Read<int16_t>();
  header.sform_code = wide ? reader.Read<int32_t>() : reader.Read<int16_t>();
  TakeArray<Real>(reader, at.quatern, header.quatern);
  for (size_t row = 0; row < 3; ++row) TakeArray<Real>(reader, at.srow + row * 4 * sizeof(Real), header.srow[row]);
  reader.Seek(at.units);
  header.xyzt_units = wide ? reader.Read<int32_t>() : reader.Read<uint8_t>();
  reader.Seek(at.intent);
  header.intent_code = wide ? reader.Read<int32_t>() : reader.Read<int16_t>();
  header.intent_name = TakeText(reader, at.intent_name, 16);
  reader.Seek(at.vox_offset);
  if (wide) {
    header.vox_offset = reader.Read<int64_t>();
  } else {
    const float offset = reader.Read<float>();
    if (!(offset >= 0 && offset < 1e9F)) throw NotNifti("vox_offset is out of range");
    header.vox_offset = static_cast<int64_t>(offset);
  }
}

// The version and byte order by sizeof_hdr and magic; version 0 when it is neither.
std::pair<int, Endian> VersionOf(std::span<const std::byte> bytes) {
  for (const Endian endian : {Endian::kLittle, Endian::kBig}) {
    if (bytes.size() < kNifti1HeaderBytes) break;
    const auto size = ByteReader(bytes, endian).Read<int32_t>();
    const auto magic_is = [&](size_t offset, const char* magic) {
      return std::memcmp(bytes.data() + offset, magic, 4) == 0;
    };
    if (size == static_cast<int>(kNifti1HeaderBytes) && (magic_is(344, "n+1") || magic_is(344, "ni1"))) return {1, endian};
    if (size == static_cast<int>(kNifti2HeaderBytes) && bytes.size() >= kNifti2HeaderBytes &&
        (magic_is(4, "n+2") || magic_is(4, "ni2"))) {
      return {2, endian};
    }
  }
  return {0, Endian::kLittle};
}

class HeaderWriter {
 public:
  explicit HeaderWriter(size_t size) : bytes_(size) {}
  template <typename T>
  void Put(size_t offset, T value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }
  void PutText(size_t offset, std::string_view text, size_t room) {
    std::memcpy(bytes_.data() + offset, text.data(), std::min(text.size(), room));
  }
  template <typename Stored, typename T, size_t N>
  void PutArray(size_t offset, const std::array<T, N>& values) {
    for (size_t i = 0; i < N; ++i) Put(offset + i * sizeof(Stored), static_cast<Stored>(values[i]));
  }
  std::vector<std::byte> Take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

template <typename Int, typename Real>
void PutFields(HeaderWriter& out, const Offsets& at, const NiftiHeader& header, int16_t bits) {
  const bool wide = sizeof(Int) == 8;
  out.PutArray<Int>(at.dim, header.dim);
  out.Put(at.datatype, static_cast<int16_t>(header.datatype));
  out.Put(at.datatype + 2, bits);
  out.PutArray<Real>(at.pixdim, header.pixdim);
  out.Put(at.slope, static_cast<Real>(header.scl_slope));
  out.Put(at.slope + sizeof(Real), static_cast<Real>(header.scl_inter));
  out.PutText(at.descrip, header.descrip, 79);
  out.PutArray<Real>(at.quatern, header.quatern);
  for (size_t row = 0; row < 3; ++row) out.PutArray<Real>(at.srow + row * 4 * sizeof(Real), header.srow[row]);
  out.PutText(at.intent_name, header.intent_name, 15);
  if (wide) {
    out.Put(at.vox_offset, header.vox_offset);
    out.Put(at.qform, static_cast<int32_t>(header.qform_code));
    out.Put(at.qform + 4, static_cast<int32_t>(header.sform_code));
    out.Put(at.units, static_cast<int32_t>(header.xyzt_units));
    out.Put(at.intent, static_cast<int32_t>(header.intent_code));
    out.PutText(at.magic, header.single ? std::string_view("n+2\0\r\n\x1a\n", 8) : std::string_view("ni2\0\r\n\x1a\n", 8), 8);
  } else {
    out.Put(at.vox_offset, static_cast<float>(header.vox_offset));
    out.Put(at.qform, static_cast<int16_t>(header.qform_code));
    out.Put(at.qform + 2, static_cast<int16_t>(header.sform_code));
    out.Put(at.units, static_cast<uint8_t>(header.xyzt_units));
    out.Put(at.intent, static_cast<int16_t>(header.intent_code));
    out.PutText(at.magic, header.single ? "n+1" : "ni1", 4);
    out.Put(38, 'r');  // "regular", which old readers of Analyze files look for
  }
}

using Affine = std::array<std::array<double, 4>, 3>;

bool SpansVolume(const Affine& a) {
  double product = 1;
  Vec3 column[3];
  for (size_t c = 0; c < 3; ++c) {
    column[c] = {a[0][c], a[1][c], a[2][c]};
    product *= Norm(column[c]);
  }
  const double determinant = Dot(column[0], Cross(column[1], column[2]));
  bool finite = std::isfinite(determinant);
  for (const auto& row : a) finite = finite && std::isfinite(row[3]);
  return finite && std::abs(determinant) > 1e-6 * product && product > 0;
}

// Voxel sizes that are zero, negative or absent count as 1, as everywhere.
std::array<double, 3> VoxelSizes(const NiftiHeader& header) {
  std::array<double, 3> sizes{};
  for (size_t a = 0; a < 3; ++a) {
    const double size = std::abs(header.pixdim[a + 1]);
    sizes[a] = size > 0 && std::isfinite(size) ? size : 1;
  }
  return sizes;
}

Affine FromQuaternion(const NiftiHeader& header) {
  const auto [b, c, d, x, y, z] = header.quatern;
  double a = 1 - (b * b + c * c + d * d);
  double scale = 1;
  if (a < 1e-7) {  // a rotation by half a turn, with the rounding of three floats
    scale = 1 / std::sqrt(b * b + c * c + d * d);
    a = 0;
  } else {
    a = std::sqrt(a);
  }
  const double i = b * scale, j = c * scale, k = d * scale;
  const auto size = VoxelSizes(header);
  const double third = header.pixdim[0] < 0 ? -size[2] : size[2];
  return {{{(a * a + i * i - j * j - k * k) * size[0], 2 * (i * j - a * k) * size[1], 2 * (i * k + a * j) * third, x},
           {2 * (i * j + a * k) * size[0], (a * a + j * j - i * i - k * k) * size[1], 2 * (j * k - a * i) * third, y},
           {2 * (i * k - a * j) * size[0], 2 * (j * k + a * i) * size[1], (a * a + k * k - i * i - j * j) * third, z}}};
}

Affine AboutCentre(const NiftiHeader& header, const std::array<int64_t, 3>& size) {
  const auto sizes = VoxelSizes(header);
  Affine affine{};
  for (size_t a = 0; a < 3; ++a) {
    const double step = a == 0 ? -sizes[a] : sizes[a];  // x grows to the left without a transform
    affine[a][a] = step;
    affine[a][3] = -step * static_cast<double>(size[a] - 1) / 2;
  }
  return affine;
}

double MillimetresPerUnit(int xyzt_units) {
  switch (xyzt_units & 7) {
    case 1: return 1000;   // metres
    case 3: return 0.001;  // micrometres
    default: return 1;
  }
}

}  // namespace

const NiftiType* FindNiftiType(int code) {
  for (const NiftiType& type : kTypes) {
    if (type.code == code) return &type;
  }
  return nullptr;
}

const NiftiType* FindNiftiType(DType dtype, int64_t components) {
  for (const NiftiType& type : kTypes) {
    if (type.dtype == dtype && type.components == components) return &type;
  }
  return nullptr;
}

bool IsNiftiHeader(std::span<const std::byte> bytes) { return VersionOf(bytes).first != 0; }

NiftiHeader ParseNiftiHeader(std::span<const std::byte> bytes) {
  const auto [version, endian] = VersionOf(bytes);
  if (version == 0) throw NotNifti("neither its size nor its magic is one");
  NiftiHeader header;
  header.version = version;
  header.endian = endian;
  const Offsets& at = version == 1 ? kVersion1 : kVersion2;
  header.single = bytes[at.magic + 1] == std::byte{'+'};
  ByteReader reader(bytes, endian);
  if (version == 1) {
    ParseFields<int16_t, float>(reader, at, header);
  } else {
    ParseFields<int64_t, double>(reader, at, header);
  }
  if (header.dim[0] < 1 || header.dim[0] > 7) throw NotNifti("dim[0] is " + std::to_string(header.dim[0]));
  for (size_t a = 1; a < 8; ++a) {
    if (a > static_cast<size_t>(header.dim[0])) header.dim[a] = 1;
    if (header.dim[a] < 1) throw NotNifti("dim[" + std::to_string(a) + "] is " + std::to_string(header.dim[a]));
  }
  if (header.vox_offset < 0) throw NotNifti("vox_offset is negative");
  return header;
}

std::vector<std::byte> SerialiseNiftiHeader(const NiftiHeader& header) {
  const NiftiType* type = FindNiftiType(header.datatype);
  const auto bits = static_cast<int16_t>(DTypeSize(type->dtype) * 8 * static_cast<size_t>(type->components));
  const size_t size = header.version == 1 ? kNifti1HeaderBytes : kNifti2HeaderBytes;
  HeaderWriter out(size);
  out.Put(0, static_cast<int32_t>(size));
  if (header.version == 1) {
    PutFields<int16_t, float>(out, kVersion1, header, bits);
  } else {
    PutFields<int64_t, double>(out, kVersion2, header, bits);
  }
  return out.Take();
}

Grid GridOf(const NiftiHeader& header) {
  Grid grid;
  grid.size = {header.dim[1], header.dim[2], header.dim[3]};
  Affine affine = AboutCentre(header, grid.size);
  const Affine from_quaternion = FromQuaternion(header);
  if (header.sform_code > 0 && SpansVolume(header.srow)) {
    affine = header.srow;
  } else if (header.qform_code > 0 && SpansVolume(from_quaternion)) {
    affine = from_quaternion;
  }
  const double mm = MillimetresPerUnit(header.xyzt_units);
  // RAS to LPS turns x and y round.
  Vec3 column[3];
  for (size_t c = 0; c < 3; ++c) {
    column[c] = {-affine[0][c] * mm, -affine[1][c] * mm, affine[2][c] * mm};
    grid.spacing[c] = Norm(column[c]);
  }
  grid.axes = {(1 / grid.spacing[0]) * column[0], (1 / grid.spacing[1]) * column[1], (1 / grid.spacing[2]) * column[2]};
  grid.origin = {-affine[0][3] * mm, -affine[1][3] * mm, affine[2][3] * mm};
  return grid;
}

void PutGrid(const Grid& grid, NiftiHeader& header) {
  const auto affine = grid.AffineRas();
  for (size_t row = 0; row < 3; ++row) {
    for (size_t c = 0; c < 4; ++c) header.srow[row][c] = affine[row * 4 + c];
  }
  if (header.sform_code <= 0) header.sform_code = 1;
  for (size_t a = 0; a < 3; ++a) header.pixdim[a + 1] = grid.spacing[a];
  const Axes& x = grid.axes;
  const bool orthogonal =
      std::abs(Dot(x.i, x.j)) < 1e-4 && std::abs(Dot(x.i, x.k)) < 1e-4 && std::abs(Dot(x.j, x.k)) < 1e-4;
  header.pixdim[0] = 1;
  if (!orthogonal) {
    header.qform_code = 0;
    return;
  }
  if (header.qform_code <= 0) header.qform_code = 1;
  // The rotation in RAS; a left-handed one is made right-handed by turning the third axis (pixdim[0] = -1).
  Vec3 r[3] = {{-x.i.x, -x.i.y, x.i.z}, {-x.j.x, -x.j.y, x.j.z}, {-x.k.x, -x.k.y, x.k.z}};
  if (Dot(r[0], Cross(r[1], r[2])) < 0) {
    header.pixdim[0] = -1;
    r[2] = -1.0 * r[2];
  }
  const double trace = r[0].x + r[1].y + r[2].z;
  double a, b, c, d;
  if (trace > 0) {
    a = std::sqrt(1 + trace) / 2;
    b = (r[1].z - r[2].y) / (4 * a);
    c = (r[2].x - r[0].z) / (4 * a);
    d = (r[0].y - r[1].x) / (4 * a);
  } else if (r[0].x >= r[1].y && r[0].x >= r[2].z) {
    b = std::sqrt(std::max(0.0, 1 + r[0].x - r[1].y - r[2].z)) / 2;
    a = (r[1].z - r[2].y) / (4 * b);
    c = (r[1].x + r[0].y) / (4 * b);
    d = (r[2].x + r[0].z) / (4 * b);
  } else if (r[1].y >= r[2].z) {
    c = std::sqrt(std::max(0.0, 1 + r[1].y - r[0].x - r[2].z)) / 2;
    a = (r[2].x - r[0].z) / (4 * c);
    b = (r[1].x + r[0].y) / (4 * c);
    d = (r[2].y + r[1].z) / (4 * c);
  } else {
    d = std::sqrt(std::max(0.0, 1 + r[2].z - r[0].x - r[1].y)) / 2;
    a = (r[0].y - r[1].x) / (4 * d);
    b = (r[2].x + r[0].z) / (4 * d);
    c = (r[2].y + r[1].z) / (4 * d);
  }
  const double sign = a < 0 ? -1 : 1;  // the format keeps the half with a >= 0
  header.quatern = {sign * b, sign * c, sign * d, -grid.origin.x, -grid.origin.y, grid.origin.z};
}

}  // namespace isovox::formats
