#include "inference/prepare.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "imaging/components.h"

namespace isovox {
namespace {

constexpr int64_t kChunk = 1 << 16;
// Samples of the edge's value that are laid before and after a line, so that a spline ends as scipy.ndimage's "nearest".
constexpr int64_t kSplinePad = 12;

std::vector<double> PhysicalValues(const Exec& exec, const Volume& volume) {
  std::vector<double> values(static_cast<size_t>(volume.grid.voxels()));
  VisitDType(volume.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto from = volume.As<T>();
    ParallelFor(exec, static_cast<int64_t>(values.size()), kChunk, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        values[static_cast<size_t>(n)] = volume.slope * static_cast<double>(from[static_cast<size_t>(n)]) + volume.intercept;
      }
    });
  });
  return values;
}

std::vector<double> CropBox(const std::vector<double>& values, const std::array<int64_t, 3>& size, const IndexBox& box) {
  std::vector<double> out;
  out.reserve(static_cast<size_t>((box.end[0] - box.begin[0]) * (box.end[1] - box.begin[1]) * (box.end[2] - box.begin[2])));
  for (int64_t k = box.begin[2]; k < box.end[2]; ++k) {
    for (int64_t j = box.begin[1]; j < box.end[1]; ++j) {
      const double* row = values.data() + (k * size[1] + j) * size[0];
      out.insert(out.end(), row + box.begin[0], row + box.end[0]);
    }
  }
  return out;
}

IndexBox NonzeroBox(const std::vector<std::vector<double>>& channels, const std::array<int64_t, 3>& size) {
  IndexBox box{size, {0, 0, 0}};
  for (const auto& values : channels) {
    size_t n = 0;
    for (int64_t k = 0; k < size[2]; ++k) {
      for (int64_t j = 0; j < size[1]; ++j) {
        for (int64_t i = 0; i < size[0]; ++i) {
          if (values[n++] == 0) continue;
          const std::array<int64_t, 3> at = {i, j, k};
          for (size_t a = 0; a < 3; ++a) {
            box.begin[a] = std::min(box.begin[a], at[a]);
            box.end[a] = std::max(box.end[a], at[a] + 1);
          }
        }
      }
    }
  }
  return box.empty() ? IndexBox{{0, 0, 0}, size} : box;
}

// The voxels that are not 0 in some channel, with what they enclose.
std::vector<uint8_t> NonzeroMask(const Exec& exec, const std::vector<std::vector<double>>& channels,
                                 const std::array<int64_t, 3>& size) {
  std::vector<uint8_t> mask(channels.front().size());
  for (const auto& values : channels) {
    for (size_t n = 0; n < mask.size(); ++n) {
      if (values[n] != 0) mask[n] = 1;
    }
  }
  FillHoles(exec, mask, size);
  return mask;
}

struct Moments {
  double count = 0, sum = 0, least = std::numeric_limits<double>::infinity(), most = -least;
};

void Normalise(const Exec& exec, std::vector<double>& values, const std::vector<uint8_t>& within, const Normalisation& how) {
  using Kind = Normalisation::Kind;
  if (how.kind == Kind::kNone) return;
  const auto count = static_cast<int64_t>(values.size());
  const auto counts = [&](int64_t n) { return within.empty() || within[static_cast<size_t>(n)] != 0; };
  double low = -std::numeric_limits<double>::infinity(), high = -low, shift = 0, divisor = 1;
  if (how.kind == Kind::kCt || how.kind == Kind::kWindow) {
    low = how.low;
    high = how.high;
    shift = how.kind == Kind::kCt ? how.mean : low;
    divisor = how.kind == Kind::kCt ? std::max(how.sd, 1e-8) : high - low;
  } else {
    const auto moments = OrderedReduce<Moments>(
        exec, count, kChunk, {},
        [&](int64_t begin, int64_t end) {
          Moments part;
          for (int64_t n = begin; n < end; ++n) {
            if (!counts(n)) continue;
            const double value = values[static_cast<size_t>(n)];
            part.count += 1;
            part.sum += value;
            part.least = std::min(part.least, value);
            part.most = std::max(part.most, value);
          }
          return part;
        },
        [](Moments& into, Moments&& part) {
          into.count += part.count;
          into.sum += part.sum;
          into.least = std::min(into.least, part.least);
          into.most = std::max(into.most, part.most);
        });
    if (moments.count == 0) return;
    if (how.kind == Kind::kMinMax) {
      shift = moments.least;
      divisor = moments.most > moments.least ? moments.most - moments.least : 1;
    } else {
      shift = moments.sum / moments.count;
      const double squares = OrderedReduce<double>(
          exec, count, kChunk, 0.0,
          [&](int64_t begin, int64_t end) {
            double part = 0;
            for (int64_t n = begin; n < end; ++n) {
              const double d = values[static_cast<size_t>(n)] - shift;
              if (counts(n)) part += d * d;
            }
            return part;
          },
          [](double& into, double&& part) { into += part; });
      divisor = std::max(std::sqrt(squares / moments.count), 1e-8);
    }
  }
  ParallelFor(exec, count, kChunk, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      double& value = values[static_cast<size_t>(n)];
      if (counts(n)) value = (std::clamp(value, low, high) - shift) / divisor;
    }
  });
}

