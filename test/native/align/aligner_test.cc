#include "align/aligner.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "align/affine_lanes.h"
#include "align/batch.h"
#include "align/locate.h"
#include "base/error.h"

namespace isovox::align {
namespace {

// Gotoh's dynamic programme (1982), kept as plain as it can be: the oracle of the tests below.
int64_t PlainScore(std::string_view query, std::string_view reference, Mode mode, const Scoring& scoring) {
  constexpr int64_t kNever = -1'000'000'000;
  const size_t n = query.size(), m = reference.size();
  const int64_t open = scoring.Opening() + scoring.Extension(), extend = scoring.Extension();
  std::vector<std::vector<int64_t>> best(n + 1, std::vector<int64_t>(m + 1, kNever)), up = best, left = best;
  int64_t most = mode == Mode::kLocal ? 0 : kNever;
  for (size_t i = 0; i <= n; ++i) {
    for (size_t j = 0; j <= m; ++j) {
      int64_t& cell = best[i][j];
      const bool may_begin = (i == 0 && j == 0) || mode == Mode::kLocal || (mode == Mode::kInfix && i == 0);
      if (may_begin) cell = 0;
      if (i > 0) up[i][j] = std::max(best[i - 1][j] - open, up[i - 1][j] - extend);
      if (j > 0) left[i][j] = std::max(best[i][j - 1] - open, left[i][j - 1] - extend);
      if (i > 0 && j > 0) {
        const bool same = query[i - 1] == reference[j - 1];
        cell = std::max(cell, best[i - 1][j - 1] + (same ? scoring.MatchScore() : scoring.MismatchScore()));
      }
      cell = std::max({cell, up[i][j], left[i][j]});
      const bool may_end = mode == Mode::kLocal || (i == n && (mode == Mode::kInfix || j == m));
      if (may_end) most = std::max(most, cell);
    }
  }
  return most;
}

std::string Random(std::mt19937& random, size_t length) {
  std::string text(length, 'A');
  for (char& letter : text) letter = "ACGT"[random() % 4];
  return text;
}

std::string Mutated(std::mt19937& random, std::string_view text, unsigned percent) {
  std::string out;
  for (const char letter : text) {
    if (random() % 100 >= percent) {
      out.push_back(letter);
    } else if (const auto kind = random() % 3; kind == 0) {
      out.push_back("ACGT"[random() % 4]);
    } else if (kind == 1) {
      out.push_back(letter);
      out.append(Random(random, 1 + random() % 4));
    }
  }
  return out.empty() ? "A" : out;
}

Alignment Only(Aligner& aligner, std::string_view query, std::string_view reference) {
  std::vector<Outcome> outcomes = aligner.Align({}, {{query, reference}});
  REQUIRE(outcomes.size() == 1);
  if (outcomes[0].error) throw *outcomes[0].error;
  return *outcomes[0].alignment;
}

// The path must use up what it says it aligns, and its marks must be true.
void CheckPath(const Alignment& found, std::string_view query, std::string_view reference) {
  auto i = static_cast<size_t>(found.query_begin), j = static_cast<size_t>(found.reference_begin);
  for (size_t at = 0; at < found.cigar.size();) {
    size_t length = 0;
    while (std::isdigit(static_cast<unsigned char>(found.cigar[at])) != 0) {
      length = length * 10 + static_cast<size_t>(found.cigar[at++] - '0');
    }
    const char kind = found.cigar[at++];
    for (size_t c = 0; c < length; ++c) {
      if (kind == '=') REQUIRE(query[i] == reference[j]);
      if (kind == 'X') REQUIRE(query[i] != reference[j]);
      if (kind != 'D') ++i;
      if (kind != 'I') ++j;
    }
  }
  CHECK(i == static_cast<size_t>(found.query_end));
  CHECK(j == static_cast<size_t>(found.reference_end));
}

}  // namespace

TEST_CASE("alignments score as Gotoh's programme does, in every mode and for many costs") {
  std::mt19937 random(20260101);
  const Scoring scorings[] = {{}, {1, 1, 0, 1}, {0, 3, 1, 4}, {5, 1, 2, 1}, {2, 4, 4, 2, true}, {1, 9, 16, 2}};
  for (const Scoring& scoring : scorings) {
    for (const Mode mode : {Mode::kGlobal, Mode::kInfix, Mode::kLocal}) {
      if (mode == Mode::kLocal && scoring.MatchScore() == 0) continue;
      Aligner aligner(scoring, mode, uint64_t{1} << 30);
      for (int round = 0; round < 60; ++round) {
        const std::string query = Random(random, 1 + random() % 80);
        std::string reference = Mutated(random, query, round % 40);
        if (mode != Mode::kGlobal) reference = Random(random, random() % 60) + reference + Random(random, random() % 60);
        const Alignment found = Only(aligner, query, reference);
        CAPTURE(query);
        CAPTURE(reference);
        CHECK(found.score == PlainScore(query, reference, mode, scoring));
        CheckPath(found, query, reference);
      }
    }
  }
}

TEST_CASE("unrelated sequences have the best score too") {
  std::mt19937 random(7);
  for (const Mode mode : {Mode::kGlobal, Mode::kInfix, Mode::kLocal}) {
    Aligner aligner({}, mode, uint64_t{1} << 30);
    for (int round = 0; round < 40; ++round) {
      const std::string query = Random(random, 1 + random() % 30), reference = Random(random, 1 + random() % 30);
      CHECK(Only(aligner, query, reference).score == PlainScore(query, reference, mode, {}));
    }
  }
}

TEST_CASE("pairs of any lengths and divergence side by side have the paths that they have alone") {
  std::mt19937 random(31);
  for (const Scoring& scoring : {Scoring{}, Scoring{0, 4, 6, 2}, Scoring{1, 9, 16, 2}, Scoring{0, 1, 0, 1}, Scoring{3, 40, 90, 1}}) {
    std::vector<std::string> texts;
    for (size_t n = 0; n < 70; ++n) {
      texts.push_back(Random(random, 1 + random() % (n % 7 == 0 ? 400 : 120)));
      texts.push_back(n % 5 == 0 ? Random(random, 1 + random() % 300) : Mutated(random, texts.back(), static_cast<unsigned>(n)));
    }
    std::vector<Pair> pairs;
    for (size_t n = 0; n < texts.size(); n += 2) pairs.push_back({texts[n], texts[n + 1]});
    Aligner together(scoring, Mode::kGlobal, uint64_t{1} << 30);
    const auto outcomes = together.Align({}, pairs);
    Aligner alone(scoring, Mode::kGlobal, uint64_t{1} << 30);
    Aligner by_wavefronts(scoring, Mode::kGlobal, AffineLanes::kMostBytes - 1);
    for (size_t n = 0; n < pairs.size(); ++n) {
      const auto& [query, reference] = pairs[n];
      CAPTURE(query);
      CAPTURE(reference);
      REQUIRE(outcomes[n].alignment);
      CHECK(outcomes[n].alignment->cigar == Only(alone, query, reference).cigar);
      CHECK(outcomes[n].alignment->score == Only(by_wavefronts, query, reference).score);
      CHECK(outcomes[n].alignment->score == PlainScore(query, reference, Mode::kGlobal, scoring));
      CheckPath(*outcomes[n].alignment, query, reference);
    }
  }
}

TEST_CASE("the longest pairs that lanes take, and the next longer, score the same as by wavefronts") {
  std::mt19937 random(32);
  Aligner lanes({0, 4, 6, 2}, Mode::kGlobal, uint64_t{1} << 30);
  Aligner wavefronts({0, 4, 6, 2}, Mode::kGlobal, AffineLanes::kMostBytes - 1);
  for (const size_t length : {2047, 2048, 2049}) {
    const std::string query = Random(random, length), reference = Random(random, 2048 - length % 7);
    const Alignment found = Only(lanes, query, reference);
    CHECK(found.score == Only(wavefronts, query, reference).score);
    CheckPath(found, query, reference);
  }
}

TEST_CASE("a path in lanes is certain only when no path outside its band can cost as little") {
  // Two gaps of 20 letters far apart: the cheapest path runs along diagonal 20.
  std::mt19937 random(33);
  const std::string middle = Random(random, 300), query = Random(random, 20) + middle, reference = middle + Random(random, 20);
  const Costs costs{2, 3, 1};
  AffineLanes lanes(costs);
  const LanePair narrow{query, reference, 4};
  const LanePath first = lanes.Align({narrow})[0];
  CHECK_FALSE(first.certain);
  LanePair wide = narrow;
  wide.spare = SpareFor(costs, narrow, first.cost);
  const LanePath second = lanes.Align({wide})[0];
  CHECK(second.certain);
  CHECK(second.cost < first.cost);
  wide.spare = 1000;
  const LanePath whole = lanes.Align({wide})[0];
  CHECK(whole.cost == second.cost);
  CHECK(whole.operations == second.operations);
}

TEST_CASE("long sequences go by the bidirectional way and score the same") {
  std::mt19937 random(11);
  const std::string query = Random(random, 12'000), reference = Mutated(random, query, 3);
  Aligner aligner({0, 4, 6, 2}, Mode::kGlobal, uint64_t{1} << 30);
  const Alignment found = Only(aligner, query, reference);
  CheckPath(found, query, reference);
  // The same pair in two halves around a long exact match cannot score more than the whole.
  CHECK(found.score == PlainScore(query, reference, Mode::kGlobal, {0, 4, 6, 2}));
}

TEST_CASE("letters without any match have an empty local alignment") {
  Aligner aligner({}, Mode::kLocal, uint64_t{1} << 30);
  const Alignment found = Only(aligner, "AAAA", "TTTT");
  CHECK(found.score == 0);
  CHECK(found.cigar.empty());
}

TEST_CASE("a pair that needs more memory than it may have is refused, and the next is aligned") {
  std::mt19937 random(3);
  Aligner aligner({}, Mode::kGlobal, uint64_t{4} << 20);
  CHECK_THROWS_AS(Only(aligner, Random(random, 9'000), Random(random, 9'000)), Error);
  CHECK(Only(aligner, "ACGT", "ACGT").cigar == "4=");
}

TEST_CASE("empty sequences and costs that cost nothing are refused") {
  Aligner aligner({}, Mode::kGlobal, uint64_t{1} << 30);
  CHECK_THROWS_AS(Only(aligner, "", "A"), Error);
  CHECK_THROWS_AS(Only(aligner, "A", ""), Error);
  CHECK_THROWS_AS(Aligner({2, 0, 4, 2}, Mode::kGlobal, 1), Error);
  CHECK_THROWS_AS(Aligner({0, 4, 4, 2}, Mode::kLocal, 1), Error);
}

TEST_CASE("of two strands the better one is kept, and a failed pair spoils no other") {
  BatchOptions options;
  options.strands = Strands::kBoth;
  const auto results = AlignPairs({}, {"ACCGTT", "AACGGT", ""}, {"TTTTAACGGTTTTT"}, options);
  REQUIRE(results.size() == 3);
  CHECK(results[0].reverse);
  CHECK(results[0].alignment->cigar == "6=");
  CHECK_FALSE(results[1].reverse);
  CHECK(results[1].alignment->reference_begin == 4);
  CHECK(results[2].code == "ERR_INVALID_ARGUMENT");
}

}  // namespace isovox::align
