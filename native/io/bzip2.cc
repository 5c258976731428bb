#include "io/bzip2.h"

#include <bzlib.h>

#include <algorithm>
#include <string>

#include "base/error.h"

namespace isovox {
namespace {

constexpr size_t kPiece = size_t{1} << 30;  // the library counts in 32 bits

char* Chars(const std::byte* bytes) { return const_cast<char*>(reinterpret_cast<const char*>(bytes)); }

struct Stream {
  bz_stream state{};
  bool compressing;
  explicit Stream(int level) : compressing(level > 0) {
    const int result =
        compressing ? BZ2_bzCompressInit(&state, level, 0, 0) : BZ2_bzDecompressInit(&state, 0, 0);
    if (result != BZ_OK) throw Error(ErrorCode::kResource, "The system has no memory for bzip2");
  }
  ~Stream() { compressing ? BZ2_bzCompressEnd(&state) : BZ2_bzDecompressEnd(&state); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

}  // namespace

size_t Bunzip2Into(std::span<const std::byte> bytes, std::span<std::byte> into) {
  size_t read = 0, written = 0;
  while (read < bytes.size() && written < into.size()) {
    Stream stream(0);
    const size_t begin = read;
    int result = BZ_OK;
    while (result == BZ_OK && written < into.size()) {
      const size_t in = std::min(kPiece, bytes.size() - read), out = std::min(kPiece, into.size() - written);
      stream.state.next_in = Chars(bytes.data() + read);
      stream.state.avail_in = static_cast<unsigned>(in);
      stream.state.next_out = Chars(into.data() + written);
      stream.state.avail_out = static_cast<unsigned>(out);
      result = BZ2_bzDecompress(&stream.state);
      const size_t consumed = in - stream.state.avail_in, produced = out - stream.state.avail_out;
      read += consumed;
      written += produced;
      if (result == BZ_OK && consumed == 0 && produced == 0) return written;  // the data end in mid-stream
    }
    if (result == BZ_STREAM_END || result == BZ_OK) continue;
    if (begin > 0 && result == BZ_DATA_ERROR_MAGIC) return written;  // what follows is no stream
    throw Error(ErrorCode::kCorruptData, "The bzip2 data are damaged after byte " + std::to_string(begin),
                {{"offset", std::to_string(begin)}});
  }
  return written;
}

std::vector<std::byte> Bzip2(std::span<const std::byte> bytes, int level) {
  Stream stream(std::clamp(level, 1, 9));
  std::vector<std::byte> out;
  size_t read = 0;
  int result = BZ_RUN_OK;
  while (result != BZ_STREAM_END) {
    const size_t in = std::min(kPiece, bytes.size() - read), held = out.size();
    out.resize(held + std::max<size_t>(in / 2, size_t{1} << 16));
    const size_t room = std::min(kPiece, out.size() - held);
    stream.state.next_in = Chars(bytes.data() + read);
    stream.state.avail_in = static_cast<unsigned>(in);
    stream.state.next_out = Chars(out.data() + held);
    stream.state.avail_out = static_cast<unsigned>(room);
    const bool last = read + in == bytes.size();
    result = BZ2_bzCompress(&stream.state, last ? BZ_FINISH : BZ_RUN);
    if (result < 0) throw Error(ErrorCode::kInternal, "bzip2 refused to compress: " + std::to_string(result));
    read += in - stream.state.avail_in;
    out.resize(held + room - stream.state.avail_out);
  }
  return out;
}

}  // namespace isovox
