"""Random structure sets with the oddities of real ones: masks, round trips and written files; prints what differs.

    build/bench/venv-masks/bin/python test/oracles/masks_random.py SEED COUNT

The environment is that of `npm run bench:setup`; dciodvfy of dicom3tools and dcmdump of DCMTK are used where they are installed.
Files come of pydicom (dicom_files.py): points given twice, planes in any order, coordinates as decimals, with exponents and padding,
POINT and OPEN_PLANAR contours, structures without contours, without or with each other's names, numbers with gaps, another frame of
reference. A voxel's coverage is counted by 20 x 20 points of our own; voxels that are covered clearly must be those of rt-utils,
which fills pixels whose middles lie inside. Then masks of random labels go to contours and back, to RTSTRUCT, SEG and RTDOSE,
and through pydicom. Exits with 1 where something differs.
"""

import shutil
import subprocess
import sys

import numpy
import pydicom
from dicom_files import contains, decimal, seeded, write_images, write_structures
from engine import run_cases
from rt_utils import RTStructBuilder
from scipy.ndimage import gaussian_filter

SEED, COUNT = int(sys.argv[1]), int(sys.argv[2])
FINE = 20
IDENTITY = {"PatientID": "ORACLE", "StudyInstanceUID": "1.2.3.4", "SeriesInstanceUID": "1.2.3.4.77", "FrameOfReferenceUID": "1.2.3.4.5"}


def polygon(pick, middle, size):
    n = pick.choice([3, 5, 12, 60])
    angle = (numpy.arange(n) + [pick.uniform(0, 0.8) for _ in range(n)]) / n * 2 * numpy.pi
    radius = size * numpy.array([pick.uniform(0.5, 1) for _ in range(n)])
    return middle + numpy.stack([radius * numpy.cos(angle), radius * numpy.sin(angle)], 1)


def texts(pick):
    def one(value):
        kind = pick.choice(["plain", "plain", "exponent", "padded", "plus"])
        if kind == "exponent":
            return f"{value:.8e}"[:16] if len(f"{value:.8e}") <= 16 else f"{value:.7e}"
        if kind == "padded":
            return f" {value:.5f} "
        return f"{value:+.6f}" if kind == "plus" else decimal(value)

    return one


def random_set(pick, shape, spacing, origin):
    """ROIs as drawn, with the loops by plane of those that are to be masks."""
    rois, wanted = [], {}
    extent = numpy.array([shape[2] * spacing[0], shape[1] * spacing[1]])
    number = pick.choice([0, 1, 17])
    for _ in range(pick.randint(3, 6)):
        number += pick.choice([1, 1, 4, 300])
        kind = pick.choice(["closed", "closed", "closed", "two", "exclusive or", "point", "open", "none", "empty sequence", "mixed"])
        name = pick.choice(["PTV", "PTV", "Lunge links", "a/b", "", f"roi {number}"])
        contours, loops = [], {}
        if kind in ("closed", "two", "exclusive or", "mixed"):
            first = pick.randint(0, shape[0] - 1)
            planes = list(range(first, min(shape[0], first + pick.randint(1, 5))))
            middle = numpy.array(origin[:2]) + extent * [pick.uniform(0.1, 0.9), pick.uniform(0.1, 0.9)]
            size = pick.uniform(0.05, 0.5) * extent.min()
            for k in planes:
                here = [polygon(pick, middle, size)]
                if kind == "two":
                    here.append(polygon(pick, middle + [2.2 * size, 0], size))
                if kind == "exclusive or":
                    here.append(polygon(pick, middle, 0.9 * size))
                loops[k] = here
                for loop in here:
                    z = origin[2] + k * spacing[2] + pick.choice([0, 0, 0.01, -0.01])
                    points = [(x, y, z) for x, y in loop]
                    if pick.random() < 0.4:
                        points = [p for p in points for _ in range(pick.choice([1, 1, 2]))]
                    if pick.random() < 0.4:
                        points.append(points[0])
                    contours.append(("CLOSEDPLANAR_XOR" if kind == "exclusive or" else "CLOSED_PLANAR", points))
            pick.shuffle(contours)
            wanted[number] = (kind, loops)
        if kind in ("point", "mixed"):
            contours.append(("POINT", [tuple(numpy.array(origin) + 1.5)]))
        if kind in ("open", "mixed"):
            contours.append(("OPEN_PLANAR", [(origin[0] + t, origin[1] + 2 * t, origin[2]) for t in range(4)]))
        rois.append({"number": number, "name": name, "contours": None if kind == "none" else contours})
    return rois, wanted


