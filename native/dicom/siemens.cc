#include "dicom/siemens.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "dicom/decimal.h"
#include "dicom/private_block.h"

namespace isovox::dicom {
namespace {

constexpr const char* kImageHeader = "SIEMENS MR HEADER";
constexpr const char* kCsaHeader = "SIEMENS CSA HEADER";

// The numbers of one field of a CSA header of version 2: "SV10", then fields of a name of 64 bytes, how many values count,
// and items with a length each, padded to four bytes.
std::vector<double> CsaNumbers(std::span<const std::byte> bytes, std::string_view wanted) {
  std::vector<double> numbers;
  try {
    ByteReader reader(bytes);
    if (reader.TakeText(4) != "SV10") return numbers;
    reader.Skip(4);
    const auto fields = reader.Read<uint32_t>();
    reader.Skip(4);
    for (uint32_t f = 0; f < fields && !reader.AtEnd(); ++f) {
      const auto padded = reader.TakeText(64);
      const auto name = padded.substr(0, padded.find('\0'));
      const auto multiplicity = reader.Read<int32_t>();
      reader.Skip(8);
      const auto items = reader.Read<int32_t>();
      reader.Skip(4);
      for (int32_t i = 0; i < items; ++i) {
        reader.Skip(4);
        const auto length = reader.Read<uint32_t>();
        reader.Skip(8);
        auto text = reader.TakeText(length);
        reader.Skip(std::min<size_t>(reader.remaining(), (4 - length % 4) % 4));
        if (name != wanted || i >= multiplicity) continue;
        text = text.substr(0, text.find('\0'));
        ParseDecimals(text, numbers);
      }
      if (name == wanted) return numbers;
    }
  } catch (const Error&) {
    numbers.clear();  // a damaged private header says nothing
  }
  return numbers;
}

}  // namespace

std::optional<Mosaic> MosaicOf(const DataSet& set, int64_t rows, int64_t columns) {
  Mosaic mosaic;
  const Element* csa = FindPrivate(set, 0x0029, kCsaHeader, 0x10);
  if (const Element* count = FindPrivate(set, 0x0019, kImageHeader, 0x0A); count != nullptr && count->value.size() >= 2) {
    mosaic.tiles = ByteReader(count->value, count->encoding.endian).Read<uint16_t>();
  }
  if (csa != nullptr) {
    if (mosaic.tiles == 0) {
      const auto tiles = CsaNumbers(csa->value, "NumberOfImagesInMosaic");
      if (tiles.size() == 1 && tiles[0] >= 1 && tiles[0] <= 65535) mosaic.tiles = static_cast<int64_t>(tiles[0]);
    }
    const auto normal = CsaNumbers(csa->value, "SliceNormalVector");
    if (normal.size() == 3) {
      const Vec3 n{normal[0], normal[1], normal[2]};
      if (std::abs(Norm(n) - 1) < 0.01) mosaic.normal = (1 / Norm(n)) * n;
    }
  }
  if (mosaic.tiles < 1) return std::nullopt;
  mosaic.side = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(mosaic.tiles))));
  if (rows % mosaic.side != 0 || columns % mosaic.side != 0) return std::nullopt;
  return mosaic;
}

}  // namespace isovox::dicom
