"""filters.py IMAGE gaussian|log|median|wavelet|resample scipy|itk|pywt: response maps on one thread; the image is read before the clock."""

import json
import resource
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import SimpleITK as sitk

warnings.filterwarnings("ignore")

path, what, by = sys.argv[1:4]
sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
image = sitk.ReadImage(path)
array = sitk.GetArrayFromImage(image)


def resampled():
    """To 1.5 mm, the centre of the image in its place."""
    size = [int(n) for n in np.ceil(np.array(image.GetSize()) / 1.5)]
    if by == "scipy":
        from scipy import ndimage

        shift = [(n - 1) / 2 - 1.5 * (m - 1) / 2 for n, m in zip(array.shape, size[::-1])]
        return ndimage.affine_transform(array, [1.5] * 3, shift, size[::-1], order=3, mode="mirror")
    origin = [(n - 1) / 2 - 1.5 * (m - 1) / 2 for n, m in zip(image.GetSize(), size)]
    return sitk.Resample(image, size, sitk.Transform(), sitk.sitkBSpline, origin, [1.5] * 3, image.GetDirection(), 0.0, image.GetPixelID())


def response():
    if what == "resample":
        return resampled()
    if by == "scipy":
        from scipy import ndimage

        function = ndimage.gaussian_filter if what == "gaussian" else ndimage.gaussian_laplace
        return function(array, 2, mode="reflect", truncate=4)
    if by == "pywt":
        import pywt

        return pywt.swtn(array, "coif1", level=1, axes=(2, 1, 0))[0]["aad"]
    if what == "median":
        return sitk.Median(image, [1, 1, 1])
    if what == "gaussian":
        return sitk.SmoothingRecursiveGaussian(image, 2.0)
    return sitk.LaplacianRecursiveGaussian(image, 2.0)


times, worked = [], []
for n in range(2):
    begun, before = time.perf_counter(), time.process_time()
    map = response()
    times.append((time.perf_counter() - begun) * 1000)
    worked.append((time.process_time() - before) * 1000)
values = map if isinstance(map, np.ndarray) else sitk.GetArrayFromImage(map)
inner = values[20:-20:7, 20:-20:7, 20:-20:7].astype(float)
# A stationary transform shifts its bands by half the filter: the moments of the inner part hardly change.
package = {"scipy": "scipy", "itk": "SimpleITK", "pywt": "PyWavelets"}[by]
print(json.dumps({"ms": times[1:], "cpuMs": worked[1:], "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                  "version": version(package), "answer": {"mean": inner.mean(), "deviation": inner.std()}}))
