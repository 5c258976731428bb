"""rtstruct_masks.py rt-utils|dcmrtstruct2nii SERIES RTSTRUCT REPETITIONS: masks of all structures."""

import glob
import json
import logging
import resource
import shutil
import sys
import tempfile
import time
from importlib.metadata import version

import numpy as np

tool, series, structures = sys.argv[1:4]
repetitions = int(sys.argv[4])
logging.disable(logging.CRITICAL)
ms, answer = [], {}
for _ in range(repetitions):
    if tool == "rt-utils":
        from rt_utils import RTStructBuilder

        begun = time.perf_counter()
        read = RTStructBuilder.create_from(dicom_series_path=series, rt_struct_path=structures)
        masks = {name: read.get_roi_mask_by_name(name) for name in read.get_roi_names()}
        ms.append((time.perf_counter() - begun) * 1000)
        answer = {name: int(mask.sum()) for name, mask in masks.items()}
    else:
        import SimpleITK as sitk
        from dcmrtstruct2nii import dcmrtstruct2nii

        folder = tempfile.mkdtemp()
        begun = time.perf_counter()
        dcmrtstruct2nii(structures, series, folder, gzip=False, convert_original_dicom=False)
        ms.append((time.perf_counter() - begun) * 1000)
        for path in glob.glob(f"{folder}/mask_*.nii"):
            name = path.rsplit("mask_", 1)[1][: -len(".nii")].replace("-", " ")
            answer[name] = int(np.count_nonzero(sitk.GetArrayViewFromImage(sitk.ReadImage(path))))
        shutil.rmtree(folder)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"ms": ms, "peakMb": peak, "version": version(tool), "answer": answer}))
