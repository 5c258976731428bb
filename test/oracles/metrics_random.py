"""Metrics of random doses in random masks beside their formulas in NumPy; sums, differences and moved doses beside SimpleITK.

    build/bench/venv/bin/python test/oracles/metrics_random.py SEED COUNT

The environment is that of `npm run bench:setup`. Voxels are counted, so that every metric has its formula over the voxels' doses;
bins of 0.01 Gy are what may be between, and the size of a voxel where a volume is asked for. Doses of differing grids are summed
on the finer one, warped by a random rigid registration and by a random field, as SimpleITK resamples them; points beyond the
outermost nodes are left out, where programs differ. Exits with 1 where something differs.
"""

import sys

import numpy
import SimpleITK as sitk
from dicom_files import seeded, turned
from engine import run_cases
from scipy.ndimage import gaussian_filter
from scipy.stats import norm

SEED, COUNT = int(sys.argv[1]), int(sys.argv[2])
FRAMES = ("1.2.3.4.5", "1.2.3.4.6")
BIN = 0.01


def identity(frame, number):
    return {
        "PatientID": "ORACLE",
        "StudyInstanceUID": "1.2.3.4",
        "SeriesInstanceUID": f"1.2.3.4.{number}",
        "SOPInstanceUID": f"1.2.3.4.{number}.1",
        "FrameOfReferenceUID": frame,
    }


def random_dose(pick, noise, shape):
    gray = gaussian_filter(noise.normal(0, 1, shape), pick.choice([0.5, 1, 2]))
    return ((gray - gray.min()) / numpy.ptp(gray) * pick.choice([3, 20, 70])).astype("f4")


