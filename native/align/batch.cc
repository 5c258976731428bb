#include "align/batch.h"

#include <algorithm>

#include "align/sequences.h"
#include "base/error.h"

namespace isovox::align {
namespace {

PairResult AlignOne(Aligner& aligner, const std::string& query, const std::string& reference, Strands strands) {
  PairResult result;
  try {
    std::optional<std::string> turned;
    if (strands != Strands::kForward) {
      turned = ReverseComplement(query);
      if (!turned && strands == Strands::kReverse) {
        throw Error(ErrorCode::kInvalidArgument, "Only sequences of nucleotides have a reverse complement");
      }
    }
    if (strands != Strands::kReverse) result.alignment = aligner.Align(query, reference);
    if (turned) {
      Alignment reverse = aligner.Align(*turned, reference);
      if (!result.alignment || reverse.score > result.alignment->score) {
        result.alignment = std::move(reverse);
        result.reverse = true;
      }
    }
  } catch (const Error& error) {
    result.alignment.reset();
    result.code = ErrorCodeName(error.code());
    result.message = error.message();
  }
  return result;
}

}  // namespace

std::vector<PairResult> AlignPairs(const Exec& exec, const std::vector<std::string>& queries,
                                   const std::vector<std::string>& references, const BatchOptions& options) {
  if (references.size() != 1 && references.size() != queries.size()) {
    throw InvalidArgument("references", "one, or as many as queries (" + std::to_string(queries.size()) + ")",
                          std::to_string(references.size()));
  }
  std::vector<PairResult> results(queries.size());
  exec.SetTotal(static_cast<int64_t>(queries.size()));
  ParallelFor(exec, static_cast<int64_t>(queries.size()), options.batch, [&](int64_t begin, int64_t end) {
    Aligner aligner(options.scoring, options.mode, options.most_bytes);
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      exec.CheckCancelled();
      results[i] = AlignOne(aligner, queries[i], references.size() == 1 ? references[0] : references[i], options.strands);
      exec.Step();
    }
  });
  return results;
}

}  // namespace isovox::align
