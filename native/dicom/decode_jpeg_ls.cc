// JPEG-LS (ITU-T T.87) of one component: a median prediction corrected by context, Golomb codes, and runs where the
// neighbourhood is flat. Names in comments are the standard's.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "dicom/frame_codec.h"

namespace isovox::dicom {
namespace {

constexpr const char* kName = "JPEG-LS";
constexpr int kContexts = 365;  // of regular mode
constexpr std::array<int, 32> kRunOrder = {0, 0, 0, 0, 1, 1, 1,  1,  2,  2,  2,  2,  3,  3,  3,  3,
                                           4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15};  // J

// The entropy-coded bits: after a byte of ones only seven bits of the next one count (A.1). Beyond the end, zeros.
class Bits {
 public:
  Bits(const unsigned char* from, size_t size) : from_(from), size_(size) { Refill(); }

  // At least 57 bits are there afterwards, or what is left.
  void Refill() {
    if (at_ + 8 <= size_) {
      uint64_t word;
      std::memcpy(&word, from_ + at_, sizeof word);
      // Without a byte of ones, whole bytes go in at once.
      if ((((word & 0x7F7F7F7F7F7F7F7FULL) + 0x0101010101010101ULL) & word & 0x8080808080808080ULL) == 0) {
        if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
        const int bytes = (64 - count_) >> 3;
        window_ |= count_ == 64 ? 0 : word >> count_;
        // Bits of a byte that is only partly in the window are the same when they come again.
        at_ += static_cast<size_t>(bytes);
        count_ += bytes * 8;
        return;
      }
    }
    while (count_ <= 56) {
      if (at_ >= size_) {
        ended_ = true;
        return;
      }
      const unsigned byte = from_[at_];
      if (byte == 0xFF && (at_ + 1 >= size_ || (from_[at_ + 1] & 0x80) != 0)) {
        ended_ = true;  // a marker
        return;
      }
      window_ |= static_cast<uint64_t>(byte) << (56 - count_);
      count_ += byte == 0xFF ? 7 : 8;  // the next byte's leading zero falls on the last of the ones
      ++at_;
    }
  }
  bool Low() const { return count_ < 32; }
  int count() const { return count_; }
  uint64_t window() const { return window_; }
  // REQUIRES that they are there.
  void DropPresent(int bits) {
    window_ <<= bits;
    count_ -= bits;
  }
  void Drop(int bits) {
    window_ <<= bits;
    count_ -= bits;
    if (count_ < 0) {
      count_ = 0;
      overrun_ = ended_;
    }
  }
  // REQUIRES 1 <= bits <= 32.
  uint32_t Take(int bits) {
    if (count_ < bits) Refill();
    const auto taken = static_cast<uint32_t>(window_ >> (64 - bits));
    Drop(bits);
    return taken;
  }
  bool Overrun() const { return overrun_; }

 private:
  const unsigned char* from_;
  size_t size_, at_ = 0;
  uint64_t window_ = 0;
  int count_ = 0;
  bool ended_ = false, overrun_ = false;
};

struct Context {
  int32_t a = 0, b = 0, c = 0, n = 1;
};

struct RunContext {
  int32_t a = 0, n = 1, nn = 0;
};

struct Parameters {
  int32_t maximum = 255, near = 0, t1 = 0, t2 = 0, t3 = 0, reset = 64;
};

// C.2.4.1.1: what holds where an LSE segment names nothing.
void SetDefaults(Parameters& p) {
  const auto clamp = [&](int32_t value, int32_t least) { return value > p.maximum || value < least ? least : value; };
  if (p.maximum >= 128) {
    const int32_t factor = (std::min(p.maximum, 4095) + 128) / 256;
    p.t1 = p.t1 != 0 ? p.t1 : clamp(factor * (3 - 2) + 2 + 3 * p.near, p.near + 1);
    p.t2 = p.t2 != 0 ? p.t2 : clamp(factor * (7 - 3) + 3 + 5 * p.near, p.t1);
    p.t3 = p.t3 != 0 ? p.t3 : clamp(factor * (21 - 4) + 4 + 7 * p.near, p.t2);
  } else {
    const int32_t factor = 256 / (p.maximum + 1);
    p.t1 = p.t1 != 0 ? p.t1 : clamp(std::max(2, 3 / factor + 3 * p.near), p.near + 1);
    p.t2 = p.t2 != 0 ? p.t2 : clamp(std::max(3, 7 / factor + 5 * p.near), p.t1);
    p.t3 = p.t3 != 0 ? p.t3 : clamp(std::max(4, 21 / factor + 7 * p.near), p.t2);
  }
}

int BitsFor(int32_t values) { return std::bit_width(static_cast<uint32_t>(values - 1)); }  // ceil(log2)

template <bool kLossless>
class Scan {
 public:
  Scan(const Parameters& p, const unsigned char* from, size_t size) : p_(p), bits_(from, size) {
    range_ = (p.maximum + 2 * p.near) / (2 * p.near + 1) + 1;
    step_ = 2 * p.near + 1;
    wraps_ = (range_ & (range_ - 1)) == 0;
    width_ = BitsFor(range_);                       // qbpp
    const int bpp = std::max(2, BitsFor(p.maximum + 1));
    limit_ = 2 * (bpp + std::max(8, bpp));
    const int32_t start = std::max(2, (range_ + 32) / 64);
    for (Context& context : regular_) context.a = start;
    for (RunContext& context : run_) context.a = start;
    levels_.resize(static_cast<size_t>(2 * p.t3 + 1));
    for (int32_t d = -p.t3; d <= p.t3; ++d) levels_[static_cast<size_t>(d + p.t3)] = LevelOf(d);
  }

