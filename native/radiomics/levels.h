// Grey levels of the intensity mask (IBSI 1 chapter 2.7), laid out for loops over neighbours.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "exec/exec.h"
#include "radiomics/intensities.h"
#include "radiomics/region.h"
#include "radiomics/settings.h"

namespace isovox::radiomics {

// Voxels of one row that follow each other inside the mask.
struct Span {
  int64_t first;   // offset in code
  int64_t length;
};

// Levels are stored as codes: 0 outside the mask, else 1 + the level's place among the levels that occur. A border of
// `pad` zeros surrounds the box, so that a neighbour needs no test of the edges.
struct Levels {
  std::array<int64_t, 3> size{0, 0, 0};   // without the border
  int64_t pad = 1;
  std::array<int64_t, 3> stride{1, 0, 0};
  int64_t origin = 0;                      // offset of voxel (0, 0, 0)
  std::vector<uint16_t> code;
  std::vector<int64_t> level;              // of each code; level[0] is unused
  int64_t top = 0;                         // levels run from 1 to this, whether they occur or not
  int64_t voxels = 0;
  std::vector<Span> spans;                 // ascending
  std::vector<size_t> slice_spans;         // spans of slice k: [slice_spans[k], slice_spans[k + 1])

  int codes() const { return static_cast<int>(level.size()) - 1; }
};

// Codes whose differences are those of the levels: the codes themselves unless a level between others does not occur.
// REQUIRES: no level is above 65535.
class LevelSteps {
 public:
  explicit LevelSteps(const Levels& levels);
  const uint16_t* data() const { return own_.empty() ? levels_->code.data() : own_.data(); }

 private:
  const Levels* levels_;
  std::vector<uint16_t> own_;
};

// The longest of the spans; what scratch lines must hold.
int64_t LongestSpan(const Levels& levels);

// The level of every voxel of the intensity mask in raster order: 1 and up for bins; for kNone whole intensities are
// shifted so that the lowest is 1, unless all are already 1 or more.
struct Discretised {
  std::vector<int32_t> level;  // one per voxel of the intensity mask
  int64_t top = 0;
  double first_edge = 0;       // lower edge of bin 1
  double width = 0;
  int64_t below = 0;           // voxels under the first bin, counted in it
  bool whole = true;           // kNone: all intensities are whole numbers
};

Discretised Discretise(const Exec& exec, const Region& region, std::span<const double> intensities, const Discretisation& how);

// How often each level occurs, ascending.
std::vector<Counted> CountsOf(const std::vector<int32_t>& levels);

Levels LayOut(const Exec& exec, const Region& region, const Discretised& discretised, int64_t pad);

}  // namespace isovox::radiomics
