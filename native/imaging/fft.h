// Discrete Fourier transforms of one line or of a box. Lengths 2^a 3^b 5^c are fast; others cost about four times as much.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "exec/exec.h"
#include "imaging/fft_steps.h"

namespace isovox {

// The smallest length >= n of factors 2, 3 and 5.
int64_t FastFftLength(int64_t n);

// A plan for one length, for float or double. Real and imaginary parts lie in two arrays; `batch` lines are transformed
// side by side, element t of line b at [t * batch + b].
template <typename T>
class Fft {
 public:
  explicit Fft(int64_t length);
  // In place: x[f] = sum over t of x[t] exp(-2 pi i f t / n). The inverse, but for 1/n, has the arrays exchanged.
  void Forward(T* re, T* im, int64_t batch) const { Forward(re, im, batch, length_); }
  // The same where x[t] is zero from `filled` on, whatever the arrays hold there.
  void Forward(T* re, T* im, int64_t batch, int64_t filled) const;

 private:
  void Factored(T* re, T* im, int64_t batch, int64_t filled) const;
  void Chirped(T* re, T* im, int64_t batch) const;

  int64_t length_;
  std::vector<int> radices_;
  std::vector<FftTurn<T>> turns_;  // of the steps, one after the other
  std::vector<T> cos_, sin_;  // of 2 pi t / n, or of the chirp pi t^2 / n for other lengths
  std::shared_ptr<const Fft> wide_;  // for other lengths: the plan of the convolution with the chirp
  std::vector<T> chirp_re_, chirp_im_;  // the chirp's spectrum there
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
// Every slice along i and j by itself.
void ForwardSlices(const Exec& exec, ComplexBox& box);
// The same where only the first `rows` rows of the result are asked for; the others hold anything.
void ForwardRows(const Exec& exec, ComplexBox& box, int64_t rows);
// The inverse, divided by the number of voxels.
void Inverse3d(const Exec& exec, ComplexBox& box);

}  // namespace isovox
