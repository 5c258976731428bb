// What a model wants of a volume and what its outputs mean: the native half of a model folder's manifest.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace isovox {

// How the values of one channel are brought to what the network was trained on.
struct Normalisation {
  enum class Kind {
    kNone,
    kCt,      // clipped to [low, high], then (x - mean) / sd
    kZScore,  // (x - mean of the image) / sd of the image
    kMinMax,  // (x - least) / (most - least) of the image
    kWindow,  // clipped to [low, high], then to 0..1
  };
  Kind kind = Kind::kNone;
  double low = 0, high = 0, mean = 0, sd = 1;
  bool within_nonzero = false;  // statistics of the voxels that are not 0, and only they are changed
};

// Which labels are tidied after the network.
struct Postprocess {
  std::vector<int> largest_component;  // of each of these labels only the largest component stays
  std::vector<int> fill_holes;         // enclosed background is given to the label
  double least_cc = 0;                 // smaller components of any label go
};

// Axes i, j, k are those of the volume once it is brought to `orientation`; networks see [k, j, i].
struct ModelSpec {
  std::string orientation;                       // "LPS"; "" takes the stored axes in the order of `axes`
  std::array<int, 3> axes{0, 1, 2};              // the stored axis that is i, j, k; each once
  std::array<double, 3> spacing_mm{0, 0, 0};     // 0 leaves an axis as it is
  bool crop_to_nonzero = false;                  // before normalising; outside is background
  std::vector<Normalisation> channels;           // one per input image
  bool cubic = true;                             // images by cubic B-splines instead of linearly
  double anisotropy = 3;                         // an axis so much coarser than another is not interpolated across
  std::array<int64_t, 3> tile{128, 128, 128};    // i, j, k; k = 1 for networks of flat images
  int64_t context = 0;                           // slices on each side of a flat tile
  double overlap = 0.5;
  bool gaussian = true;
  std::array<bool, 3> mirror{};
  int64_t batch = 1;
  bool regions = false;     // outputs are regions that may overlap, each there where its logit is above 0; later ones win
  std::vector<int> labels;  // value of each output channel
  std::vector<std::vector<int>> input_channels;  // of each of the network's inputs, in the model's order; empty: all to one
  Postprocess postprocess;
};

}  // namespace isovox
