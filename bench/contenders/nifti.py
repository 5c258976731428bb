"""nifti.py TOOL PATH REPETITIONS [AT_ONCE]: a NIfTI file into stored values by nibabel or SimpleITK, on AT_ONCE threads."""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np


def main():
    tool, path, repetitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
    at_once = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    pool = ThreadPoolExecutor(at_once)
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

    times, cpu, flat, parts = [], [], None, None
    for i in range(repetitions + 1):
        flat = parts = None
        begun, worked = time.perf_counter(), time.process_time()
        parts = list(pool.map(lambda _: read(), range(at_once)))
        if i > 0:
            times.append((time.perf_counter() - begun) * 1000)
            cpu.append((time.process_time() - worked) * 1000)
        flat = parts[0]
    answer = {"voxels": int(flat.size), "mean": float(flat.mean(dtype=np.float64)), "middle": int(flat[flat.size // 2])}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": times, "cpuMs": cpu, "peakMb": peak, "version": version, "answer": answer}))


main()