  // Rows have a sample more on either side: [-1] and [columns].
  template <typename T>
  void DecodeRow(const T* above, T* row, int64_t columns) {
    Bits bits = bits_;  // in registers while the row lasts
    int64_t x = 0;
    int32_t left = row[-1], corner = above[-1], up = above[0];
    while (x < columns) {
      const int32_t right = above[x + 1];
      const int q = 81 * Level(right - up) + 9 * Level(up - corner) + Level(corner - left);
      if (q != 0) {
        left = Regular(bits, q, left, up, corner);
        row[x++] = static_cast<T>(left);
        corner = up;
        up = right;
        continue;
      }
      const int64_t run = RunLength(bits, columns - x);
      std::fill_n(row + x, run, static_cast<T>(left));
      x += run;
      if (x < columns) {
        left = Interruption(bits, left, above[x]);
        row[x] = static_cast<T>(left);
        run_index_ = std::max(0, run_index_ - 1);
        ++x;
      }
      corner = above[x - 1];
      up = above[std::min(x, columns)];
    }
    bits_ = bits;
  }

  bool Overrun() const { return bits_.Overrun(); }

 private:
  int8_t LevelOf(int32_t d) const {
    const int32_t size = std::abs(d);
    const int level = size <= p_.near ? 0 : size < p_.t1 ? 1 : size < p_.t2 ? 2 : size < p_.t3 ? 3 : 4;
    return static_cast<int8_t>(d < 0 ? -level : level);
  }
  int Level(int32_t d) const { return levels_[static_cast<size_t>(std::clamp(d, -p_.t3, p_.t3) + p_.t3)]; }

  // A.5.3: as many zeros as the upper part says, a one, and the k lower bits; or after very many zeros the value itself.
  [[gnu::always_inline]] int32_t Golomb(Bits& bits, int k, int limit) const {
    if (bits.Low()) bits.Refill();
    const int zeros = std::countl_zero(bits.window() | 1);
    const int length = zeros + 1 + k;
    if (length <= bits.count() && zeros < limit - width_ - 1) [[likely]] {
      const uint64_t rest = bits.window() << zeros << 1;
      bits.DropPresent(length);
      return Bounded(static_cast<int64_t>(static_cast<uint64_t>(zeros) << k | rest >> 1 >> (63 - k)));
    }
    return LongGolomb(bits, k, limit);
  }

  [[gnu::noinline]] int32_t LongGolomb(Bits& bits, int k, int limit) const {
    const int most = limit - width_ - 1;
    int zeros = 0;
    while (bits.Take(1) == 0) {
      if (++zeros > most || bits.Overrun()) return 0;
    }
    if (zeros >= most) return static_cast<int32_t>(bits.Take(width_)) + 1;
    return Bounded(k == 0 ? zeros : static_cast<int64_t>(zeros) << k | bits.Take(k));
  }

  // No error is larger than the range; what damage makes so must not overflow the sums of a context. Without loss it is
  // enough that it fits in 31 bits.
  int32_t Bounded(int64_t value) const {
    if constexpr (kLossless) return static_cast<int32_t>(value & 0x7FFFFFFF);
    return static_cast<int32_t>(std::min<int64_t>(value, 2 * range_));
  }

  static int OrderOf(int32_t n, int32_t a) {
    const int k = std::bit_width(static_cast<uint32_t>(a)) - std::bit_width(static_cast<uint32_t>(n));
    if (k < 0) return 0;
    return k + ((static_cast<int64_t>(n) << k) < static_cast<uint32_t>(a) ? 1 : 0);
  }

