// Grey level distance zone matrix (IBSI 1 chapter 3.9, VMDZ): zones of one level by their distance to the border.
#include "radiomics/family.h"
#include "radiomics/zone_features.h"

namespace isovox::radiomics {
namespace {

constexpr Formula<SizeSums> kFormulas[] = {
    {{"dzm_sde", "0GBI", "1", "Small distance emphasis"}, [](const SizeSums& s) { return s.inv_j2 / s.n; }},
    {{"dzm_lde", "MB4I", "1", "Large distance emphasis"}, [](const SizeSums& s) { return s.j2 / s.n; }},
    {{"dzm_lgze", "S1RA", "1", "Low grey level zone emphasis"}, [](const SizeSums& s) { return s.inv_i2 / s.n; }},
    {{"dzm_hgze", "K26C", "1", "High grey level zone emphasis"}, [](const SizeSums& s) { return s.i2 / s.n; }},
    {{"dzm_sdlge", "RUVG", "1", "Small distance low grey level emphasis"},
     [](const SizeSums& s) { return s.inv_i2_inv_j2 / s.n; }},
    {{"dzm_sdhge", "DKNJ", "1", "Small distance high grey level emphasis"},
     [](const SizeSums& s) { return s.i2_inv_j2 / s.n; }},
    {{"dzm_ldlge", "A7WM", "1", "Large distance low grey level emphasis"},
     [](const SizeSums& s) { return s.inv_i2_j2 / s.n; }},
    {{"dzm_ldhge", "KLTH", "1", "Large distance high grey level emphasis"},
     [](const SizeSums& s) { return s.i2_j2 / s.n; }},
    {{"dzm_glnu", "VFT7", "1", "Grey level non-uniformity"}, [](const SizeSums& s) { return s.by_level2 / s.n; }},
    {{"dzm_glnu_norm", "7HP3", "1", "Normalised grey level non-uniformity"},
     [](const SizeSums& s) { return s.by_level2 / (s.n * s.n); }},
    {{"dzm_zdnu", "V294", "1", "Zone distance non-uniformity"}, [](const SizeSums& s) { return s.by_size2 / s.n; }},
    {{"dzm_zdnu_norm", "IATH", "1", "Normalised zone distance non-uniformity"},
     [](const SizeSums& s) { return s.by_size2 / (s.n * s.n); }},
    {{"dzm_z_perc", "VIWW", "1", "Zone percentage"}, [](const SizeSums& s) { return s.n / s.voxels; }},
    {{"dzm_gl_var", "QK93", "1", "Grey level variance"}, [](const SizeSums& s) { return s.var_i; }},
    {{"dzm_zd_var", "7WT1", "1", "Zone distance variance"}, [](const SizeSums& s) { return s.var_j; }},
    {{"dzm_zd_entr", "GBDU", "bit", "Zone distance entropy"}, [](const SizeSums& s) { return s.entropy; }},
};

int64_t KeyOf(const Zone& zone) { return zone.distance; }

void Compute(const Subject& subject, const Exec&, Values& values) {
  ZoneFeatures(subject, KeyOf, [](const SizeSums& sums, std::span<double> row) { Evaluate(kFormulas, sums, row); },
               std::size(kFormulas), values);
}

}  // namespace

Family GldzmFamily() {
  return {"gldzm", "VMDZ", "Grey level distance zone matrix", InfosOf(kFormulas), kPlainVariants, true, true, Compute};
}

}  // namespace isovox::radiomics
