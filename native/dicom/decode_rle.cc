// RLE (PS3.5 annex G): each byte of each sample is a segment of its own, packed by runs, most significant byte first.
#include <algorithm>
#include <array>
#include <cstring>

#include "dicom/frame_codec.h"
#include "dicom/packed_bits.h"

namespace isovox::dicom {
namespace {

constexpr size_t kHeader = 64;
constexpr size_t kMostSegments = 15;

// Unpacks runs until `into` is full; what a damaged segment has beyond that is left out.
void UnpackRuns(std::span<const std::byte> packed, std::span<std::byte> into) {
  size_t from = 0, to = 0;
  while (to < into.size()) {
    if (from + 2 > packed.size()) throw BadFrame("RLE", "a segment ends before its plane is full");
    const auto control = std::to_integer<unsigned>(packed[from++]);
    if (control == 128) continue;
    const size_t left = into.size() - to;
    if (control < 128) {
      const size_t count = control + 1;
      if (count > packed.size() - from) throw BadFrame("RLE", "a literal run goes beyond its segment");
      const size_t taken = std::min(count, left);
      std::memcpy(into.data() + to, packed.data() + from, taken);
      from += count;
      to += taken;
    } else {
      const size_t taken = std::min<size_t>(257 - control, left);
      std::memset(into.data() + to, std::to_integer<int>(packed[from++]), taken);
      to += taken;
    }
  }
}

std::array<size_t, kMostSegments + 1> Bounds(std::span<const std::byte> frame, size_t segments) {
  ByteReader header(frame);
  const auto count = header.Read<uint32_t>();
  if (count != segments) {
    throw BadFrame("RLE", "expected " + std::to_string(segments) + " segments but there are " + std::to_string(count));
  }
  std::array<size_t, kMostSegments + 1> bounds{};
  for (size_t s = 0; s < segments; ++s) {
    bounds[s] = header.Read<uint32_t>();
    if (bounds[s] < kHeader || bounds[s] > frame.size() || (s > 0 && bounds[s] < bounds[s - 1])) {
      throw BadFrame("RLE", "the offset of a segment lies outside the frame");
    }
  }
  bounds[segments] = frame.size();
  return bounds;
}

// One plane of bytes into every sample's byte at `place`, counted from the least significant.
template <typename T>
void PutPlane(std::span<const std::byte> plane, size_t sample, size_t samples, size_t place, std::span<std::byte> into) {
  auto* out = reinterpret_cast<T*>(into.data()) + sample;
  const auto shift = static_cast<unsigned>(8 * place);
  const bool first = place + 1 == sizeof(T);
  for (size_t p = 0; p < plane.size(); ++p) {
    const auto bits = static_cast<T>(static_cast<T>(std::to_integer<uint8_t>(plane[p])) << shift);
    out[p * samples] = first ? bits : static_cast<T>(out[p * samples] | bits);
  }
}

// The common case, samples of two bytes: both planes at once.
void PutPairs(std::span<const std::byte> high, std::span<const std::byte> low, std::span<std::byte> into) {
  auto* out = reinterpret_cast<uint16_t*>(into.data());
  for (size_t p = 0; p < low.size(); ++p) {
    out[p] = static_cast<uint16_t>(std::to_integer<unsigned>(high[p]) << 8 | std::to_integer<unsigned>(low[p]));
  }
}

}  // namespace

void DecodeRle(std::span<const std::byte> frame, const PixelLayout& layout, std::span<std::byte> into) {
  const size_t size = DTypeSize(layout.dtype), samples = static_cast<size_t>(layout.samples);
  const size_t segments = size * samples;
  if (segments > kMostSegments) throw BadFrame("RLE", "there cannot be that many segments");
  const auto bounds = Bounds(frame, segments);
  const auto packed = [&](size_t segment) {
    return frame.subspan(bounds[segment], bounds[segment + 1] - bounds[segment]);
  };
  const size_t pixels = into.size() / segments;
  if (layout.bits_allocated == 1) {
    Buffer bits = Buffer::OfSize((into.size() + 7) / 8);
    UnpackRuns(packed(0), bits.bytes());
    return UnpackBits(std::as_const(bits).bytes(), 0, into);
  }
  if (segments == 1) return UnpackRuns(packed(0), into);
  if (segments == 2 && size == 2) {
    Buffer planes = Buffer::OfSize(2 * pixels);
    UnpackRuns(packed(0), planes.bytes().first(pixels));
    UnpackRuns(packed(1), planes.bytes().subspan(pixels));
    const auto both = std::as_const(planes).bytes();
    return PutPairs(both.first(pixels), both.subspan(pixels), into);
  }
  Buffer plane = Buffer::OfSize(pixels);
  for (size_t s = 0; s < samples; ++s) {
    for (size_t b = 0; b < size; ++b) {
      UnpackRuns(packed(s * size + b), plane.bytes());
      const auto bytes = std::as_const(plane).bytes();
      const size_t place = size - 1 - b;
      if (size == 1) PutPlane<uint8_t>(bytes, s, samples, place, into);
      else if (size == 2) PutPlane<uint16_t>(bytes, s, samples, place, into);
      else if (size == 4) PutPlane<uint32_t>(bytes, s, samples, place, into);
      else PutPlane<uint64_t>(bytes, s, samples, place, into);
    }
  }
}

}  // namespace isovox::dicom