// The one axis whose spacing is the coarsest, when it is coarser than the finest by more than `ratio`; else 3.
size_t CoarseAxis(const std::array<double, 3>& spacing, double ratio) {
  const double most = *std::max_element(spacing.begin(), spacing.end());
  const double least = *std::min_element(spacing.begin(), spacing.end());
  if (!(most / least > ratio) || std::count(spacing.begin(), spacing.end(), most) != 1) return 3;
  return static_cast<size_t>(std::max_element(spacing.begin(), spacing.end()) - spacing.begin());
}

struct Limits {
  double least, most;
};

// Resamples and keeps within the values that were there: in the slice across a coarse axis, else in the whole image.
std::vector<double> Resample(const Exec& exec, std::vector<double> values, std::array<int64_t, 3> size,
                             const std::array<int64_t, 3>& to, size_t coarse, bool cubic) {
  const auto slice_of = [&](size_t n, const std::array<int64_t, 3>& s) -> size_t {
    if (coarse == 3) return 0;
    const int64_t stride = coarse == 0 ? 1 : coarse == 1 ? s[0] : s[0] * s[1];
    return static_cast<size_t>(static_cast<int64_t>(n) / stride % s[coarse]);
  };
  std::vector<Limits> limits(coarse == 3 ? 1 : static_cast<size_t>(size[coarse]),
                             {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()});
  for (size_t n = 0; n < values.size(); ++n) {
    Limits& limit = limits[slice_of(n, size)];
    limit.least = std::min(limit.least, values[n]);
    limit.most = std::max(limit.most, values[n]);
  }
  const auto along = [&](size_t axis, Interpolation method) {
    if (size[axis] == to[axis]) return;
    std::array<AxisMap, 3> maps;
    for (size_t a = 0; a < 3; ++a) maps[a] = {0, 1, size[a]};
    const double step = static_cast<double>(size[axis]) / static_cast<double>(to[axis]);
    maps[axis] = {(step - 1) / 2, step, to[axis]};
    std::array<int64_t, 3> from = size;
    if (method == Interpolation::kCubic) {
      const int64_t stride = axis == 0 ? 1 : axis == 1 ? size[0] : size[0] * size[1];
      const int64_t length = size[axis], padded = length + 2 * kSplinePad;
      std::vector<double> wide(values.size() / static_cast<size_t>(length) * static_cast<size_t>(padded));
      ParallelFor(exec, static_cast<int64_t>(values.size()) / length / stride, 1, [&](int64_t outer, int64_t) {
        for (int64_t t = 0; t < padded; ++t) {
          const double* line = values.data() + (outer * length + std::clamp<int64_t>(t - kSplinePad, 0, length - 1)) * stride;
          std::copy_n(line, stride, wide.data() + (outer * padded + t) * stride);
        }
      });
      values = std::move(wide);
      from[axis] = padded;
      maps[axis].start += static_cast<double>(kSplinePad);
    }
    size[axis] = to[axis];
    values = ResampleBox(exec, values, from, maps, {{0, 0, 0}, size}, method);
  };
  for (size_t axis = 0; axis < 3; ++axis) {
    if (axis != coarse) along(axis, cubic ? Interpolation::kCubic : Interpolation::kLinear);
  }
  if (cubic) {
    ParallelFor(exec, static_cast<int64_t>(values.size()), kChunk, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const Limits& limit = limits[slice_of(static_cast<size_t>(n), size)];
        values[static_cast<size_t>(n)] = std::clamp(values[static_cast<size_t>(n)], limit.least, limit.most);
      }
    });
  }
  if (coarse < 3) along(coarse, Interpolation::kNearest);
  return values;
}

