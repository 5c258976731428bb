// How far a local intensity peak looks: the radius of a sphere of 1 cc.
#pragma once

namespace isovox::radiomics {

constexpr double kPeakRadiusMm = 6.2035049089940001;  // (3 / (4 pi))^(1/3) cm

}  // namespace isovox::radiomics
