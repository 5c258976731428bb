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
LEVELS_GY = [20, 50, 65]


def statistics(gray):
    """Mean, D95%, D2%, and the percentages that receive at least each level."""
    return [gray.mean(), np.percentile(gray, 5), np.percentile(gray, 98), *(100 * np.mean(gray >= level) for level in LEVELS_GY)]


with target.open("w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    names_of = ["mean_gy", "d95_gy", "d2_gy", *(f"v{level}_pct" for level in LEVELS_GY)]
    out.writerow(["structure", *(f"{way}_{name}" for way in ["middles", "inside"] for name in names_of)])
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
        numbers = [*statistics(middle), *statistics(inside)]
        out.writerow([name, *(f"{number:.3f}" for number in numbers)])
