// Attributes by PS3.6 keyword (tag::kRows) and what the dictionary says of them.
#pragma once

#include <cstdint>

namespace isovox::dicom {

using Tag = uint32_t;  // group * 65536 + element

// A value representation: its two letters, so that a file's bytes compare as they are (PS3.5 6.2).
enum class Vr : uint16_t { kUnknown = 0 };

constexpr Vr MakeVr(char first, char second) {
  return static_cast<Vr>(static_cast<unsigned char>(first) << 8 | static_cast<unsigned char>(second));
}

namespace vr {
#define ISOVOX_VR(name) inline constexpr Vr name = MakeVr(#name[0], #name[1])
ISOVOX_VR(AE); ISOVOX_VR(AS); ISOVOX_VR(AT); ISOVOX_VR(CS); ISOVOX_VR(DA); ISOVOX_VR(DS); ISOVOX_VR(DT);
ISOVOX_VR(FL); ISOVOX_VR(FD); ISOVOX_VR(IS); ISOVOX_VR(LO); ISOVOX_VR(LT); ISOVOX_VR(OB); ISOVOX_VR(OD);
ISOVOX_VR(OF); ISOVOX_VR(OL); ISOVOX_VR(OV); ISOVOX_VR(OW); ISOVOX_VR(PN); ISOVOX_VR(SH); ISOVOX_VR(SL);
ISOVOX_VR(SQ); ISOVOX_VR(SS); ISOVOX_VR(ST); ISOVOX_VR(SV); ISOVOX_VR(TM); ISOVOX_VR(UC); ISOVOX_VR(UI);
ISOVOX_VR(UL); ISOVOX_VR(UN); ISOVOX_VR(UR); ISOVOX_VR(US); ISOVOX_VR(UT); ISOVOX_VR(UV);
#undef ISOVOX_VR
}  // namespace vr

namespace tag {
#define ISOVOX_TAG(keyword, number, representation) inline constexpr Tag k##keyword = number;
#include "dicom/tags.inc"
#undef ISOVOX_TAG
inline constexpr Tag kItem = 0xFFFEE000, kItemEnd = 0xFFFEE00D, kSequenceEnd = 0xFFFEE0DD;
}  // namespace tag

// The dictionary's VR, kUnknown for an attribute that is not in tags.inc.
Vr DictionaryVr(Tag tag);
// "Rows"; null for an attribute that is not in tags.inc.
const char* Keyword(Tag tag);

}  // namespace isovox::dicom
