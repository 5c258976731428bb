// Lossless JPEG (ITU-T T.81 annex H): a prediction from the neighbours above and to the left, and a Huffman-coded
// difference modulo 2^16.
#include <algorithm>
#include <array>
#include <cstring>

#include "dicom/frame_codec.h"
#include "dicom/huffman.h"

namespace isovox::dicom {
namespace {

constexpr const char* kName = "lossless JPEG";

enum Marker : unsigned {
  kSof3 = 0xC3, kDht = 0xC4, kRst0 = 0xD0, kRst7 = 0xD7, kSoi = 0xD8, kEoi = 0xD9, kSos = 0xDA, kDnl = 0xDC, kDri = 0xDD
};

struct Component {
  unsigned id = 0;
  const DifferenceCodes* codes = nullptr;
  size_t sample = 0;  // its place in a pixel
};

// One frame being decoded; segments are read in the order of the file.
class Decoder {
 public:
  Decoder(std::span<const std::byte> frame, const PixelLayout& layout, std::span<std::byte> into)
      : bytes_(frame), layout_(layout), into_(into) {}

  void Run() {
    if (NextMarker() != kSoi) throw BadFrame(kName, "it does not begin with SOI");
    while (true) {
      const unsigned marker = NextMarker();
      if (marker == kEoi) break;
      if (marker >= kRst0 && marker <= kRst7) continue;
      ByteReader segment = Segment();
      if (marker == kSof3) {
        ReadFrameHeader(segment);
      } else if ((marker & 0xF0) == 0xC0 && marker != kDht && marker != 0xC8 && marker != 0xCC) {
        throw Error(ErrorCode::kUnsupported, "The JPEG frame is of a process that its transfer syntax does not allow",
                    {{"what", "JPEG process"}, {"value", std::to_string(marker & 0xF)}});
      } else if (marker == kDht) {
        ReadCodes(segment);
      } else if (marker == kDri) {
        restart_ = segment.Read<uint16_t>();
      } else if (marker == kSos) {
        ReadScan(segment);
        // Trailing bytes and a missing EOI do not matter once every sample is there.
        if (scanned_ == static_cast<size_t>(layout_.samples)) break;
      }
    }
    if (scanned_ != static_cast<size_t>(layout_.samples)) throw BadFrame(kName, "samples are missing");
  }

 private:
  unsigned NextMarker() {
    // Whatever stands between segments is passed over.
    while (at_ + 1 < bytes_.size()) {
      if (bytes_[at_] == std::byte{0xFF} && bytes_[at_ + 1] != std::byte{0} && bytes_[at_ + 1] != std::byte{0xFF}) {
        at_ += 2;
        return std::to_integer<unsigned>(bytes_[at_ - 1]);
      }
      ++at_;
    }
    throw BadFrame(kName, "it ends before its image does");
  }

  ByteReader Segment() {
    ByteReader reader(bytes_, Endian::kBig);
    reader.Seek(at_);
    const auto length = reader.Read<uint16_t>();
    if (length < 2) throw BadFrame(kName, "a segment has no length");
    ByteReader inside(reader.Take(length - size_t{2}), Endian::kBig);
    at_ = reader.offset();
    return inside;
  }

  void ReadFrameHeader(ByteReader& segment) {
    precision_ = segment.Read<uint8_t>();
    const auto rows = segment.Read<uint16_t>();
    const auto columns = segment.Read<uint16_t>();
    const auto count = segment.Read<uint8_t>();
    // Rows of 0 are told by a DNL segment, which nobody writes: Rows of the data set holds.
    if ((rows != layout_.rows && rows != 0) || columns != layout_.columns) {
      throw BadFrame(kName, "it has other sizes than Rows and Columns");
    }
    if (count != layout_.samples) throw BadFrame(kName, "it has another number of samples");
    if (precision_ < 2 || precision_ > 16 || static_cast<int>(precision_) > layout_.bits_allocated || layout_.bits_allocated > 16) {
      throw BadFrame(kName, "its samples are wider than declared");
    }
    components_.clear();
    for (size_t c = 0; c < count; ++c) {
      Component component{segment.Read<uint8_t>(), nullptr, c};
      if (segment.Read<uint8_t>() != 0x11) {
        throw Error(ErrorCode::kUnsupported, "Lossless JPEG with subsampled components is not read",
                    {{"what", "sampling factor"}, {"value", "not 1"}});
      }
      segment.Skip(1);
      components_.push_back(component);
    }
  }