def covered(loops, kind, shape, spacing, origin):
    """The part of every pixel of a plane [row, column] inside."""
    x = origin[0] + ((numpy.arange(shape[2] * FINE) + 0.5) / FINE - 0.5) * spacing[0]
    y = origin[1] + ((numpy.arange(shape[1] * FINE) + 0.5) / FINE - 0.5) * spacing[1]
    points = numpy.stack([a.ravel() for a in numpy.meshgrid(x, y)], 1)
    each = [contains(loop, points) for loop in loops]
    inside = numpy.logical_xor.reduce(each) if kind == "exclusive or" else numpy.logical_or.reduce(each)
    return inside.reshape(shape[1], FINE, shape[2], FINE).mean((1, 3))


def complaints(path):
    """Errors of dciodvfy, and whether DCMTK reads the file."""
    said = []
    if shutil.which("dciodvfy"):
        done = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True)
        said += [line for line in done.stderr.splitlines() if line.startswith("Error")]
    if shutil.which("dcmdump"):
        done = subprocess.run(["dcmdump", "-q", path], capture_output=True, text=True, errors="replace")
        said += [done.stderr.strip()] if done.returncode else []
    return said


def check_reading(pick, engine, folder, wrong):
    side = pick.randint(12, 40)
    shape = (pick.randint(2, 7), side, pick.choice([side, pick.randint(12, 40)]))
    spacing = (pick.choice([0.9765625, 1, 2]), pick.choice([0.9765625, 1, 1.7]), pick.choice([1.25, 3, 5]))
    origin = (pick.uniform(-200, 200), pick.uniform(-200, 200), pick.uniform(-900, 900))
    images = write_images(folder, shape, spacing, origin)
    rois, wanted = random_set(pick, shape, spacing, origin)
    frames = {roi["number"]: "1.2.3.99" for roi in rois if pick.random() < 0.15}
    path = folder / "rs.dcm"
    write_structures(path, rois, implicit=pick.random() < 0.4, text=texts(pick), roi_frames=frames, images=images)
    read = engine.readRtStruct(path=path)
    found = [(roi["ROINumber"], roi["ROIName"]) for roi in read["summary"]["rois"]]
    if found != [(roi["number"], roi["name"]) for roi in rois]:
        wrong.append(f"structures {found} instead of {[(roi['number'], roi['name']) for roi in rois]}")
        return
    grid = {"size": list(shape[::-1]), "spacing": list(spacing), "origin": list(origin)}
    try:
        theirs = RTStructBuilder.create_from(str(folder), str(path)) if all(loops for _, loops in wanted.values()) else None
    except Exception:  # it refuses some of what is allowed
        theirs = None
    for at, roi in enumerate(rois):
        if roi["number"] not in wanted:
            continue
        kind, loops = wanted[roi["number"]]
        mask = engine.voxelise(rois=read["rois"], index=at, grid=grid, coverage="section")
        ours = engine.one("viewVolume", engine.maskToVolume(mask=mask["mask"], mode="fraction")).reshape(shape).astype(float)
        binary = engine.one("viewVolume", engine.maskToVolume(mask=mask["mask"], mode="binary")).reshape(shape)
        for k in range(shape[0]):
            if k not in loops:  # ends and what lies between drawn planes are told by other oracles
                continue
            truth = covered(loops[k], kind, shape, spacing, origin)
            apart = numpy.abs(ours[k] - truth).max()
            if apart > 4 / FINE:
                wrong.append(f"roi {roi['number']} ({kind}) plane {k} of {sorted(loops)}: coverage off by {apart:.3f}")
                break
            if abs((ours[k] - truth).sum()) > 0.02 * truth.sum() + 0.3:
                wrong.append(f"roi {roi['number']} ({kind}) plane {k}: {ours[k].sum():.3f} pixels instead of {truth.sum():.3f}")
                break
            if ((binary[k] > 0) != (ours[k] >= 0.5)).any():
                wrong.append(f"roi {roi['number']} plane {k}: binary mask is not where half is covered")
                break
        names = [one["name"] for one in rois]
        if theirs is None or names.count(roi["name"]) > 1 or kind != "closed" or not roi["name"]:
            continue
        try:
            filled = theirs.get_roi_mask_by_name(roi["name"]).transpose(2, 0, 1)
        except Exception:
            continue
        if filled.shape != ours.shape or spacing[0] != spacing[1]:  # it takes rows for columns
            continue
        clear = (ours < 0.02) | (ours > 0.98)
        # What has no breadth is drawn by rt-utils as lines one pixel broad, so that only inner pixels are told apart.
        inner = ours > 0.98
        missed = inner & ~filled
        # Its points are cut to whole pixels.
        if missed.sum() > 0.15 * inner.sum() + 6:
            wrong.append(f"roi {roi['number']} ({kind}): {missed.sum((1, 2))} of {inner.sum((1, 2))} pixels wholly inside that rt-utils leaves out")
        beyond = filled & (ours <= 0) & clear
        if beyond.sum() > 0.35 * filled.sum() + 4:
            wrong.append(f"roi {roi['number']} ({kind}): {int(beyond.sum())} of {int(filled.sum())} pixels of rt-utils are outside")


