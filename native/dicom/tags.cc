#include "dicom/tags.h"

#include <algorithm>
#include <array>

namespace isovox::dicom {
namespace {

struct Row {
  Tag tag;
  const char* keyword;
  Vr vr;
};

constexpr Row kRows[] = {
#define ISOVOX_TAG(keyword, number, representation) {number, #keyword, vr::representation},
#include "dicom/tags.inc"
#undef ISOVOX_TAG
};

constexpr bool Ascending() {
  for (size_t i = 1; i < std::size(kRows); ++i) {
    if (kRows[i - 1].tag >= kRows[i].tag) return false;
  }
  return true;
}
static_assert(Ascending(), "tags.inc is searched by bisection: keep it in the order of tags");

const Row* Find(Tag tag) {
  const auto* found = std::lower_bound(std::begin(kRows), std::end(kRows), tag,
                                       [](const Row& row, Tag wanted) { return row.tag < wanted; });
  return found != std::end(kRows) && found->tag == tag ? found : nullptr;
}

}  // namespace

Vr DictionaryVr(Tag tag) {
  const Row* row = Find(tag);
  return row == nullptr ? Vr::kUnknown : row->vr;
}

const char* Keyword(Tag tag) {
  const Row* row = Find(tag);
  return row == nullptr ? nullptr : row->keyword;
}

}  // namespace isovox::dicom
