"""nifti.py TOOL PATH REPETITIONS: a NIfTI file into stored values by nibabel or SimpleITK."""

import json
import resource
import sys
import time

import numpy as np


def main():
    tool, path, repetitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if tool == "nibabel":
        import nibabel

        version = nibabel.__version__

        def read():
            return np.asanyarray(nibabel.load(path).dataobj.get_unscaled()).reshape(-1, order="F")
    else:
        import SimpleITK as sitk

        version = sitk.Version_VersionString()

        def read():
            return sitk.GetArrayFromImage(sitk.ReadImage(path)).reshape(-1)

    times, flat = [], None
    for i in range(repetitions + 1):
        flat = None
        begun = time.perf_counter()
        flat = read()
        if i > 0:
            times.append((time.perf_counter() - begun) * 1000)
    answer = {"voxels": int(flat.size), "mean": float(flat.mean(dtype=np.float64)), "middle": int(flat[flat.size // 2])}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": times, "peakMb": peak, "version": version, "answer": answer}))


main()