  int32_t Reconstruct(int32_t predicted, int32_t error) const {
    if constexpr (kLossless) {
      // Modulo RANGE, which is MAXVAL + 1 and nearly always a power of two.
      const int32_t value = predicted + error;
      if (wraps_) return value & p_.maximum;
      return std::clamp(value < 0 ? value + range_ : value > p_.maximum ? value - range_ : value, 0, p_.maximum);
    }
    int32_t value = predicted + error * step_;
    if (value < -p_.near) value += range_ * step_;
    else if (value > p_.maximum + p_.near) value -= range_ * step_;
    return std::clamp(value, 0, p_.maximum);
  }

  [[gnu::always_inline]] int32_t Regular(Bits& bits, int q, int32_t left, int32_t up, int32_t corner) {
    const int32_t sign = q >> 31;  // 0, or all ones when negative
    Context& context = regular_[static_cast<size_t>((q ^ sign) - sign)];
    auto [a, b, c, n] = context;
    const int32_t predicted = std::clamp(Median(left, up, corner) + ((c ^ sign) - sign), 0, p_.maximum);
    const int k = OrderOf(n, a);
    const int32_t mapped = Golomb(bits, k, limit_);
    int32_t error = mapped >> 1 ^ -(mapped & 1);
    if constexpr (kLossless) error ^= -static_cast<int32_t>(k == 0 && 2 * b <= -n);
    b += kLossless ? error : error * step_;
    a = static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(std::abs(error)));
    if (n == p_.reset) [[unlikely]] {
      a >>= 1;
      b = b >= 0 ? b >> 1 : -((1 - b) >> 1);
      n >>= 1;
    }
    ++n;
    // The two cases of A.6.2 without branches, which would be mispredicted: within (-N, 0] nothing changes.
    const int32_t low = b <= -n, high = b > 0;
    context.a = a;
    context.b = std::clamp(b + ((-low) & n) - ((-high) & n), 1 - n, 0);
    context.c = std::clamp(c + high - low, -128, 127);
    context.n = n;
    return Reconstruct(predicted, (error ^ sign) - sign);
  }

  // The middle one of left, up and left + up - corner.
  static int32_t Median(int32_t left, int32_t up, int32_t corner) {
    const int32_t least = std::min(left, up), most = std::max(left, up);
    return std::max(least, std::min(most, left + up - corner));
  }

  // How many samples repeat the one to the left (A.7.1).
  int64_t RunLength(Bits& bits, int64_t left_in_row) {
    int64_t run = 0;
    while (true) {
      if (bits.Take(1) == 0) {
        const int order = kRunOrder[static_cast<size_t>(run_index_)];
        if (order > 0) run += bits.Take(order);
        return std::min(run, left_in_row);  // more is damage, and is seen by the row's end
      }
      const int64_t block = int64_t{1} << kRunOrder[static_cast<size_t>(run_index_)];
      if (run + block <= left_in_row) run_index_ = std::min(31, run_index_ + 1);
      run = std::min(run + block, left_in_row);
      if (run == left_in_row) return run;
    }
  }

  // The sample that ends a run (A.7.2).
  int32_t Interruption(Bits& bits, int32_t left, int32_t up) {
    const bool same = std::abs(left - up) <= p_.near;  // RItype
    RunContext& context = run_[same ? 1 : 0];
    const auto total = static_cast<int32_t>(static_cast<uint32_t>(context.a) + static_cast<uint32_t>(same ? context.n >> 1 : 0));
    const int k = OrderOf(context.n, total);
    const int32_t mapped = Golomb(bits, k, limit_ - kRunOrder[static_cast<size_t>(run_index_)] - 1);
    const int64_t doubled = int64_t{mapped} + (same ? 1 : 0);
    const bool odd = (doubled & 1) != 0;
    const auto size = static_cast<int32_t>((doubled + (odd ? 1 : 0)) / 2);
    const int32_t error = (k != 0 || 2 * context.nn >= context.n) == odd ? -size : size;
    if (error < 0) ++context.nn;
    context.a = static_cast<int32_t>(static_cast<uint32_t>(context.a) + static_cast<uint32_t>((int64_t{mapped} + 1 - (same ? 1 : 0)) >> 1));
    if (context.n == p_.reset) {
      context.a >>= 1;
      context.n >>= 1;
      context.nn >>= 1;
    }
    ++context.n;
    if (same) return Reconstruct(left, error);
    return Reconstruct(up, left > up ? -error : error);
  }

