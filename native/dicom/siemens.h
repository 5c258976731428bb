// Siemens mosaics: the slices of one time of an echo-planar series side by side in one image.
#pragma once

#include <cstdint>
#include <optional>

#include "dicom/dataset.h"
#include "volume/grid.h"

namespace isovox::dicom {

struct Mosaic {
  int64_t tiles = 0;  // slices
  int64_t side = 0;   // tiles along a row and along a column
  std::optional<Vec3> normal;  // from slice to slice, when the private header says so; may be against the cross product
};

// Of an image whose ImageType says MOSAIC: how many tiles there are, by the private elements of Siemens (group 0019, or the
// CSA header of group 0029). Nothing when they do not say it, or not so that `rows` and `columns` divide.
std::optional<Mosaic> MosaicOf(const DataSet& set, int64_t rows, int64_t columns);

}  // namespace isovox::dicom
