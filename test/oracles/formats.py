"""Hashes of voxels as other readers give them: formats.py SHARED_DATA > test/golden/formats.csv

Needs numpy, nibabel, SimpleITK and pynrrd. Each row: path, who read it, dtype, shape (x fastest first), SHA-256 of the
stored voxels as little-endian bytes, x fastest, before scaling.
"""

import csv
import gzip
import hashlib
import os
import re
import sys
import tempfile

import nibabel
import nrrd
import numpy as np
import SimpleITK as sitk


def digest(array, order):
    """`array` indexed x first (order F) or x last (order C), to bytes with x fastest."""
    dtype = array.dtype.newbyteorder("<")
    flat = np.asarray(array, dtype).tobytes(order=order)
    return hashlib.sha256(flat).hexdigest()


def loaded(path):
    """A pair of which only one half is gzipped, which nibabel looks for in vain, is read from a copy made equal."""
    stem, ends = re.fullmatch(r"(.*)(\.(?:nii|hdr|img)(?:\.gz)?)", path).groups()
    image = [end for end in (".img", ".img.gz") if os.path.exists(stem + end)]
    header = [end for end in (".hdr", ".hdr.gz") if os.path.exists(stem + end)]
    if ends.startswith(".nii") or any(h[4:] == i[4:] for h in header for i in image):
        return nibabel.load(path)
    with tempfile.TemporaryDirectory() as folder:
        for end in (header[0], image[0]):
            with open(stem + end, "rb") as file:
                data = file.read()
            with open(os.path.join(folder, "pair" + end[:4]), "wb") as out:
                out.write(gzip.decompress(data) if end.endswith(".gz") else data)
        pair = nibabel.load(os.path.join(folder, "pair.hdr"))
        return nibabel.Nifti1Pair(np.asanyarray(pair.dataobj.get_unscaled()), pair.affine)


def by_nibabel(path):
    image = loaded(path)
    array = np.asanyarray(image.dataobj.get_unscaled() if hasattr(image.dataobj, "get_unscaled") else image.dataobj)
    shape = array.shape
    if array.dtype.names:  # RGB(A): three or four bytes a voxel, in the order of memory
        flat = np.asfortranarray(array).tobytes(order="F")
        return "uint8", shape, hashlib.sha256(flat).hexdigest()
    name = {"complex64": "float32", "complex128": "float64"}.get(array.dtype.name, array.dtype.name)
    return name, shape, digest(array, "F")


def by_nrrd(path):
    array, _ = nrrd.read(path, index_order="F")
    return array.dtype.name, array.shape, digest(array, "F")


def by_itk(path):
    array = sitk.GetArrayFromImage(sitk.ReadImage(path))
    return array.dtype.name, array.shape[::-1], digest(array, "C")


def by_numpy(path):
    array = np.load(path)
    if array.flags.f_contiguous and not array.flags.c_contiguous:
        return array.dtype.name, array.shape, digest(array, "F")
    return array.dtype.name, array.shape[::-1], digest(array, "C")


READERS = {".npy": ("numpy", by_numpy), ".nrrd": ("pynrrd", by_nrrd), ".mha": ("SimpleITK", by_itk)}


def main():
    root = sys.argv[1]
    out = csv.writer(sys.stdout, lineterminator="\n")
    versions = f"numpy {np.__version__}; nibabel {nibabel.__version__}; pynrrd {nrrd.__version__}; SimpleITK {sitk.Version_VersionString()}"
    sys.stdout.write(f"# {versions}\n")
    out.writerow(["path", "reader", "dtype", "shape", "sha256"])
    paths = []
    for part in ("nifti", "pyradiomics"):
        for folder, _, names in os.walk(os.path.join(root, part)):
            paths += [os.path.join(folder, name) for name in names]
    for path in sorted(paths):
        extension = os.path.splitext(path)[1]
        nifti = path.endswith((".nii", ".nii.gz", ".hdr", ".hdr.gz", ".img", ".img.gz"))
        if not nifti and extension not in READERS:
            continue
        name, read = ("nibabel", by_nibabel) if nifti else READERS[extension]
        try:
            dtype, shape, sha = read(path)
        except Exception as error:  # said on stderr, so that a row missing is not a row forgotten
            sys.stderr.write(f"{path}: {name} does not read it: {error}\n")
            continue
        shape = [int(n) for n in shape]
        out.writerow([os.path.relpath(path, root), name, dtype, "x".join(map(str, shape)), sha])


main()
