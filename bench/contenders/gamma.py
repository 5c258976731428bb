"""Gamma by pymedphys: gamma.py REFERENCE.dcm EVALUATED.dcm DOSE% DISTANCE. Files are read before the clock."""

import json
import resource
import sys
import time
from importlib.metadata import version

import numpy as np
import pydicom
import pymedphys


def grid(path):
    ds = pydicom.dcmread(path)
    dose = ds.pixel_array * float(ds.DoseGridScaling)
    x0, y0, z0 = (float(v) for v in ds.ImagePositionPatient)
    dy, dx = (float(v) for v in ds.PixelSpacing)
    z = z0 + np.array(ds.GridFrameOffsetVector, dtype=float)
    return (z, y0 + dy * np.arange(ds.Rows), x0 + dx * np.arange(ds.Columns)), dose


def main():
    (axes, dose), (other_axes, other) = grid(sys.argv[1]), grid(sys.argv[2])
    percent, distance = float(sys.argv[3]), float(sys.argv[4])
    times = []
    for _ in range(2):  # the first compiles
        begun = time.perf_counter()
        gamma = pymedphys.gamma(
            axes,
            dose,
            other_axes,
            other,
            percent,
            distance,
            lower_percent_dose_cutoff=10,
            interp_fraction=10,
            max_gamma=2,
        )
        times.append((time.perf_counter() - begun) * 1000)
    known = gamma[np.isfinite(gamma)]
    answer = {"voxels": int(known.size), "pass %": float(100 * np.mean(known <= 1)), "mean": float(known.mean())}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": times[1:], "peakMb": peak, "version": version("pymedphys"), "answer": answer}))


main()
