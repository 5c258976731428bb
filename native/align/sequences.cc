#include "align/sequences.h"

#include <string_view>

#include "align/genbank.h"
#include "align/text_lines.h"
#include "base/error.h"
#include "io/gzip.h"

namespace isovox::align {
namespace {

constexpr size_t kLargestText = size_t{4} << 30;

// Splits ">id description" behind its mark.
void SetTitle(Sequence& sequence, std::string_view title) {
  const size_t blank = title.find_first_of(" \t");
  sequence.id = title.substr(0, blank);
  if (blank != std::string_view::npos) sequence.description = Trimmed(title.substr(blank));
}

std::vector<Sequence> ParseFasta(TextLines& lines) {
  std::vector<Sequence> sequences;
  while (const auto line = lines.Next()) {
    if (line->starts_with('>')) {
      SetTitle(sequences.emplace_back(), line->substr(1));
    } else if (line->starts_with(';') || Trimmed(*line).empty()) {
      continue;  // a comment of the oldest FASTA files
    } else if (sequences.empty()) {
      throw lines.Corrupt("a title that begins with >");
    } else {
      lines.AppendLetters(*line, sequences.back().letters);
    }
  }
  return sequences;
}

std::vector<Sequence> ParseFastq(TextLines& lines) {
  std::vector<Sequence> sequences;
  while (const auto title = lines.Next()) {
    if (Trimmed(*title).empty()) continue;
    if (!title->starts_with('@')) throw lines.Corrupt("a title that begins with @");
    Sequence& sequence = sequences.emplace_back();
    SetTitle(sequence, title->substr(1));
    std::optional<std::string_view> line;
    while ((line = lines.Next()) && !line->starts_with('+')) lines.AppendLetters(*line, sequence.letters);
    if (!line) throw lines.Corrupt("the line with + that ends the letters of " + sequence.id);
    // Qualities may begin with any mark, so they are counted, not recognised.
    size_t qualities = 0;
    while (qualities < sequence.letters.size() && (line = lines.Next())) qualities += Trimmed(*line).size();
    if (qualities != sequence.letters.size()) {
      throw lines.Corrupt("as many qualities as letters (" + std::to_string(sequence.letters.size()) + ") for " +
                          sequence.id);
    }
  }
  return sequences;
}

char ComplementOf(char letter) {
  constexpr std::string_view kFrom = "ACGTUNRYSWKMBVDH", kTo = "TGCAANYRSWMKVBHD";
  const size_t at = kFrom.find(letter);
  return at == std::string_view::npos ? '\0' : kTo[at];
}

}  // namespace

std::vector<Sequence> ParseSequences(std::span<const std::byte> bytes) {
  TextLines lines({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const auto first = lines.Peek();
  if (!first) throw Error(ErrorCode::kCorruptData, "Expected sequences but the file is empty");
  if (first->starts_with("LOCUS")) return ParseGenbank(lines);
  return first->starts_with('@') ? ParseFastq(lines) : ParseFasta(lines);
}

std::vector<Sequence> ReadSequences(const std::string& path) {
  try {
    const Buffer whole = ReadWholeFile(File::Open(path));
    if (!LooksGzipped(whole.bytes())) return ParseSequences(whole.bytes());
    const Buffer plain = Gunzip(whole.bytes(), kLargestText);
    return ParseSequences(plain.bytes());
  } catch (Error& error) {
    error.With("path", path);
    throw;
  }
}

std::string LettersOf(const Sequence& sequence, const Feature& feature) {
  std::string letters;
  for (const auto& [begin, end] : feature.parts) {
    letters += sequence.letters.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  }
  if (!feature.reverse) return letters;
  return ReverseComplement(letters).value_or(std::string());
}

std::optional<std::string> ReverseComplement(std::string_view letters) {
  std::string other(letters.rbegin(), letters.rend());
  for (char& letter : other) {
    letter = ComplementOf(letter);
    if (letter == '\0') return std::nullopt;
  }
  return other;
}

}  // namespace isovox::align
