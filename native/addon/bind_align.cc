// Sequences and their alignment as JavaScript sees them.
#include "addon/convert.h"
#include "addon/registry.h"
#include "align/batch.h"
#include "align/sequences.h"

namespace isovox::addon {
namespace {

using nlohmann::json;

template <typename T, size_t N>
T OneOf(const Args& args, const char* key, const std::pair<const char*, T> (&choices)[N], T fallback) {
  if (!args.Has(key)) return fallback;
  const std::string text = args.Text(key);
  std::string expected;
  for (const auto& [name, value] : choices) {
    if (text == name) return value;
    expected += (expected.empty() ? "" : ", ") + std::string(name);
  }
  throw InvalidArgument(key, "one of " + expected, "\"" + text + "\"");
}

constexpr std::pair<const char*, align::Mode> kModes[] = {
    {"global", align::Mode::kGlobal}, {"infix", align::Mode::kInfix}, {"local", align::Mode::kLocal}};
constexpr std::pair<const char*, align::Strands> kStrands[] = {{"forward", align::Strands::kForward},
                                                               {"reverse", align::Strands::kReverse},
                                                               {"both", align::Strands::kBoth}};

align::Scoring ScoringOf(const Args& args) {
  align::Scoring scoring;
  if (!args.Has("scoring")) return scoring;
  constexpr int64_t kMost = 1000;
  const Args given = args.Object("scoring");
  scoring.edit = given.Flag("edit");
  scoring.match = static_cast<int>(given.Integer("match", 0, kMost, scoring.match));
  scoring.mismatch = static_cast<int>(given.Integer("mismatch", 1, kMost, scoring.mismatch));
  scoring.gap_opening = static_cast<int>(given.Integer("gapOpening", 0, kMost, scoring.gap_opening));
  scoring.gap_extension = static_cast<int>(given.Integer("gapExtension", 1, kMost, scoring.gap_extension));
  return scoring;
}

json ToJson(const align::PairResult& pair) {
  if (!pair.alignment) return {{"code", pair.code}, {"message", pair.message}};
  const align::Alignment& alignment = *pair.alignment;
  return {{"score", alignment.score},
          {"editDistance", alignment.edit_distance},
          {"identity", alignment.identity},
          {"cigar", alignment.cigar},
          {"strand", pair.reverse ? "-" : "+"},
          {"queryBegin", alignment.query_begin},
          {"queryEnd", alignment.query_end},
          {"referenceBegin", alignment.reference_begin},
          {"referenceEnd", alignment.reference_end}};
}

Work AlignPairs(Args& args) {
  align::BatchOptions options;
  options.mode = OneOf(args, "mode", kModes, options.mode);
  options.strands = OneOf(args, "strands", kStrands, options.strands);
  options.scoring = ScoringOf(args);
  options.batch = args.Integer("batchSize", 1, 1'000'000, options.batch);
  options.most_bytes = static_cast<uint64_t>(args.Integer("memoryMiB", 1, 1 << 20, 1024)) << 20;
  return {[queries = args.TextList("queries"), references = args.TextList("references"),
           options](const Exec& exec) -> Finish {
    json results = json::array();
    for (const auto& pair : align::AlignPairs(exec, queries, references, options)) results.push_back(ToJson(pair));
    return [results = std::move(results)](Napi::Env env) { return ToJs(env, results); };
  }};
}

Work ReadSequences(Args& args) {
  return {[path = args.Text("path")](const Exec&) -> Finish {
    json records = json::array();
    for (const align::Sequence& sequence : align::ReadSequences(path)) {
      json features = json::array();
      for (const align::Feature& feature : sequence.features) {
        features.push_back({{"id", feature.id},
                            {"type", feature.type},
                            {"begin", feature.parts.front().first},
                            {"end", feature.parts.back().second},
                            {"strand", feature.reverse ? "-" : "+"},
                            {"sequence", align::LettersOf(sequence, feature)}});
      }
      records.push_back({{"id", sequence.id},
                         {"description", sequence.description},
                         {"sequence", sequence.letters},
                         {"features", std::move(features)}});
    }
    return [records = std::move(records)](Napi::Env env) { return ToJs(env, records); };
  }};
}

constexpr Row kRows[] = {
    {"readSequences", ReadSequences, nullptr, "(args: { path: string }) => Promise<SequenceRecord[]>",
     "All sequences of a FASTA, FASTQ or GenBank file, plain or in gzip; letters in upper case."},
    {"alignPairs", AlignPairs, nullptr,
     "(args: { queries: string[]; references: string[]; mode?: AlignmentMode; strands?: AlignmentStrands; "
     "scoring?: AlignmentScoring; batchSize?: number; memoryMiB?: number }) => Promise<PairAlignment[]>",
     "Aligns queries[i] with references[i], or all with the only reference; a pair that fails says why."},
};

}  // namespace

Table AlignTable() { return kRows; }

}  // namespace isovox::addon
