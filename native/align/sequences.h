// Files of sequences: FASTA, FASTQ and GenBank flat files, each plain or in gzip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace isovox::align {

// A stretch of a sequence, from a GenBank feature table.
struct Feature {
  std::string id;    // locus_tag, else gene, protein_id or label; else "<type>_<begin>..<end>"
  std::string type;  // gene, CDS, ...
  // Half-open stretches in the order in which the location names them; several for spliced features.
  std::vector<std::pair<int64_t, int64_t>> parts;
  bool reverse = false;  // on the complementary strand
};

struct Sequence {
  std::string id;           // up to the first blank
  std::string description;  // what follows
  std::string letters;      // upper case, without blanks and gaps
  std::vector<Feature> features;
};

// All sequences of a file, in its order. Throws ERR_CORRUPT_DATA with the line for what is none of the formats or
// contradicts itself, ERR_RESOURCE for compressed data of more than 4 GiB.
std::vector<Sequence> ReadSequences(const std::string& path);
// The same of bytes in memory, not compressed.
std::vector<Sequence> ParseSequences(std::span<const std::byte> bytes);

// The letters of a feature, read in its own direction.
std::string LettersOf(const Sequence& sequence, const Feature& feature);

// The other strand, read in its own direction, by the IUPAC codes; nothing for letters that are no nucleotides.
std::optional<std::string> ReverseComplement(std::string_view letters);

}  // namespace isovox::align
