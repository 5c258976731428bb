"""Makes test/golden/resample_onto.csv: a volume at the voxels of a lattice that lies at an angle to it, by SimpleITK.

    pip install numpy==1.26.4 SimpleITK==2.5.2
    python test/oracles/resample_onto.py > test/golden/resample_onto.csv

The volume is that of `value` below, which test/conformance/resample-onto.test.ts draws too. One voxel in 7 is kept.
Splines are compared where the voxel lies between the outermost samples: beyond them SimpleITK goes on with the spline of
the mirrored volume, Isovox with the outermost sample.
"""

import math

import numpy as np
import SimpleITK as sitk

SIZE = (14, 11, 9)
TURN = math.radians(25)


def value(i, j, k):
    return 100 * math.sin(0.35 * i) + 7 * j * math.cos(0.5 * k) + 3 * ((i * 7 + j * 5 + k * 3) % 11)


array = np.array([[[value(i, j, k) for i in range(SIZE[0])] for j in range(SIZE[1])] for k in range(SIZE[2])], np.float32)
image = sitk.GetImageFromArray(array)
image.SetSpacing((1.5, 2.0, 3.0))
image.SetOrigin((-10.0, 5.0, 20.0))

like = sitk.Image(16, 12, 10, sitk.sitkUInt8)
like.SetSpacing((1.3, 1.9, 2.4))
like.SetOrigin((-8.0, 3.0, 21.0))
cos, sin = math.cos(TURN), math.sin(TURN)
like.SetDirection((cos, -sin, 0, sin, cos, 0, 0, 0, 1))

METHODS = {"nearest": sitk.sitkNearestNeighbor, "linear": sitk.sitkLinear, "cubic": sitk.sitkBSpline}
found = {
    name: sitk.GetArrayFromImage(sitk.Resample(image, like, sitk.Transform(), method, -1000.0, sitk.sitkFloat64))
    for name, method in METHODS.items()
}
print(f"# Resample of SimpleITK {sitk.Version.VersionString()}, test/oracles/resample_onto.py")
print("index;between;nearest;linear;cubic")
for index in range(0, 16 * 12 * 10, 7):
    i, j, k = index % 16, index // 16 % 12, index // 192
    at = image.TransformPhysicalPointToContinuousIndex(like.TransformIndexToPhysicalPoint((i, j, k)))
    between = all(0 <= x <= n - 1 for x, n in zip(at, SIZE))
    values = ";".join(f"{found[name][k, j, i]:.9g}" for name in METHODS)
    print(f"{index};{int(between)};{values}")
