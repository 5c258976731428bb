"""A DICOM series into one HU volume: series.py TOOL FOLDER REPETITIONS, TOOL pydicom or simpleitk."""

import json
import os
import resource
import sys
import time

import numpy as np


def read_pydicom(folder):
    import pydicom

    slices = [pydicom.dcmread(os.path.join(folder, name)) for name in os.listdir(folder)]
    slices.sort(key=lambda data: float(data.ImagePositionPatient[2]))
    volume = np.empty((len(slices), slices[0].Rows, slices[0].Columns), np.int16)
    for k, data in enumerate(slices):
        volume[k] = data.pixel_array * float(data.RescaleSlope) + float(data.RescaleIntercept)
    return volume


def read_simpleitk(folder):
    import SimpleITK as sitk

    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
    return sitk.GetArrayFromImage(reader.Execute())


def main():
    tool, folder, repetitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if tool == "pydicom":
        import pydicom as module

        version, read = module.__version__, read_pydicom
    else:
        import SimpleITK as module

        version, read = module.Version_VersionString(), read_simpleitk
    times, volume = [], None
    for i in range(repetitions + 1):
        begun = time.perf_counter()
        volume = read(folder)
        if i > 0:
            times.append((time.perf_counter() - begun) * 1000)
    flat = volume.reshape(-1)
    pixels = volume.shape[1] * volume.shape[2]
    answer = {
        "voxels": int(flat.size),
        "mean": float(flat.mean(dtype=np.float64)),
        "first": int(flat[pixels // 2]),
        "last": int(flat[flat.size - pixels // 2]),
    }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": times, "peakMb": peak, "version": version, "answer": answer}))


main()
