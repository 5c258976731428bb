"""Writes test/golden/gamma.csv: the gamma index of two analytic doses by pymedphys.

    python3 -m venv V && V/bin/pip install pymedphys numpy scipy numba && V/bin/python test/oracles/gamma.py

The doses are those of test/native/dose/gamma_test.cc. pymedphys samples the evaluated dose on shells a twentieth of the
distance criterion apart, so that its index is never less than the true one, and greater by up to the tolerance given.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pymedphys

FRACTION = 20
# name, dose %, distance mm, local, shift mm (x, y, z), scale
CASES = [
    ("global33", 3, 3, False, (1.5, -1.0, 2.0), 1.0),
    ("global22", 2, 2, False, (0.5, 0.5, -0.5), 1.03),
    ("local32", 3, 2, True, (1.0, 1.0, 1.0), 1.02),
    ("shifted", 3, 3, False, (5.0, 0.0, 0.0), 1.0),
]


def dose(x, y, z):
    return 60 * np.exp(-(x**2) / 400 - y**2 / 225 - z**2 / 300) + 0.05 * x + 2


def mesh(axes):
    return np.meshgrid(*axes, indexing="ij")


def main():
    reference_axes = [(np.arange(15) - 7) * 2.5, (np.arange(13) - 6) * 2.5, (np.arange(11) - 5) * 3.0]
    evaluated_axes = [(np.arange(31) - 15) * 2.0 + 0.3, (np.arange(31) - 15) * 2.0, (np.arange(21) - 10) * 2.5 - 0.4]
    x, y, z = mesh(reference_axes)
    reference = np.float32(dose(x, y, z)).astype(float)
    lines = [
        f"# pymedphys {version('pymedphys')}: pymedphys.gamma, interp_fraction {FRACTION}, cutoff 10 %, max_gamma 2",
        "value;tolerance;tag",
    ]
    for name, percent, distance, local, shift, scale in CASES:
        x, y, z = mesh(evaluated_axes)
        evaluated = np.float32(scale * dose(x - shift[0], y - shift[1], z - shift[2])).astype(float)
        gamma = pymedphys.gamma(
            tuple(reference_axes),
            reference,
            tuple(evaluated_axes),
            evaluated,
            percent,
            distance,
            lower_percent_dose_cutoff=10,
            interp_fraction=FRACTION,
            max_gamma=2,
            local_gamma=local,
        )
        known = gamma[np.isfinite(gamma)]
        lines.append(f"{known.size};0;{name}.points")
        lines.append(f"{100 * np.mean(known <= 1):.4f};1;{name}.pass_pct")
        lines.append(f"{np.mean(known):.5f};0.03;{name}.mean")
        for k in range(0, 11, 2):
            for j in range(0, 13, 3):
                for i in range(0, 15, 3):
                    if np.isfinite(gamma[i, j, k]):
                        lines.append(f"{gamma[i, j, k]:.5f};0.06;{name}.{i}.{j}.{k}")
    path = Path(__file__).parent.parent / "golden" / "gamma.csv"
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
