#include "radiomics/registry.h"

namespace isovox::radiomics {

std::span<const Family> Families() {
  static const Family families[] = {
      MorphologyFamily(), LocalIntensityFamily(), StatisticsFamily(), HistogramFamily(), IvhFamily(),  GlcmFamily(),
      GlrlmFamily(),      GlszmFamily(),          GldzmFamily(),      NgtdmFamily(),     NgldmFamily(),
  };
  return families;
}

}  // namespace isovox::radiomics
