#include "inference/sliding_window.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "inference/window.h"

namespace isovox {
namespace {

struct Tile {
  std::array<int64_t, 3> start;
  std::array<bool, 3> flip;
};

std::vector<std::array<bool, 3>> Flips(const std::array<bool, 3>& mirror) {
  std::vector<std::array<bool, 3>> flips;
  for (unsigned n = 0; n < 8; ++n) {
    const std::array<bool, 3> flip = {(n & 1) != 0, (n & 2) != 0, (n & 4) != 0};
    bool wanted = true;
    for (size_t a = 0; a < 3; ++a) wanted = wanted && (!flip[a] || mirror[a]);
    if (wanted) flips.push_back(flip);
  }
  return flips;
}

void AddWeighted(const float* __restrict from, const float* __restrict weights, int64_t n, bool backwards,
                 float* __restrict to) {
  if (backwards) {
    for (int64_t i = 0; i < n; ++i) to[i] += from[n - 1 - i] * weights[i];
  } else {
    for (int64_t i = 0; i < n; ++i) to[i] += from[i] * weights[i];
  }
}

class Slide {
 public:
  Slide(const std::array<int64_t, 3>& size, const float* image, const Window& window)
      : size_(size), image_(image), window_(window), flips_(Flips(window.mirror)) {
    for (size_t a = 0; a < 3; ++a) {
      starts_[a] = TileStarts(size[a], window.tile[a], 1 - window.overlap);
      weights_[a] = TileWeights(window.tile[a], window.gaussian);
      sums_[a] = SumOfWeights(size[a], starts_[a], weights_[a]);
    }
    for (const int64_t k : starts_[2]) {
      for (const int64_t j : starts_[1]) {
        for (const int64_t i : starts_[0]) {
          for (const auto& flip : flips_) tiles_.push_back({{i, j, k}, flip});
        }
      }
    }
    plane_ = size[0] * size[1];
    tile_voxels_ = window.tile[0] * window.tile[1] * window.tile[2];
    inputs_ = window.channels * (2 * window.context + 1);
    sum_.resize(static_cast<size_t>(window.tile[2] * window.outputs * plane_));
  }

  int64_t Run(const Exec& exec, const PredictTiles& predict, const TakePlane& take) {
    const auto count = static_cast<int64_t>(tiles_.size());
    exec.SetTotal(count);
    int64_t batch = std::min(window_.batch, count);
    std::array<std::vector<float>, 2> in, out;
    // A second pair of buffers only where one batch is worked on while another is looked after.
    for (size_t n = 0; n < (window_.elsewhere && count > batch ? 2u : 1u); ++n) {
      in[n].resize(static_cast<size_t>(batch * inputs_ * tile_voxels_));
      out[n].resize(static_cast<size_t>(batch * window_.outputs * tile_voxels_));
    }
    struct Range {
      int64_t begin = 0, end = 0;
    };
    Range before, now{0, std::min(batch, count)};
    Gather(exec, now.begin, now.end, in[0]);
    for (size_t turn = 0; now.begin < now.end; turn ^= window_.elsewhere ? 1 : 0) {
      const Range next{now.end, std::min(count, now.end + batch)};
      int64_t fitted = batch;
      const auto predict_now = [&] {
        fitted = Predict(exec, predict, batch, now.end - now.begin, in[turn], out[turn]);
      };
      if (window_.elsewhere) {
        ParallelFor(exec, 2, 1, [&](int64_t job, int64_t) {
          if (job == 0) {
            predict_now();
          } else {
            Add(exec, before.begin, before.end, out[turn ^ 1], take);
            Gather(exec, next.begin, next.end, in[turn ^ 1]);
          }
        });
      } else {
        predict_now();
        Add(exec, now.begin, now.end, out[turn], take);
        Gather(exec, next.begin, next.end, in[turn]);
      }
      batch = fitted;
      exec.Step(now.end - now.begin);
      before = now;
      now = {next.begin, std::min(next.end, next.begin + batch)};
      if (now.begin >= now.end && window_.elsewhere) Add(exec, before.begin, before.end, out[turn], take);
    }
    while (first_plane_ < size_[2]) TakeFirst(take);
    return batch;
  }

  int64_t count() const { return static_cast<int64_t>(tiles_.size()); }

 private:
  void Gather(const Exec& exec, int64_t begin, int64_t end, std::vector<float>& in) const {
    const auto [ti, tj, tk] = window_.tile;
    ParallelFor(exec, (end - begin) * inputs_, 1, [&](int64_t job, int64_t) {
      const Tile& tile = tiles_[static_cast<size_t>(begin + job / inputs_)];
      const int64_t input = job % inputs_, channel = input % window_.channels;
      const int64_t beside = input / window_.channels - window_.context;
      float* to = in.data() + job * tile_voxels_;
      for (int64_t k = 0; k < tk; ++k) {
        const int64_t place = tile.start[2] + (tile.flip[2] ? tk - 1 - k : k) + beside;
        const int64_t plane = std::clamp<int64_t>(place, 0, size_[2] - 1);
        for (int64_t j = 0; j < tj; ++j, to += ti) {
          const int64_t row = tile.start[1] + (tile.flip[1] ? tj - 1 - j : j);
          const float* from = image_ + ((channel * size_[2] + plane) * size_[1] + row) * size_[0] + tile.start[0];
          if (tile.flip[0]) {
            std::reverse_copy(from, from + ti, to);
          } else {
            std::copy(from, from + ti, to);
          }
        }
      }
    });
  }

