// The functions of each format, for the table in registry.cc.
#pragma once

#include "formats/format.h"

namespace isovox::formats {

// NIfTI-1 and -2, single files and pairs, compressed or not (nifti_read.cc, nifti_write.cc).
bool SniffNifti(const std::string& path, std::span<const std::byte> head);
Volume ReadNifti(const Exec& exec, const std::string& path, nlohmann::json& findings);
void WriteNifti(const Exec& exec, const Volume& volume, const std::string& path, const WriteSettings& settings);

// A DICOM image file, or a folder of them (dicom_series.cc).
bool SniffDicom(const std::string& path, std::span<const std::byte> head);
Volume ReadDicom(const Exec& exec, const std::string& path, nlohmann::json& findings);

}  // namespace isovox::formats
