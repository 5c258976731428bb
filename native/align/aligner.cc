#include "align/aligner.h"

#include <bindings/cpp/WFAligner.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

#include "align/locate.h"
#include "base/error.h"

namespace isovox::align {
namespace {

using wfa::WFAligner;

// Above it the bidirectional algorithm, whose memory grows with the length instead of the square of the score.
constexpr size_t kLongSequence = 10'000;
constexpr size_t kLongest = std::numeric_limits<int>::max() / 4;

// Costs without a worth of matches that order global alignments of two given sequences alike (Eizenga and Paten 2022):
// twice the mismatch and the match, twice the opening, twice the extension and the match; divided by what they share,
// since the wavefront algorithm takes as many steps as the alignment costs.
struct Costs {
  int mismatch, opening, extension;

  explicit Costs(const Scoring& scoring)
      : mismatch(2 * (scoring.mismatch + scoring.match)),
        opening(2 * scoring.gap_opening),
        extension(2 * scoring.gap_extension + scoring.match) {
    const int shared = std::gcd(std::gcd(mismatch, opening), extension);
    mismatch /= shared;
    opening /= shared;
    extension /= shared;
  }
};

}  // namespace

struct Aligner::Paths {
  // WFAligner has no virtual destructor: each kind is held as what it is.
  std::unique_ptr<wfa::WFAlignerEdit> edit[2];
  std::unique_ptr<wfa::WFAlignerGapAffine> affine[2];

  WFAligner& For(const Scoring& scoring, size_t longest, uint64_t most_bytes) {
    const bool is_long = longest > kLongSequence;
    const auto memory = is_long ? WFAligner::MemoryUltralow : WFAligner::MemoryHigh;
    if (scoring.edit) {
      auto& kept = edit[is_long];
      if (!kept) kept = std::make_unique<wfa::WFAlignerEdit>(WFAligner::Alignment, memory);
      Prepare(*kept, most_bytes);
      return *kept;
    }
    auto& kept = affine[is_long];
    if (!kept) {
      const Costs costs(scoring);
      kept = std::make_unique<wfa::WFAlignerGapAffine>(costs.mismatch, costs.opening, costs.extension,
                                                       WFAligner::Alignment, memory);
    }
    Prepare(*kept, most_bytes);
    return *kept;
  }

