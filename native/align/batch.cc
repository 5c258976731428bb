#include "align/batch.h"

#include <string_view>
#include <utility>

#include "align/affine_lanes.h"
#include "align/sequences.h"
#include "base/error.h"

namespace isovox::align {
namespace {

// A chunk of pairs, forward and reverse side by side.
class Chunk {
 public:
  Chunk(const std::vector<std::string>& queries, const std::vector<std::string>& references, const BatchOptions& options,
        size_t begin, size_t end)
      : begin_(begin), members_(end - begin) {
    for (size_t n = begin; n < end; ++n) {
      Member& member = members_[n - begin];
      const std::string& reference = references.size() == 1 ? references[0] : references[n];
      if (options.strands != Strands::kForward) {
        member.turned = ReverseComplement(queries[n]);
        member.cannot_turn = !member.turned && options.strands == Strands::kReverse;
      }
      if (options.strands != Strands::kReverse) member.forward = Add(queries[n], reference);
      if (member.turned) member.reverse = Add(*member.turned, reference);
    }
  }

  const std::vector<Pair>& pairs() const { return pairs_; }

  void Tell(std::vector<Outcome> outcomes, std::vector<PairResult>& results) const {
    for (size_t m = 0; m < members_.size(); ++m) results[begin_ + m] = ResultOf(members_[m], outcomes);
  }

 private:
  struct Member {
    std::optional<std::string> turned;
    bool cannot_turn = false;
    std::optional<size_t> forward, reverse;  // among the pairs
  };

  size_t Add(std::string_view query, std::string_view reference) {
    pairs_.push_back({query, reference});
    return pairs_.size() - 1;
  }

  static PairResult ResultOf(const Member& member, std::vector<Outcome>& outcomes) {
    PairResult result;
    const auto fail = [&](const Error& error) {
      result.alignment.reset();
      result.code = ErrorCodeName(error.code());
      result.message = error.message();
      return result;
    };
    if (member.cannot_turn) {
      return fail(Error(ErrorCode::kInvalidArgument, "Only sequences of nucleotides have a reverse complement"));
    }
    for (const auto& [at, reverse] : {std::pair{member.forward, false}, std::pair{member.reverse, true}}) {
      if (!at) continue;
      Outcome& outcome = outcomes[*at];
      if (outcome.error) return fail(*outcome.error);
      if (result.alignment && outcome.alignment->score <= result.alignment->score) continue;
      result.alignment = std::move(outcome.alignment);
      result.reverse = reverse;
    }
    return result;
  }

  size_t begin_;
  std::vector<Member> members_;
  std::vector<Pair> pairs_;
};

}  // namespace

std::vector<PairResult> AlignPairs(const Exec& exec, const std::vector<std::string>& queries,
                                   const std::vector<std::string>& references, const BatchOptions& options) {
  if (references.size() != 1 && references.size() != queries.size()) {
    throw InvalidArgument("references", "one, or as many as queries (" + std::to_string(queries.size()) + ")",
                          std::to_string(references.size()));
  }
  std::vector<PairResult> results(queries.size());
  exec.SetTotal(static_cast<int64_t>(queries.size()));
  // Whole sets of lanes.
  const int64_t at_once = (options.batch + AffineLanes::kLanes - 1) / AffineLanes::kLanes * AffineLanes::kLanes;
  ParallelFor(exec, static_cast<int64_t>(queries.size()), at_once, [&](int64_t begin, int64_t end) {
    Aligner aligner(options.scoring, options.mode, options.most_bytes);
    const Chunk chunk(queries, references, options, static_cast<size_t>(begin), static_cast<size_t>(end));
    chunk.Tell(aligner.Align(exec, chunk.pairs()), results);
    exec.Step(end - begin);
  });
  return results;
}

}  // namespace isovox::align
