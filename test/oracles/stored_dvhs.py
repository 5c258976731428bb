"""V columns of the curves that a planning system stored in its RTDOSE (PS3.3 C.8.8.4): stored_dvhs.py RTDOSE RTSTRUCT.

With pydicom 2.4.4; of the shared rt-breast plan. Writes test/golden/breast-dvhs.csv.
"""

import csv
import pathlib
import sys

import numpy as np
import pydicom

LEVELS_GY = [1, 5, 13.3]

target = pathlib.Path(__file__).parent.parent / "golden" / "breast-dvhs.csv"
dose = pydicom.dcmread(sys.argv[1])
structures = pydicom.dcmread(sys.argv[2])
names = {int(roi.ROINumber): str(roi.ROIName) for roi in structures.StructureSetROISequence}
with target.open("w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["structure", *(f"v{level}_pct" for level in LEVELS_GY)])
    for dvh in dose.DVHSequence:
        data = np.array([float(number) for number in dvh.DVHData])
        edges = np.cumsum(data[0::2]) * float(dvh.DVHDoseScaling)
        volumes = data[1::2]
        # The volume that belongs to a bin receives at least its lower edge.
        lower = np.concatenate([[0.0], edges[:-1]])
        shares = [100 * np.interp(level, lower, volumes, right=0) / volumes[0] for level in LEVELS_GY]
        out.writerow([names[int(dvh.DVHReferencedROISequence[0].ReferencedROINumber)], *(f"{share:.3f}" for share in shares)])
