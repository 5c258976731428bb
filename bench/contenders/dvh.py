"""DVHs of all structures by dicompyler-core: dvh.py RTSTRUCT RTDOSE REPETITIONS. Files are read once, before the clock."""

import json
import resource
import sys
import time

import dicompylercore
from dicompylercore import dicomparser, dvhcalc


def main():
    structures_path, dose_path, repetitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
    structures = dicomparser.DicomParser(structures_path)
    dose = dicomparser.DicomParser(dose_path)
    names = {number: roi["name"] for number, roi in structures.GetStructures().items()}
    times, answer = [], {}
    for _ in range(repetitions):
        begun = time.perf_counter()
        results = {}
        for number, name in names.items():
            try:
                results[name] = dvhcalc.get_dvh(structures.ds, dose.ds, number)
            except Exception:
                continue
        times.append((time.perf_counter() - begun) * 1000)
        for name, dvh in results.items():
            if dvh.volume > 0:
                answer[f"{name} cc"] = float(dvh.volume)
                answer[f"{name} Gy"] = float(dvh.mean)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    version = getattr(dicompylercore, "__version__", "")
    print(json.dumps({"ms": times, "peakMb": peak, "version": version, "answer": answer}))


main()
