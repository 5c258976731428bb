// Global alignment of pairs by the libraries themselves, one thread: align_pairs TOOL FILE REPETITIONS. The file has two
// lines per pair. Costs: match 0, mismatch -4, a gap of length L -(6 + 2 L), WFA2-lib's own; edlib counts edits. All give the path.
#include <edlib.h>
#include <ksw2.h>
#include <parasail.h>

#include <bindings/cpp/WFAligner.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "report.h"

namespace {

struct Pair {
  std::string query, reference;
};

double Wfa(const std::vector<Pair>& pairs) {
  wfa::WFAlignerGapAffine aligner(4, 6, 2, wfa::WFAligner::Alignment, wfa::WFAligner::MemoryHigh);
  aligner.setHeuristicNone();
  double sum = 0;
  for (const auto& [query, reference] : pairs) {
    aligner.alignEnd2End(reference.data(), static_cast<int>(reference.size()), query.data(),
                         static_cast<int>(query.size()));
    sum += aligner.getAlignmentScore();
  }
  return sum;
}

double Edlib(const std::vector<Pair>& pairs) {
  double sum = 0;
  for (const auto& [query, reference] : pairs) {
    const auto config = edlibNewAlignConfig(-1, EDLIB_MODE_NW, EDLIB_TASK_PATH, nullptr, 0);
    const auto result = edlibAlign(query.data(), static_cast<int>(query.size()), reference.data(),
                                   static_cast<int>(reference.size()), config);
    sum += result.editDistance;
    edlibFreeAlignResult(result);
  }
  return sum;
}

double Parasail(const std::vector<Pair>& pairs) {
  parasail_matrix_t* matrix = parasail_matrix_create("ACGT", 0, -4);
  double sum = 0;
  for (const auto& [query, reference] : pairs) {
    const int n = static_cast<int>(query.size()), m = static_cast<int>(reference.size());
    parasail_result_t* result = parasail_nw_trace_striped_sat(query.data(), n, reference.data(), m, 8, 2, matrix);
    parasail_cigar_t* cigar = parasail_result_get_cigar(result, query.data(), n, reference.data(), m, matrix);
    sum += parasail_result_get_score(result);
    parasail_cigar_free(cigar);
    parasail_result_free(result);
  }
  parasail_matrix_free(matrix);
  return sum;
}

double Ksw2(const std::vector<Pair>& pairs) {
  int8_t matrix[25];
  for (int a = 0; a < 5; ++a) {
    for (int b = 0; b < 5; ++b) matrix[a * 5 + b] = a == 4 || b == 4 ? 0 : a == b ? 0 : -4;
  }
  const auto code = [](const std::string& letters) {
    std::vector<uint8_t> codes(letters.size());
    for (size_t i = 0; i < letters.size(); ++i) {
      codes[i] = static_cast<uint8_t>(letters[i] == 'A' ? 0 : letters[i] == 'C' ? 1 : letters[i] == 'G' ? 2 : 3);
    }
    return codes;
  };
  double sum = 0;
  for (const auto& [query, reference] : pairs) {
    const auto q = code(query), t = code(reference);
    ksw_extz_t result{};
    ksw_extz2_sse(nullptr, static_cast<int>(q.size()), q.data(), static_cast<int>(t.size()), t.data(), 5, matrix, 6, 2, -1,
                  -1, 0, 0, &result);
    sum += result.score;
    std::free(result.cigar);
  }
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string tool = argv[1];
  std::vector<Pair> pairs;
  std::ifstream file(argv[2]);
  for (Pair pair; std::getline(file, pair.query) && std::getline(file, pair.reference);) pairs.push_back(pair);
  const auto run = tool == "wfa2" ? Wfa : tool == "edlib" ? Edlib : tool == "parasail" ? Parasail : Ksw2;
  std::vector<double> ms;
  double sum = 0;
  for (int i = 0; i <= std::atoi(argv[3]); ++i) {
    const auto begun = std::chrono::steady_clock::now();
    sum = run(pairs);
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - begun;
    if (i > 0) ms.push_back(elapsed.count());
  }
  const char* version = tool == "wfa2" ? "2.3.3" : tool == "edlib" ? "1.2.7" : tool == "parasail" ? "2.6.0" : "2.24";
  Report(ms, version, {{tool == "edlib" ? "edits" : "score", sum}});
}
