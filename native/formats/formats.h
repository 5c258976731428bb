// The functions of each format, for the table in registry.cc.
#pragma once

#include "formats/format.h"

namespace isovox::formats {

// NIfTI-1 and -2, single files and pairs, compressed or not (nifti_read.cc, nifti_write.cc).
bool SniffNifti(const std::string& path, std::span<const std::byte> head);
Volume ReadNifti(const Exec& exec, const std::string& path, Wanted wanted, nlohmann::json& findings);
void WriteNifti(const Exec& exec, const Volume& volume, const std::string& path, const WriteSettings& settings);

// A DICOM image file, or a folder of them (dicom_series.cc).
bool SniffDicom(const std::string& path, std::span<const std::byte> head);
Volume ReadDicom(const Exec& exec, const std::string& path, Wanted wanted, nlohmann::json& findings);
Volume ReadDicomWith(const Exec& exec, const std::string& path, const DicomSettings& settings, Wanted wanted, nlohmann::json& findings);

// NRRD, attached and detached (nrrd_read.cc, nrrd_write.cc).
bool SniffNrrd(const std::string& path, std::span<const std::byte> head);
Volume ReadNrrd(const Exec& exec, const std::string& path, Wanted wanted, nlohmann::json& findings);
void WriteNrrd(const Exec& exec, const Volume& volume, const std::string& path, const WriteSettings& settings);

// MetaImage, one file or a header with data files (metaimage_read.cc, metaimage_write.cc).
bool SniffMetaImage(const std::string& path, std::span<const std::byte> head);
Volume ReadMetaImage(const Exec& exec, const std::string& path, Wanted wanted, nlohmann::json& findings);
void WriteMetaImage(const Exec& exec, const Volume& volume, const std::string& path, const WriteSettings& settings);

// NumPy arrays (npy.cc).
bool SniffNpy(const std::string& path, std::span<const std::byte> head);
Volume ReadNpy(const Exec& exec, const std::string& path, Wanted wanted, nlohmann::json& findings);
void WriteNpy(const Exec& exec, const Volume& volume, const std::string& path, const WriteSettings& settings);

// Zarr 3: OME-Zarr images and plain arrays (zarr.cc).
bool SniffZarr(const std::string& path, std::span<const std::byte> head);
Volume ReadZarr(const Exec& exec, const std::string& path, Wanted wanted, nlohmann::json& findings);
void WriteZarr(const Exec& exec, const Volume& volume, const std::string& path, const WriteSettings& settings);

// The row of `codecs` that the settings name, the first when they name none.
template <typename Codec, size_t N>
const Codec& FindCodec(const Codec (&codecs)[N], const std::string& name) {
  std::string known;
  for (const Codec& codec : codecs) {
    if (name.empty() || name == codec.name) return codec;
    known += std::string(known.empty() ? "" : ", ") + codec.name;
  }
  throw InvalidArgument("codec", "one of " + known, "\"" + name + "\"");
}

}  // namespace isovox::formats
