// Planes of logits, brought back to the source's lattice as they come and turned into labels.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "exec/exec.h"
#include "inference/prepare.h"

namespace isovox {

class PlaneLabels {
 public:
  // `take` is called with every plane k of the crop, in order: its logits [outputs][j][i] on the source's lattice.
  using Take = std::function<void(int64_t k, const float* logits)>;
  PlaneLabels(const Exec& exec, const Prepared& prepared, int64_t outputs, Take take);

  // Plane k of the padded lattice, [outputs][j][i], in order.
  void Add(int64_t k, const float* values);

 private:
  // out = (1 - t) * values[low] + t * values[high], from linear interpolation between the centres of larger voxels.
  struct Source {
    int64_t low, high;
    float t;
  };
  static std::vector<Source> SourcesOf(int64_t from, int64_t to, bool nearest);
  void InPlane(const float* values, std::vector<float>& out) const;
  // Whether the planes are those of the source's lattice already.
  bool Same() const;

  const Exec& exec_;
  const Prepared& prepared_;
  const int64_t outputs_;
  const Take take_;
  std::array<std::vector<Source>, 3> sources_;
  std::vector<float> before_, now_, mixed_;
  int64_t next_ = 0;  // plane of the crop
};

// The value of each voxel of a plane: of the largest logit (the first of equal ones), or of the last region whose logit
// is above 0 and 0 where none is.
void LabelPlane(const Exec& exec, const float* logits, int64_t voxels, const std::vector<int>& labels,
                bool regions, uint16_t* out);

}  // namespace isovox
