"""RTDOSE, RTSTRUCT and CT files written with pydicom, for oracles: nothing of Isovox's writers is in them."""

import random

import numpy
import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

CLASSES = {"CT": "1.2.840.10008.5.1.4.1.1.2", "RTDOSE": "1.2.840.10008.5.1.4.1.1.481.2", "RTSTRUCT": "1.2.840.10008.5.1.4.1.1.481.3"}
CONTOUR_DATA = Tag(0x3006, 0x0050)


def decimal(value):
    """At most the 16 characters of a DS."""
    for digits in range(16, 5, -1):
        text = f"{value:.{digits}g}"
        if len(text) <= 16:
            return text
    raise ValueError(value)


def begin(modality, frame=None, study=None):
    ds = Dataset()
    ds.SOPClassUID = CLASSES[modality]
    ds.SOPInstanceUID = generate_uid()
    ds.Modality = modality
    ds.PatientID = ds.PatientName = "ORACLE"
    ds.PatientBirthDate = ds.PatientSex = ds.StudyDate = ds.StudyTime = ds.AccessionNumber = ds.ReferringPhysicianName = ""
    ds.Manufacturer = ds.StudyID = ds.SeriesNumber = ""
    ds.StudyInstanceUID = study or "1.2.3.4"
    ds.SeriesInstanceUID = generate_uid()
    ds.FrameOfReferenceUID = frame or "1.2.3.4.5"
    ds.PositionReferenceIndicator = ""
    return ds


def save(ds, path, implicit=False):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    ds.file_meta = meta
    ds.is_little_endian, ds.is_implicit_VR = True, implicit
    pydicom.dcmwrite(str(path), ds, write_like_original=False)


def turned(pick, most_degrees):
    """A random rotation matrix by at most so many degrees."""
    axis = numpy.array([pick.gauss(0, 1) for _ in range(3)])
    x, y, z = axis / numpy.linalg.norm(axis)
    angle = numpy.radians(pick.uniform(-most_degrees, most_degrees))
    k = numpy.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return numpy.eye(3) + numpy.sin(angle) * k + (1 - numpy.cos(angle)) * k @ k


# Rows and columns of images in the patient: axial, sagittal and coronal, and lying the other way.
ORIENTATIONS = {
    "axial": numpy.eye(3),
    "prone": numpy.diag([-1.0, -1.0, 1.0]),
    "feet first": numpy.diag([-1.0, 1.0, -1.0]),
    "sagittal": numpy.array([[0, 0, -1], [1, 0, 0], [0, -1, 0]], float),
    "coronal": numpy.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float),
}


def write_dose(path, gray, spacing, origin, axes=None, offsets=None, style="relative", bits=32, implicit=False, **more):
    """`gray` is [plane, row, column], spacing x, y (and z when offsets are None), axes columns are i, j, k. Returns what
    the file says, in gray and in the order of its frames. style: relative, absolute, negative (frames against the normal)."""
    axes = numpy.eye(3) if axes is None else axes
    gray = numpy.asarray(gray, float)
    offsets = [k * spacing[2] for k in range(len(gray))] if offsets is None else list(offsets)
    ds = begin("RTDOSE", more.pop("frame", None))
    origin = numpy.asarray(origin, float)
    if style == "negative":
        gray, origin = gray[::-1], origin + offsets[-1] * axes[:, 2]
        offsets = [z - offsets[-1] for z in offsets[::-1]]
    written = offsets
    if style == "absolute":
        # For axial images only: the z of each plane itself.
        written = [origin[2] + z * axes[2, 2] for z in offsets]
    ds.ImagePositionPatient = [decimal(v) for v in origin]
    ds.ImageOrientationPatient = [decimal(v) for v in [*axes[:, 0], *axes[:, 1]]]
    ds.PixelSpacing = [decimal(spacing[1]), decimal(spacing[0])]
    ds.SliceThickness = ""
    ds.GridFrameOffsetVector = [decimal(v) for v in written]
    ds.FrameIncrementPointer = Tag(0x3004, 0x000C)
    ds.NumberOfFrames, ds.Rows, ds.Columns = gray.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit, ds.PixelRepresentation = bits - 1, 1 if gray.min() < 0 else 0
    ds.DoseUnits, ds.DoseType, ds.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    greatest = max(numpy.abs(gray).max(), 1e-9)
    scaling = float(decimal(greatest / (2 ** (bits - 1) - 1)))
    ds.DoseGridScaling = decimal(scaling)
    stored = numpy.round(gray / scaling)
    kind = f"<{'i' if ds.PixelRepresentation else 'u'}{bits // 8}"
    ds.PixelData = stored.astype(kind).tobytes()
    ds["PixelData"].VR = "OW"
    for key, value in more.items():
        setattr(ds, key, value)
    save(ds, path, implicit)
    return stored * scaling


