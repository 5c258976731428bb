"""Arrays written by zarr-python and tensorstore, and reading back what Isovox wrote.

zarr_interop.py make FOLDER        writes one folder per variant; prints a line of JSON for each: path, sha256 of the
                                   voxels as little-endian bytes, last axis fastest, and shape
zarr_interop.py read FOLDER...     prints for each OME-Zarr folder the sha256 as zarr-python and as tensorstore read it

Needs numpy, zarr 3 and tensorstore.
"""

import hashlib
import json
import os
import sys

import numpy as np
import tensorstore as ts
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec, TransposeCodec, ZstdCodec


def sha(array):
    return hashlib.sha256(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()).hexdigest()


def numbers(dtype, shape):
    return (np.arange(np.prod(shape)) * 7 % 113).astype(dtype).reshape(shape)


def variants():
    little, big = BytesCodec(endian="little"), BytesCodec(endian="big")
    for name, codecs in {
        "bytes": [little],
        "big": [big],
        "gzip": [little, GzipCodec(level=5)],
        "zstd": [little, ZstdCodec(level=3, checksum=True)],
        "crc": [little, ZstdCodec(level=1), Crc32cCodec()],
        "blosc-zstd-bit": [little, BloscCodec(typesize=2, cname="zstd", shuffle="bitshuffle")],
        "blosc-lz4": [little, BloscCodec(typesize=2, cname="lz4", shuffle="shuffle")],
        "blosc-blosclz": [little, BloscCodec(typesize=2, cname="blosclz", shuffle="noshuffle")],
        "blosc-zlib": [little, BloscCodec(typesize=2, cname="zlib", shuffle="shuffle")],
        "blosc-lz4hc": [little, BloscCodec(typesize=2, cname="lz4hc", shuffle="bitshuffle")],
        "transpose": [TransposeCodec(order=(2, 0, 1)), little, ZstdCodec()],
        "shard": [ShardingCodec(chunk_shape=(3, 4, 5), codecs=[little, ZstdCodec()])],
        "shard-start": [ShardingCodec(chunk_shape=(3, 4, 5), codecs=[TransposeCodec(order=(1, 2, 0)), big, GzipCodec()], index_location="start")],
    }.items():
        yield name, codecs


def make(folder):
    for dtype in ("int8", "uint16", "int64", "float32", "float64"):
        for name, codecs in variants():
            path = os.path.join(folder, f"{name}-{dtype}.zarr")
            data = numbers(dtype, (10, 11, 13))
            chunks = (6, 8, 10) if name.startswith("shard") else (4, 5, 6)
            array = zarr.create(shape=data.shape, dtype=dtype, chunks=chunks, codecs=codecs, store=path, zarr_format=3, fill_value=3)
            array[:] = data
            data[:, :, 12:] = data[:, :, 12:]
            print(json.dumps({"path": path, "sha256": sha(data), "shape": data.shape[::-1]}))
    path = os.path.join(folder, "partly-empty.zarr")
    array = zarr.create(shape=(9, 9, 9), dtype="float32", chunks=(4, 4, 4), store=path, zarr_format=3, fill_value=float("nan"))
    array[2:5, 0:3, 8] = 1
    print(json.dumps({"path": path, "sha256": sha(array[:]), "shape": [9, 9, 9]}))
    path = os.path.join(folder, "tensorstore-shard.zarr")
    data = numbers("uint16", (20, 21, 22))
    spec = {
        "driver": "zarr3",
        "kvstore": {"driver": "file", "path": path},
        "metadata": {
            "shape": data.shape,
            "data_type": "uint16",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [16, 16, 16]}},
            "codecs": [{"name": "sharding_indexed", "configuration": {
                "chunk_shape": [8, 8, 8],
                "codecs": [{"name": "bytes", "configuration": {"endian": "little"}},
                           {"name": "blosc", "configuration": {"cname": "zstd", "clevel": 3, "shuffle": "shuffle", "typesize": 2, "blocksize": 0}}],
                "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]}}],
        },
    }
    ts.open(spec, create=True).result().write(data).result()
    print(json.dumps({"path": path, "sha256": sha(data), "shape": data.shape[::-1]}))


def read(folders):
    for folder in folders:
        name = zarr.open_group(folder, mode="r").attrs["ome"]["multiscales"][0]["datasets"][0]["path"]
        by_zarr = zarr.open_group(folder, mode="r")[name][...]
        by_ts = ts.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": os.path.join(folder, name)}}).result().read().result()
        print(json.dumps({"path": folder, "zarr": sha(by_zarr), "tensorstore": sha(by_ts), "shape": by_zarr.shape[::-1]}))


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    read(sys.argv[2:])
