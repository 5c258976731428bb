#include "radiomics/convex_hull.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace isovox::radiomics {
namespace {

SpacePoint Minus(const SpacePoint& a, const SpacePoint& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
SpacePoint CrossOf(const SpacePoint& a, const SpacePoint& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
int64_t DotOf(const SpacePoint& a, const SpacePoint& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

struct Face {
  std::array<int, 3> corner;
  std::array<int, 3> across;   // the face beyond edge corner[e] -> corner[e + 1]
  SpacePoint normal;
  int64_t offset;              // normal . p on the face
  std::vector<int> outside;    // points that see this face
  int farthest = -1;
  int64_t farthest_height = 0;
  bool alive = true;
  int mark = -1;
};

class Quickhull {
 public:
  explicit Quickhull(const std::vector<SpacePoint>& points) : points_(points) {}

  Hull Run() {
    Start();
    for (size_t next = 0; next < faces_.size(); ++next) {
      if (faces_[next].alive && faces_[next].farthest >= 0) AddPoint(static_cast<int>(next));
    }
    Hull hull;
    std::vector<int> place(points_.size(), -1);
    for (const Face& face : faces_) {
      if (!face.alive) continue;
      std::array<int, 3> corners;
      for (size_t c = 0; c < 3; ++c) {
        int& at = place[static_cast<size_t>(face.corner[c])];
        if (at < 0) {
          at = static_cast<int>(hull.corners.size());
          hull.corners.push_back(points_[static_cast<size_t>(face.corner[c])]);
        }
        corners[c] = at;
      }
      hull.faces.push_back(corners);
    }
    return hull;
  }

 private:
  const SpacePoint& At(int p) const { return points_[static_cast<size_t>(p)]; }
  int64_t Height(const Face& face, int p) const { return DotOf(face.normal, At(p)) - face.offset; }

  int MakeFace(int a, int b, int c) {
    Face face;
    face.corner = {a, b, c};
    face.across = {-1, -1, -1};
    face.normal = CrossOf(Minus(At(b), At(a)), Minus(At(c), At(a)));
    face.offset = DotOf(face.normal, At(a));
    faces_.push_back(std::move(face));
    return static_cast<int>(faces_.size()) - 1;
  }

  // Gives p to the first of the faces [from, to) that it sees.
  void Assign(int p, size_t from, size_t to) {
    for (size_t f = from; f < to; ++f) {
      const int64_t height = Height(faces_[f], p);
      if (height <= 0) continue;
      faces_[f].outside.push_back(p);
      if (height > faces_[f].farthest_height) {
        faces_[f].farthest_height = height;
        faces_[f].farthest = p;
      }
      return;
    }
  }

  template <typename Measure>
  int Farthest(Measure measure) const {
    int best = 0;
    double most = -1;
    for (int p = 0; p < static_cast<int>(points_.size()); ++p) {
      const double value = static_cast<double>(measure(p));
      if (value > most) {
        most = value;
        best = p;
      }
    }
    return best;
  }

  void Start() {
    const int a = Farthest([&](int p) { return -At(p)[0] + (int64_t{1} << 40); });
    const int b = Farthest([&](int p) { return DotOf(Minus(At(p), At(a)), Minus(At(p), At(a))); });
    const int c = Farthest([&](int p) {
      const SpacePoint n = CrossOf(Minus(At(b), At(a)), Minus(At(p), At(a)));
      return static_cast<double>(n[0]) * static_cast<double>(n[0]) + static_cast<double>(n[1]) * static_cast<double>(n[1]) +
             static_cast<double>(n[2]) * static_cast<double>(n[2]);
    });
    const SpacePoint normal = CrossOf(Minus(At(b), At(a)), Minus(At(c), At(a)));
    const int d = Farthest([&](int p) { return std::abs(DotOf(normal, Minus(At(p), At(a)))); });
    const int64_t height = DotOf(normal, Minus(At(d), At(a)));
    if (height == 0) throw Error(ErrorCode::kInternal, "Expected points that span a volume", {{"where", "SpaceHull"}});
    const std::array<int, 4> v = height < 0 ? std::array{a, b, c, d} : std::array{a, c, b, d};
    MakeFace(v[0], v[1], v[2]);
    MakeFace(v[0], v[3], v[1]);
    MakeFace(v[1], v[3], v[2]);
    MakeFace(v[2], v[3], v[0]);
    faces_[0].across = {1, 2, 3};
    faces_[1].across = {3, 2, 0};
    faces_[2].across = {1, 3, 0};
    faces_[3].across = {2, 1, 0};
    for (int p = 0; p < static_cast<int>(points_.size()); ++p) Assign(p, 0, 4);
  }

  // Replaces the faces that the farthest point of `seen` sees by a cone from it over their rim.
  void AddPoint(int seen) {
    const int apex = faces_[static_cast<size_t>(seen)].farthest;
    std::vector<int> visible{seen};
    struct Rim { int from, to, beyond; };
    std::vector<Rim> rim;
    faces_[static_cast<size_t>(seen)].mark = apex;
    for (size_t v = 0; v < visible.size(); ++v) {
      const Face& face = faces_[static_cast<size_t>(visible[v])];
      for (size_t e = 0; e < 3; ++e) {
        Face& other = faces_[static_cast<size_t>(face.across[e])];
        if (other.mark == apex) continue;
        if (Height(other, apex) > 0) {
          other.mark = apex;
          visible.push_back(face.across[e]);
        } else {
          rim.push_back({face.corner[e], face.corner[(e + 1) % 3], face.across[e]});
        }
      }
    }
    const size_t first = faces_.size();
    std::map<int, int> starting;  // cone faces by the first corner of their rim edge
    for (const Rim& edge : rim) starting[edge.from] = MakeFace(edge.from, edge.to, apex);
    for (const Rim& edge : rim) {
      const int cone = starting[edge.from];
      faces_[static_cast<size_t>(cone)].across[0] = edge.beyond;
      faces_[static_cast<size_t>(cone)].across[1] = starting[edge.to];
      faces_[static_cast<size_t>(starting[edge.to])].across[2] = cone;
      Face& beyond = faces_[static_cast<size_t>(edge.beyond)];
      for (size_t e = 0; e < 3; ++e) {
        if (beyond.corner[e] == edge.to && beyond.corner[(e + 1) % 3] == edge.from) beyond.across[e] = cone;
      }
    }
    for (const int old : visible) {
      Face& face = faces_[static_cast<size_t>(old)];
      face.alive = false;
      const std::vector<int> orphans = std::move(face.outside);
      for (const int p : orphans) {
        if (p != apex) Assign(p, first, faces_.size());
      }
    }
  }

  const std::vector<SpacePoint>& points_;
  std::vector<Face> faces_;
};

}  // namespace

std::vector<PlanePoint> SortedHull(std::vector<PlanePoint> points) {
  if (points.size() < 3) return points;
  std::vector<PlanePoint> hull;
  const auto turn = [&](const PlanePoint& c) {
    const PlanePoint& a = hull[hull.size() - 2];
    const PlanePoint& b = hull.back();
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  };
  for (int half = 0; half < 2; ++half) {
    const size_t start = hull.size();
    for (const PlanePoint& point : points) {
      while (hull.size() >= start + 2 && turn(point) <= 0) hull.pop_back();
      hull.push_back(point);
    }
    hull.pop_back();
    std::reverse(points.begin(), points.end());
  }
  return hull;
}

Hull SpaceHull(const std::vector<SpacePoint>& points) { return Quickhull(points).Run(); }

}  // namespace isovox::radiomics
