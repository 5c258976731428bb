"""masks.py scipy|itk|edt|cc3d edt|label MASK NX NY NZ THREADS REPETITIONS."""

import json
import resource
import sys
import time
from importlib.metadata import version

import numpy as np

tool, mode, file = sys.argv[1:4]
nx, ny, nz, threads, repetitions = map(int, sys.argv[4:9])
mask = np.fromfile(file, np.uint8).reshape(nz, ny, nx)
spacing = (2.5, 0.9, 0.9)
if tool == "scipy":
    from scipy import ndimage

    package = "scipy"
    if mode == "edt":
        work = lambda: ndimage.distance_transform_edt(mask, sampling=spacing)
    else:
        work = lambda: ndimage.label(mask, np.ones((3, 3, 3)))[0]
elif tool == "itk":
    import SimpleITK as sitk

    package = "SimpleITK"
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    image = sitk.GetImageFromArray(mask)
    image.SetSpacing(spacing[::-1])
    if mode == "edt":
        background = sitk.Cast(image == 0, sitk.sitkUInt8)
        work = lambda: sitk.SignedMaurerDistanceMap(background, False, False, True)
    else:
        work = lambda: sitk.ConnectedComponent(image, True)
elif tool == "edt":
    import edt

    package = "edt"
    work = lambda: edt.edt(mask, anisotropy=spacing, black_border=False, order="C", parallel=threads)
else:
    import cc3d

    package = "connected-components-3d"
    work = lambda: cc3d.connected_components(mask, connectivity=26)
ms = []
for n in range(repetitions + 1):
    begun = time.perf_counter()
    out = work()
    if n > 0:
        ms.append((time.perf_counter() - begun) * 1000)
if tool == "itk":
    out = sitk.GetArrayFromImage(out)
if mode == "edt":
    answer = {"sum": float(np.where(mask != 0, out, 0).astype(np.float64).sum())}
else:
    counts = np.bincount(out.ravel())[1:]
    answer = {"components": int((counts > 0).sum()), "largest": int(counts.max())}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"ms": ms, "peakMb": peak, "version": version(package), "answer": answer}))
