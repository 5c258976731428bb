#include "align/sequences.h"

#include <doctest/doctest.h>

#include <string_view>

#include "base/error.h"

namespace isovox::align {
namespace {

std::vector<Sequence> Parse(std::string_view text) { return ParseSequences(std::as_bytes(std::span(text))); }

constexpr std::string_view kGenbank = R"(LOCUS       TEST01                    60 bp    DNA     linear   SYN 01-JAN-2026
DEFINITION  A made-up plasmid.
VERSION     TEST01.1
FEATURES             Location/Qualifiers
     source          1..60
     gene            5..10
                     /gene="abc"
                     /locus_tag="T_0001"
     CDS             complement(join(11..14,
                     21..24))
                     /note="a note with /gene inside"
     misc_feature    <1..>3
     misc_feature    7^8
     misc_feature    other.1:1..5
     misc_feature    50..90
ORIGIN
        1 acgtacgtac ggttaaccgg aaccttggac gtacgtacgt acgtacgtac gtacgtacgt
//
)";

}  // namespace

TEST_CASE("FASTA: titles, wrapped lines, lower case, carriage returns, blank lines") {
  const auto found = Parse(">one first sequence\r\nACgt\r\nnn\r\n\r\n>two\nAC-GT*\n");
  REQUIRE(found.size() == 2);
  CHECK(found[0].id == "one");
  CHECK(found[0].description == "first sequence");
  CHECK(found[0].letters == "ACGTNN");
  CHECK(found[1].letters == "ACGT");
}

TEST_CASE("FASTQ: qualities that look like titles") {
  const auto found = Parse("@r1 lane\nACGT\nAC\n+\n@@@@+!\n@r2\nA\n+r2\n@\n");
  REQUIRE(found.size() == 2);
  CHECK(found[0].letters == "ACGTAC");
  CHECK(found[1].id == "r2");
  CHECK_THROWS_AS(Parse("@r1\nACGT\n+\n!!\n"), Error);
  CHECK_THROWS_AS(Parse("@r1\nACGT\n"), Error);
}

TEST_CASE("GenBank: letters, features, both strands, joined parts; what cannot be placed is left out") {
  const auto found = Parse(kGenbank);
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == "TEST01.1");
  CHECK(found[0].letters.size() == 60);
  REQUIRE(found[0].features.size() == 3);
  CHECK(found[0].features[0].id == "T_0001");
  CHECK(LettersOf(found[0], found[0].features[0]) == "ACGTAC");
  CHECK(found[0].features[1].type == "CDS");
  CHECK(found[0].features[1].reverse);
  // Letters 11 to 14 are GGTT, 21 to 24 AACC; the other strand of GGTTAACC is read backwards.
  CHECK(LettersOf(found[0], found[0].features[1]) == "GGTTAACC");
  CHECK(found[0].features[2].id == "misc_feature_1..3");
}

TEST_CASE("what is no sequence file is refused with its line") {
  for (const std::string_view text : {"", "hello, world\n", "ACGT\n", ">a\nAC\x01GT\n", "LOCUS x\nORIGIN\n 1 acgt\n"}) {
    CHECK_THROWS_AS(Parse(text), Error);
  }
}

TEST_CASE("the other strand by the IUPAC codes") {
  CHECK(ReverseComplement("ACGTRYKMBDHVSWN").value() == "NWSBDHVKMRYACGT");
  CHECK_FALSE(ReverseComplement("MKVLE").has_value());
}

}  // namespace isovox::align
