#include "align/locate.h"

#include <parasail.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/error.h"

namespace isovox::align {
namespace {

struct FreeMatrix {
  void operator()(parasail_matrix_t* matrix) const { parasail_matrix_free(matrix); }
};
using Matrix = std::unique_ptr<parasail_matrix_t, FreeMatrix>;

struct FreeResult {
  void operator()(parasail_result_t* result) const { parasail_result_free(result); }
};
using Result = std::unique_ptr<parasail_result_t, FreeResult>;

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ+";
constexpr char kAnchor = '+';
constexpr int kAnchorRow = sizeof(kAlphabet) - 2;

// Letters score as `scoring` says; two anchors score `anchor`.
Matrix MatrixOf(const Scoring& scoring, int anchor) {
  Matrix matrix(parasail_matrix_create(kAlphabet, scoring.MatchScore(), scoring.MismatchScore()));
  if (!matrix) throw Error(ErrorCode::kResource, "The system has no memory for a score matrix");
  parasail_matrix_set_value(matrix.get(), kAnchorRow, kAnchorRow, anchor);
  return matrix;
}

using Function = parasail_result_t*(const char*, int, const char*, int, int, int, const parasail_matrix_t*);

// parasail's striped kernels are the faster ones, and wrong where opening a gap costs nothing beyond its letters.
struct Kernels {
  Function* striped;
  Function* scan;
};
constexpr Kernels kInfixForward = {parasail_sg_dx_striped_sat, parasail_sg_dx_scan_sat};
constexpr Kernels kInfixBackward = {parasail_sg_de_striped_sat, parasail_sg_de_scan_sat};
constexpr Kernels kLocalKernels = {parasail_sw_striped_sat, parasail_sw_scan_sat};

Result Run(const Kernels& kernels, std::string_view query, std::string_view reference, const Scoring& scoring,
           const Matrix& matrix) {
  Function* const function = scoring.Opening() > 0 ? kernels.striped : kernels.scan;
  // parasail counts the first letter of a gap in its opening.
  Result result(function(query.data(), static_cast<int>(query.size()), reference.data(),
                         static_cast<int>(reference.size()), scoring.Opening() + scoring.Extension(),
                         scoring.Extension(), matrix.get()));
  if (!result) throw Error(ErrorCode::kResource, "The system has no memory for an alignment");
  if (parasail_result_is_saturated(result.get())) {
    throw Error(ErrorCode::kResource, "The score of the alignment is too large");
  }
  return result;
}

std::string Reversed(std::string_view text, std::string_view behind = {}) {
  std::string reversed(behind);
  reversed.append(text.rbegin(), text.rend());
  return reversed;
}

// The whole query against any stretch of the reference.
Place LocateInfix(std::string_view query, std::string_view reference, const Scoring& scoring) {
  const Matrix matrix = MatrixOf(scoring, 0);
  const Result forward = Run(kInfixForward, query, reference, scoring, matrix);
  Place place;
  place.score = parasail_result_get_score(forward.get());
  place.query_end = static_cast<int64_t>(query.size());
  place.reference_end = int64_t{parasail_result_get_end_ref(forward.get())} + 1;
  // From that end backwards only the far end of the reference is free.
  const std::string back_query = Reversed(query);
  const std::string back_reference = Reversed(reference.substr(0, static_cast<size_t>(place.reference_end)));
  if (back_reference.empty()) return place;
  const Result backward = Run(kInfixBackward, back_query, back_reference, scoring, matrix);
  place.reference_begin = place.reference_end - int64_t{parasail_result_get_end_ref(backward.get())} - 1;
  return place;
}

Place LocateLocal(std::string_view query, std::string_view reference, const Scoring& scoring) {
  const Matrix matrix = MatrixOf(scoring, 0);
  const Result forward = Run(kLocalKernels, query, reference, scoring, matrix);
  Place place;
  place.score = parasail_result_get_score(forward.get());
  if (place.score <= 0) return {};
  place.query_end = int64_t{parasail_result_get_end_query(forward.get())} + 1;
  place.reference_end = int64_t{parasail_result_get_end_ref(forward.get())} + 1;
  // Backwards the alignment must begin where it ended: an anchor in front of both, worth more than all the rest.
  const std::string_view anchor(&kAnchor, 1);
  const std::string back_query = Reversed(query.substr(0, static_cast<size_t>(place.query_end)), anchor);
  const std::string back_reference = Reversed(reference.substr(0, static_cast<size_t>(place.reference_end)), anchor);
  const Matrix anchored = MatrixOf(scoring, static_cast<int>(place.score) + 1);
  const Result backward = Run(kLocalKernels, back_query, back_reference, scoring, anchored);
  place.query_begin = place.query_end - parasail_result_get_end_query(backward.get());
  place.reference_begin = place.reference_end - parasail_result_get_end_ref(backward.get());
  return place;
}

}  // namespace

Place Locate(std::string_view query, std::string_view reference, Mode mode, const Scoring& scoring) {
  return mode == Mode::kInfix ? LocateInfix(query, reference, scoring) : LocateLocal(query, reference, scoring);
}

}  // namespace isovox::align
