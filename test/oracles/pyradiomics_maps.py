"""Writes test/golden/pyradiomics-maps.csv: feature maps at some voxels of breast1, by PyRadiomics itself.

    python3.11 -m venv v && v/bin/pip install numpy==1.26.4 SimpleITK==2.5.7 PyWavelets==1.9.0 pykwalify==1.8.0 six \
        versioneer cython setuptools==75.8.0 wheel
    v/bin/pip install --no-build-isolation pyradiomics==3.0.1
    v/bin/python test/oracles/pyradiomics_maps.py DATA > test/golden/pyradiomics-maps.csv

DATA holds breast1 of PyRadiomics' repository. Maps that PyRadiomics fails to compute, which hold the initial value
everywhere, are left out: MCC, where an angle of any kernel has no pairs. PyRadiomics 3.0.1 asks numpy for a name that it no longer has, and
for nothing else of it; the name is given back here.
"""

import logging
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy
import SimpleITK as sitk
from radiomics import featureextractor

logging.disable(logging.CRITICAL)
warnings.filterwarnings("ignore")
numpy.float = float

TEXTURE = ["firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm"]
CASES = {
    "radius 1": ({}, TEXTURE, {"Original": {}}),
    "radius 2; everything counts": ({"kernelRadius": 2, "maskedKernel": False, "initValue": -7}, TEXTURE, {"Original": {}}),
    "slices": ({"kernelRadius": 2, "force2D": True, "binCount": 16}, TEXTURE, {"Original": {}}),
    "weighted": ({"weightingNorm": "euclidean"}, ["glcm", "glrlm"], {"Original": {}}),
    "derived": ({}, ["firstorder", "ngtdm"], {"Square": {}}),
}
EVERY = 29

print(f"# pyradiomics {version('pyradiomics')}; SimpleITK {version('SimpleITK')}; numpy {version('numpy')}")
print("case,feature,size,voxel,value")
for case, (settings, classes, types) in CASES.items():
    image = sitk.ReadImage(str(Path(sys.argv[1], "breast1_image.nrrd")))
    mask = sitk.ReadImage(str(Path(sys.argv[1], "breast1_label.nrrd")))
    extractor = featureextractor.RadiomicsFeatureExtractor(additionalInfo=False, binWidth=25, **settings)
    extractor.disableAllImageTypes()
    for name, custom in types.items():
        extractor.enableImageTypeByName(name, customArgs=custom)
    extractor.disableAllFeatures()
    for name in classes:
        extractor.enableFeatureClassByName(name)
    for name, map in extractor.execute(image, mask, voxelBased=True).items():
        voxels = sitk.GetArrayFromImage(map)
        inside = sitk.GetArrayFromImage(sitk.Resample(mask, map, sitk.Transform(), sitk.sitkNearestNeighbor)).ravel() == 1
        if numpy.all(voxels == settings.get("initValue", 0)):
            continue
        size = "x".join(str(n) for n in map.GetSize())
        for voxel in [0, *numpy.flatnonzero(inside)[::EVERY]]:
            print(f"{case},{name},{size},{voxel},{float(voxels.ravel()[voxel])!r}")
