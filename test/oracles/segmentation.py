"""DICOM objects between this project and highdicom, pydicom and dciodvfy (dicom3tools).

    segmentation.py make            writes test/golden/segmentation-highdicom.dcm and label-map-highdicom.dcm
    segmentation.py check FOLDER    reads every .dcm file of a folder that this project wrote; 1 when one is refused

With highdicom 0.28.2, pydicom 3.0.2, numpy, and dciodvfy of Debian's dicom3tools 1.00~20220618093127.
"""

import pathlib
import shutil
import subprocess
import sys

import highdicom as hd
import numpy as np
import pydicom
from highdicom.sr.coding import CodedConcept
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"
COLUMNS, ROWS, PLANES = 16, 12, 5


def source(k):
    """A CT slice of nothing, at z = -40 + 2.5 k."""
    ct = pydicom.Dataset()
    ct.file_meta = pydicom.dataset.FileMetaDataset()
    ct.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ct.SOPClassUID = pydicom.uid.CTImageStorage
    ct.SOPInstanceUID = f"1.2.3.4.{k + 1}"
    ct.StudyInstanceUID, ct.SeriesInstanceUID, ct.FrameOfReferenceUID = "1.2.3", "1.2.3.4", "1.2.3.9"
    ct.PatientID, ct.PatientName, ct.PatientBirthDate, ct.PatientSex = "P1", "", "", "O"
    ct.StudyDate, ct.StudyTime, ct.StudyID, ct.AccessionNumber = "20240102", "101112", "", ""
    ct.ReferringPhysicianName, ct.Modality, ct.SeriesNumber, ct.InstanceNumber = "", "CT", 1, k + 1
    ct.PositionReferenceIndicator = ""
    ct.Rows, ct.Columns = ROWS, COLUMNS
    ct.PixelSpacing, ct.SliceThickness = [1.5, 1.25], 2.5
    ct.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ct.ImagePositionPatient = [10, -20, -40 + 2.5 * k]
    ct.SamplesPerPixel, ct.PhotometricInterpretation = 1, "MONOCHROME2"
    ct.BitsAllocated, ct.BitsStored, ct.HighBit, ct.PixelRepresentation = 16, 16, 15, 0
    return ct


def inside(segment):
    """The masks that test/native/dicom/segmentation_test.cc expects: 1 where (i + 2 j + 3 k) mod (segment + 3) is 0."""
    k, j, i = np.indices((PLANES, ROWS, COLUMNS))
    mask = ((i + 2 * j + 3 * k) % (segment + 3) == 0).astype(np.uint8)
    mask[0] = 0  # a plane without any: not written
    return mask


def labels():
    """Of the same planes: 1, 2 and 300 where (i + 2 j + 3 k) mod 7 is 0, 2 and 4."""
    k, j, i = np.indices((PLANES, ROWS, COLUMNS))
    rest = (i + 2 * j + 3 * k) % 7
    return np.select([rest == 0, rest == 2, rest == 4], [1, 2, 300]).astype(np.uint16)


def make():
    write("segmentation-highdicom.dcm", "BINARY", [1, 2], np.stack([inside(n) for n in range(2)], axis=-1))
    write("label-map-highdicom.dcm", "LABELMAP", [1, 2, 300], labels())


def write(name, kind, numbers, pixels):
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=f"Part {number}",
            segmented_property_category=codes.SCT.Organ,
            segmented_property_type=CodedConcept("80891009", "SCT", "Heart"),
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for number in numbers
    ]
    segmentation = hd.seg.Segmentation(
        source_images=[source(k) for k in range(PLANES)],
        pixel_array=pixels,
        segmentation_type=hd.seg.SegmentationTypeValues[kind],
        segment_descriptions=descriptions,
        series_instance_uid="1.2.3.5",
        series_number=2,
        sop_instance_uid="1.2.3.5.1",
        instance_number=1,
        manufacturer="highdicom",
        manufacturer_model_name="highdicom",
        software_versions=hd.__version__,
        device_serial_number="1",
    )
    segmentation.save_as(GOLDEN / name)
    print(GOLDEN / name, (GOLDEN / name).stat().st_size, "bytes")


def check(folder):
    refused = False
    for path in sorted(pathlib.Path(folder).rglob("*.dcm")):
        data = pydicom.dcmread(path)
        if "PixelData" in data:
            data.pixel_array
        notes = []
        if data.SOPClassUID == pydicom.uid.SegmentationStorage:
            volume = hd.seg.segread(path).get_volume()
            notes.append(f"highdicom: {volume.array.shape}")
        # dciodvfy knows no words of 32 bits and stops at them.
        if shutil.which("dciodvfy") and data.get("BitsAllocated") != 32:
            found = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True).stderr
            errors = [line for line in found.splitlines() if line.startswith("Error")]
            refused = refused or bool(errors)
            notes.extend(errors or ["dciodvfy: no error"])
        print(path.name, *notes, sep="\n  ")
    return int(refused)


if __name__ == "__main__":
    sys.exit(check(sys.argv[2]) if sys.argv[1] == "check" else make())
