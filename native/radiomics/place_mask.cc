#include "radiomics/place_mask.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "radiomics/prepare.h"

namespace isovox::radiomics {
namespace {

Vec3 Corner(const std::array<double, 3>& low, const std::array<double, 3>& high, int corner) {
  return {corner & 1 ? high[0] : low[0], corner & 2 ? high[1] : low[1], corner & 4 ? high[2] : low[2]};
}

bool SameGrid(const Grid& a, const Grid& b, double tolerance) {
  if (a.size != b.size) return false;
  const double limit = tolerance * std::min({a.spacing[0], a.spacing[1], a.spacing[2]});
  const std::array<double, 3> last{static_cast<double>(a.size[0] - 1), static_cast<double>(a.size[1] - 1), static_cast<double>(a.size[2] - 1)};
  for (int corner = 0; corner < 8; ++corner) {
    const Vec3 index = Corner({0, 0, 0}, last, corner);
    if (Norm(a.IndexToPatient(index) - b.IndexToPatient(index)) > limit) return false;
  }
  return true;
}

std::string SizeText(const Grid& g) {
  return std::to_string(g.size[0]) + "x" + std::to_string(g.size[1]) + "x" + std::to_string(g.size[2]);
}

// The image's voxels that the structure's box may touch. Throws when it reaches beyond the image.
IndexBox BoxOnImage(const Grid& image, const Grid& mask, const IndexBox& structure) {
  constexpr double kSlack = 1e-3;  // of a voxel
  std::array<double, 3> low, high, first{1e300, 1e300, 1e300}, last{-1e300, -1e300, -1e300};
  for (size_t d = 0; d < 3; ++d) {
    low[d] = static_cast<double>(structure.begin[d]) - 0.5;
    high[d] = static_cast<double>(structure.end[d]) - 0.5;
  }
  for (int corner = 0; corner < 8; ++corner) {
    const Vec3 at = image.PatientToIndex(mask.IndexToPatient(Corner(low, high, corner)));
    const std::array<double, 3> index{at.x, at.y, at.z};
    for (size_t d = 0; d < 3; ++d) {
      first[d] = std::min(first[d], index[d]);
      last[d] = std::max(last[d], index[d]);
    }
  }
  IndexBox box;
  for (size_t d = 0; d < 3; ++d) {
    const auto size = static_cast<double>(image.size[d]);
    if (first[d] < -0.5 - kSlack || last[d] > size - 0.5 + kSlack) {
      throw Error(ErrorCode::kGeometry, "Expected a structure inside the image but it reaches beyond it",
                  {{"expected", "-0.5 to " + std::to_string(size - 0.5) + " along " + "ijk"[d]},
                   {"actual", std::to_string(first[d]) + " to " + std::to_string(last[d])}});
    }
    box.begin[d] = std::max<int64_t>(static_cast<int64_t>(std::floor(first[d])), 0);
    box.end[d] = std::min(static_cast<int64_t>(std::ceil(last[d])) + 1, image.size[d]);
  }
  return box;
}

}  // namespace

PlacedMask PlaceMask(const Exec& exec, const Grid& image, const Volume& mask, std::optional<int64_t> label,
                     const MaskPlacement& how, Findings& findings) {
  if (mask.frames != 1 || mask.components != 1) {
    throw InvalidArgument("mask", "one frame of one component",
                          std::to_string(mask.frames) + " frames of " + std::to_string(mask.components));
  }
  if (SameGrid(image, mask.grid, how.tolerance)) {
    PlacedMask same{mask, label};
    same.mask.grid = image;
    return same;
  }
  if (!how.resample) {
    throw Error(ErrorCode::kGeometry,
                "Expected the mask on the image's grid, " + SizeText(image) + ", but it has its own, " + SizeText(mask.grid) +
                    "; it can be resampled on demand",
                {{"expected", SizeText(image)}, {"actual", SizeText(mask.grid)}});
  }
  PlacedMask out{MakeVolume(image, DType::kUint8), 1};
  const IndexBox structure = BoxOf(mask, label);
  if (structure.empty()) return out;
  findings.push_back({"roi.mask_resampled", Severity::kInfo, "The mask had a grid of its own: the nearest of its voxels counts"});
  const IndexBox box = BoxOnImage(image, mask.grid, structure);
  uint8_t* voxels = out.mask.As<uint8_t>().data();
  VisitDType(mask.dtype, [&]<typename T>(T) {
    const T* from = mask.As<T>().data();
    const auto inside = [&](T stored) {
      const double value = mask.slope * static_cast<double>(stored) + mask.intercept;
      return label ? value == static_cast<double>(*label) : value > 0;
    };
    const PatientToIndexMap index_of(mask.grid);
    ParallelFor(exec, box.end[2] - box.begin[2], 4, [&](int64_t begin, int64_t end) {
      for (int64_t k = box.begin[2] + begin; k < box.begin[2] + end; ++k) {
        for (int64_t j = box.begin[1]; j < box.end[1]; ++j) {
          for (int64_t i = box.begin[0]; i < box.end[0]; ++i) {
            const Vec3 at = index_of(image.IndexToPatient({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)}));
            const auto x = static_cast<int64_t>(std::floor(at.x + 0.5)), y = static_cast<int64_t>(std::floor(at.y + 0.5)),
                       z = static_cast<int64_t>(std::floor(at.z + 0.5));
            if (x < 0 || y < 0 || z < 0 || x >= mask.grid.size[0] || y >= mask.grid.size[1] || z >= mask.grid.size[2]) continue;
            voxels[(k * image.size[1] + j) * image.size[0] + i] = inside(from[(z * mask.grid.size[1] + y) * mask.grid.size[0] + x]);
          }
        }
      }
    });
  });
  return out;
}

}  // namespace isovox::radiomics
