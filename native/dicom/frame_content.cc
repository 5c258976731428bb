#include "dicom/frame_content.h"

namespace isovox::dicom {
namespace {

bool IsPlace(Tag pointer) {
  return pointer == tag::kImagePositionPatient || pointer == tag::kInStackPositionNumber ||
         pointer == tag::kSliceLocation || pointer == tag::kPlanePositionSequence;
}

}  // namespace

std::vector<Tag> DimensionPointers(const DataSet& object) {
  std::vector<Tag> pointers;
  for (const DataSet& item : object.Items(tag::kDimensionIndexSequence)) {
    pointers.push_back(item.TagValue(tag::kDimensionIndexPointer).value_or(0));
  }
  return pointers;
}

FrameContent FrameContentOf(const DataSet& group, const std::vector<Tag>& pointers) {
  FrameContent content;
  content.in_stack = group.Integer(tag::kInStackPositionNumber).value_or(0);
  const auto values = group.Numbers(tag::kDimensionIndexValues);
  content.complete = !pointers.empty() && values.size() == pointers.size();
  if (content.complete) {
    for (size_t d = 0; d < pointers.size(); ++d) {
      const auto value = static_cast<int64_t>(values[d]);
      if (!IsPlace(pointers[d])) content.dimensions.push_back(value);
      else if (pointers[d] == tag::kInStackPositionNumber && content.in_stack == 0) content.in_stack = value;
    }
  } else if (const auto time = group.Integer(tag::kTemporalPositionIndex)) {
    content.dimensions.push_back(*time);
  }
  return content;
}

}  // namespace isovox::dicom
