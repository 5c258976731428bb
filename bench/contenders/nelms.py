"""DVHs of analytic bodies by dicompyler-core: nelms.py FOLDER prints {file pair: {body: values}}. See bench/accuracy.ts."""

import glob
import json
import os
import sys

import dicompylercore
from dicompylercore import dicomparser, dvhcalc

PERCENTS = [99, 95, 50, 5, 1]
LEVELS_GY = [14, 20, 26]


def main():
    folder = sys.argv[1]
    sets = {}
    for dose_path in sorted(glob.glob(os.path.join(folder, "rd-*.dcm"))):
        dose = dicomparser.DicomParser(dose_path)
        for structures_path in sorted(glob.glob(os.path.join(folder, "rs-*.dcm"))):
            structures = dicomparser.DicomParser(structures_path)
            values = {}
            for number, roi in structures.GetStructures().items():
                try:
                    dvh = dvhcalc.get_dvh(structures.ds, dose.ds, number)
                except Exception:
                    continue
                if not dvh.volume > 0:
                    continue
                of = {"cc": float(dvh.volume), "Dmean": float(dvh.mean)}
                relative = dvh.relative_volume
                for percent in PERCENTS:
                    of[f"D{percent}%"] = float(relative.dose_constraint(percent).value)
                for gray in LEVELS_GY:
                    of[f"V{gray}Gy%"] = float(relative.volume_constraint(gray, dvh.dose_units).value)
                values[roi["name"]] = of
            key = os.path.basename(structures_path)[3:-4] + " " + os.path.basename(dose_path)[3:-4]
            sets[key] = values
    print(json.dumps({"version": getattr(dicompylercore, "__version__", ""), "sets": sets}))


main()
