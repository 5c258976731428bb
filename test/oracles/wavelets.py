"""Writes native/filters/wavelet_table.inc: low-pass and high-pass decomposition filters as PyWavelets has them.

    pip install PyWavelets==1.9.0 && python test/oracles/wavelets.py > native/filters/wavelet_table.inc

Orthogonal wavelets need their low-pass filter only: the high-pass one is its alternating flip.
"""

from importlib.metadata import version

import pywt

NAMES = (
    ["haar"]
    + [f"db{n}" for n in range(1, 21)]
    + [f"sym{n}" for n in range(2, 21)]
    + [f"coif{n}" for n in range(1, 6)]
    + pywt.wavelist("bior")
    + pywt.wavelist("rbio")
    + ["dmey"]
)


def row(values):
    text, line = "", "    "
    for value in values:
        item = f"{value!r}, ".replace(".0, ", ", ")
        if len(line) + len(item) > 118:
            text, line = text + line.rstrip() + "\n", "    "
        line += item
    return text + line.rstrip(" ,") + "\n"


print("// Decomposition filters of discrete wavelets: I. Daubechies, Ten Lectures on Wavelets, SIAM 1992, tables 6.1, 6.2,")
print(f"// 8.1 to 8.4; printed by test/oracles/wavelets.py from PyWavelets {version('PyWavelets')}. WAVELET(name, low) is orthogonal.")
for name in NAMES:
    w = pywt.Wavelet(name)
    low, high = [float(x) for x in w.dec_lo], [float(x) for x in w.dec_hi]
    flip = [(-1.0) ** (k + 1) * x for k, x in enumerate(reversed(low))]
    if all(abs(a - b) < 1e-15 for a, b in zip(flip, high)):
        print(f"WAVELET(\"{name}\",\n{row(low).rstrip()})")
    else:
        print(f"WAVELET_PAIR(\"{name}\",\n({row(low).strip()}),\n({row(high).strip()}))")
