"""zarr_write.py TOOL PATH STORE REPETITIONS: a NIfTI file, read by nibabel, into a new Zarr 3 array of 64 cubed.

TOOL is tensorstore or zarr, on two threads; blosc with byte shuffle and zstd at level 3 in both.
"""

import importlib.metadata
import json
import resource
import shutil
import sys
import time

import nibabel
import numpy as np

BLOSC = {"cname": "zstd", "clevel": 3, "shuffle": "shuffle"}


def writer(tool):
    if tool == "tensorstore":
        import tensorstore as ts

        def write(store, voxels):
            context = ts.Context({"data_copy_concurrency": {"limit": 2}, "file_io_concurrency": {"limit": 2}})
            codecs = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "blosc", "configuration": {**BLOSC, "typesize": 2}}]
            grid = {"name": "regular", "configuration": {"chunk_shape": [64, 64, 64]}}
            metadata = {"shape": voxels.shape, "data_type": "int16", "chunk_grid": grid, "codecs": codecs}
            array = ts.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": store}, "metadata": metadata, "create": True}, context=context).result()
            array.write(voxels).result()
            return lambda: array.read().result()
    else:
        import zarr

        zarr.config.set({"async.concurrency": 2, "threading.max_workers": 2})

        def write(store, voxels):
            codec = zarr.codecs.BloscCodec(typesize=2, **BLOSC)
            array = zarr.create_array(store, shape=voxels.shape, chunks=(64, 64, 64), dtype="int16", compressors=codec)
            array[:] = voxels
            return lambda: array[:]

    return write, importlib.metadata.version(tool)


def main():
    tool, path, store, repetitions = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    write, version = writer(tool)
    times, cpu, read = [], [], None
    for i in range(repetitions + 1):
        shutil.rmtree(store, ignore_errors=True)
        begun, worked = time.perf_counter(), time.process_time()
        voxels = np.asanyarray(nibabel.load(path).dataobj.get_unscaled()).T
        read = write(store, voxels)
        if i > 0:
            times.append((time.perf_counter() - begun) * 1000)
            cpu.append((time.process_time() - worked) * 1000)
    flat = read().reshape(-1)
    answer = {"mean": float(flat.mean(dtype=np.float64)), "middle": int(flat[flat.size // 2])}
    shutil.rmtree(store, ignore_errors=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": times, "cpuMs": cpu, "peakMb": peak, "version": version, "answer": answer}))


main()
