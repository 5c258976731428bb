// Discrete Fourier transforms of lengths 2^a 3^b 5^c, of one line or of a box.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "exec/exec.h"

namespace isovox {

// The smallest length >= n that Fft takes.
int64_t FastFftLength(int64_t n);

// A plan for one length. Real and imaginary parts lie in two arrays; `batch` lines are transformed side by side, element
// t of line b at [t * batch + b].
class Fft {
 public:
  explicit Fft(int64_t length);
  // In place: x[f] = sum over t of x[t] exp(-2 pi i f t / n). The inverse, but for 1/n, has the arrays exchanged.
  void Forward(double* re, double* im, int64_t batch) const;

 private:
  int64_t length_;
  std::vector<int> radices_;
  std::vector<double> cos_, sin_;  // of 2 pi t / n
};

// A complex box, i fastest.
struct ComplexBox {
  std::array<int64_t, 3> size{0, 0, 0};
  std::vector<double> re, im;

  explicit ComplexBox(std::array<int64_t, 3> of_size)
      : size(of_size), re(static_cast<size_t>(of_size[0] * of_size[1] * of_size[2])), im(re.size()) {}
};

// In place. Voxels from `filled` on along each axis must be zero; whole lines of zeros are not transformed.
void Forward3d(const Exec& exec, ComplexBox& box, const std::array<int64_t, 3>& filled);
void Forward3d(const Exec& exec, ComplexBox& box);
// The inverse, divided by the number of voxels.
void Inverse3d(const Exec& exec, ComplexBox& box);

}  // namespace isovox