  Parameters p_;
  Bits bits_;
  int32_t range_ = 0, step_ = 1;
  bool wraps_ = false;
  int width_ = 0, limit_ = 0, run_index_ = 0;
  std::array<Context, kContexts> regular_;
  std::array<RunContext, 2> run_;
  std::vector<int8_t> levels_;
};

template <bool kLossless, typename T>
void DecodeRows(const Parameters& parameters, std::span<const std::byte> coded, const PixelLayout& layout,
                std::span<std::byte> into) {
  const int64_t columns = layout.columns;
  const auto width = static_cast<size_t>(columns) + 2;
  std::vector<T> rows(2 * width);
  T *above = rows.data() + 1, *row = above + width;
  Scan<kLossless> scan(parameters, reinterpret_cast<const unsigned char*>(coded.data()), coded.size());
  auto* out = reinterpret_cast<T*>(into.data());
  for (int64_t y = 0; y < layout.rows; ++y, std::swap(above, row)) {
    row[-1] = above[0];
    scan.DecodeRow(above, row, columns);
    row[columns] = row[columns - 1];
    if (scan.Overrun()) throw BadFrame(kName, "its data end too early");
    std::copy_n(row, columns, out + y * columns);
  }
}

}  // namespace

void DecodeJpegLs(std::span<const std::byte> frame, const PixelLayout& layout, std::span<std::byte> into) {
  ByteReader reader(frame, Endian::kBig);
  if (reader.Read<uint16_t>() != 0xFFD8) throw BadFrame(kName, "it does not begin with SOI");
  Parameters parameters;
  bool has_frame = false;
  int32_t preset_maximum = 0;
  while (true) {
    unsigned marker = reader.Read<uint8_t>();
    if (marker != 0xFF) throw BadFrame(kName, "a marker is missing");
    while (marker == 0xFF) marker = reader.Read<uint8_t>();
    const auto length = reader.Read<uint16_t>();
    if (length < 2) throw BadFrame(kName, "a segment has no length");
    ByteReader segment(reader.Take(length - size_t{2}), Endian::kBig);
    if (marker == 0xF7) {  // SOF55
      const auto precision = segment.Read<uint8_t>();
      const auto rows = segment.Read<uint16_t>(), columns = segment.Read<uint16_t>();
      if (rows != layout.rows || columns != layout.columns) throw BadFrame(kName, "it has other sizes than Rows and Columns");
      if (segment.Read<uint8_t>() != 1) throw BadFrame(kName, "it has another number of samples");
      if (precision < 2 || precision > 16 || precision > layout.bits_allocated || layout.bits_allocated > 16) {
        throw BadFrame(kName, "its samples are wider than declared");
      }
      if (preset_maximum == 0) parameters.maximum = (1 << precision) - 1;
      has_frame = true;
    } else if (marker == 0xF8) {  // LSE
      if (segment.Read<uint8_t>() != 1) {
        throw Error(ErrorCode::kUnsupported, "JPEG-LS with mapping tables is not read", {{"what", "LSE"}, {"value", "table"}});
      }
      preset_maximum = segment.Read<uint16_t>();
      if (preset_maximum != 0) parameters.maximum = preset_maximum;
      parameters.t1 = segment.Read<uint16_t>();
      parameters.t2 = segment.Read<uint16_t>();
      parameters.t3 = segment.Read<uint16_t>();
      const int32_t reset = segment.Read<uint16_t>();
      if (reset != 0) parameters.reset = reset;
    } else if (marker == 0xDA) {  // SOS
      if (!has_frame || segment.Read<uint8_t>() != 1) throw BadFrame(kName, "a scan refers to what is not there");
      segment.Skip(2);
      parameters.near = segment.Read<uint8_t>();
      break;
    } else if (marker == 0xDD) {
      throw Error(ErrorCode::kUnsupported, "JPEG-LS with restart markers is not read", {{"what", "DRI"}, {"value", "set"}});
    }
  }
  if (parameters.maximum < 1 || 2 * parameters.near >= parameters.maximum + 1 || parameters.reset < 3 ||
      parameters.reset > 32767) {  // sums of a context stay within 32 bits
    throw BadFrame(kName, "it has impossible parameters");
  }
  SetDefaults(parameters);
  if (parameters.t1 < parameters.near + 1 || parameters.t2 < parameters.t1 || parameters.t3 < parameters.t2 ||
      parameters.t3 > std::max(parameters.maximum, parameters.near + 1)) {
    throw BadFrame(kName, "it has impossible parameters");
  }
  const auto coded = reader.Take(reader.remaining());
  const bool bytes = DTypeSize(layout.dtype) == 1;
  if (bytes && parameters.maximum > 255) throw BadFrame(kName, "its samples are wider than declared");
  if (parameters.near == 0) {
    bytes ? DecodeRows<true, uint8_t>(parameters, coded, layout, into) : DecodeRows<true, uint16_t>(parameters, coded, layout, into);
  } else {
    bytes ? DecodeRows<false, uint8_t>(parameters, coded, layout, into) : DecodeRows<false, uint16_t>(parameters, coded, layout, into);
  }
}

}  // namespace isovox::dicom
