"""Writes test/golden/ibsi2-maps.csv: voxels of the consortium's reference response maps (IBSI 2, phase 1).

    git clone https://github.com/theibsi/ibsi_2_reference_data  # CC0 1.0
    pip install nibabel && python test/oracles/ibsi2_maps.py ibsi_2_reference_data > test/golden/ibsi2-maps.csv

Of each map: 40 voxels drawn with a fixed seed from those that lie within 12 voxels of its strongest response, and the
least and the largest. Voxels count i fastest. The tolerance is 1 % of the range of the map.
"""

import sys
from pathlib import Path

import nibabel
import numpy as np

print("map,voxel,value,tolerance")
for path in sorted(Path(sys.argv[1], "reference_response_maps").glob("*.nii")):
    values = np.asarray(nibabel.load(path).dataobj, dtype=float)
    flat = values.ravel(order="F")
    centre = np.unravel_index(np.argmax(np.abs(values)), values.shape)
    near = [slice(max(c - 12, 0), c + 13) for c in centre]
    places = np.arange(flat.size).reshape(values.shape, order="F")[tuple(near)].ravel()
    drawn = np.random.default_rng(2).choice(places, 40, replace=False)
    chosen = sorted({*drawn.tolist(), int(flat.argmin()), int(flat.argmax())})
    for voxel in chosen:
        print(f"{path.name.split('-')[0]},{voxel},{flat[voxel]:.6g},{0.01 * np.ptp(flat):.6g}")
