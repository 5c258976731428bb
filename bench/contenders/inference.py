"""inference.py run|slide|sum MODEL_FOLDER VOLUME NX NY NZ PATCH THREADS REPETITIONS: onnxruntime, tiled with NumPy.

`sum` times only the network's runs of `slide`, added up."""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort

mode, folder, file = sys.argv[1:4]
nx, ny, nz, patch, threads, repetitions = map(int, sys.argv[4:10])
options = ort.SessionOptions()
options.intra_op_num_threads = threads
session = ort.InferenceSession(str(Path(folder) / "model.onnx"), options, providers=["CPUExecutionProvider"])
data = np.fromfile(file, np.float32).reshape(nz, ny, nx)


def starts(size):
    count = int(np.ceil((size - patch) / (patch * 0.5))) + 1
    step = (size - patch) / (count - 1) if count > 1 else 0
    return [int(np.round(step * n)) for n in range(count)]


def slide():
    axis = np.exp(-0.5 * ((np.arange(patch) - patch // 2) / (patch / 8)) ** 2).astype(np.float32)
    weight = axis[:, None, None] * axis[None, :, None] * axis[None, None, :]
    sums, weights, spent = np.zeros((4, nz, ny, nx), np.float32), np.zeros((nz, ny, nx), np.float32), 0.0
    for z in starts(nz):
        for y in starts(ny):
            for x in starts(nx):
                at = (slice(z, z + patch), slice(y, y + patch), slice(x, x + patch))
                tile = np.ascontiguousarray(data[at])[None, None]
                begun = time.perf_counter()
                (out,) = session.run(None, {"image": tile})
                spent += time.perf_counter() - begun
                sums[(slice(None), *at)] += out[0] * weight
                weights[at] += weight
    return (sums / weights).argmax(0), spent


ms, answer = [], {}
for n in range(repetitions + 1):
    begun = time.perf_counter()
    if mode == "run":
        (out,) = session.run(None, {"image": data.ravel()[: patch**3].reshape(1, 1, patch, patch, patch)})
        elapsed = time.perf_counter() - begun
        if n == repetitions:
            answer = {"sum": float(np.abs(out.astype(np.float64)).sum())}
    else:
        labels, spent = slide()
        elapsed = spent if mode == "sum" else time.perf_counter() - begun
        answer = {f"label {label}": int(count) for label, count in enumerate(np.bincount(labels.ravel(), minlength=4))}
    if n > 0:
        ms.append(elapsed * 1000)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"ms": ms, "peakMb": peak, "version": ort.__version__, "answer": answer}))
