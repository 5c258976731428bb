"""Writes test/golden/pyradiomics-images.csv: features of every image type, by PyRadiomics itself.

    python3.11 -m venv v && v/bin/pip install "numpy<2" "scipy<1.13" "trimesh<4" "scikit-image<0.23" SimpleITK \
        PyWavelets pykwalify six versioneer cython setuptools wheel
    v/bin/pip install --no-build-isolation pyradiomics==3.0.1
    v/bin/python test/oracles/pyradiomics_images.py DATA > test/golden/pyradiomics-images.csv

DATA holds brain1 and breast1 of PyRadiomics' repository. Three cases: `whole`, derived from the whole image; `resampled`,
from the part around the structure after resampling; `flat`, `coronal` and `sagittal`, slice by slice.
"""

import logging
import sys
from importlib.metadata import version
from pathlib import Path

import SimpleITK as sitk
from radiomics import featureextractor

logging.disable(logging.CRITICAL)

TYPES = {
    "Original": {},
    "LoG": {"sigma": [1.0, 3.5]},
    "Wavelet": {"wavelet": "coif1", "level": 2},
    "Square": {},
    "SquareRoot": {},
    "Logarithm": {},
    "Exponential": {},
    "Gradient": {},
    "LBP2D": {"binWidth": 1},
    "LBP3D": {"binWidth": 0.5},
}
CLASSES = {"firstorder": [], "glcm": [], "glrlm": []}
CASES = {
    "whole brain1": ({}, TYPES),
    "resampled breast1": ({"resampledPixelSpacing": [1.5, 1.5, 3], "padDistance": 7}, TYPES),
    "flat brain1": (
        {"force2D": True, "normalize": True, "normalizeScale": 100},
        {k: v for k, v in TYPES.items() if k in ("Wavelet", "Gradient", "Logarithm")},
    ),
    "coronal breast1": (
        {"force2D": True, "force2Ddimension": 1},
        {k: v for k, v in TYPES.items() if k in ("Wavelet", "LBP2D")},
    ),
    "sagittal brain1": (
        {"force2D": True, "force2Ddimension": 2},
        {k: v for k, v in TYPES.items() if k in ("Wavelet", "LBP2D")},
    ),
}
# A few of each class: moments, order statistics and textures of the derived image.
FEATURES = ["firstorder_Mean", "firstorder_Variance", "firstorder_Entropy", "firstorder_90Percentile", "firstorder_Minimum",
            "glcm_Contrast", "glcm_JointEnergy", "glrlm_RunEntropy"]

print(f"# pyradiomics {version('pyradiomics')}; SimpleITK {version('SimpleITK')}; PyWavelets {version('PyWavelets')}; "
      f"scikit-image {version('scikit-image')}; scipy {version('scipy')}; trimesh {version('trimesh')}")
print("case,feature,value")
for case, (settings, types) in CASES.items():
    subject = case.split()[1]
    image = sitk.ReadImage(str(Path(sys.argv[1], f"{subject}_image.nrrd")))
    mask = sitk.ReadImage(str(Path(sys.argv[1], f"{subject}_label.nrrd")))
    extractor = featureextractor.RadiomicsFeatureExtractor(additionalInfo=False, **settings)
    extractor.disableAllImageTypes()
    for name, custom in types.items():
        extractor.enableImageTypeByName(name, customArgs=custom)
    extractor.disableAllFeatures()
    for name in CLASSES:
        extractor.enableFeatureClassByName(name)
    for name, value in extractor.execute(image, mask).items():
        if any(name.endswith(feature) for feature in FEATURES):
            print(f"{case},{name},{float(value)!r}")
