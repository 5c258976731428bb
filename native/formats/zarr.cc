// Zarr 3 folders as a format of volumes: OME-Zarr images and plain arrays (store/volume_store.h).
#include <filesystem>

#include "formats/formats.h"
#include "io/s3_object.h"
#include "store/volume_store.h"

namespace isovox::formats {

bool SniffZarr(const std::string& path, std::span<const std::byte> head) {
  if (IsS3(path)) return head.empty() && ObjectExists(ParseS3Uri(path + "/zarr.json"));
  std::error_code ignored;
  return head.empty() && std::filesystem::is_regular_file(path + "/zarr.json", ignored);
}

Volume ReadZarr(const Exec& exec, const std::string& path, Wanted wanted, nlohmann::json&) {
  const store::StoredVolume stored = store::OpenVolume(path);
  return wanted == Wanted::kFacts ? stored.description : stored.ReadAll(exec);
}

void WriteZarr(const Exec& exec, const Volume& volume, const std::string& path, const WriteSettings& settings) {
  store::VolumeLayout layout;
  layout.tile = settings.tile;
  layout.chunk = settings.chunk;
  if (!settings.codec.empty()) layout.codec = settings.codec;
  if (settings.level_given) layout.level = settings.level;
  // Of an object store, few large objects; and bytes that travel.
  layout.sharding = settings.sharding.value_or(IsS3(path));
  layout.checksum = IsS3(path);
  store::SaveVolume(exec, volume, path, layout);
}

}  // namespace isovox::formats
