// Reads a Spatial Registration (PS3.3 A.39.1, C.20.2) or a Deformable Spatial Registration (A.39.2, C.20.3).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "volume/spatial_map.h"

namespace isovox::dicom {

struct Registration {
  struct Item {
    std::string frame_uid;  // the frame that is registered; "" when the file names only images
    Affine matrix;          // from it into the registration's own frame; of items without a field
    std::shared_ptr<const DisplacementField> field;
    Affine pre, post;
  };
  std::string frame_uid;  // the frame that all items are registered to
  std::vector<Item> items;
  nlohmann::json summary;  // RegistrationSummary (lib/native/dicom-types.ts)
};

Registration ReadRegistration(const std::string& path);

// Where a position of frame `to` lies in frame `from`: what fetches for each point of `to` its value in `from`. By
// matrices in either direction; by a field only towards the registration's own frame, since a field has no inverse.
// Empty names: the registration's own frame for `to`, and its only other frame for `from`. Throws ERR_INVALID_ARGUMENT
// for a frame that the file does not register, ERR_UNSUPPORTED for the way back through a field.
SpatialMap MapBetween(const Registration& registration, const std::string& from, const std::string& to);

}  // namespace isovox::dicom
