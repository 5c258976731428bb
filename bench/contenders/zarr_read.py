"""zarr_read.py TOOL PATH WHAT REPETITIONS: regions of a stored volume, the time that of one region.

TOOL is tensorstore, zarr, zarrs (zarr-python on the codecs of the Rust crate) or tiledb, each on two threads. TileDB reads
an array of its own, made beside PATH with the same tiles and zstd at level 3. WHAT as in boxes.ts.
"""

import importlib.metadata
import json
import os
import resource
import sys
import time

import numpy as np


def generator():
    state = 7

    def draw(below):
        nonlocal state
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (state >> 8) % below

    return draw


def selections(what, shape):
    draw, whole = generator(), slice(None)
    if what == "all":
        return [(whole,) * 3]
    if what == "roi":
        corners = [[draw(n - 63) for n in reversed(shape)] for _ in range(64)]
        return [tuple(slice(c, c + 64) for c in reversed(corner)) for corner in corners]
    axis = {"axial": 0, "coronal": 1, "sagittal": 2}[what]
    at = [draw(shape[axis]) for _ in range(16)]
    return [tuple(slice(n, n + 1) if a == axis else whole for a in range(3)) for n in at]


def tiledb_array(path):
    import tiledb
    import zarr

    here = path + ".tiledb"
    if not os.path.exists(here):
        source = zarr.open_array(path + "/0", mode="r")
        domain = tiledb.Domain(*[tiledb.Dim(f"d{a}", domain=(0, n - 1), tile=c, dtype="int32") for a, (n, c) in enumerate(zip(source.shape, source.chunks))])
        filters = [tiledb.ByteShuffleFilter()] if "shuffle" in os.path.basename(path) else []
        voxels = tiledb.Attr("voxels", dtype="int16", filters=tiledb.FilterList([*filters, tiledb.ZstdFilter(level=3)]))
        tiledb.Array.create(here, tiledb.ArraySchema(domain=domain, attrs=[voxels], sparse=False))
        with tiledb.open(here, "w") as array:
            array[:] = source[:]
    context = tiledb.Ctx({"sm.compute_concurrency_level": 2, "sm.io_concurrency_level": 2, "sm.tile_cache_size": 0})
    array = tiledb.open(here, "r", ctx=context)
    return array.shape, lambda s: array[s]["voxels"], tiledb.version_to_str() if hasattr(tiledb, "version_to_str") else ".".join(map(str, tiledb.version()))


def opened(tool, path):
    if tool == "tiledb":
        return tiledb_array(path)
    if tool == "tensorstore":
        import tensorstore as ts

        context = ts.Context({"data_copy_concurrency": {"limit": 2}, "file_io_concurrency": {"limit": 2}, "cache_pool": {"total_bytes_limit": 0}})
        array = ts.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": path + "/0"}}, context=context).result()
        return array.shape, lambda s: array[s].read().result(), importlib.metadata.version("tensorstore")
    import zarr

    zarr.config.set({"async.concurrency": 2, "threading.max_workers": 2})
    version = zarr.__version__
    if tool == "zarrs":
        import zarrs

        version = importlib.metadata.version("zarrs")
        zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline", "codec_pipeline.chunk_concurrent_maximum": 2})
    array = zarr.open_array(path + "/0", mode="r")
    return array.shape, lambda s: array[s], version


def main():
    tool, path, what, repetitions = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    shape, read, version = opened(tool, path)
    wanted = selections(what, shape)
    times, answer = [], {}
    for i in range(repetitions + 1):
        begun = time.perf_counter()
        parts = [read(s) for s in wanted]
        if i > 0:
            times.append((time.perf_counter() - begun) * 1000 / len(wanted))
        total = sum(float(part.sum(dtype=np.float64)) for part in parts)
        last = parts[-1].reshape(-1)
        answer = {"mean": total / sum(part.size for part in parts), "middle": int(last[last.size // 2])}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": times, "peakMb": peak, "version": version, "answer": answer}))


main()
