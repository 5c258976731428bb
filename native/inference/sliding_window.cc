#include "inference/sliding_window.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/storage.h"
#include "inference/window.h"
#include "simd/weighted.h"

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

constexpr int64_t kRowsAtOnce = 64;

// Any content, on huge pages where there are some.
struct Floats {
  std::shared_ptr<Storage> storage;
  std::span<float> values;

  void Make(int64_t count) {
    storage = Storage::AllocateUnset(static_cast<size_t>(count) * sizeof(float));
    values = storage->As<float>();
  }
};

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
    sum_ = Storage::Allocate(static_cast<size_t>(window.tile[2] * window.outputs * plane_) * sizeof(float));
    lanes_ = window.elsewhere ? 1 : window.lanes;
  }

  int64_t Run(const Exec& exec, const PredictTiles& predict, const TakePlane& take) {
    const auto count = static_cast<int64_t>(tiles_.size());
    exec.SetTotal(count);
    int64_t batch = std::min(window_.batch, count);
    const auto at_once = [&] { return std::min(count, batch * lanes_); };
    std::array<Floats, 2> in, out;
    // A second pair of buffers only where one batch is worked on while another is looked after.
    for (size_t n = 0; n < (window_.elsewhere && count > batch ? 2u : 1u); ++n) {
      in[n].Make(at_once() * inputs_ * tile_voxels_);
      out[n].Make(at_once() * window_.outputs * tile_voxels_);
    }
    struct Range {
      int64_t begin = 0, end = 0;
    };
    Range before, now{0, at_once()};
    Gather(exec, now.begin, now.end, in[0].values);
    for (size_t turn = 0; now.begin < now.end; turn ^= window_.elsewhere ? 1 : 0) {
      const Range next{now.end, std::min(count, now.end + at_once())};
      int64_t fitted = batch;
      const auto predict_now = [&] {
        fitted = Predict(exec, predict, batch, now.end - now.begin, in[turn].values, out[turn].values);
      };
      if (window_.elsewhere) {
        ParallelFor(exec, 2, 1, [&](int64_t job, int64_t) {
          if (job == 0) {
            predict_now();
          } else {
            Add(exec, before.begin, before.end, out[turn ^ 1].values, take);
            Gather(exec, next.begin, next.end, in[turn ^ 1].values);
          }
        });
      } else {
        predict_now();
        Add(exec, now.begin, now.end, out[turn].values, take);
        Gather(exec, next.begin, next.end, in[turn].values);
      }
      batch = fitted;
      exec.Step(now.end - now.begin);
      before = now;
      now = {next.begin, std::min(next.end, next.begin + at_once())};
      if (now.begin >= now.end && window_.elsewhere) Add(exec, before.begin, before.end, out[turn].values, take);
    }
    while (first_plane_ < size_[2]) TakeFirst(exec, take);
    return batch;
  }

  int64_t count() const { return static_cast<int64_t>(tiles_.size()); }

 private:
  void Gather(const Exec& exec, int64_t begin, int64_t end, std::span<float> in) const {
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

  // Batches side by side while there are lanes; when that does not fit, one after another, halved until they do. Gives the
  // batch that did.
  int64_t Predict(const Exec& exec, const PredictTiles& predict, int64_t batch, int64_t tiles,
                  std::span<const float> in, std::span<float> out) {
    const int64_t in_tile = inputs_ * tile_voxels_, out_tile = window_.outputs * tile_voxels_;
    const auto run = [&](int64_t first, int64_t count) {
      predict(exec, count, in.subspan(static_cast<size_t>(first * in_tile), static_cast<size_t>(count * in_tile)),
              out.subspan(static_cast<size_t>(first * out_tile), static_cast<size_t>(count * out_tile)));
    };
    if (lanes_ > 1) {
      try {
        ParallelFor(exec, tiles, batch, [&](int64_t begin, int64_t end) { run(begin, end - begin); });
        return batch;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kResource) throw;
        lanes_ = 1;
      }
    }
    for (int64_t done = 0; done < tiles;) {
      const int64_t now = std::min(batch, tiles - done);
      try {
        run(done, now);
        done += now;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kResource || now == 1) throw;
        batch = now / 2;
      }
    }
    return batch;
  }

  void Add(const Exec& exec, int64_t begin, int64_t end, std::span<const float> out, const TakePlane& take) {
    const auto [ti, tj, tk] = window_.tile;
    const float share = 1.0f / static_cast<float>(flips_.size());
    for (int64_t n = begin; n < end; ++n) {
      const Tile& tile = tiles_[static_cast<size_t>(n)];
      while (first_plane_ < tile.start[2]) TakeFirst(exec, take);
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
            float* to = sum + output * plane_ + j * size_[0];
            (tile.flip[0] ? simd::AddWeightedBackwards : simd::AddWeighted)(from, weights.data(), ti, to);
          }
        }
      });
    }
  }

  float* PlaneOf(int64_t k) {
    return sum_->As<float>().data() + (k % window_.tile[2]) * window_.outputs * plane_;
  }

  // No tile to come reaches the first plane: it is divided by its weights, handed on, and emptied for another.
  void TakeFirst(const Exec& exec, const TakePlane& take) {
    float* plane = PlaneOf(first_plane_);
    const double outer = sums_[2][static_cast<size_t>(first_plane_)];
    ParallelFor(exec, window_.outputs * size_[1], kRowsAtOnce, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const double middle = outer * sums_[1][static_cast<size_t>(row % size_[1])];
        simd::DivideByWeights(plane + row * size_[0], sums_[0].data(), middle, size_[0]);
      }
    });
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
  int64_t lanes_ = 1;
  std::shared_ptr<Storage> sum_;  // float32 [k % tile depth][output][j][i]
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
