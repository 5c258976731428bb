"""radiomics_peers.py IMAGE MASK pyradiomics|mirp|nyxus REPETITIONS: features of an image and a mask read before the clock.

MIRP has a set-up of its own for every call; Nyxus reads files, so its time holds that of reading two small ones.
"""

import json
import logging
import os
import resource
import sys
import time
import warnings
from importlib.metadata import version

os.environ["OMP_NUM_THREADS"] = "1"
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)


def with_pyradiomics(image, mask):
    import SimpleITK as sitk
    from radiomics import featureextractor

    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    volumes = sitk.ReadImage(image), sitk.ReadImage(mask)
    extractor = featureextractor.RadiomicsFeatureExtractor(binWidth=25, additionalInfo=False)

    def run():
        found = extractor.execute(*volumes)
        return {
            "features": len(found),
            "mean": float(found["original_firstorder_Mean"]),
            "variance": float(found["original_firstorder_Variance"]),
            "mesh volume": float(found["original_shape_MeshVolume"]),
            "diameter": float(found["original_shape_Maximum3DDiameter"]),
            "glcm contrast": float(found["original_glcm_Contrast"]),
            "glrlm run entropy": float(found["original_glrlm_RunEntropy"]),
        }

    return "pyradiomics", run


def with_mirp(image, mask):
    from mirp import extract_features

    def run():
        table = extract_features(
            image=image,
            mask=mask,
            base_feature_families="all",
            base_discretisation_method="fixed_bin_size",
            base_discretisation_bin_width=25.0,
            image_modality="ct",
        )[0]
        return {
            "features": table.shape[1],
            "mean": float(table["stat_mean"].iloc[0]),
            "variance": float(table["stat_var"].iloc[0]),
            "mesh volume": float(table["morph_volume"].iloc[0]),
        }

    return "mirp", run


def with_nyxus(image, mask):
    from nyxus import Nyxus3D

    nyxus = Nyxus3D(["*3D_ALL*"], n_feature_calc_threads=1)

    def run():
        table = nyxus.featurize_files([image], [mask], False)
        return {"features": table.shape[1], "mean": float(table["3MEAN"].iloc[0])}

    return "nyxus", run


MAKERS = {"pyradiomics": with_pyradiomics, "mirp": with_mirp, "nyxus": with_nyxus}


def main():
    image, mask, what, repetitions = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    package, run = MAKERS[what](image, mask)
    times, worked, answer = [], [], {}
    for n in range(repetitions + 1):
        begun, before = time.perf_counter(), time.process_time()
        answer = run()
        if n > 0 or repetitions == 1:
            times.append((time.perf_counter() - begun) * 1000)
            worked.append((time.process_time() - before) * 1000)
        if repetitions == 1:
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": times, "cpuMs": worked, "peakMb": peak, "version": version(package), "answer": answer}))


main()
