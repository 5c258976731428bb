"""Writes test/golden/mirp.csv: all base features of a soft-tissue sarcoma on CT, by MIRP.

    python3.11 -m venv v && v/bin/pip install mirp==2.7.0
    v/bin/python test/oracles/mirp_features.py DATA > test/golden/mirp.csv

DATA holds CT_image.nii.gz and CT_mask.nii.gz of STS_001. Two cases: `native`, on the image's own grid with bins of a fixed
width; `resampled`, to 2 mm by linear interpolation with a fixed number of bins. Names are those of the IBSI references.
"""

import logging
import re
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

from mirp import extract_features  # noqa: E402
from mirp_names import tag  # noqa: E402

DIRECTIONAL = ["2d_average", "2d_slice_merge", "2.5d_direction_merge", "2.5d_volume_merge", "3d_average", "3d_volume_merge"]
PLAIN = ["2d", "2.5d", "3d"]
COMMON = {
    "image_modality": "ct",
    "base_feature_families": "all",
    "resegmentation_intensity_range": [-200.0, 300.0],
    "glcm_spatial_method": DIRECTIONAL,
    "glrlm_spatial_method": DIRECTIONAL,
    **{f"{family}_spatial_method": PLAIN for family in ("glszm", "gldzm", "ngtdm", "ngldm")},
}
CASES = {
    "native": {"base_discretisation_method": "fixed_bin_size", "base_discretisation_bin_width": 25.0},
    "resampled": {
        "base_discretisation_method": "fixed_bin_number",
        "base_discretisation_n_bins": 32,
        "new_spacing": 2.0,
        "spline_order": 1,
        "roi_spline_order": 1,
        "roi_interpolation_mask_inclusion_threshold": 0.5,
        "anti_aliasing": False,
    },
}


folder = Path(sys.argv[1])
print(f"# mirp {version('mirp')}")
print("case,feature,value")
for case, settings in CASES.items():
    table = extract_features(image=str(folder / "CT_image.nii.gz"), mask=str(folder / "CT_mask.nii.gz"), **COMMON, **settings)[0]
    for column in table.columns:
        if re.match(r"(morph|loc|stat|ih|ivh|cm|rlm|szm|dzm|ngt|ngl)_", column):
            print(f"{case},{tag(column)},{float(table[column].iloc[0])!r}")
