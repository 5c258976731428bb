// The frames of encapsulated pixel data (PS3.5 A.4): which fragments make which frame.
#pragma once

#include <span>
#include <vector>

#include "dicom/file.h"

namespace isovox::dicom {

class EncapsulatedFrames {
 public:
  EncapsulatedFrames() = default;
  // Reads the pixel data of `file` and divides them into `frames`: by their number, the extended or the basic offset
  // table, or where a codestream begins. Throws ERR_CORRUPT_DATA when they cannot be that many.
  EncapsulatedFrames(const DicomFile& file, int64_t frames);

  size_t count() const { return first_.empty() ? 0 : first_.size() - 1; }
  // The bytes of one frame; `joined` holds them when the frame is of several fragments.
  std::span<const std::byte> Frame(size_t frame, Buffer& joined) const;

 private:
  Buffer bytes_;
  std::vector<std::span<const std::byte>> fragments_;  // without the offset table
  std::vector<size_t> first_;  // fragment that each frame begins with, and their number behind the last
};

// Does a JPEG, JPEG-LS or JPEG 2000 codestream, or a JP2 file, begin here?
bool BeginsImage(std::span<const std::byte> bytes);

}  // namespace isovox::dicom