  void ReadCodes(ByteReader& segment) {
    while (!segment.AtEnd()) {
      const unsigned place = segment.Read<uint8_t>() & 0x0F;
      const auto counts = segment.Take(16);
      size_t total = 0;
      for (const std::byte count : counts) total += std::to_integer<size_t>(count);
      if (place > 3) throw BadFrame(kName, "there is no such Huffman table");
      codes_[place] = DifferenceCodes(counts, segment.Take(total));
    }
  }

  void ReadScan(ByteReader& segment) {
    if (components_.empty()) throw BadFrame(kName, "a scan comes before the frame header");
    const auto count = segment.Read<uint8_t>();
    std::vector<Component> scan;
    for (size_t c = 0; c < count; ++c) {
      const unsigned id = segment.Read<uint8_t>(), table = segment.Read<uint8_t>() >> 4U;
      const auto known = std::find_if(components_.begin(), components_.end(), [&](const Component& one) { return one.id == id; });
      if (known == components_.end() || table > 3 || codes_[table].empty()) throw BadFrame(kName, "a scan refers to what is not there");
      scan.push_back({id, &codes_[table], known->sample});
    }
    const unsigned predictor = segment.Read<uint8_t>();
    segment.Skip(1);
    const unsigned shift = segment.Read<uint8_t>() & 0x0F;
    if (predictor < 1 || predictor > 7 || shift >= precision_ || scan.empty()) throw BadFrame(kName, "a scan has impossible parameters");
    scanned_ += scan.size();
    if (scanned_ > static_cast<size_t>(layout_.samples)) throw BadFrame(kName, "there are too many scans");
    if (DTypeSize(layout_.dtype) == 1) {
      Decode<uint8_t>(scan, predictor, shift);
    } else {
      Decode<uint16_t>(scan, predictor, shift);
    }
  }

  // A row by its predictor (T.81 table H.1); the first sample of a row is predicted from above.
  template <typename T, unsigned kPredictor>
  void DecodeRow(const Component& component, const T* above, T* row) {
    const auto step = static_cast<size_t>(layout_.samples), columns = static_cast<size_t>(layout_.columns);
    const DifferenceCodes& codes = *component.codes;
    BitCursor bits = bits_;
    const uint32_t mask = mask_;
    uint32_t left = row[0];
    for (size_t x = 1; x < columns; ++x) {
      const uint32_t up = above != nullptr ? above[x * step] : 0;
      const uint32_t corner = above != nullptr ? above[(x - 1) * step] : 0;
      uint32_t predicted = left;
      if constexpr (kPredictor == 2) predicted = up;
      if constexpr (kPredictor == 3) predicted = corner;
      if constexpr (kPredictor == 4) predicted = left + up - corner;
      if constexpr (kPredictor == 5) predicted = left + static_cast<uint32_t>((static_cast<int32_t>(up) - static_cast<int32_t>(corner)) >> 1);
      if constexpr (kPredictor == 6) predicted = up + static_cast<uint32_t>((static_cast<int32_t>(left) - static_cast<int32_t>(corner)) >> 1);
      if constexpr (kPredictor == 7) predicted = (left + up) >> 1;
      left = (predicted + codes.Next(bits)) & mask;
      row[x * step] = static_cast<T>(left);
    }
    bits_ = bits;
  }

  template <typename T>
  void DecodeRowBy(unsigned predictor, const Component& component, const T* above, T* row) {
    switch (predictor) {
      case 1: return DecodeRow<T, 1>(component, above, row);
      case 2: return DecodeRow<T, 2>(component, above, row);
      case 3: return DecodeRow<T, 3>(component, above, row);
      case 4: return DecodeRow<T, 4>(component, above, row);
      case 5: return DecodeRow<T, 5>(component, above, row);
      case 6: return DecodeRow<T, 6>(component, above, row);
      default: return DecodeRow<T, 7>(component, above, row);
    }
  }

