"""Writes test/golden/pyradiomics-settings.csv: features under settings that the baselines leave alone, by PyRadiomics itself.

    python3.11 -m venv v && v/bin/pip install numpy==1.26.4 SimpleITK==2.5.2 PyWavelets==1.8.0 pykwalify==1.8.0 six \
        versioneer cython setuptools==75.8.0 wheel
    v/bin/pip install --no-build-isolation pyradiomics==3.0.1
    v/bin/python test/oracles/pyradiomics_settings.py DATA > test/golden/pyradiomics-settings.csv

DATA holds brain1 and breast1 of PyRadiomics' repository. `coarse`: brain1's mask on a
grid of its own: every second voxel along i and j, a quarter of a voxel away, so that no voxel lies midway. `one slice...`: the
part of brain1's mask in slice 15.
"""

import logging
import sys
from importlib.metadata import version
from pathlib import Path

import SimpleITK as sitk
from radiomics import featureextractor

logging.disable(logging.CRITICAL)

SLICE = 15
TEXTURE = ["glcm", "glrlm", "gldm", "ngtdm", "glszm"]
CASES = {
    "distances 1 and 2": ("brain1", {"distances": [1, 2]}, TEXTURE),
    "distance 2": ("breast1", {"distances": [2]}, TEXTURE),
    "distances 1 and 3 in slices": ("breast1", {"distances": [1, 3], "force2D": True}, TEXTURE),
    "manhattan": ("breast1", {"weightingNorm": "manhattan", "distances": [1, 2]}, ["glcm", "glrlm"]),
    "euclidean": ("brain1", {"weightingNorm": "euclidean"}, ["glcm", "glrlm"]),
    "euclidean in slices": ("breast1", {"weightingNorm": "euclidean", "force2D": True}, ["glcm", "glrlm"]),
    "infinity": ("brain1", {"weightingNorm": "infinity"}, ["glcm", "glrlm"]),
    "no_weighting": ("brain1", {"weightingNorm": "no_weighting"}, ["glcm", "glrlm"]),
    "coronal": ("breast1", {"force2D": True, "force2Ddimension": 1, "distances": [1, 2]}, TEXTURE),
    "sagittal": ("brain1", {"force2D": True, "force2Ddimension": 2}, TEXTURE),
    "sagittal euclidean": ("breast1", {"force2D": True, "force2Ddimension": 2, "weightingNorm": "euclidean"}, ["glcm", "glrlm"]),
    "one way": ("brain1", {"symmetricalGLCM": False}, ["glcm"]),
    "one way weighted": ("breast1", {"symmetricalGLCM": False, "weightingNorm": "euclidean"}, ["glcm"]),
    "one way coronal": ("brain1", {"symmetricalGLCM": False, "force2D": True, "force2Ddimension": 1}, ["glcm"]),
    # Samples that lie on samples but for rounding; values that lie on edges of bins but for it; details that are zero but for it.
    "slices resampled": (
        "breast1",
        {"resampledPixelSpacing": [0, 0, 2], "interpolator": "sitkLinear", "binCount": 16},
        ["shape", "firstorder", "glcm"],
    ),
    "normalised counts": (
        "breast1",
        {"normalize": True, "normalizeScale": 100, "binCount": 16, "resegmentMode": "sigma", "resegmentRange": [-2, 2]},
        ["shape", "firstorder", *TEXTURE],
    ),
    "normalised details": (
        "brain1",
        {"normalize": True, "binWidth": 13.5, "imageTypes": {"Wavelet": {"wavelet": "haar"}}},
        ["firstorder", "glcm"],
    ),
    "one slice": ("brain1", {"force2D": True}, ["shape2D"]),
    "one slice in space": ("brain1", {}, TEXTURE),
    "coarse": ("brain1", {"correctMask": True}, ["shape", "firstorder", "glcm"]),
}


def mask_of(case, mask):
    if case.startswith("one slice"):
        voxels = sitk.GetArrayFromImage(mask)
        voxels[[k for k in range(len(voxels)) if k != SLICE]] = 0
        slice = sitk.GetImageFromArray(voxels)
        slice.CopyInformation(mask)
        return slice
    if case != "coarse":
        return mask
    coarse = sitk.GetImageFromArray(sitk.GetArrayFromImage(mask)[:, ::2, ::2])
    coarse.SetOrigin(mask.TransformContinuousIndexToPhysicalPoint((0.25, 0.25, 0)))
    coarse.SetDirection(mask.GetDirection())
    x, y, z = mask.GetSpacing()
    coarse.SetSpacing((2 * x, 2 * y, z))
    return coarse


print(f"# pyradiomics {version('pyradiomics')}; SimpleITK {version('SimpleITK')}; numpy {version('numpy')}")
print("case,feature,value")
for case, (subject, settings, classes) in CASES.items():
    image = sitk.ReadImage(str(Path(sys.argv[1], f"{subject}_image.nrrd")))
    mask = mask_of(case, sitk.ReadImage(str(Path(sys.argv[1], f"{subject}_label.nrrd"))))
    types = settings.pop("imageTypes", None)
    extractor = featureextractor.RadiomicsFeatureExtractor(additionalInfo=False, **{"binWidth": 25, **settings})
    if types:
        extractor.disableAllImageTypes()
        extractor.enableImageTypes(**types)
    extractor.disableAllFeatures()
    for name in classes:
        extractor.enableFeatureClassByName(name)
    for name, value in extractor.execute(image, mask).items():
        print(f"{case},{name},{float(value)!r}")
