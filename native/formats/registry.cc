// The table of formats. To add one: a file with its functions, a line in formats.h, a row here.
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "formats/formats.h"
#include "io/file.h"
#include "io/s3_object.h"

namespace isovox::formats {
namespace {

constexpr const char* kNiftiExtensions[] = {".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz"};
constexpr const char* kNrrdExtensions[] = {".nrrd", ".nhdr"};
constexpr const char* kNrrdCodecs[] = {"gzip", "raw", "bzip2", "ascii"};
constexpr const char* kMetaImageExtensions[] = {".mha", ".mhd"};
constexpr const char* kMetaImageCodecs[] = {"zlib", "raw", "ascii"};
constexpr const char* kNpyExtensions[] = {".npy"};
constexpr const char* kZarrExtensions[] = {".zarr"};
constexpr const char* kZarrCodecs[] = {"zstd", "zstd-plain", "blosc", "lz4", "gzip", "none"};
constexpr const char* kDicomExtensions[] = {".dcm"};

// In the order of asking; DICOM last, because a file without preamble is recognised by little.
constexpr Format kFormats[] = {
    {"nifti", kNiftiExtensions, SniffNifti, ReadNifti, WriteNifti},
    {"nrrd", kNrrdExtensions, SniffNrrd, ReadNrrd, WriteNrrd, kNrrdCodecs},
    {"metaimage", kMetaImageExtensions, SniffMetaImage, ReadMetaImage, WriteMetaImage, kMetaImageCodecs},
    {"npy", kNpyExtensions, SniffNpy, ReadNpy, WriteNpy},
    {"zarr", kZarrExtensions, SniffZarr, ReadZarr, WriteZarr, kZarrCodecs},
    {"dicom", kDicomExtensions, SniffDicom, ReadDicom, nullptr},
};

constexpr size_t kHeadBytes = 1024;

std::vector<std::byte> HeadOf(const std::string& path) {
  if (IsS3(path)) {
    try {
      const File object = File::Open(path);
      std::vector<std::byte> head(std::min<uint64_t>(kHeadBytes, object.size()));
      object.ReadExactly(head, 0);
      return head;
    } catch (const Error& error) {
      // A prefix is no object: a Zarr folder, or DICOM images.
      if (error.code() != ErrorCode::kNotFound) throw;
      if (!ObjectExists(ParseS3Uri(path + "/zarr.json")) && !IsObjectFolder(path)) throw;
      return {};
    }
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw IoError("open", path, errno);
  if (S_ISDIR(status.st_mode)) return {};
  const File file = File::Open(path);
  std::vector<std::byte> head(std::min<uint64_t>(kHeadBytes, file.size()));
  head.resize(file.ReadSome(head, 0));
  return head;
}

}  // namespace

std::span<const Format> AllFormats() { return kFormats; }

bool EndsWith(std::string_view path, std::string_view extension) {
  if (path.size() < extension.size()) return false;
  return std::equal(extension.begin(), extension.end(), path.end() - static_cast<std::ptrdiff_t>(extension.size()),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

ReadResult ReadVolume(const Exec& exec, const std::string& path, const DicomSettings& dicom, Wanted wanted) {
  const auto head = HeadOf(path);
  for (const Format& format : kFormats) {
    if (!format.sniff(path, head)) continue;
    try {
      ReadResult result;
      result.format = format.name;
      if (format.read == ReadDicom) {
        result.volume = ReadDicomWith(exec, path, dicom, wanted, result.findings);
      } else if (dicom.suv.empty()) {
        result.volume = format.read(exec, path, wanted, result.findings);
      } else {
        throw Error(ErrorCode::kUnsupported, "SUV is made of DICOM images only, and this is " + result.format,
                    {{"what", "suv"}, {"value", result.format}});
      }
      return result;
    } catch (Error& error) {
      error.With("path", path);
      throw;
    }
  }
  throw Error(ErrorCode::kUnsupported, "No known format of volumes begins like " + path,
              {{"path", path}, {"what", "format"}, {"value", "unknown"}});
}

void WriteVolume(const Exec& exec, const Volume& volume, const std::string& path, const WriteSettings& settings) {
  std::string known;
  for (const Format& format : kFormats) {
    if (format.write == nullptr) continue;
    for (const char* extension : format.extensions) {
      if (settings.format.empty() ? EndsWith(path, extension) : settings.format == format.name) {
        if (!settings.codec.empty() && format.codecs.empty()) {
          throw InvalidArgument("codec", std::string("none for ") + format.name, "\"" + settings.codec + "\"");
        }
        return format.write(exec, volume, path, settings);
      }
      known += std::string(known.empty() ? "" : ", ") + extension;
    }
  }
  throw InvalidArgument("path", "an extension among " + known, path);
}

}  // namespace isovox::formats