def write_structures(path, rois, frame=None, implicit=False, text=decimal, roi_frames=None, images=()):
    """rois: dicts of number, name, contours [(kind, points)], and maybe type. `text` makes one coordinate's characters."""
    ds = begin("RTSTRUCT", frame)
    ds.StructureSetLabel, ds.StructureSetDate, ds.StructureSetTime = "ORACLE", "", ""
    referenced = Dataset()
    referenced.FrameOfReferenceUID = ds.FrameOfReferenceUID
    if images:
        series, study = Dataset(), Dataset()
        series.SeriesInstanceUID = images[0].SeriesInstanceUID
        series.ContourImageSequence = [_reference(image) for image in images]
        study.ReferencedSOPClassUID = "1.2.840.10008.3.1.2.3.1"
        study.ReferencedSOPInstanceUID = images[0].StudyInstanceUID
        study.RTReferencedSeriesSequence = [series]
        referenced.RTReferencedStudySequence = [study]
    ds.ReferencedFrameOfReferenceSequence = [referenced]
    sets, contours, observations = [], [], []
    for roi in rois:
        one = Dataset()
        one.ROINumber = roi["number"]
        one.ReferencedFrameOfReferenceUID = (roi_frames or {}).get(roi["number"], ds.FrameOfReferenceUID)
        one.ROIName = roi["name"]
        one.ROIGenerationAlgorithm = ""
        sets.append(one)
        observation = Dataset()
        observation.ObservationNumber = len(sets)
        observation.ReferencedROINumber = roi["number"]
        observation.RTROIInterpretedType = roi.get("type", "ORGAN")
        observation.ROIInterpreter = ""
        observations.append(observation)
        if roi["contours"] is None:
            continue
        drawn = Dataset()
        drawn.ReferencedROINumber = roi["number"]
        drawn.ROIDisplayColor = [255, 0, 0]
        drawn.ContourSequence = []
        for kind, points in roi["contours"]:
            contour = Dataset()
            contour.ContourGeometricType = kind
            contour.NumberOfContourPoints = len(points)
            if images:
                nearest = min(images, key=lambda image: abs(float(image.ImagePositionPatient[2]) - points[0][2]))
                contour.ContourImageSequence = [_reference(nearest)]
            joined = "\\".join(text(float(v)) for point in points for v in point).encode()
            padded = joined + b" " * (len(joined) % 2)
            contour[CONTOUR_DATA] = RawDataElement(CONTOUR_DATA, "DS", len(padded), padded, 0, implicit, True)
            drawn.ContourSequence.append(contour)
        contours.append(drawn)
    ds.StructureSetROISequence, ds.ROIContourSequence, ds.RTROIObservationsSequence = sets, contours, observations
    ds.ApprovalStatus = "UNAPPROVED"
    save(ds, path, implicit)
    return ds


def _reference(image):
    one = Dataset()
    one.ReferencedSOPClassUID = image.SOPClassUID
    one.ReferencedSOPInstanceUID = image.SOPInstanceUID
    return one


def write_images(folder, shape, spacing, origin, frame=None):
    """An axial CT of zeros; shape is (planes, rows, columns). Returns the data sets by ascending z."""
    series, made = generate_uid(), []
    for k in range(shape[0]):
        ds = begin("CT", frame)
        ds.SeriesInstanceUID = series
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.ImagePositionPatient = [decimal(origin[0]), decimal(origin[1]), decimal(origin[2] + k * spacing[2])]
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        ds.PixelSpacing = [decimal(spacing[1]), decimal(spacing[0])]
        ds.SliceThickness, ds.InstanceNumber = decimal(spacing[2]), k + 1
        ds.Rows, ds.Columns = shape[1:]
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated = ds.BitsStored = 16
        ds.HighBit, ds.PixelRepresentation = 15, 1
        ds.RescaleSlope, ds.RescaleIntercept, ds.KVP, ds.AcquisitionNumber = 1, 0, "", ""
        ds.PixelData = bytes(2 * shape[1] * shape[2])
        save(ds, folder / f"CT{k:03}.dcm")
        made.append(ds)
    return made


def seeded(seed, case):
    """A case's own generators: of Python and of NumPy."""
    pick = random.Random(seed * 100_000 + case)
    return pick, numpy.random.default_rng(pick.getrandbits(32))


def contains(loop, points):
    """Which points lie in a polygon, by the even-odd rule."""
    inside = numpy.zeros(len(points), bool)
    x, y = points.T
    for (x0, y0), (x1, y1) in zip(loop, numpy.roll(loop, -1, 0)):
        if y0 == y1:
            continue
        crosses = (y0 > y) != (y1 > y)
        inside ^= crosses & (x < x0 + (x1 - x0) * (y - y0) / (y1 - y0))
    return inside
