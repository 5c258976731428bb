// A DICOM file opened for reading (PS3.10 7): with or without preamble and meta information, in any of the
// uncompressed encodings, and gzipped whole. The data set is read up to the pixel data, which stay on disk until asked for.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "dicom/charset.h"
#include "dicom/dataset.h"
#include "io/file.h"

namespace isovox::dicom {

namespace syntax {
inline constexpr const char* kImplicitLittle = "1.2.840.10008.1.2";
inline constexpr const char* kExplicitLittle = "1.2.840.10008.1.2.1";
inline constexpr const char* kDeflated = "1.2.840.10008.1.2.1.99";
inline constexpr const char* kExplicitBig = "1.2.840.10008.1.2.2";
}  // namespace syntax

// Where the pixel data of a file are.
struct PixelBytes {
  Tag tag = 0;               // PixelData, FloatPixelData or DoubleFloatPixelData
  bool encapsulated = false;
  uint64_t offset = 0;       // in the file, or in the inflated data set
  uint64_t declared = 0;     // 0 when encapsulated
  uint64_t present = 0;      // from offset to the end of the file; may exceed or fall short of what is declared
};

class DicomFile {
 public:
  enum class Status { kDicom, kDirectory, kNotDicom };

  // Throws ERR_IO, and ERR_CORRUPT_DATA for a file that begins as DICOM and contradicts itself.
  static DicomFile Read(File file);
  // The same by path, with ERR_UNSUPPORTED for what is not a DICOM data set. Errors carry the path.
  static DicomFile Open(const std::string& path);
  static DicomFile Open(const std::string& path, const std::function<File()>& open);

  DicomFile(DicomFile&&) = default;

  Status status() const { return status_; }
  const std::string& reason() const { return reason_; }  // why it is not DICOM
  const std::string& path() const { return file_.path(); }
  uint64_t size() const { return file_.size(); }
  const std::string& etag() const { return file_.etag(); }  // of an object
  const DataSet& set() const { return set_; }
  const Charset& charset() const { return charset_; }
  const std::string& transfer_syntax() const { return transfer_syntax_; }
  bool has_meta() const { return has_meta_; }
  // Is the data set in memory, because its bytes in the file are compressed?
  bool inflated() const { return inflated_; }
  Endian endian() const { return encoding_.endian; }
  const std::optional<PixelBytes>& pixels() const { return pixels_; }

  // Bytes of the pixel data from `offset` on. Throws ERR_CORRUPT_DATA when they are not there.
  void ReadPixels(std::span<std::byte> into, uint64_t offset) const;

 private:
  explicit DicomFile(File file) : file_(std::move(file)) {}
  void ReadMeta(ByteReader& reader, size_t begin);
  void ParseFrom(size_t begin);
  void Unzip();  // of a file that was gzipped whole
  void Inflate(size_t begin);
  void FindPixels();
  bool Grow();

  File file_;
  Buffer buffer_;  // the first bytes of the file, or the whole inflated data set
  Status status_ = Status::kDicom;
  std::string reason_;
  DataSet set_;
  Charset charset_;
  std::string transfer_syntax_;
  std::string storage_class_;
  Encoding encoding_;
  bool has_meta_ = false;
  bool inflated_ = false;
  std::optional<PixelBytes> pixels_;
};

}  // namespace isovox::dicom
