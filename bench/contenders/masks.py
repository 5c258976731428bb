"""masks.py scipy|itk|edt|cc3d|vtk|skimage edt|label|surface MASK NX NY NZ THREADS REPETITIONS."""

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
elif tool == "vtk":
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

    package = "vtk"
    image = vtk.vtkImageData()
    image.SetDimensions(nx, ny, nz)
    image.SetSpacing(spacing[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(mask.ravel()))

    def work():
        surface = vtk.vtkFlyingEdges3D()
        surface.SetInputData(image)
        surface.SetValue(0, 0.5)
        surface.ComputeNormalsOff()
        surface.ComputeScalarsOff()
        surface.Update()
        return surface.GetOutput()

elif tool == "skimage":
    from skimage.measure import marching_cubes

    package = "scikit-image"
    work = lambda: marching_cubes(mask, 0.5, spacing=spacing)
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
elif mode == "surface":
    if tool == "vtk":
        points = vtk_to_numpy(out.GetPoints().GetData())
        triangles = vtk_to_numpy(out.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    else:
        points, triangles = out[0], out[1]
    corners = points[triangles].astype(np.float64)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2
    answer = {"points": len(points), "areaMm2": float(area)}
else:
    counts = np.bincount(out.ravel())[1:]
    answer = {"components": int((counts > 0).sum()), "largest": int(counts.max())}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"ms": ms, "peakMb": peak, "version": version(package), "answer": answer}))
