"""zarr_read.py TOOL PATH WHAT REPETITIONS: the array 0 of an OME-Zarr image by tensorstore (two threads) or zarr-python."""

import json
import resource
import sys
import time

import numpy as np


def boxes(size):
    state = 7

    def draw(below):
        nonlocal state
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (state >> 8) % below

    return [(draw(size[0] - 63), draw(size[1] - 63), draw(size[2] - 63)) for _ in range(64)]


def opened(tool, path):
    if tool == "tensorstore":
        import tensorstore as ts

        context = ts.Context({"data_copy_concurrency": {"limit": 2}, "file_io_concurrency": {"limit": 2}, "cache_pool": {"total_bytes_limit": 0}})
        array = ts.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": path + "/0"}}, context=context).result()
        import importlib.metadata

        return array, lambda s: array[s].read().result(), importlib.metadata.version("tensorstore")
    import zarr

    zarr.config.set({"async.concurrency": 2, "threading.max_workers": 2})
    array = zarr.open_array(path + "/0", mode="r")
    return array, lambda s: array[s], zarr.__version__


def main():
    tool, path, what, repetitions = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    array, read, version = opened(tool, path)
    times, answer = [], {}
    for i in range(repetitions + 1):
        wanted = [(0, 0, 0)] if what == "all" else boxes(array.shape[::-1])
        begun = time.perf_counter()
        parts = []
        for x, y, z in wanted:
            s = (slice(None),) * 3 if what == "all" else (slice(z, z + 64), slice(y, y + 64), slice(x, x + 64))
            parts.append(read(s))
        if i > 0:
            times.append((time.perf_counter() - begun) * 1000 / len(wanted))
        total = sum(float(part.sum(dtype=np.float64)) for part in parts)
        last = parts[-1].reshape(-1)
        answer = {"mean": total / sum(part.size for part in parts), "middle": int(last[last.size // 2])}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": times, "peakMb": peak, "version": version, "answer": answer}))


main()
