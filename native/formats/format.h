// A file format of volumes: how to recognise, read and write it. registry.cc lists them.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dicom/series.h"
#include "exec/exec.h"
#include "volume/volume.h"

namespace isovox::formats {

struct ReadResult {
  Volume volume;
  std::string format;
  nlohmann::json findings = nlohmann::json::array();
};

struct WriteSettings {
  int level = 4;      // of compression, where the format has any: 0 to 12
  bool level_given = false;
  std::string format;  // by name; empty: that of the extension
  std::string codec;  // how voxels are packed, among the format's codecs; empty for its first
  // Of stores only: the shape of chunks (store/volume_store.h).
  std::string tile = "isotropic";
  std::array<int64_t, 3> chunk{0, 0, 0};
  std::optional<bool> sharding;  // by itself only in object stores
};

// All of a volume, or what it is like: then its storage is null and no voxel was read.
enum class Wanted { kVoxels, kFacts };

struct Format {
  const char* name;
  std::span<const char* const> extensions;  // with the dot, lower case
  // Does a file of this path that begins with `head` look like this format? A folder has an empty head.
  bool (*sniff)(const std::string& path, std::span<const std::byte> head);
  Volume (*read)(const Exec& exec, const std::string& path, Wanted wanted, nlohmann::json& findings);
  void (*write)(const Exec& exec, const Volume& volume, const std::string& path, const WriteSettings& settings);  // or null
  std::span<const char* const> codecs = {};  // that `write` takes
};

std::span<const Format> AllFormats();

// What only DICOM files are asked.
struct DicomSettings {
  std::string suv;  // of a PET series: the type of SUV that the scaling gives (dicom/suv.h); empty for none
  dicom::SeriesOptions series;
};

// Recognises the file by its content. Throws ERR_UNSUPPORTED when no format does, and for SUV of what is no DICOM;
// ERR_NOT_FOUND when it is not there.
ReadResult ReadVolume(const Exec& exec, const std::string& path, const DicomSettings& dicom = {},
                      Wanted wanted = Wanted::kVoxels);
// Chooses the format by the extension; the file appears whole or not at all.
void WriteVolume(const Exec& exec, const Volume& volume, const std::string& path, const WriteSettings& settings);

bool EndsWith(std::string_view path, std::string_view extension);  // without regard to case

}  // namespace isovox::formats
