"""Doses of open-kbp's source voxels, by their middles and by the trilinear dose inside them: voxel_doses.py PT_FOLDER.

With numpy 1.26.4 and scipy 1.13.1; PT_FOLDER holds source-csv/ of one patient. Writes test/golden/openkbp-voxels.csv.
"""

import csv
import pathlib
import sys

import numpy as np
from scipy.ndimage import map_coordinates

SIZE = 128
PARTS = 5  # of a voxel, along each axis

source = pathlib.Path(sys.argv[1]) / "source-csv"
target = pathlib.Path(__file__).parent.parent / "golden" / "openkbp-voxels.csv"


def rows(name):
    return np.genfromtxt(source / f"{name}.csv", delimiter=",", skip_header=1)


stored = rows("dose")
dose = np.zeros(SIZE**3)
dose[stored[:, 0].astype(int)] = stored[:, 1]
dose = dose.reshape(SIZE, SIZE, SIZE)
offsets = (np.arange(PARTS) + 0.5) / PARTS - 0.5
with target.open("w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["structure", "middles_mean_gy", "middles_d95_gy", "inside_mean_gy", "inside_d95_gy", "inside_d2_gy"])
    names = ["Brainstem", "LeftParotid", "Mandible", "PTV56", "PTV63", "PTV70", "RightParotid", "SpinalCord"]
    for name in names:
        flat = rows(name)[:, 0].astype(int)
        middle = dose.ravel()[flat]
        at = np.array(np.unravel_index(flat, dose.shape)).astype(float)
        inside = np.concatenate(
            [
                map_coordinates(dose, at + np.array([[a], [b], [c]]), order=1, mode="nearest")
                for a in offsets
                for b in offsets
                for c in offsets
            ]
        )
        numbers = [middle.mean(), np.percentile(middle, 5), inside.mean(), np.percentile(inside, 5), np.percentile(inside, 98)]
        out.writerow([name, *(f"{number:.3f}" for number in numbers)])
