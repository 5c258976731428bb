"""Hashes of DICOM pixels as other readers give them: dicom_pixels.py SHARED_DATA > test/golden/dicom-pixels.csv

Needs numpy, pydicom with pylibjpeg-libjpeg, pylibjpeg-openjpeg and pyjpegls, and DCMTK's dcmdjpeg. Every file of
dicom-syntaxes and hostile has a row: path, who read it, voxel type, shape (x fastest first, without samples of colour),
SHA-256 of the stored pixels as little-endian bytes, colour interleaved. A file that holds no image that can be read has
"refused" for its type and the reader's reason in place of the hash.
"""

import csv
import gzip
import hashlib
import os
import subprocess
import sys
import tempfile
import warnings
import zlib

import numpy as np
import pydicom
from pydicom.encaps import generate_fragmented_frames
from pydicom.pixels.decoders.rle import _rle_decode_frame

LOSSY_JPEG = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")
DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
RLE = "1.2.840.10008.1.2.5"

# The last fragment's declared length goes beyond its file by two bytes of padding; the frames are whole.
SAME_PIXELS = {"hostile/dicom/emri_small_jpeg_2k_lossless_too_short.dcm": "dicom-syntaxes/pydicom-data/emri_small_jpeg_2k_lossless.dcm"}


def pixels(path):
    """(who, array indexed frame, row, column[, sample])"""
    with tempfile.TemporaryDirectory() as folder:
        if path.endswith(".gz"):
            plain = os.path.join(folder, "plain.dcm")
            with gzip.open(path) as packed, open(plain, "wb") as out:
                out.write(packed.read())
            path = plain
        data = pydicom.dcmread(path, force=True)
        syntax = data.file_meta.get("TransferSyntaxUID")
        if syntax is None and "PixelData" in data:
            data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"
        if syntax in LOSSY_JPEG:
            # Decoders of lossy JPEG may differ by rounding; DCMTK's is the one compared with.
            plain = os.path.join(folder, "decoded.dcm")
            subprocess.run(["dcmdjpeg", path, plain], check=True, capture_output=True)
            data = pydicom.dcmread(plain)
            return "DCMTK", data, data.pixel_array
        frames = int(data.get("NumberOfFrames", 1))
        if data.get("BitsAllocated") == 1 and syntax in (RLE, DEFLATED_FRAMES):
            bits = data.Rows * data.Columns
            out = []
            for fragments in generate_fragmented_frames(data.PixelData, number_of_frames=frames):
                frame = b"".join(fragments)
                if syntax == RLE:
                    packed = _rle_decode_frame(frame, 1, (bits + 7) // 8, 1, 8)
                else:
                    packed = zlib.decompress(frame, -15)
                out.append(np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little")[:bits])
            who = "pydicom" if syntax == RLE else "zlib"
            return who, data, np.array(out).reshape(frames, data.Rows, data.Columns)
        return "pydicom", data, data.pixel_array


def row(root, name):
    path = os.path.join(root, SAME_PIXELS.get(name, name))
    try:
        who, data, array = pixels(path)
    except Exception as error:  # the reason goes into the table
        reason = " ".join(str(error).split())[:60].replace(",", ";").replace(root, "")
        return [name, "pydicom", "refused", "", f"{type(error).__name__}: {reason}"]
    shape = array.shape[:-1] if data.get("SamplesPerPixel", 1) > 1 else array.shape
    flat = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"))
    sha = hashlib.sha256(flat.tobytes()).hexdigest()
    return [name, who, array.dtype.name, "x".join(str(n) for n in reversed(shape)), sha]


def main():
    warnings.simplefilter("ignore")
    root = sys.argv[1]
    out = csv.writer(sys.stdout, lineterminator="\n")
    dcmtk = subprocess.run(["dcmdjpeg", "--version"], capture_output=True, text=True).stdout.split()[2]
    sys.stdout.write(f"# pydicom {pydicom.__version__}; numpy {np.__version__}; DCMTK {dcmtk}\n")
    out.writerow(["path", "reader", "dtype", "shape", "sha256"])
    names = []
    for part in ("dicom-syntaxes", "hostile/dicom"):
        for folder, _, files in os.walk(os.path.join(root, part)):
            names += [os.path.relpath(os.path.join(folder, name), root) for name in files]
    for name in sorted(names):
        if os.path.basename(name) not in ("LICENSE", "README.md", "README.txt"):
            out.writerow(row(root, name))


main()
