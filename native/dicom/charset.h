// Texts of a data set to UTF-8 by its Specific Character Set (PS3.5 6.1, PS3.3 C.12.1.1.2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace isovox::dicom {

class Charset {
 public:
  Charset() = default;
  // The values of SpecificCharacterSet; unknown terms are read as the default repertoire.
  explicit Charset(const std::vector<std::string_view>& terms);

  // Never fails: bytes that the character set does not have are read as UTF-8 when they are that, else as Latin-1,
  // which is what senders that declare nothing mean. Control characters are left out.
  std::string ToUtf8(std::string_view text) const;

 private:
  const char* encoding_ = nullptr;  // iconv's name; null for the default repertoire
  bool strip_escapes_ = false;      // single-byte code pages behind ISO 2022 escapes that iconv does not know
};

}  // namespace isovox::dicom
