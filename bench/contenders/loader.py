"""loader.py TOOL PLACES EPOCHS: the samples that isovox's loader drew, as batches of four float32 arrays.

TOOL is tensorstore (its own two threads, batches read as one) or zarr (zarr-python on two threads of a pool, as a data
loader's workers would).
"""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np


def main():
    tool, epochs = sys.argv[1], int(sys.argv[3])
    with open(sys.argv[2]) as file:
        places = json.load(file)
    if tool == "tensorstore":
        import importlib.metadata

        import tensorstore as ts

        version = importlib.metadata.version("tensorstore")
        context = ts.Context(
            {
                "data_copy_concurrency": {"limit": 2},
                "file_io_concurrency": {"limit": 2},
                "cache_pool": {"total_bytes_limit": 0},
            }
        )
        arrays = {
            path: ts.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": path}}, context=context).result()
            for path in {place["path"] for place in places}
        }

        def batch(some, out):
            reads = [
                arrays[p["path"]][z : z + d, y : y + h, x : x + w].read()
                for p in some
                for (x, y, z), (w, h, d) in [(p["start"], p["size"])]
            ]
            for n, read in enumerate(reads):
                out[n, 0] = read.result() * some[n]["slope"] + some[n]["intercept"]

    else:
        import zarr

        version = zarr.__version__
        zarr.config.set({"async.concurrency": 2, "threading.max_workers": 2})
        arrays = {path: zarr.open_array(path, mode="r") for path in {place["path"] for place in places}}
        pool = ThreadPoolExecutor(2)

        def one(place):
            (x, y, z), (w, h, d) = place["start"], place["size"]
            return arrays[place["path"]][z : z + d, y : y + h, x : x + w]

        def batch(some, out):
            for n, patch in enumerate(pool.map(one, some)):
                out[n, 0] = patch * some[n]["slope"] + some[n]["intercept"]

    w, h, d = places[0]["size"]
    out = np.empty((4, 1, d, h, w), np.float32)
    times, cpu, total = [], [], 0.0
    for epoch in range(epochs + 1):
        begun, worked = time.perf_counter(), time.process_time()
        for at in range(0, len(places), 4):
            some = places[at : at + 4]
            batch(some, out)
            if epoch == 0:
                total += float(out[: len(some)].sum(dtype=np.float64))
        if epoch > 0:
            times.append((time.perf_counter() - begun) * 1000 / len(places))
            cpu.append((time.process_time() - worked) * 1000 / len(places))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer = {"mean": total / (len(places) * out[0].size), "samples": len(places)}
    print(json.dumps({"ms": times, "cpuMs": cpu, "peakMb": peak, "version": version, "answer": answer}))


main()
