// Voxels that a text header describes: in which files, how packed, in which byte order. NRRD and MetaImage share it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "exec/exec.h"
#include "io/atomic_file.h"
#include "volume/volume.h"

namespace isovox::formats {

enum class Packing { kRaw, kGzip, kZlib, kBzip2, kText, kHex };

struct VoxelData {
  std::vector<std::string> files;  // each holds an equal part of the voxels, in order
  Packing packing = Packing::kRaw;
  Endian endian = Endian::kLittle;
  uint64_t offset = 0;     // of the first packed byte in each file
  int64_t line_skip = 0;   // lines after `offset` to leave out
  int64_t byte_skip = 0;   // unpacked bytes to leave out; kLastBytes: the voxels end the file
  static constexpr int64_t kLastBytes = -1;
};

// Allocates the volume's storage and fills it. Nothing is allocated that the bytes present cannot hold.
// REQUIRES: the volume's sizes are positive. Throws ERR_CORRUPT_DATA, ERR_IO.
void ReadVoxelData(const Exec& exec, const VoxelData& data, Volume& volume);

// Appends the voxels in that packing (any but kHex), little endian. `level` is the effort where there is any.
void WriteVoxelData(const Volume& volume, Packing packing, int level, AtomicFile& file);

}  // namespace isovox::formats
