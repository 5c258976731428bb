"""Makes test/golden/distance.csv: exact Euclidean distances by SciPy.

    pip install numpy==1.26.4 scipy==1.13.1
    python test/oracles/distance.py > test/golden/distance.csv

The mask is that of `noise` below, which test/conformance/distance.test.ts draws too; one value in 997 is kept.
"""

import numpy as np
import scipy
from scipy.ndimage import distance_transform_edt

SIZES = [(19, 23, 29), (40, 7, 11), (3, 64, 64)]
SPACINGS = [(1.0, 1.0, 1.0), (2.5, 0.9, 1.3)]


def noise(size, percent):
    state, out = 1, np.zeros(int(np.prod(size)), np.uint8)
    for n in range(out.size):
        state = (state * 1664525 + 1013904223) % 2**32
        out[n] = (state >> 8) % 1000 >= percent
    return out.reshape(size)


print(f"# distance_transform_edt of SciPy {scipy.__version__}, test/oracles/distance.py")
print("nx;ny;nz;sx;sy;sz;permille;index;distance")
for size in SIZES:
    for spacing in SPACINGS:
        for permille in (2, 300):
            found = distance_transform_edt(noise(size, permille), sampling=spacing).ravel()
            for n in range(0, found.size, 997):
                head = [*size[::-1], *spacing[::-1], permille, n]
                print(";".join(str(value) for value in head) + f";{found[n]:.9g}")