def check_metrics(pick, noise, engine, folder, wrong):
    shape = tuple(pick.randint(4, 14) for _ in range(3))
    spacing = [pick.choice([1, 2, 2.5]) for _ in range(3)]
    grid = {"size": list(shape[::-1]), "spacing": spacing, "origin": [pick.uniform(-50, 50) for _ in range(3)]}
    engine.writeRtDose(path=folder / "rd.dcm", identity=identity(FRAMES[0], 1), grid=grid, values=random_dose(pick, noise, shape).ravel())
    dose = engine.readRtDose(path=folder / "rd.dcm")["dose"]
    gray = engine.one("viewDose", dose).reshape(shape).astype(float)
    inside = noise.random(shape) < pick.choice([0.05, 0.5, 1])
    inside.flat[0] = True
    volume = engine.makeVolume(grid=grid, dtype="uint8", data=inside.astype("u1"))
    found = engine.dvhFromMask(volume=volume, dose=dose)
    body = engine.dvhFromMask(volume=engine.makeVolume(grid=grid, dtype="uint8", data=numpy.ones(shape, "u1")), dose=dose)
    d = numpy.sort(gray[inside])[::-1]
    voxel = float(numpy.prod(spacing)) / 1000
    whole = voxel * d.size
    rx, ratio, parts = pick.uniform(0.3, 1.1) * d[0], pick.choice([1.5, 3, 10]), pick.choice([1, 5, 30])
    x, level, a, sf2 = pick.uniform(1, 99), pick.uniform(0, 1.1) * d[0], pick.choice([-10, -2.5, 0.5, 1, 8, 20]), pick.choice([0.3, 0.5])
    cc = pick.uniform(0.02, 0.98) * whole
    at = lambda share: d[min(d.size - 1, max(0, int(numpy.ceil(share * d.size - 1e-9)) - 1))]
    between = lambda share: (d[min(d.size - 1, int(share * d.size) + 1)] - BIN, d[max(0, int(share * d.size) - 1)] + BIN)
    volume_at = lambda level: ((d >= level + BIN).sum() * voxel, (d >= level - BIN).sum() * voxel)
    near = lambda value, allowed=BIN: (value - allowed, value + allowed)
    hot = max(1, x / 100 * d.size)
    mean_of = lambda values: values.mean()
    names = {
        "Dmean": near(d.mean()),
        "Dmax": near(d[0]),
        "Dmin": near(d[-1]),
        f"D{x:.3f}%": between(float(f"{x:.3f}") / 100),
        f"D{cc:.4f}cc": between(float(f"{cc:.4f}") / whole),
        f"V{level:.3f}Gycc": volume_at(float(f"{level:.3f}")),
        f"V{level:.3f}Gy": tuple(100 / whole * v for v in volume_at(float(f"{level:.3f}"))),
        "V95%Rxcc": volume_at(0.95 * rx),
        "IntegralDose": near(d.mean() * whole, BIN * whole),
        "HI_RTOG": near(d[0] / rx, BIN / rx),
        "EQD2mean": near(mean_of(d * (d / parts + ratio) / (2 + ratio)), BIN * (2 * d[0] / parts + ratio) / (2 + ratio)),
        "BEDmean": near(mean_of(d * (1 + d / parts / ratio)), BIN * (1 + 2 * d[0] / parts / ratio)),
        f"EUD({sf2})": near(2 * numpy.log(mean_of(sf2 ** (d / 2))) / numpy.log(sf2)),
        "Spread": near(d[0] - d[-1]),
    }
    if a > 0 or d[-1] > 50 * BIN:
        names[f"gEUD({a})"] = near(mean_of(d**a) ** (1 / a), 2 * BIN)
    if d.size * x / 100 > 5:
        # The mean of the hottest part, of a voxel in part as well.
        weight = numpy.clip(x / 100 * d.size - numpy.arange(d.size), 0, 1)
        names[f"MOH{x:.6f}%"] = near((weight * d).sum() / weight.sum(), 2 * BIN)
        names[f"MOC{x:.6f}%"] = near((weight * d[::-1]).sum() / weight.sum(), 2 * BIN)
    values = engine.doseMetrics(dvh=found["dvh"], names=list(names), rxGy=rx, alphaBetaGy=ratio, fractions=parts)["values"]
    for name, (low, high) in names.items():
        if values[name] is None or not low - 1e-6 * abs(low) - 1e-9 <= values[name] <= high + 1e-6 * abs(high) + 1e-9:
            wrong.append(f"{name} {values[name]} is not between {low} and {high}")
    # Probabilities, of doses as they are and in 2 Gy fractions.
    for scheme in ({}, {"alphaBetaGy": ratio, "fractions": parts}):
        own = d * (d / parts + ratio) / (2 + ratio) if scheme else d
        td50, m, n = pick.uniform(0.5, 1.5) * own.mean() + 0.1, pick.choice([0.1, 0.3]), pick.choice([0.1, 0.5, 1])
        truth = norm.cdf(((own ** (1 / n)).mean() ** n - td50) / (m * td50))
        value = engine.doseResponse(dvh=found["dvh"], model="lkb", parameters={"td50Gy": td50, "m": m, "n": n}, **scheme)
        steep = BIN * 4 / (m * td50) + 1e-6
        if not abs(value - truth) <= steep:
            wrong.append(f"NTCP {value} instead of {truth} (TD50 {td50}, m {m}, n {n}, {scheme})")
        gamma50 = pick.choice([1, 2.5])
        truth = numpy.exp(numpy.mean(-numpy.log(2) * numpy.exp(numpy.e * gamma50 * (1 - own / td50))))
        value = engine.doseResponse(dvh=found["dvh"], model="poisson", parameters={"d50Gy": td50, "gamma50": gamma50}, **scheme)
        if not abs(value - truth) <= 4 * BIN * gamma50 * 3 / td50 + 1e-6:
            wrong.append(f"TCP {value} instead of {truth} (D50 {td50}, gamma {gamma50}, {scheme})")
    # Conformity, of an isodose that is not at a voxel's own dose.
    found_at = engine.conformity(target=found["dvh"], body=body["dvh"], rxGy=rx)
    count = lambda doses, level: ((doses >= level + BIN).sum() * voxel, (doses >= level - BIN).sum() * voxel)
    (piv0, piv1), (tv0, tv1), (half0, half1) = count(gray, rx), count(d, rx), count(gray, rx / 2)
    ranges = {"rtog": (piv0 / whole, piv1 / whole), "lomaxSalt": (tv0 / whole, tv1 / whole)}
    if piv0 > 0:
        ranges["paddick"] = (tv0**2 / (whole * piv1), tv1**2 / (whole * piv0))
        ranges["lomaxHealthyTissue"] = (tv0 / piv1, tv1 / piv0)
        ranges["gradientIndex"] = (half0 / piv1, half1 / piv0)
    for name, (low, high) in ranges.items():
        if not low * (1 - 1e-6) <= (found_at[name] or 0) <= high * (1 + 1e-6):
            wrong.append(f"{name} {found_at[name]} is not between {low} and {high}")


