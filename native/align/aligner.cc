#include "align/aligner.h"

#include <bindings/cpp/WFAligner.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "align/affine_lanes.h"
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
Costs CostsOf(const Scoring& scoring) {
  Costs costs{2 * (scoring.mismatch + scoring.match), 2 * scoring.gap_opening, 2 * scoring.gap_extension + scoring.match};
  const int shared = std::gcd(std::gcd(costs.mismatch, costs.opening), costs.extension);
  costs.mismatch /= shared;
  costs.opening /= shared;
  costs.extension /= shared;
  return costs;
}

// Diagonals beside those of its ends that a pair is first tried with: enough for a few letters in a hundred.
int64_t FirstSpare(const LanePair& pair) {
  return 16 + static_cast<int64_t>(std::max(pair.query.size(), pair.reference.size())) / 64;
}

}  // namespace

// A pair on its way: what of its sequences is aligned from end to end, and how.
struct Aligner::Job {
  std::string_view query, reference;  // whole
  Place place;
  std::string operations;

  std::string_view query_part() const { return PartOf(query, place.query_begin, place.query_end); }
  std::string_view reference_part() const { return PartOf(reference, place.reference_begin, place.reference_end); }
  size_t longest() const { return std::max(query_part().size(), reference_part().size()); }

 private:
  static std::string_view PartOf(std::string_view text, int64_t begin, int64_t end) {
    return text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  }
};

struct Aligner::Paths {
  Scoring scoring;
  Costs costs;
  uint64_t most_bytes;
  AffineLanes lanes;
  // WFAligner has no virtual destructor: each kind is held as what it is.
  std::unique_ptr<wfa::WFAlignerEdit> edit[2];
  std::unique_ptr<wfa::WFAlignerGapAffine> affine[2];

  Paths(const Scoring& given, uint64_t bytes)
      : scoring(given), costs(CostsOf(given)), most_bytes(bytes), lanes(costs) {}

  // Decided by the pair alone, so that it has the same path in any company.
  bool InLanes(const Job& job) const {
    return !scoring.edit && most_bytes >= AffineLanes::kMostBytes && static_cast<int64_t>(job.longest()) <= lanes.longest();
  }

  // In a narrow band first; what that cost says how wide it must be for the path to be certain.
  void Together(const Exec& exec, std::vector<Job*> jobs) {
    const auto pair_of = [](const Job& job) { return LanePair{job.query_part(), job.reference_part(), 0}; };
    std::vector<std::pair<LanePair, Job*>> waiting;
    for (Job* job : jobs) {
      waiting.emplace_back(pair_of(*job), job);
      waiting.back().first.spare = FirstSpare(waiting.back().first);
    }
    const auto cells = [](const auto& one) {
      return (one.first.high() - one.first.low()) * static_cast<int64_t>(one.first.query.size());
    };
    while (!waiting.empty()) {
      std::stable_sort(waiting.begin(), waiting.end(), [&](const auto& a, const auto& b) { return cells(a) < cells(b); });
      std::vector<std::pair<LanePair, Job*>> again;
      for (size_t begin = 0; begin < waiting.size(); begin += AffineLanes::kLanes) {
        exec.CheckCancelled();
        std::vector<LanePair> pairs;
        for (size_t n = begin; n < std::min<size_t>(waiting.size(), begin + AffineLanes::kLanes); ++n) {
          pairs.push_back(waiting[n].first);
        }
        auto paths = lanes.Align(pairs);
        for (size_t l = 0; l < paths.size(); ++l) {
          auto& [pair, job] = waiting[begin + l];
          if (paths[l].certain) {
            job->operations = std::move(paths[l].operations);
          } else {
            pair.spare = SpareFor(costs, pair, paths[l].cost);
            again.emplace_back(pair, job);
          }
        }
      }
      waiting = std::move(again);
    }
  }

  void Alone(Job& job) {
    const std::string_view query = job.query_part(), reference = job.reference_part();
    WFAligner& aligner = For(job.longest());
    // Its insertions are letters of the text: the query is the text, so that they are insertions of the query.
    const auto status = aligner.alignEnd2End(reference.data(), static_cast<int>(reference.size()), query.data(),
                                             static_cast<int>(query.size()));
    if (status == WFAligner::StatusOOM) {
      throw Error(ErrorCode::kResource,
                  "Aligning " + std::to_string(job.query.size()) + " with " + std::to_string(job.reference.size()) +
                      " letters needs more than " + std::to_string(most_bytes >> 20) + " MiB",
                  {{"limit", std::to_string(most_bytes)}});
    }
    if (status != WFAligner::StatusSuccessful) {
      throw Error(ErrorCode::kInternal, "The aligner ended with status " + std::to_string(status));
    }
    char* letters = nullptr;
    int count = 0;
    aligner.getAlignmentCigar(&letters, &count);
    job.operations.assign(letters, static_cast<size_t>(count));
  }

