// NRRD (teem.sourceforge.net/nrrd/format.html, versions 1 to 5): what reader and writer share.
//
//   NRRD000N \n  { "field: value" | "key:=value" | "# comment" } \n  empty line, then the data (attached, .nrrd);
//   or a field "data file" that names them (detached, .nhdr), and no empty line is needed.
#pragma once

#include <string>
#include <string_view>

#include "base/dtype.h"
#include "formats/voxel_data.h"
#include "volume/grid.h"

namespace isovox::formats {

// Fields that say something about the volume which Volume has no place for; kept in metadata as "nrrd.<field>" and
// written again. Key/value pairs are kept as "nrrd.key.<key>".
inline constexpr const char* kNrrdKeptFields[] = {"content",     "measurement frame", "sample units", "space units",
                                                  "old min",     "old max",           "number"};
// The same, for fields with one entry for every axis: written only while the axes are as they were read.
inline constexpr const char* kNrrdAxisFields[] = {"kinds", "labels", "units", "centerings", "thicknesses"};

// Signs that turn a vector of the space into LPS. Nothing is known about other spaces, which are taken for LPS.
struct NrrdSpace {
  const char* name;
  const char* letters;
  double x, y, z;
};
const NrrdSpace* FindNrrdSpace(std::string_view name);

}  // namespace isovox::formats