  // Samples of several components follow each other pixel by pixel, so rows of them are decoded together.
  template <typename T>
  void DecodeRowTogether(unsigned predictor, const std::vector<Component>& scan, bool first, T* row, size_t row_samples) {
    const auto step = static_cast<size_t>(layout_.samples), columns = static_cast<size_t>(layout_.columns);
    for (size_t x = 0; x < columns; ++x) {
      for (const Component& component : scan) {
        T* here = row + x * step + component.sample;
        const auto left = static_cast<int32_t>(x > 0 ? *(here - step) : 0);
        const auto up = static_cast<int32_t>(first ? 0 : *(here - row_samples));
        const auto corner = static_cast<int32_t>(first || x == 0 ? 0 : *(here - row_samples - step));
        int32_t predicted = left;
        if (first) {
          predicted = x == 0 ? middle_ : left;
        } else if (x == 0 || predictor == 2) {
          predicted = up;
        } else if (predictor == 3) {
          predicted = corner;
        } else if (predictor == 4) {
          predicted = left + up - corner;
        } else if (predictor == 5) {
          predicted = left + ((up - corner) >> 1);
        } else if (predictor == 6) {
          predicted = up + ((left - corner) >> 1);
        } else if (predictor == 7) {
          predicted = (left + up) >> 1;
        }
        *here = static_cast<T>((static_cast<uint32_t>(predicted) + component.codes->Next(bits_)) & mask_);
      }
    }
  }

  void LoadBits() {
    coded_.Load(bytes_, at_);
    bits_ = BitCursor(&coded_);
  }

  template <typename T>
  void Decode(const std::vector<Component>& scan, unsigned predictor, unsigned shift) {
    const auto rows = static_cast<size_t>(layout_.rows), columns = static_cast<size_t>(layout_.columns);
    const size_t row_samples = columns * static_cast<size_t>(layout_.samples);
    auto* out = reinterpret_cast<T*>(into_.data());
    mask_ = (1U << (precision_ - shift)) - 1;
    middle_ = 1 << (precision_ - shift - 1);
    if (restart_ % columns != 0) {
      throw Error(ErrorCode::kUnsupported, "Lossless JPEG that restarts within a row is not read",
                  {{"what", "restart interval"}, {"value", std::to_string(restart_)}});
    }
    const size_t restart_rows = restart_ / columns;
    LoadBits();
    for (size_t y = 0; y < rows; ++y) {
      bool first = y == 0;
      if (restart_rows > 0 && y > 0 && y % restart_rows == 0) {
        const unsigned marker = NextMarker();
        if (marker < kRst0 || marker > kRst7) throw BadFrame(kName, "a restart marker is missing");
        LoadBits();
        first = true;
      }
      T* row = out + y * row_samples;
      if (scan.size() == 1) {
        const size_t sample = scan[0].sample;
        const T* above = first ? nullptr : row - row_samples + sample;
        const auto predicted = static_cast<uint32_t>(first ? middle_ : *above);
        row[sample] = static_cast<T>((predicted + scan[0].codes->Next(bits_)) & mask_);
        DecodeRowBy<T>(first ? 1 : predictor, scan[0], above, row + sample);
      } else {
        DecodeRowTogether<T>(predictor, scan, first, row, row_samples);
      }
      if (bits_.Overrun()) throw BadFrame(kName, "its data end too early");
    }
    if (shift == 0) return;
    for (size_t i = 0; i < rows * columns; ++i) {
      for (const Component& component : scan) {
        T& value = out[i * static_cast<size_t>(layout_.samples) + component.sample];
        value = static_cast<T>(value << shift);
      }
    }
  }

  std::span<const std::byte> bytes_;
  const PixelLayout& layout_;
  std::span<std::byte> into_;
  size_t at_ = 0, scanned_ = 0, restart_ = 0;
  unsigned precision_ = 0;
  uint32_t mask_ = 0;
  int32_t middle_ = 0;
  std::vector<Component> components_;
  std::array<DifferenceCodes, 4> codes_;
  CodedBits coded_;
  BitCursor bits_{&coded_};
};

}  // namespace

void DecodeJpegLossless(std::span<const std::byte> frame, const PixelLayout& layout, std::span<std::byte> into) {
  Decoder(frame, layout, into).Run();
}

}  // namespace isovox::dicom
