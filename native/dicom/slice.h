// The planes of image objects: one per file, or one per frame of a multi-frame file (PS3.3 C.7.6.16).
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dicom/frame_content.h"
#include "dicom/geometry.h"
#include "dicom/pixels.h"

namespace isovox::dicom {

struct Plane {
  size_t file = 0;    // index into the files given
  int64_t frame = 0;  // within the file
  std::optional<Vec3> position;
  std::optional<Axes> axes;
  FrameContent content;  // of a multi-frame file
  double slope = 1, intercept = 0;
  double along = 0;  // distance along the slice normal; set when sorted
};

// What is kept of an image file's header once it is closed.
struct ImageHeader {
  std::string path, sop_uid, series_uid, modality;
  uint64_t file_bytes = 0;
  std::string etag;  // of an object
  PixelLayout layout;
  PixelBytes pixels;
  bool plain = false;  // samples lie in the file as they are wanted: little-endian, not planar, not compressed
  std::optional<Axes> axes;
  std::optional<std::array<double, 2>> spacing;
  double slice_step = 0;  // SpacingBetweenSlices, else SliceThickness; 0 when neither is there
  int64_t instance_number = 0;
  std::array<int64_t, 3> time_key{0, 0, 0};  // temporal position, acquisition, echo: tells 4-D data from copies
  bool mosaic = false;      // ImageType says so
  int64_t mosaic_side = 1;  // tiles along a row and a column; `layout` is of a tile, and a plane's frame is its tile
  std::string unit;
  std::vector<Plane> planes;
  std::vector<std::pair<std::string, std::string>> metadata;  // by keyword
};

// Of what `open` opens. Throws as DicomFile::Open, LayoutOf and the geometry functions do, with the path in the context.
ImageHeader ReadImageHeader(const std::string& path, const std::function<File()>& open, size_t file_index);

}  // namespace isovox::dicom
