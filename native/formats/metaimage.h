// MetaImage (ITK's MetaIO, metaTypes.h and metaImage.cxx): what reader and writer share.
//
//   lines "Key = Value", of which ElementDataFile is the last: LOCAL (the voxels follow at once), a file name,
//   LIST and a name in every line behind it, or "pattern%03d min max step".
//   Voxels: little or big endian, plain, one zlib stream (CompressedData), or text (BinaryData = False).
//   TransformMatrix lists the axes one after the other in LPS; Offset is the first voxel's centre.
#pragma once

#include <string>
#include <string_view>

#include "base/dtype.h"

namespace isovox::formats {

struct MetaType {
  const char* name;
  DType dtype;
};
// MET_LONG has four bytes everywhere: the format says so, whatever the compiler's long is.
inline constexpr MetaType kMetaTypes[] = {
    {"MET_CHAR", DType::kInt8},       {"MET_UCHAR", DType::kUint8},         {"MET_SHORT", DType::kInt16},
    {"MET_USHORT", DType::kUint16},   {"MET_INT", DType::kInt32},           {"MET_UINT", DType::kUint32},
    {"MET_LONG_LONG", DType::kInt64}, {"MET_ULONG_LONG", DType::kUint64},   {"MET_FLOAT", DType::kFloat32},
    {"MET_DOUBLE", DType::kFloat64},  {"MET_LONG", DType::kInt32},          {"MET_ULONG", DType::kUint32},
};

// Keys that the reader understands itself; all others are kept in metadata as "metaimage.<key>" and written again.
bool IsMetaImageKey(std::string_view key);

}  // namespace isovox::formats
