// JPEG 2000 frames by OpenJPEG (PS3.5 A.4.4, 8.2.4), HTJ2K among them (A.4.12).
#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "dicom/frame_codec.h"

namespace isovox::dicom {
namespace {

struct Source {
  std::span<const std::byte> bytes;
  size_t at = 0;
};

OPJ_SIZE_T ReadBytes(void* buffer, OPJ_SIZE_T count, void* data) {
  auto* source = static_cast<Source*>(data);
  const size_t left = source->bytes.size() - source->at;
  if (left == 0) return static_cast<OPJ_SIZE_T>(-1);
  const size_t taken = std::min<size_t>(count, left);
  std::memcpy(buffer, source->bytes.data() + source->at, taken);
  source->at += taken;
  return taken;
}

OPJ_OFF_T SkipBytes(OPJ_OFF_T count, void* data) {
  auto* source = static_cast<Source*>(data);
  if (count < 0) return -1;
  const size_t skipped = std::min<size_t>(static_cast<size_t>(count), source->bytes.size() - source->at);
  source->at += skipped;
  return static_cast<OPJ_OFF_T>(skipped);
}

OPJ_BOOL SeekBytes(OPJ_OFF_T position, void* data) {
  auto* source = static_cast<Source*>(data);
  if (position < 0 || static_cast<size_t>(position) > source->bytes.size()) return OPJ_FALSE;
  source->at = static_cast<size_t>(position);
  return OPJ_TRUE;
}

void Quiet(const char*, void*) {}

struct FreeImage {
  void operator()(opj_image_t* image) const { opj_image_destroy(image); }
};
struct FreeCodec {
  void operator()(opj_codec_t* codec) const { opj_destroy_codec(codec); }
};
struct FreeStream {
  void operator()(opj_stream_t* stream) const { opj_stream_destroy(stream); }
};

Error Corrupt(const std::string& why) { return BadFrame("JPEG 2000", why); }

// A codestream begins with SOC and SIZ; a JP2 file, which the standard forbids and exports hold, with its signature.
bool BeginsCodestream(std::span<const std::byte> bytes) {
  static constexpr unsigned char kCodestream[] = {0xFF, 0x4F, 0xFF, 0x51};
  return bytes.size() >= 4 && std::memcmp(bytes.data(), kCodestream, 4) == 0;
}

bool BeginsJp2(std::span<const std::byte> bytes) {
  static constexpr unsigned char kSignature[] = {0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50, 0x20, 0x20};
  return bytes.size() >= 8 && std::memcmp(bytes.data(), kSignature, 8) == 0;
}

template <typename T>
void Place(const opj_image_t& image, const PixelLayout& layout, std::span<std::byte> into) {
  auto* out = reinterpret_cast<T*>(into.data());
  const auto samples = static_cast<size_t>(layout.samples);
  const auto pixels = static_cast<size_t>(layout.rows * layout.columns);
  for (size_t s = 0; s < samples; ++s) {
    const OPJ_INT32* in = image.comps[s].data;
    for (size_t p = 0; p < pixels; ++p) out[p * samples + s] = static_cast<T>(in[p]);
  }
}

}  // namespace

void DecodeJpeg2000(std::span<const std::byte> frame, const PixelLayout& layout, std::span<std::byte> into) {
  const bool jp2 = BeginsJp2(frame);
  if (!jp2 && !BeginsCodestream(frame)) throw Corrupt("a frame does not begin with a codestream");
  const std::unique_ptr<opj_codec_t, FreeCodec> codec(opj_create_decompress(jp2 ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K));
  Source source{frame};
  const std::unique_ptr<opj_stream_t, FreeStream> stream(opj_stream_create(size_t{1} << 16, OPJ_TRUE));
  if (!codec || !stream) throw Error(ErrorCode::kResource, "The system has no memory for a JPEG 2000 decoder");
  opj_set_error_handler(codec.get(), Quiet, nullptr);
  opj_set_warning_handler(codec.get(), Quiet, nullptr);
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), frame.size());
  opj_stream_set_read_function(stream.get(), ReadBytes);
  opj_stream_set_skip_function(stream.get(), SkipBytes);
  opj_stream_set_seek_function(stream.get(), SeekBytes);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_image_t* raw = nullptr;
  if (!opj_setup_decoder(codec.get(), &parameters) || !opj_read_header(stream.get(), codec.get(), &raw)) {
    throw Corrupt("its header is damaged");
  }
  const std::unique_ptr<opj_image_t, FreeImage> image(raw);
  if (static_cast<int64_t>(image->numcomps) != layout.samples) throw Corrupt("it has another number of samples");
  // Before decoding: what the codestream declares decides how much memory the decoder takes.
  const auto width = static_cast<int64_t>(image->x1) - image->x0, height = static_cast<int64_t>(image->y1) - image->y0;
  if (width != layout.columns || height != layout.rows) throw Corrupt("it has other sizes than Rows and Columns");
  if (!opj_decode(codec.get(), stream.get(), image.get())) throw Corrupt("its data are damaged");
  for (size_t s = 0; s < image->numcomps; ++s) {
    const auto& component = image->comps[s];
    if (component.w != layout.columns || component.h != layout.rows || component.data == nullptr) {
      throw Corrupt("a component has other sizes than Rows and Columns");
    }
    if (static_cast<int>(component.prec) > layout.bits_allocated) throw Corrupt("its samples are wider than declared");
  }
  switch (layout.bits_allocated) {
    case 1:
    case 8: return Place<uint8_t>(*image, layout, into);
    case 16: return Place<uint16_t>(*image, layout, into);
    default: return Place<uint32_t>(*image, layout, into);
  }
}

}  // namespace isovox::dicom
