"""Random parameter files and small images through PyRadiomics and `isovox radiomics --dialect pyradiomics`; prints what differs.

    npm run build
    build/bench/venv/bin/python test/oracles/pyradiomics_random.py DATA SEED COUNT

The environment is that of `npm run bench:setup`; DATA holds brain1 and breast1 of PyRadiomics' repository. Values count as equal
within 1e-6 of the larger, or 1e-9. What is known to differ and is left so: percentiles' neighbours that are equal but for the
rounding of B-splines (RobustMeanAbsoluteDeviation), and values that are nothing but rounding. Exits with 1 where more differs.
"""

import csv
import json
import logging
import math
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import SimpleITK as sitk
import yaml
from radiomics import featureextractor
from scipy.ndimage import gaussian_filter

logging.disable(logging.CRITICAL)

DATA, SEED, COUNT = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
CLI = Path(__file__).parents[2] / "dist/cli/main.js"
CLASSES = ["shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm"]
RANGES = {"absolute": [-50, 400], "relative": [0.1, 0.9], "sigma": [-2, 2]}
KNOWN = "RobustMeanAbsoluteDeviation"


def small_pair(pick, folder):
    """A noise image of a few voxels, and a mask that may touch its edges, lie in one slice, or be another label."""
    noise = numpy.random.default_rng(pick.getrandbits(32))
    shape = (pick.choice([1, 2, 5, 14]), pick.randint(6, 24), pick.randint(6, 24))
    image = gaussian_filter(noise.normal(0, pick.choice([1, 50, 300]), shape), pick.choice([0, 0.7, 1.5]))
    image = numpy.round(image).astype(pick.choice(["int16", "int32"])) if pick.random() < 0.6 else image.astype("float32")
    mask = (noise.random(shape) < pick.choice([0.3, 0.7, 0.95])).astype("uint8")
    mask[:, :1, :] = 0
    if pick.random() < 0.5:
        mask[:, :, -2:] = mask[:, -1:, :1] = 0
    label = pick.choice([1, 1, 1, 3])
    spacing = (pick.choice([1, 0.8, 2.2]), pick.choice([1, 0.8, 1.3]), pick.choice([1, 3, 2.5]))
    origin = (pick.uniform(-90, 90), 5.0, -7.5)
    for name, values in (("image", image), ("mask", mask * label)):
        made = sitk.GetImageFromArray(values)
        made.SetSpacing(spacing)
        made.SetOrigin(origin)
        sitk.WriteImage(made, str(folder / f"{name}.nrrd"))
    return folder / "image.nrrd", folder / "mask.nrrd", label


def random_setting(pick, label):
    setting = {"label": label}
    maybe = lambda chance, **values: setting.update(values) if pick.random() < chance else None
    setting.update({"binWidth": pick.choice([5, 25, 13.5])} if pick.random() < 0.5 else {"binCount": pick.choice([8, 16, 33])})
    maybe(
        0.4,
        resampledPixelSpacing=pick.choice([[1, 1, 1], [2, 2, 2], [1.3, 0, 2], [0, 0, 2]]),
        interpolator=pick.choice(["sitkBSpline", "sitkLinear", "sitkNearestNeighbor"]),
        padDistance=pick.choice([2, 5, 8]),
    )
    maybe(0.3, normalize=True, normalizeScale=pick.choice([1, 100]), **pick.choice([{}, {"removeOutliers": 3}]))
    mode = pick.choice(list(RANGES))
    maybe(0.3, resegmentMode=mode, resegmentRange=RANGES[mode])
    maybe(0.3, distances=pick.choice([[1, 2], [2], [1, 3]]))
    maybe(0.3, force2D=True, force2Ddimension=pick.choice([0, 1, 2]))
    maybe(0.3, weightingNorm=pick.choice(["manhattan", "euclidean", "infinity", "no_weighting"]))
    maybe(0.15, symmetricalGLCM=False)
    maybe(0.3, gldm_a=pick.choice([0, 1, 2]))
    maybe(0.3, voxelArrayShift=pick.choice([100, 300]))
    maybe(0.3, preCrop=True)
    return setting


def random_types(pick):
    own = {
        "Original": {},
        "Wavelet": {"wavelet": pick.choice(["coif1", "haar", "db3", "sym4", "bior2.2"]), "level": pick.choice([1, 1, 2])},
        "LoG": {"sigma": [pick.choice([1.0, 2.0, 3.0])]},
        "Gradient": {"gradientUseSpacing": pick.choice([True, False])},
        **{name: {} for name in ("Square", "SquareRoot", "Logarithm", "Exponential", "LBP2D")},
    }
    chosen = pick.sample(list(own), pick.choice([1, 1, 2, 3]))
    return {name: own[name] for name in chosen}


def theirs(parameters, image, mask):
    try:
        found = featureextractor.RadiomicsFeatureExtractor(str(parameters), additionalInfo=False).execute(str(image), str(mask))
        return {name: float(value) for name, value in found.items() if not name.startswith("diagnostics")}
    except Exception as error:  # whatever it refuses, we should
        return f"{type(error).__name__}: {error}"


def ours(parameters, image, mask, label, folder):
    out = folder / "features.csv"
    command = ["node", CLI, "radiomics", "--image", image, "--mask", mask, "--label", str(label), "--config", parameters]
    done = subprocess.run([*command, "--dialect", "pyradiomics", "--out", out, "--quiet"], capture_output=True, text=True)
    if done.returncode != 0:
        return done.stderr.strip()
    with open(out) as rows:
        return {row["feature"]: float(row["value"] or "nan") for row in csv.DictReader(rows)}


def apart(a, b):
    if math.isnan(a) or math.isnan(b):
        return 0 if math.isnan(a) and math.isnan(b) else math.inf
    return 0 if abs(a - b) < 1e-9 else abs(a - b) / max(abs(a), abs(b))


wrong = 0
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    for case in range(COUNT):
        pick = random.Random(SEED * 1000 + case)
        subject = pick.choice(["brain1", "breast1", "small", "small", "small"])
        if subject == "small":
            image, mask, label = small_pair(pick, folder)
        else:
            image, mask, label = DATA / f"{subject}_image.nrrd", DATA / f"{subject}_label.nrrd", 1
        file = {"setting": random_setting(pick, label), "imageType": random_types(pick), "featureClass": dict.fromkeys(CLASSES)}
        parameters = folder / "parameters.yaml"
        parameters.write_text(yaml.dump(file))
        a, b = theirs(parameters, image, mask), ours(parameters, image, mask, label, folder)
        if isinstance(a, str) or isinstance(b, str):
            differs = [] if isinstance(a, str) and isinstance(b, str) else [str(a)[:200] if isinstance(a, str) else str(b)[-300:]]
        else:
            differs = [f"{key}: {b.get(key)} instead of {value}" for key, value in a.items() if apart(value, b.get(key, math.nan)) > 1e-6]
        if differs:
            wrong += any(KNOWN not in line for line in differs)
            print(f"case {case}, {subject}: {json.dumps(file)}: {len(differs)} differ", *differs[:5], sep="\n    ", flush=True)
print(f"{COUNT - wrong} of {COUNT} agree")
sys.exit(wrong > 0)