def image_of(gray, grid):
    image = sitk.GetImageFromArray(numpy.asarray(gray, "f8"))
    image.SetSpacing([float(v) for v in grid["spacing"]])
    image.SetOrigin([float(v) for v in grid["origin"]])
    image.SetDirection([float(v) for v in grid.get("direction", numpy.eye(3).ravel())])
    return image


def resampled(image, like, transform):
    """Linear, and which points lie between the nodes."""
    values = sitk.GetArrayFromImage(sitk.Resample(image, like, transform, sitk.sitkLinear, 0.0))
    # A ramp along each axis tells where a point lies: near the border it is held.
    shape = sitk.GetArrayViewFromImage(image).shape
    between = numpy.ones(values.shape, bool)
    for axis, count in enumerate(shape):
        ramp = numpy.broadcast_to(numpy.arange(count).reshape([-1 if a == axis else 1 for a in range(3)]), shape).astype("f8")
        made = sitk.GetImageFromArray(ramp)
        made.CopyInformation(image)
        place = sitk.GetArrayFromImage(sitk.Resample(made, like, transform, sitk.sitkLinear, -1.0))
        between &= (place > 1e-3) & (place < count - 1 - 1e-3)
    return values, between


def random_grid(pick, turn):
    shape = tuple(pick.randint(5, 14) for _ in range(3))
    spacing = [pick.choice([1, 2, 2.5, 3]) for _ in range(3)]
    middle = -0.5 * numpy.array([(n - 1) * s for n, s in zip(shape[::-1], spacing)])
    axes = turned(pick, turn)
    origin = axes @ middle + [pick.uniform(-4, 4) for _ in range(3)]
    return shape, {"size": list(shape[::-1]), "spacing": spacing, "origin": list(origin), "direction": list(axes.ravel())}


def check_sums(pick, noise, engine, folder, wrong):
    handles, images, grids = [], [], []
    for n in range(pick.choice([2, 2, 3])):
        shape, grid = random_grid(pick, pick.choice([0, 0, 25]))
        engine.writeRtDose(path=folder / f"{n}.dcm", identity=identity(FRAMES[0], n + 10), grid=grid, values=random_dose(pick, noise, shape).ravel())
        handles.append(engine.readRtDose(path=folder / f"{n}.dcm")["dose"])
        described = engine.one("describeDose", handles[-1])["grid"]
        images.append(image_of(engine.one("viewDose", handles[-1]).reshape(shape), described))
        grids.append(described)
    weights = [pick.choice([1, 0.5, 2]) for _ in handles]
    total = engine.sumDoses(doses=handles, weights=weights)
    finest = int(numpy.argmin([numpy.prod(grid["spacing"]) for grid in grids]))
    if abs(numpy.prod(grids[total["reference"]]["spacing"]) - numpy.prod(grids[finest]["spacing"])) > 1e-9:
        wrong.append(f"summed on grid {total['reference']}, the finest is {finest}")
    like = images[total["reference"]]
    shape = sitk.GetArrayViewFromImage(like).shape
    truth, known = numpy.zeros(shape), numpy.ones(shape, bool)
    for image, weight in zip(images, weights):
        values, between = (sitk.GetArrayFromImage(like), numpy.ones(shape, bool)) if image is like else resampled(image, like, sitk.Transform())
        truth += weight * values
        outside = sitk.GetArrayFromImage(sitk.Resample(image + 1, like, sitk.Transform(), sitk.sitkLinear, 0.0)) == 0
        known &= between | outside
    ours = engine.one("viewDose", total["dose"]).reshape(shape)
    if numpy.abs(ours - truth)[known].max(initial=0) > 1e-4 * truth.max() + 1e-4:
        wrong.append(f"sum off by {numpy.abs(ours - truth)[known].max()} Gy of {truth.max()}, weights {weights}")
    difference = engine.doseDifference(reference=handles[0], evaluated=handles[1])
    ours = engine.one("viewVolume", difference["difference"])
    own = sitk.GetArrayFromImage(images[0])
    values, between = resampled(images[1], images[0], sitk.Transform())
    ours = ours.reshape(own.shape)
    if between.any() and not numpy.abs(ours - (values - own))[between].max() < 1e-4 * own.max() + 1e-4:
        wrong.append(f"difference off by {numpy.abs(ours - (values - own))[between].max()} Gy")


