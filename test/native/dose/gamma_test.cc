// Gamma against pymedphys (test/oracles/gamma.py) and against doses whose index is known in closed form.
#include "dose/gamma.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "dose/phantoms.h"

namespace isovox {
namespace {

using test::LinearDose;

DoseGrid Sampled(std::array<int64_t, 3> size, Vec3 spacing, Vec3 origin, const std::function<double(Vec3)>& at) {
  DoseGrid dose;
  dose.grid.size = size;
  dose.grid.spacing = {spacing.x, spacing.y, spacing.z};
  dose.grid.origin = origin;
  dose.values = Storage::Allocate(static_cast<size_t>(dose.grid.voxels()) * sizeof(float));
  auto out = dose.values->As<float>();
  size_t n = 0;
  for (int64_t k = 0; k < size[2]; ++k) {
    dose.plane_mm.push_back(static_cast<double>(k) * spacing.z);
    for (int64_t j = 0; j < size[1]; ++j) {
      for (int64_t i = 0; i < size[0]; ++i) {
        out[n++] = static_cast<float>(
            at(dose.grid.IndexToPatient({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)})));
      }
    }
  }
  return dose;
}

double Hill(Vec3 p) {
  return 60 * std::exp(-p.x * p.x / 400 - p.y * p.y / 225 - p.z * p.z / 300) + 0.05 * p.x + 2;
}

DoseGrid HillReference() { return Sampled({15, 13, 11}, {2.5, 2.5, 3}, {-17.5, -15, -15}, Hill); }
DoseGrid HillEvaluated(Vec3 shift, double scale) {
  return Sampled({31, 31, 21}, {2, 2, 2.5}, {-29.7, -30, -25.4}, [=](Vec3 p) { return scale * Hill(p - shift); });
}

float At(const GammaMap& map, int64_t i, int64_t j, int64_t k) {
  const Grid& g = map.gamma.grid;
  return map.gamma.As<float>()[static_cast<size_t>((k * g.size[1] + j) * g.size[0] + i)];
}

TEST_CASE("gamma: as pymedphys finds it, within the step of its search") {
  struct Case {
    GammaOptions options;
    Vec3 shift;
    double scale;
  };
  const std::map<std::string, Case> cases = {
      {"global33", {{3, 3, false, 10, 2}, {1.5, -1, 2}, 1}},
      {"global22", {{2, 2, false, 10, 2}, {0.5, 0.5, -0.5}, 1.03}},
      {"local32", {{3, 2, true, 10, 2}, {1, 1, 1}, 1.02}},
      {"shifted", {{3, 3, false, 10, 2}, {5, 0, 0}, 1}},
  };
  std::map<std::string, GammaMap> maps;
  for (const auto& [name, c] : cases) {
    maps[name] = ComputeGamma(HillReference(), HillEvaluated(c.shift, c.scale), c.options, {});
  }
  std::ifstream golden(ISOVOX_GOLDEN "/gamma.csv");
  REQUIRE(golden.good());
  std::string line;
  std::getline(golden, line);
  std::getline(golden, line);
  int rows = 0;
  while (std::getline(golden, line)) {
    std::istringstream fields(line);
    std::string value, tolerance, tag;
    std::getline(fields, value, ';');
    std::getline(fields, tolerance, ';');
    std::getline(fields, tag);
    const double theirs = std::stod(value), allowed = std::stod(tolerance);
    const size_t dot = tag.find('.');
    const GammaMap& map = maps.at(tag.substr(0, dot));
    const std::string what = tag.substr(dot + 1);
    INFO(tag);
    ++rows;
    if (what == "points") {
      CHECK(static_cast<double>(map.points) == theirs);
    } else if (what == "pass_pct") {
      CHECK(std::abs(100 * map.pass_rate - theirs) <= allowed);
    } else if (what == "mean") {
      CHECK(std::abs(map.mean - theirs) <= allowed);
    } else {
      int i = 0, j = 0, k = 0;
      REQUIRE(std::sscanf(what.c_str(), "%d.%d.%d", &i, &j, &k) == 3);
      const double ours = static_cast<double>(At(map, i, j, k));
      // Theirs is the least of finitely many points: never less than ours.
      CHECK(ours <= theirs + 1e-4);
      CHECK(ours >= theirs - allowed);
    }
  }
  CHECK(rows > 100);
}

TEST_CASE("gamma: equal doses, and the closed form of linear ones") {
  const DoseGrid dose = LinearDose({0.5, 0, 0}, {2, 2, 2}, 30, 40);
  CHECK(ComputeGamma(dose, dose, {}, {}).max == 0);

  // Everywhere 1 Gy more, in a slope of 0.5 Gy/mm: the nearest point of the ellipsoid in closed form.
  const DoseGrid more = LinearDose({0.5, 0, 0}, {2.3, 2.1, 1.9}, 40, 41);
  GammaOptions options;
  options.dose_percent = 2;
  options.distance_mm = 2;
  const double greatest = 40 + 0.5 * 30, accepted = 0.02 * greatest;
  const GammaMap map = ComputeGamma(dose, more, options, {});
  const double expected = 1 / std::sqrt(accepted * accepted + 0.5 * 0.5 * 4);
  CHECK(map.mean == doctest::Approx(expected).epsilon(1e-3));
  CHECK(map.max == doctest::Approx(expected).epsilon(1e-3));
  CHECK(map.pass_rate == 1);

  // Flat doses have no nearer point: the dose difference alone, cut at the greatest.
  const DoseGrid flat = LinearDose({0, 0, 0}, {2, 2, 2}, 20, 40), other = LinearDose({0, 0, 0}, {3, 3, 3}, 30, 41);
  CHECK(ComputeGamma(flat, other, {.dose_percent = 5}, {}).mean == doctest::Approx(0.5));
  CHECK(ComputeGamma(flat, other, {.dose_percent = 1}, {}).mean == doctest::Approx(2));
  CHECK(ComputeGamma(flat, other, {.dose_percent = 1, .max_gamma = 3}, {}).mean == doctest::Approx(2.5));
}

TEST_CASE("gamma: evaluated grids turned and with uneven planes, one plane, beyond the grid, below the cutoff") {
  const DoseGrid reference = HillReference();
  DoseGrid turned = HillEvaluated({}, 1);
  turned.grid.axes = {{0, 1, 0}, {-1, 0, 0}, {0, 0, 1}};
  turned.grid.origin = {30, -29.7, -25.4};
  turned.plane_mm[3] += 0.7;
  auto values = turned.values->As<float>();
  size_t n = 0;
  for (int64_t k = 0; k < 21; ++k) {
    for (int64_t j = 0; j < 31; ++j) {
      for (int64_t i = 0; i < 31; ++i) {
        const Vec3 p = turned.grid.IndexToPatient({static_cast<double>(i), static_cast<double>(j), 0});
        values[n++] = static_cast<float>(Hill({p.x, p.y, -25.4 + turned.plane_mm[static_cast<size_t>(k)]}));
      }
    }
  }
  CHECK(ComputeGamma(reference, turned, {}, {}).max < 0.3);

  const DoseGrid plane = Sampled({31, 31, 1}, {2, 2, 2}, {-30, -30, 0}, Hill);
  const GammaMap flat = ComputeGamma(reference, plane, {}, {});
  CHECK(At(flat, 7, 6, 5) < 0.2F);                         // on the plane
  CHECK(At(flat, 7, 6, 6) > 1);                            // 3 mm off it
  CHECK(At(flat, 7, 6, 6) < 1.25F);
  const DoseGrid far = Sampled({5, 5, 5}, {2, 2, 2}, {100, 100, 100}, Hill);
  const GammaMap away = ComputeGamma(reference, far, {}, {});
  CHECK(away.pass_rate == 0);
  CHECK(away.max == 2);
  CHECK(std::isnan(At(ComputeGamma(reference, plane, {.cutoff_percent = 50}, {}), 0, 0, 0)));
  CHECK(ComputeGamma(reference, plane, {.cutoff_percent = 101}, {}).findings.at(0).code == "gamma.empty");
}

TEST_CASE("gamma: the same bits for 1, 2 and 8 threads") {
  const DoseGrid reference = HillReference(), evaluated = HillEvaluated({1, 2, -1}, 1.01);
  std::vector<float> first;
  double mean = 0;
  for (const int threads : {1, 2, 8}) {
    GammaMap map;
    Arena::WithThreads(threads)->Execute([&] { map = ComputeGamma(reference, evaluated, {}, {}); });
    const auto values = std::as_const(map.gamma).As<float>();
    if (threads == 1) {
      first.assign(values.begin(), values.end());
      mean = map.mean;
      continue;
    }
    CHECK(std::memcmp(first.data(), values.data(), values.size_bytes()) == 0);
    CHECK(map.mean == mean);
  }
}

// Every sampled point is at least as far as the least, so that none of them may undercut it. Of noise, the dose has
// several valleys in one cell.
TEST_CASE("gamma: no point of the evaluated dose undercuts the index, whatever the dose does in a cell") {
  uint64_t state = 88172645463325252U;
  const auto random = [&state] {  // xorshift (Marsaglia, J. Stat. Softw. 8 (2003) 14)
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<double>(state >> 11) / 9007199254740992.0;
  };
  const GammaOptions options{3, 4, false, 0, 2};
  int valleys = 0;
  for (int round = 0; round < 40; ++round) {
    const DoseGrid evaluated = Sampled({3, 3, 3}, {4, 4, 4}, {-4, -4, -4}, [&](Vec3) { return 10 + 2 * random(); });
    const DoseGrid reference = Sampled({1, 1, 1}, {1, 1, 1}, {1, 0.5, -0.7}, [&](Vec3) { return 10 + 2 * random(); });
    const double dose = static_cast<double>(reference.gray()[0]);
    const double found = static_cast<double>(At(ComputeGamma(reference, evaluated, options, {}), 0, 0, 0));
    const auto node = [&](int i, int j, int k) {
      return static_cast<double>(evaluated.gray()[static_cast<size_t>((k * 3 + j) * 3 + i)]);
    };
    double least = options.max_gamma;
    constexpr int kSteps = 40;  // per node
    for (int z = 0; z <= 2 * kSteps; ++z) {
      for (int y = 0; y <= 2 * kSteps; ++y) {
        for (int x = 0; x <= 2 * kSteps; ++x) {
          double value = 0;
          const std::array<int, 3> at{x, y, z};
          std::array<int, 3> cell{};
          std::array<double, 3> way{};
          for (size_t a = 0; a < 3; ++a) {
            cell[a] = std::min(1, at[a] / kSteps);
            way[a] = static_cast<double>(at[a] - cell[a] * kSteps) / kSteps;
          }
          for (int n = 0; n < 8; ++n) {
            const int i = n & 1, j = n / 2 & 1, k = n / 4;
            value += (i ? way[0] : 1 - way[0]) * (j ? way[1] : 1 - way[1]) * (k ? way[2] : 1 - way[2]) *
                     node(cell[0] + i, cell[1] + j, cell[2] + k);
          }
          const double dx = -4 + 4.0 * x / kSteps - 1, dy = -4 + 4.0 * y / kSteps - 0.5, dz = -4 + 4.0 * z / kSteps + 0.7;
          const double off = (value - dose) / (0.03 * dose);
          least = std::min(least, std::sqrt((dx * dx + dy * dy + dz * dz) / 16 + off * off));
        }
      }
    }
    INFO(round);
    CHECK(found <= 1.021 * least + 0.001);
    CHECK(found >= least - 0.1);  // the lattice's own steps
    valleys += found < least;
  }
  CHECK(valleys > 30);
}

}  // namespace
}  // namespace isovox
