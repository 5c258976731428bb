"""Writes test/golden/pyradiomics-diagnostics.csv: what PyRadiomics tells of image and mask beside its features.

    python3.11 -m venv v && v/bin/pip install numpy==1.26.4 SimpleITK==2.5.7 PyWavelets==1.9.0 pykwalify==1.8.0 six \
        versioneer cython setuptools==75.8.0 wheel
    v/bin/pip install --no-build-isolation pyradiomics==3.0.1
    v/bin/python test/oracles/pyradiomics_diagnostics.py DATA > test/golden/pyradiomics-diagnostics.csv

DATA holds brain1 and breast1 of PyRadiomics' repository. Numbers of a tuple are separated by spaces.
"""

import logging
import sys
from importlib.metadata import version
from pathlib import Path

import SimpleITK as sitk
from radiomics import featureextractor

logging.disable(logging.CRITICAL)

CASES = {
    "plain": ("brain1", {}),
    "resampled": ("breast1", {"resampledPixelSpacing": [1.5, 1.5, 3], "normalize": True, "normalizeScale": 100}),
    "resegmented": ("brain1", {"resegmentRange": [600, 900]}),
    "resegmented after resampling": ("brain1", {"resampledPixelSpacing": [2, 2, 0], "resegmentRange": [600, 900], "padDistance": 3}),
}

print(f"# pyradiomics {version('pyradiomics')}; SimpleITK {version('SimpleITK')}; numpy {version('numpy')}")
print("case,name,value")
for case, (subject, settings) in CASES.items():
    image = sitk.ReadImage(str(Path(sys.argv[1], f"{subject}_image.nrrd")))
    mask = sitk.ReadImage(str(Path(sys.argv[1], f"{subject}_label.nrrd")))
    extractor = featureextractor.RadiomicsFeatureExtractor(additionalInfo=True, **settings)
    extractor.disableAllFeatures()
    for name, value in extractor.execute(image, mask).items():
        if name.startswith("diagnostics_") and "Versions" not in name and "Configuration" not in name:
            text = " ".join(repr(float(n)) for n in value) if isinstance(value, tuple) else str(value)
            print(f"{case},{name},{text}")
