#include "imaging/isolines.h"

#include <array>
#include <cmath>
#include <unordered_map>

namespace isovox {
namespace {

// Crossings lie on the edges between pixels: 2 p is the edge from pixel p to its right, 2 p + 1 the one upwards.
struct Segment {
  int64_t from, to;  // the side at or above the level is on the left
};

}  // namespace

Polylines Isolines(std::span<const float> values, int64_t width, int64_t height, double level, double u0, double v0,
                   double pixel) {
  std::vector<Segment> segments;
  for (int64_t j = 0; j + 1 < height; ++j) {
    for (int64_t i = 0; i + 1 < width; ++i) {
      const int64_t p = j * width + i;
      const std::array<double, 4> c{values[static_cast<size_t>(p)], values[static_cast<size_t>(p + 1)],
                                    values[static_cast<size_t>(p + width + 1)], values[static_cast<size_t>(p + width)]};
      int above = 0;
      bool known = true;
      for (int n = 0; n < 4; ++n) {
        above |= (c[static_cast<size_t>(n)] >= level) << n;
        known = known && std::isfinite(c[static_cast<size_t>(n)]);
      }
      if (above == 0 || above == 15 || !known) continue;
      const int64_t bottom = 2 * p, right = 2 * (p + 1) + 1, top = 2 * (p + width), left = 2 * p + 1;
      const std::array<int64_t, 4> edge{bottom, right, top, left};
      if (above == 5 || above == 10) {
        const bool joined = (c[0] + c[1] + c[2] + c[3]) / 4 >= level;
        // Corners of a diagonal above: joined through the middle, or each cut off.
        if ((above == 5) == joined) {
          if (above == 5) {
            segments.push_back({right, bottom});
            segments.push_back({left, top});
          } else {
            segments.push_back({bottom, right});
            segments.push_back({top, left});
          }
        } else {
          if (above == 5) {
            segments.push_back({left, bottom});
            segments.push_back({right, top});
          } else {
            segments.push_back({bottom, left});
            segments.push_back({top, right});
          }
        }
        continue;
      }
      // Going round, the line leaves where above ends and enters where it begins.
      int64_t enter = 0, leave = 0;
      for (int n = 0; n < 4; ++n) {
        const bool here = (above >> n & 1) != 0, next = (above >> ((n + 1) % 4) & 1) != 0;
        if (here && !next) enter = edge[static_cast<size_t>(n)];
        if (!here && next) leave = edge[static_cast<size_t>(n)];
      }
      segments.push_back({enter, leave});
    }
  }

  std::unordered_map<int64_t, size_t> by_start;
  std::unordered_map<int64_t, size_t> by_end;
  for (size_t s = 0; s < segments.size(); ++s) {
    by_start[segments[s].from] = s;
    by_end[segments[s].to] = s;
  }
  const auto point = [&](int64_t crossing, std::vector<double>& line) {
    const int64_t p = crossing / 2, q = p + (crossing % 2 != 0 ? width : 1);
    const double a = values[static_cast<size_t>(p)], b = values[static_cast<size_t>(q)];
    const double t = b != a ? (level - a) / (b - a) : 0.5;
    const auto i = static_cast<double>(p % width), j = static_cast<double>(p / width);
    line.push_back(u0 + pixel * (i + (crossing % 2 != 0 ? 0 : t)));
    line.push_back(v0 + pixel * (j + (crossing % 2 != 0 ? t : 0)));
  };
  Polylines lines;
  std::vector<char> used(segments.size(), 0);
  const auto follow = [&](size_t first) {
    std::vector<double> line;
    point(segments[first].from, line);
    for (size_t s = first;;) {
      used[s] = 1;
      point(segments[s].to, line);
      const auto next = by_start.find(segments[s].to);
      if (next == by_start.end() || used[next->second] != 0) break;
      s = next->second;
    }
    lines.push_back(std::move(line));
  };
  // Open lines from their beginnings, then what is left is closed.
  for (size_t s = 0; s < segments.size(); ++s) {
    if (by_end.find(segments[s].from) == by_end.end()) follow(s);
  }
  for (size_t s = 0; s < segments.size(); ++s) {
    if (used[s] == 0) follow(s);
  }
  return lines;
}

}  // namespace isovox