 private:
  WFAligner& For(size_t longest) {
    const bool is_long = longest > kLongSequence;
    const auto memory = is_long ? WFAligner::MemoryUltralow : WFAligner::MemoryHigh;
    if (scoring.edit) {
      auto& kept = edit[is_long];
      if (!kept) kept = std::make_unique<wfa::WFAlignerEdit>(WFAligner::Alignment, memory);
      Prepare(*kept);
      return *kept;
    }
    auto& kept = affine[is_long];
    if (!kept) {
      kept = std::make_unique<wfa::WFAlignerGapAffine>(costs.mismatch, costs.opening, costs.extension,
                                                       WFAligner::Alignment, memory);
    }
    Prepare(*kept);
    return *kept;
  }

  void Prepare(WFAligner& aligner) const {
    aligner.setHeuristicNone();  // its default drops far diagonals, and with them best alignments
    aligner.setMaxMemory(most_bytes, most_bytes);
    aligner.setMaxNumThreads(1);
  }
};

Aligner::Aligner(const Scoring& scoring, Mode mode, uint64_t most_bytes)
    : scoring_(scoring), mode_(mode), most_bytes_(most_bytes) {
  const bool affine = !scoring.edit;
  // The wavefront algorithm asks for a mismatch and an extension that cost something.
  if (affine && (scoring.mismatch <= 0 || scoring.gap_extension <= 0 || scoring.match < 0 || scoring.gap_opening < 0)) {
    throw InvalidArgument("scoring", "a mismatch and a gap extension of 1 or more, a match and a gap opening of 0 or more",
                          "other values");
  }
  if (mode == Mode::kLocal && scoring.MatchScore() == 0) {
    throw InvalidArgument("scoring.match", "1 or more, since a local alignment grows by its matches", "0");
  }
  paths_ = std::make_unique<Paths>(scoring, most_bytes);
}

Aligner::~Aligner() = default;

Aligner::Job Aligner::Begin(const Pair& pair) const {
  const auto& [query, reference] = pair;
  if (query.empty()) throw InvalidArgument("query", "a sequence of at least one letter", "an empty one");
  if (reference.empty()) throw InvalidArgument("reference", "a sequence of at least one letter", "an empty one");
  const size_t longest = std::max(query.size(), reference.size());
  if (longest > kLongest) {
    throw Error(ErrorCode::kResource, "A sequence of " + std::to_string(longest) + " letters is too long to align",
                {{"limit", std::to_string(kLongest)}});
  }
  Job job{query, reference, {0, 0, static_cast<int64_t>(query.size()), 0, static_cast<int64_t>(reference.size())}, {}};
  if (mode_ != Mode::kGlobal) job.place = Locate(query, reference, mode_, scoring_);
  return job;
}

Alignment Aligner::Finish(const Job& job) const {
  Alignment alignment = Measure(job.operations, job.query_part(), job.reference_part(), scoring_);
  alignment.query_begin = job.place.query_begin;
  alignment.query_end = job.place.query_end;
  alignment.reference_begin = job.place.reference_begin;
  alignment.reference_end = job.place.reference_end;
  if (mode_ != Mode::kGlobal && alignment.score != job.place.score) {
    throw Error(ErrorCode::kInternal, "The path of an alignment scores " + std::to_string(alignment.score) + ", its place " +
                                          std::to_string(job.place.score));
  }
  return alignment;
}

std::vector<Outcome> Aligner::Align(const Exec& exec, const std::vector<Pair>& pairs) {
  std::vector<Outcome> outcomes(pairs.size());
  std::vector<Job> jobs(pairs.size());
  std::vector<Job*> together;
  const auto attempt = [&](size_t n, const auto& work) {
    try {
      work();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      outcomes[n].error = error;
    }
  };
  for (size_t n = 0; n < pairs.size(); ++n) {
    exec.CheckCancelled();
    attempt(n, [&] {
      Job& job = jobs[n] = Begin(pairs[n]);
      const size_t query = job.query_part().size(), reference = job.reference_part().size();
      if (query == 0 || reference == 0) {
        job.operations.assign(query, 'I').append(reference, 'D');
      } else if (paths_->InLanes(job)) {
        together.push_back(&job);
      } else {
        paths_->Alone(job);
      }
    });
  }
  paths_->Together(exec, together);
  for (size_t n = 0; n < pairs.size(); ++n) {
    if (!outcomes[n].error) attempt(n, [&] { outcomes[n].alignment = Finish(jobs[n]); });
  }
  return outcomes;
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