def check_writing(pick, noise, engine, folder, wrong):
    shape = (pick.randint(2, 6), pick.randint(6, 20), pick.randint(6, 20))
    spacing = [pick.choice([0.7, 1, 2]), pick.choice([0.7, 1, 2]), pick.choice([1, 2.5])]
    origin = [pick.uniform(-100, 100) for _ in range(3)]
    grid = {"size": list(shape[::-1]), "spacing": spacing, "origin": origin}
    labels = [gaussian_filter(noise.normal(0, 1, shape), pick.choice([0, 0.7, 1.5])) > pick.choice([-0.2, 0, 0.3]) for _ in range(2)]
    if not all(label.any() for label in labels):
        return
    volumes = [engine.makeVolume(grid=grid, dtype="uint8", data=label.astype("u1")) for label in labels]
    masks = [engine.maskFromVolume(volume=volume)["mask"] for volume in volumes]
    holes = pick.choice(["loops", "keyhole"])
    made = engine.maskContours(
        masks=[{"mask": mask, "number": 3 * n + 2, "name": f"label {n}"} for n, mask in enumerate(masks)], toleranceMm=0, holes=holes
    )
    rs = folder / "written-rs.dcm"
    engine.writeRtStruct(path=rs, identity={**IDENTITY, "SOPInstanceUID": "1.2.3.4.8"}, roiSet=made["rois"])
    back = engine.readRtStruct(path=rs)
    for n, label in enumerate(labels):
        again = engine.voxelise(rois=back["rois"], index=n, grid=grid, coverage="section")["mask"]
        fraction = engine.one("viewVolume", engine.maskToVolume(mask=again, mode="fraction")).reshape(shape)
        # A plane left out is filled from both sides (roi.gap), and ends may taper into the next plane.
        fraction[~label.any((1, 2))] = 0
        if numpy.abs(fraction - label).max() > 1e-3:
            wrong.append(f"label {n} with {holes}: {int((numpy.abs(fraction - label) > 1e-3).sum())} voxels differ after contours and back")
    ds = pydicom.dcmread(rs)
    drawn = sum(len(roi.get("ContourSequence", [])) for roi in ds.ROIContourSequence)
    if drawn != made["contours"]:
        wrong.append(f"pydicom finds {drawn} contours of {made['contours']}")
    for number, label in zip((2, 5), labels):
        # By the shoelace formula, in pydicom's numbers: outlines and holes wind against each other.
        area = 0
        for roi in ds.ROIContourSequence:
            if roi.ReferencedROINumber != number:
                continue
            for contour in roi.ContourSequence:
                x, y, _ = numpy.array(contour.ContourData, float).reshape(-1, 3).T
                area += 0.5 * numpy.sum(x * numpy.roll(y, -1) - numpy.roll(x, -1) * y)
        if abs(area / (spacing[0] * spacing[1]) - label.sum()) > 1e-3 * label.sum() + 0.01:
            wrong.append(f"contours of {number} enclose {area / (spacing[0] * spacing[1]):.4f} pixels of {label.sum()}")
    seg = folder / "written-seg.dcm"
    kind = pick.choice(["BINARY", "FRACTIONAL"])
    engine.writeSegmentation(
        path=seg, identity={**IDENTITY, "SOPInstanceUID": "1.2.3.4.9"}, type=kind,
        segments=[{"label": f"label {n}", "mask": mask} for n, mask in enumerate(masks)],
    )  # fmt: skip
    ds = pydicom.dcmread(seg)
    frames = ds.pixel_array.reshape(-1, shape[1], shape[2])
    rebuilt = numpy.zeros((2, *shape))
    for frame, group in zip(frames, ds.PerFrameFunctionalGroupsSequence):
        z = float(group.PlanePositionSequence[0].ImagePositionPatient[2])
        plane = int(round((z - origin[2]) / spacing[2]))
        rebuilt[group.SegmentIdentificationSequence[0].ReferencedSegmentNumber - 1, plane] = frame > 0
    if (rebuilt != numpy.array(labels)).any():
        wrong.append(f"pydicom reads {int((rebuilt != numpy.array(labels)).sum())} voxels of the {kind} segmentation otherwise")
    again = engine.readSegmentation(path=seg)["segments"]
    if [abs(one["volumeCc"] - label.sum() * numpy.prod(spacing) / 1000) < 1e-6 for one, label in zip(again, labels)] != [True, True]:
        wrong.append("volumes of the segmentation read back differ")
    rd = folder / "written-rd.dcm"
    gray = noise.random(shape).astype("f4") * pick.choice([0.01, 3, 80])
    bits = pick.choice([16, 32])
    style = pick.choice(["relative", "absolute", "descending"])
    engine.writeRtDose(path=rd, identity={**IDENTITY, "SOPInstanceUID": "1.2.3.4.10"}, grid=grid, values=gray.ravel(), bits=bits, offsets=style, referencedRTPlanUIDs=["1.2.3.9"])
    ds = pydicom.dcmread(rd)
    stored = ds.pixel_array.reshape(shape) * float(ds.DoseGridScaling)
    offsets = numpy.array(ds.GridFrameOffsetVector, float)
    positions = offsets if style == "absolute" else float(ds.ImagePositionPatient[2]) + offsets
    stored = stored[numpy.argsort(positions)]
    if numpy.abs(numpy.sort(positions) - (origin[2] + numpy.arange(shape[0]) * spacing[2])).max() > 1e-3:
        wrong.append(f"planes of the dose lie at {positions}")
    if numpy.abs(stored - gray).max() > gray.max() / (2**bits - 1) + 1e-7 * gray.max():
        wrong.append(f"pydicom reads the dose with errors to {numpy.abs(stored - gray).max()} Gy of {gray.max()}")
    for path in (rs, seg, rd):
        wrong += [f"{path.name}: {said}" for said in complaints(path)]


def check(case, engine, folder):
    pick, noise = seeded(SEED, case)
    wrong = []
    for part in folder.iterdir():
        part.unlink()
    check_reading(pick, engine, folder, wrong)
    check_writing(pick, noise, engine, folder, wrong)
    return f"case {case}", wrong[:8]


run_cases(check, COUNT)
