"""s3_read.py TOOL ENDPOINT URI REPETITIONS PARALLEL: the array 0 of an OME-Zarr image in an object store, opened and read whole, by
zarr-python with s3fs or by tensorstore; keys from the environment."""

import importlib.metadata
import json
import resource
import sys
import time

import numpy as np


def reader(tool, endpoint, uri, parallel):
    bucket, prefix = uri.removeprefix("s3://").split("/", 1)
    if tool == "tensorstore":
        import tensorstore as ts

        limits = {"s3_request_concurrency": {"limit": parallel}, "data_copy_concurrency": {"limit": 2}, "cache_pool": {"total_bytes_limit": 0}}
        context = ts.Context(limits)
        store = {"driver": "s3", "bucket": bucket, "path": prefix + "/0/", "endpoint": endpoint, "aws_region": "us-east-1"}

        def read():
            return ts.open({"driver": "zarr3", "kvstore": store}, context=context).result().read().result()

        return read, importlib.metadata.version("tensorstore")
    import zarr

    zarr.config.set({"async.concurrency": parallel, "threading.max_workers": 2})

    def read():
        options = {"client_kwargs": {"endpoint_url": endpoint}, "config_kwargs": {"max_pool_connections": parallel}}
        return zarr.open_array(f"s3://{bucket}/{prefix}/0", mode="r", storage_options=options)[:]

    return read, f"{zarr.__version__}, s3fs {importlib.metadata.version('s3fs')}"


def main():
    tool, endpoint, uri, repetitions, parallel = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    read, version = reader(tool, endpoint, uri, parallel)
    times, answer = [], {}
    for i in range(repetitions + 1):
        begun = time.perf_counter()
        part = read()
        if i > 0:
            times.append((time.perf_counter() - begun) * 1000)
        flat = part.reshape(-1)
        answer = {"mean": float(flat.sum(dtype=np.float64)) / flat.size, "middle": int(flat[flat.size // 2])}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": times, "peakMb": peak, "version": version, "answer": answer}))


main()
