"""Names of MIRP's features as the tags of the IBSI references."""

import re

SUFFIXES = {
    "2d_avg": "_2D_avg",
    "2d_s_mrg": "_2D_comb",
    "2.5d_d_mrg": "_2_5D_avg",
    "2.5d_v_mrg": "_2_5D_comb",
    "3d_avg": "_3D_avg",
    "3d_v_mrg": "_3D_comb",
    "2d": "_2D",
    "2.5d": "_2_5D",
    "3d": "_3D",
}


def tag(name):
    """MIRP's name as the reference tag: filter, distance and discretisation go, the aggregation stays."""
    name = re.sub(r"^.*?(?=(?:morph|loc|stat|ih|ivh|cm|rlm|szm|dzm|ngt|ngl)_)", "", re.sub(r"_fb[sn]_[wn][\d.]+$", "", name))
    found = re.match(r"((?:cm|rlm|szm|dzm|ngt|ngl)_.*?)(?:_d[\d.]+)?(?:_a[\d.]+)?_((?:2|2\.5|3)d(?:_avg|_[sdv]_mrg)?)$", name)
    return found[1] + SUFFIXES[found[2]] if found else name
