// Zstandard frames (RFC 8878).
#define ZSTD_STATIC_LINKING_ONLY  // the library is linked in, so what may change between versions cannot change under us
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "io/codec.h"

namespace isovox {
namespace {

struct Free {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

template <typename Context>
Context* Need(const std::unique_ptr<Context, Free>& context) {
  if (!context) throw Error(ErrorCode::kResource, "The system has no memory for zstd");
  return context.get();
}

// A context is 100 KiB of tables: each thread makes one.
ZSTD_DCtx* Decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  return Need(context);
}
ZSTD_CCtx* Compressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  return Need(context);
}

}  // namespace

size_t DecodeZstd(std::span<const std::byte> bytes, std::span<std::byte> into) {
  const size_t written = ZSTD_decompressDCtx(Decompressor(), into.data(), into.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(written) != 0) {
    throw Error(ErrorCode::kCorruptData, std::string("The zstd data are damaged or too long: ") + ZSTD_getErrorName(written));
  }
  return written;
}

size_t DecodeZstdPart(std::span<const std::byte> bytes, std::span<std::byte> into, size_t, size_t end) {
  ZSTD_frameHeader header;
  if (ZSTD_getFrameHeader(&header, bytes.data(), bytes.size()) != 0) return 0;
  if (header.checksumFlag != 0 || header.frameContentSize != into.size() || header.blockSizeMax >= into.size()) return 0;
  ZSTD_DCtx* context = Decompressor();
  ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters);
  ZSTD_DCtx_setParameter(context, ZSTD_d_stableOutBuffer, 1);  // it decodes into `into` itself
  ZSTD_outBuffer out{into.data(), into.size(), 0};
  ZSTD_inBuffer in{bytes.data(), 0, 0};
  // It says how many bytes the next block takes and is given no more, or it would decode all that it has.
  size_t next = header.headerSize;
  while (out.pos < end && in.pos < bytes.size() && !ZSTD_isError(next) && next > 0) {
    in.size = std::min(bytes.size(), in.pos + next);
    next = ZSTD_decompressStream(context, &out, &in);
  }
  const bool failed = ZSTD_isError(next) != 0 || out.pos < end;
  ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters);
  if (failed) {
    throw Error(ErrorCode::kCorruptData, std::string("The zstd data are damaged: ") + (ZSTD_isError(next) ? ZSTD_getErrorName(next) : "they end early"));
  }
  return out.pos;
}

std::vector<std::byte> EncodeZstd(std::span<const std::byte> bytes, const CodecSettings& settings) {
  ZSTD_CCtx* context = Compressor();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, std::clamp(settings.level, ZSTD_minCLevel(), ZSTD_maxCLevel()));
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, settings.checksum ? 1 : 0);
  std::vector<std::byte> out(ZSTD_compressBound(bytes.size()));
  const size_t written = ZSTD_compress2(context, out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(written) != 0) {
    throw Error(ErrorCode::kInternal, std::string("zstd refused to compress: ") + ZSTD_getErrorName(written));
  }
  out.resize(written);
  return out;
}

}  // namespace isovox
