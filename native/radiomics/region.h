// The voxels features are computed from: the image and the two masks of IBSI 1 (2.4) on the box of the structure.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace isovox::radiomics {

// Boxes are i fastest. `image` reaches `margin` voxels further than the masks where the image does, because a local
// intensity peak looks around a voxel at the border.
struct Region {
  std::array<int64_t, 3> size{0, 0, 0};        // of both masks: the bounding box of the morphological mask
  std::array<double, 3> spacing{1, 1, 1};
  std::vector<uint8_t> morphology;              // 0/1: the structure
  std::vector<uint8_t> intensity;               // 0/1: the structure without voxels taken out by re-segmentation

  std::array<int64_t, 3> image_size{0, 0, 0};
  std::array<int64_t, 3> image_offset{0, 0, 0};  // of the masks' first voxel inside the image box
  std::array<int64_t, 3> lattice_begin{0, 0, 0};  // of the image box on the whole (interpolated) image
  std::vector<double> image;

  int64_t morphology_voxels = 0;
  int64_t intensity_voxels = 0;
  std::array<double, 2> intensity_range{0, 0};   // re-segmentation range, or the extremes inside the intensity mask
  bool range_given[2] = {false, false};
  std::string unit;                              // of the intensities; "" when unknown

  int64_t voxels() const { return size[0] * size[1] * size[2]; }
  double voxel_mm3() const { return spacing[0] * spacing[1] * spacing[2]; }
  // First image voxel of the mask's row (j, k); the row's voxel i is `i` further.
  const double* Row(int64_t j, int64_t k) const {
    return image.data() +
           ((k + image_offset[2]) * image_size[1] + j + image_offset[1]) * image_size[0] + image_offset[0];
  }
  // Leaves of the image what lies in the box of the masks.
  void DropSurroundings() {
    if (image_size == size) return;
    double* to = image.data();
    for (int64_t k = 0; k < size[2]; ++k) {
      for (int64_t j = 0; j < size[1]; ++j) to = std::copy_n(Row(j, k), size[0], to);  // from further back than where it goes
    }
    for (size_t d = 0; d < 3; ++d) lattice_begin[d] += image_offset[d];
    image_offset = {0, 0, 0};
    image_size = size;
    image.resize(static_cast<size_t>(voxels()));
    image.shrink_to_fit();
  }
};

}  // namespace isovox::radiomics
