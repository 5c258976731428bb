#include "inference/plane_labels.h"

#include <algorithm>
#include <cmath>

namespace isovox {
namespace {

constexpr int64_t kChunk = 1 << 14;

}  // namespace

std::vector<PlaneLabels::Source> PlaneLabels::SourcesOf(int64_t from, int64_t to, bool nearest) {
  std::vector<Source> sources;
  const double step = static_cast<double>(from) / static_cast<double>(to);
  for (int64_t o = 0; o < to; ++o) {
    const double x = std::clamp((static_cast<double>(o) + 0.5) * step - 0.5, 0.0, static_cast<double>(from - 1));
    if (nearest) {
      const int64_t at = std::min(static_cast<int64_t>(std::floor(x + 0.5)), from - 1);
      sources.push_back({at, at, 0});
      continue;
    }
    const auto low = static_cast<int64_t>(std::floor(x));
    const auto t = static_cast<float>(x - static_cast<double>(low));
    sources.push_back({low, t > 0 ? std::min(low + 1, from - 1) : low, t});
  }
  return sources;
}

PlaneLabels::PlaneLabels(const Exec& exec, const Prepared& prepared, int64_t outputs, Take take)
    : exec_(exec), prepared_(prepared), outputs_(outputs), take_(std::move(take)) {
  for (size_t a = 0; a < 3; ++a) {
    sources_[a] = SourcesOf(prepared.model_size[a], prepared.crop_size[a], prepared.across_nearest[a]);
  }
}

void PlaneLabels::InPlane(const float* values, std::vector<float>& out) const {
  const auto [ci, cj, ck] = prepared_.crop_size;
  out.resize(static_cast<size_t>(outputs_ * ci * cj));
  const int64_t plane = prepared_.size[0] * prepared_.size[1];
  ParallelFor(exec_, outputs_ * cj, 16, [&](int64_t begin, int64_t end) {
    for (int64_t job = begin; job < end; ++job) {
      const Source& row = sources_[1][static_cast<size_t>(job % cj)];
      const float* from = values + job / cj * plane + prepared_.pad_begin[0];
      const float* low = from + (row.low + prepared_.pad_begin[1]) * prepared_.size[0];
      const float* high = from + (row.high + prepared_.pad_begin[1]) * prepared_.size[0];
      float* to = out.data() + job * ci;
      for (int64_t i = 0; i < ci; ++i) {
        const Source& s = sources_[0][static_cast<size_t>(i)];
        const float a = low[s.low] + (low[s.high] - low[s.low]) * s.t;
        const float b = high[s.low] + (high[s.high] - high[s.low]) * s.t;
        to[i] = a + (b - a) * row.t;
      }
    }
  });
}

bool PlaneLabels::Same() const {
  return prepared_.model_size == prepared_.crop_size && prepared_.size[0] == prepared_.crop_size[0] &&
         prepared_.size[1] == prepared_.crop_size[1];
}

void PlaneLabels::Add(int64_t k, const float* values) {
  const int64_t at = k - prepared_.pad_begin[2];
  if (at < 0 || at >= prepared_.model_size[2]) return;
  if (Same()) {
    take_(next_++, values);
    return;
  }
  std::swap(before_, now_);
  InPlane(values, now_);
  while (next_ < prepared_.crop_size[2]) {
    const Source& source = sources_[2][static_cast<size_t>(next_)];
    if (source.high > at) return;
    const std::vector<float>& low = source.low == at ? now_ : before_;
    if (source.low == source.high) {
      take_(next_++, low.data());
      continue;
    }
    mixed_.resize(now_.size());
    ParallelFor(exec_, static_cast<int64_t>(mixed_.size()), kChunk, [&](int64_t begin, int64_t end) {
      for (auto n = static_cast<size_t>(begin); n < static_cast<size_t>(end); ++n) {
        mixed_[n] = low[n] + (now_[n] - low[n]) * source.t;
      }
    });
    take_(next_++, mixed_.data());
  }
}

void LabelPlane(const Exec& exec, const float* logits, int64_t voxels, const std::vector<int>& labels,
                bool regions, uint16_t* out) {
  const size_t outputs = labels.size();
  ParallelFor(exec, voxels, kChunk, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const float* value = logits + n;
      if (regions) {
        int label = 0;
        for (size_t c = 0; c < outputs; ++c) {
          if (value[static_cast<int64_t>(c) * voxels] > 0) label = labels[c];
        }
        out[n] = static_cast<uint16_t>(label);
        continue;
      }
      size_t best = 0;
      float most = value[0];
      for (size_t c = 1; c < outputs; ++c) {
        const float other = value[static_cast<int64_t>(c) * voxels];
        if (other > most) {
          most = other;
          best = c;
        }
      }
      out[n] = static_cast<uint16_t>(labels[best]);
    }
  });
}

}  // namespace isovox