bool SameGrid(const Grid& a, const Grid& b) {
  if (a.size != b.size) return false;
  const Vec3 corner = {static_cast<double>(a.size[0]), static_cast<double>(a.size[1]), static_cast<double>(a.size[2])};
  const double least = std::min({a.spacing[0], a.spacing[1], a.spacing[2]});
  return Norm(a.origin - b.origin) < 0.1 * least && Norm(a.IndexToPatient(corner) - b.IndexToPatient(corner)) < 0.1 * least;
}

}  // namespace

Prepared Prepare(const Exec& exec, const std::vector<std::shared_ptr<Volume>>& images, const ModelSpec& spec) {
  if (images.size() != spec.channels.size()) {
    throw Error(ErrorCode::kModel, "Expected " + std::to_string(spec.channels.size()) +
                                       " images for the model's channels but received " + std::to_string(images.size()));
  }
  for (const auto& image : images) {
    if (!SameGrid(image->grid, images.front()->grid)) {
      throw Error(ErrorCode::kGeometry, "The images of the model's channels do not lie on one grid");
    }
    if (image->components != 1) throw Error(ErrorCode::kUnsupported, "Models take images of one value per voxel");
  }
  Prepared out;
  const Grid& source = images.front()->grid;
  if (spec.orientation.empty()) {
    out.order.from = spec.axes;
  } else {
    out.order = OrderFor(source, spec.orientation);
  }
  out.turned = Reorient(source, out.order);
  std::vector<std::vector<double>> channels;
  for (const auto& image : images) {
    Volume one = *image;
    one.frames = 1;
    channels.push_back(PhysicalValues(exec, Reorient(exec, one, out.order)));
  }
  out.crop_size = out.turned.size;
  if (spec.crop_to_nonzero) {
    const IndexBox box = NonzeroBox(channels, out.turned.size);
    out.crop_begin = box.begin;
    for (size_t a = 0; a < 3; ++a) out.crop_size[a] = box.end[a] - box.begin[a];
    for (auto& values : channels) values = CropBox(values, out.turned.size, box);
  }
  std::vector<uint8_t> within;
  for (const Normalisation& how : spec.channels) {
    if (how.within_nonzero && within.empty()) within = NonzeroMask(exec, channels, out.crop_size);
  }
  std::array<double, 3> wanted = out.turned.spacing;
  for (size_t a = 0; a < 3; ++a) {
    out.model_size[a] = out.crop_size[a];
    if (!(spec.spacing_mm[a] > 0)) continue;
    wanted[a] = spec.spacing_mm[a];
    const double samples = out.turned.spacing[a] / wanted[a] * static_cast<double>(out.crop_size[a]);
    out.model_size[a] = std::max<int64_t>(1, static_cast<int64_t>(std::nearbyint(samples)));
  }
  size_t coarse = CoarseAxis(out.turned.spacing, spec.anisotropy);
  if (coarse == 3) coarse = CoarseAxis(wanted, spec.anisotropy);
  if (coarse < 3) out.across_nearest[coarse] = true;
  for (size_t a = 0; a < 3; ++a) {
    const int64_t missing = std::max<int64_t>(0, spec.tile[a] - out.model_size[a]);
    out.pad_begin[a] = missing / 2;
    out.size[a] = out.model_size[a] + missing;
  }
  const std::vector<int64_t> factors = {out.size[0], out.size[1], out.size[2], static_cast<int64_t>(channels.size())};
  out.values.resize(CheckedProduct(factors));
  for (size_t c = 0; c < channels.size(); ++c) {
    exec.CheckCancelled();
    static const std::vector<uint8_t> kEverywhere;
    Normalise(exec, channels[c], spec.channels[c].within_nonzero ? within : kEverywhere, spec.channels[c]);
    const std::vector<double> values =
        Resample(exec, std::move(channels[c]), out.crop_size, out.model_size, coarse, spec.cubic);
    float* channel = out.values.data() + static_cast<int64_t>(c) * out.size[0] * out.size[1] * out.size[2];
    ParallelFor(exec, out.model_size[2], 1, [&](int64_t k, int64_t) {
      for (int64_t j = 0; j < out.model_size[1]; ++j) {
        const double* from = values.data() + (k * out.model_size[1] + j) * out.model_size[0];
        float* to = channel + ((k + out.pad_begin[2]) * out.size[1] + j + out.pad_begin[1]) * out.size[0] + out.pad_begin[0];
        for (int64_t i = 0; i < out.model_size[0]; ++i) to[i] = static_cast<float>(from[i]);
      }
    });
    channels[c] = {};
  }
  return out;
}

}  // namespace isovox
