// Grey level size zone matrix (IBSI 1 chapter 3.8, 9SAK): zones of one level by their number of voxels.
#include "radiomics/family.h"
#include "radiomics/zone_features.h"

namespace isovox::radiomics {
namespace {

constexpr Formula<SizeSums> kFormulas[] = {
    {{"szm_sze", "5QRC", "1", "Small zone emphasis"}, [](const SizeSums& s) { return s.inv_j2 / s.n; }},
    {{"szm_lze", "48P8", "1", "Large zone emphasis"}, [](const SizeSums& s) { return s.j2 / s.n; }},
    {{"szm_lgze", "XMSY", "1", "Low grey level zone emphasis"}, [](const SizeSums& s) { return s.inv_i2 / s.n; }},
    {{"szm_hgze", "5GN9", "1", "High grey level zone emphasis"}, [](const SizeSums& s) { return s.i2 / s.n; }},
    {{"szm_szlge", "5RAI", "1", "Small zone low grey level emphasis"},
     [](const SizeSums& s) { return s.inv_i2_inv_j2 / s.n; }},
    {{"szm_szhge", "HW1V", "1", "Small zone high grey level emphasis"},
     [](const SizeSums& s) { return s.i2_inv_j2 / s.n; }},
    {{"szm_lzlge", "YH51", "1", "Large zone low grey level emphasis"},
     [](const SizeSums& s) { return s.inv_i2_j2 / s.n; }},
    {{"szm_lzhge", "J17V", "1", "Large zone high grey level emphasis"},
     [](const SizeSums& s) { return s.i2_j2 / s.n; }},
    {{"szm_glnu", "JNSA", "1", "Grey level non-uniformity"}, [](const SizeSums& s) { return s.by_level2 / s.n; }},
    {{"szm_glnu_norm", "Y1RO", "1", "Normalised grey level non-uniformity"},
     [](const SizeSums& s) { return s.by_level2 / (s.n * s.n); }},
    {{"szm_zsnu", "4JP3", "1", "Zone size non-uniformity"}, [](const SizeSums& s) { return s.by_size2 / s.n; }},
    {{"szm_zsnu_norm", "VB3A", "1", "Normalised zone size non-uniformity"},
     [](const SizeSums& s) { return s.by_size2 / (s.n * s.n); }},
    {{"szm_z_perc", "P30P", "1", "Zone percentage"}, [](const SizeSums& s) { return s.n / s.voxels; }},
    {{"szm_gl_var", "BYLV", "1", "Grey level variance"}, [](const SizeSums& s) { return s.var_i; }},
    {{"szm_zs_var", "3NSA", "1", "Zone size variance"}, [](const SizeSums& s) { return s.var_j; }},
    {{"szm_zs_entr", "GU8N", "bit", "Zone size entropy"}, [](const SizeSums& s) { return s.entropy; }},
};

int64_t KeyOf(const Zone& zone) { return zone.size; }

void Compute(const Subject& subject, const Exec&, Values& values) {
  ZoneFeatures(subject, KeyOf, [](const SizeSums& sums, std::span<double> row) { Evaluate(kFormulas, sums, row); },
               std::size(kFormulas), values);
}

}  // namespace

Family GlszmFamily() {
  return {"glszm", "9SAK", "Grey level size zone matrix", InfosOf(kFormulas), kPlainVariants, true, true, Compute};
}

}  // namespace isovox::radiomics
