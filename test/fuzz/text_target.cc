// libFuzzer: bytes that are parsed in memory. FUZZ_PARSER says by what: sequences, xml or array_meta.
#include <nlohmann/json.hpp>
#include <string_view>

#include "align/sequences.h"
#include "io/xml.h"
#include "read_every_way.h"
#include "store/array_meta.h"

namespace isovox::fuzz {

inline void sequences(std::string_view text) {
  for (const align::Sequence& sequence : align::ParseSequences(std::as_bytes(std::span(text)))) {
    align::ReverseComplement(sequence.letters);
    for (const align::Feature& feature : sequence.features) align::LettersOf(sequence, feature);
  }
}

inline void xml(std::string_view text) { ParseXml(text); }

inline void array_meta(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_discarded()) store::ToJson(store::ParseArrayMeta(json));
}

}  // namespace isovox::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  isovox::fuzz::Answered([&] { isovox::fuzz::FUZZ_PARSER({reinterpret_cast<const char*>(data), size}); });
  return 0;
}