  // Halves the batch until it fits; gives the batch that did.
  int64_t Predict(const Exec& exec, const PredictTiles& predict, int64_t batch, int64_t tiles,
                  const std::vector<float>& in, std::vector<float>& out) const {
    const int64_t in_tile = inputs_ * tile_voxels_, out_tile = window_.outputs * tile_voxels_;
    for (int64_t done = 0; done < tiles;) {
      const int64_t now = std::min(batch, tiles - done);
      try {
        predict(exec, now, std::span(in).subspan(static_cast<size_t>(done * in_tile), static_cast<size_t>(now * in_tile)),
                std::span(out).subspan(static_cast<size_t>(done * out_tile), static_cast<size_t>(now * out_tile)));
        done += now;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kResource || now == 1) throw;
        batch = now / 2;
      }
    }
    return batch;
  }

  void Add(const Exec& exec, int64_t begin, int64_t end, const std::vector<float>& out, const TakePlane& take) {
    const auto [ti, tj, tk] = window_.tile;
    const float share = 1.0f / static_cast<float>(flips_.size());
    for (int64_t n = begin; n < end; ++n) {
      const Tile& tile = tiles_[static_cast<size_t>(n)];
      while (first_plane_ < tile.start[2]) TakeFirst(take);
      const float* values = out.data() + (n - begin) * window_.outputs * tile_voxels_;
      ParallelFor(exec, tk, 1, [&](int64_t k, int64_t) {
        const int64_t from_k = tile.flip[2] ? tk - 1 - k : k;
        float* sum = PlaneOf(tile.start[2] + k) + tile.start[1] * size_[0] + tile.start[0];
        std::vector<float> weights(static_cast<size_t>(ti));
        for (int64_t j = 0; j < tj; ++j) {
          const int64_t from_j = tile.flip[1] ? tj - 1 - j : j;
          const double outer = weights_[2][static_cast<size_t>(k)] * weights_[1][static_cast<size_t>(j)];
          for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(outer * weights_[0][i]) * share;
          for (int64_t output = 0; output < window_.outputs; ++output) {
            const float* from = values + ((output * tk + from_k) * tj + from_j) * ti;
            AddWeighted(from, weights.data(), ti, tile.flip[0], sum + output * plane_ + j * size_[0]);
          }
        }
      });
    }
  }

  float* PlaneOf(int64_t k) {
    return sum_.data() + (k % window_.tile[2]) * window_.outputs * plane_;
  }

  // No tile to come reaches the first plane: it is divided by its weights, handed on, and emptied for another.
  void TakeFirst(const TakePlane& take) {
    float* plane = PlaneOf(first_plane_);
    const double outer = sums_[2][static_cast<size_t>(first_plane_)];
    for (int64_t output = 0; output < window_.outputs; ++output) {
      for (int64_t j = 0; j < size_[1]; ++j) {
        float* row = plane + output * plane_ + j * size_[0];
        const double middle = outer * sums_[1][static_cast<size_t>(j)];
        for (int64_t i = 0; i < size_[0]; ++i) {
          row[i] = static_cast<float>(row[i] / (middle * sums_[0][static_cast<size_t>(i)]));
        }
      }
    }
    take(first_plane_, plane);
    std::fill_n(plane, window_.outputs * plane_, 0.0f);
    ++first_plane_;
  }

  const std::array<int64_t, 3> size_;
  const float* image_;
  const Window window_;
  const std::vector<std::array<bool, 3>> flips_;
  std::array<std::vector<int64_t>, 3> starts_;
  std::array<std::vector<double>, 3> weights_, sums_;
  std::vector<Tile> tiles_;
  int64_t plane_ = 0, tile_voxels_ = 0, inputs_ = 0, first_plane_ = 0;
  std::vector<float> sum_;  // [k % tile depth][output][j][i]
};

}  // namespace

int64_t SlideWindow(const Exec& exec, const std::array<int64_t, 3>& size, const float* image, const Window& window,
                    const PredictTiles& predict, const TakePlane& take) {
  return Slide(size, image, window).Run(exec, predict, take);
}

int64_t CountTiles(const std::array<int64_t, 3>& size, const Window& window) {
  int64_t count = static_cast<int64_t>(Flips(window.mirror).size());
  for (size_t a = 0; a < 3; ++a) {
    count *= static_cast<int64_t>(TileStarts(size[a], window.tile[a], 1 - window.overlap).size());
  }
  return count;
}

}  // namespace isovox