  static void Prepare(WFAligner& aligner, uint64_t most_bytes) {
    aligner.setHeuristicNone();  // its default drops far diagonals, and with them best alignments
    aligner.setMaxMemory(most_bytes, most_bytes);
    aligner.setMaxNumThreads(1);
  }
};

Aligner::Aligner(const Scoring& scoring, Mode mode, uint64_t most_bytes)
    : scoring_(scoring), mode_(mode), most_bytes_(most_bytes), paths_(std::make_unique<Paths>()) {
  const bool affine = !scoring.edit;
  // The wavefront algorithm asks for a mismatch and an extension that cost something.
  if (affine && (scoring.mismatch <= 0 || scoring.gap_extension <= 0 || scoring.match < 0 || scoring.gap_opening < 0)) {
    throw InvalidArgument("scoring", "a mismatch and a gap extension of 1 or more, a match and a gap opening of 0 or more",
                          "other values");
  }
  if (mode == Mode::kLocal && scoring.MatchScore() == 0) {
    throw InvalidArgument("scoring.match", "1 or more, since a local alignment grows by its matches", "0");
  }
}

Aligner::~Aligner() = default;

Alignment Aligner::Align(std::string_view query, std::string_view reference) {
  if (query.empty()) throw InvalidArgument("query", "a sequence of at least one letter", "an empty one");
  if (reference.empty()) throw InvalidArgument("reference", "a sequence of at least one letter", "an empty one");
  const size_t longest = std::max(query.size(), reference.size());
  if (longest > kLongest) {
    throw Error(ErrorCode::kResource, "A sequence of " + std::to_string(longest) + " letters is too long to align",
                {{"limit", std::to_string(kLongest)}});
  }
  Place place{0, 0, static_cast<int64_t>(query.size()), 0, static_cast<int64_t>(reference.size())};
  if (mode_ != Mode::kGlobal) place = Locate(query, reference, mode_, scoring_);
  const auto part = [](std::string_view text, int64_t begin, int64_t end) {
    return text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  };
  const auto query_part = part(query, place.query_begin, place.query_end);
  const auto reference_part = part(reference, place.reference_begin, place.reference_end);
  std::string operations;
  if (query_part.empty() || reference_part.empty()) {
    operations.assign(query_part.size(), 'I').append(reference_part.size(), 'D');
  } else {
    WFAligner& aligner = paths_->For(scoring_, std::max(query_part.size(), reference_part.size()), most_bytes_);
    // Its insertions are letters of the text: the query is the text, so that they are insertions of the query.
    const auto status =
        aligner.alignEnd2End(reference_part.data(), static_cast<int>(reference_part.size()), query_part.data(),
                             static_cast<int>(query_part.size()));
    if (status == WFAligner::StatusOOM) {
      throw Error(ErrorCode::kResource,
                  "Aligning " + std::to_string(query.size()) + " with " + std::to_string(reference.size()) +
                      " letters needs more than " + std::to_string(most_bytes_ >> 20) + " MiB",
                  {{"limit", std::to_string(most_bytes_)}});
    }
    if (status != WFAligner::StatusSuccessful) {
      throw Error(ErrorCode::kInternal, "The aligner ended with status " + std::to_string(status));
    }
    char* letters = nullptr;
    int count = 0;
    aligner.getAlignmentCigar(&letters, &count);
    operations.assign(letters, static_cast<size_t>(count));
  }
  Alignment alignment = Measure(operations, query_part, reference_part, scoring_);
  alignment.query_begin = place.query_begin;
  alignment.query_end = place.query_end;
  alignment.reference_begin = place.reference_begin;
  alignment.reference_end = place.reference_end;
  if (mode_ != Mode::kGlobal && alignment.score != place.score) {
    throw Error(ErrorCode::kInternal, "The path of an alignment scores " + std::to_string(alignment.score) + ", its place " +
                                          std::to_string(place.score));
  }
  return alignment;
}

Alignment Measure(std::string_view operations, std::string_view query, std::string_view reference,
                  const Scoring& scoring) {
  Alignment alignment;
  int64_t matches = 0;
  size_t i = 0, j = 0;
  for (size_t c = 0; c < operations.size();) {
    char kind = operations[c];
    const auto paired = [&](size_t ahead) { return query[i + ahead] == reference[j + ahead] ? '=' : 'X'; };
    const bool pairs = kind == 'M' || kind == '=' || kind == 'X';
    if (pairs) kind = paired(0);
    size_t length = 1;
    while (c + length < operations.size()) {
      const char next = operations[c + length];
      const bool next_pairs = next == 'M' || next == '=' || next == 'X';
      if (pairs ? !(next_pairs && paired(length) == kind) : next != kind) break;
      ++length;
    }
    const auto columns = static_cast<int64_t>(length);
    if (kind == '=') {
      matches += columns;
      alignment.score += columns * scoring.MatchScore();
    } else {
      alignment.edit_distance += columns;
      if (kind == 'X') {
        alignment.score += columns * scoring.MismatchScore();
      } else {
        // A gap of one kind that follows another is a gap of its own.
        alignment.score -= scoring.Opening() + columns * scoring.Extension();
      }
    }
    if (kind != 'D') i += length;
    if (kind != 'I') j += length;
    alignment.cigar.append(std::to_string(length)).push_back(kind);
    c += length;
  }
  alignment.identity =
      operations.empty() ? 0 : static_cast<double>(matches) / static_cast<double>(operations.size());
  return alignment;
}

}  // namespace isovox::align
