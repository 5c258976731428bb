// What tells the frames of a multi-frame object apart beside their places: time, echo, b-value, stack (PS3.3 C.7.6.16.2.2
// Frame Content, C.7.6.17 Multi-frame Dimension).
#pragma once

#include <cstdint>
#include <vector>

#include "dicom/dataset.h"

namespace isovox::dicom {

struct FrameContent {
  // Values of the dimensions that are no places, in the order of DimensionIndexSequence; TemporalPositionIndex where there
  // is no such sequence; empty where the file says neither.
  std::vector<int64_t> dimensions;
  bool complete = false;  // the object lists its dimensions: frames that agree in all of them are the same
  int64_t in_stack = 0;  // InStackPositionNumber, from 1; 0 where it is absent
};

// The item's attribute that each dimension of the object is about, in order.
std::vector<Tag> DimensionPointers(const DataSet& object);

// `group` is an item of FrameContentSequence.
FrameContent FrameContentOf(const DataSet& group, const std::vector<Tag>& pointers);

}  // namespace isovox::dicom