def check_warps(pick, noise, engine, folder, wrong):
    shape, grid = random_grid(pick, pick.choice([0, 20]))
    engine.writeRtDose(path=folder / "moving.dcm", identity=identity(FRAMES[1], 20), grid=grid, values=random_dose(pick, noise, shape).ravel())
    dose = engine.readRtDose(path=folder / "moving.dcm")["dose"]
    image = image_of(engine.one("viewDose", dose).reshape(shape), engine.one("describeDose", dose)["grid"])
    target_shape, target = random_grid(pick, pick.choice([0, 15]))
    like = image_of(numpy.zeros(target_shape), target)
    rotation, shift = turned(pick, 10), numpy.array([pick.uniform(-3, 3) for _ in range(3)])
    item = {"FrameOfReferenceUID": FRAMES[1]}
    if pick.random() < 0.5:
        matrix = numpy.eye(4)
        matrix[:3, :3], matrix[:3, 3] = rotation, shift
        item["matrix"] = list(matrix.ravel())
        # The matrix goes from the dose's frame into the result's; resampling asks the other way.
        transform = sitk.AffineTransform(3)
        transform.SetMatrix(rotation.T.ravel())
        transform.SetTranslation(-rotation.T @ shift)
        kind = "rigid"
    else:
        field_shape = tuple(n + 10 for n in target_shape)
        spacing = [2.0, 2.5, 3.0]
        origin = [-0.5 * (n - 1) * s for n, s in zip(field_shape[::-1], spacing)]
        vectors = numpy.stack([gaussian_filter(noise.normal(0, 12, field_shape), 2) for _ in range(3)], -1).astype("f4")
        field_grid = {"size": list(field_shape[::-1]), "spacing": spacing, "origin": origin}
        item["field"] = {"grid": field_grid, "vectors": vectors.ravel()}
        made = sitk.GetImageFromArray(vectors.astype("f8"), isVector=True)
        made.SetSpacing(spacing)
        made.SetOrigin(origin)
        transform = sitk.DisplacementFieldTransform(made)
        kind = "deformable"
    path = folder / "reg.dcm"
    engine.writeRegistration(path=path, identity=identity(FRAMES[0], 21), items=[item])
    found = engine.warpDose(dose=dose, registration=path, fromFrame=FRAMES[1], grid=target)
    ours = engine.one("viewDose", found["dose"]).reshape(target_shape)
    values, between = resampled(image, like, transform)
    apart = numpy.abs(ours - values)[between].max(initial=0)
    if apart > 2e-4 * values.max() + 1e-4:
        wrong.append(f"{kind} warp off by {apart} Gy of {values.max()}")


def check(case, engine, folder):
    pick, noise = seeded(SEED, case)
    wrong = []
    check_metrics(pick, noise, engine, folder, wrong)
    check_sums(pick, noise, engine, folder, wrong)
    check_warps(pick, noise, engine, folder, wrong)
    return f"case {case}", wrong[:8]


run_cases(check, COUNT)
