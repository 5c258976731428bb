"""DVHs of random structures in random doses, beside closed forms and many points of our own; prints what differs.

    build/bench/venv/bin/python test/oracles/dvh_random.py SEED COUNT

The environment is that of `npm run bench:setup`. Every case is a solid that is known without interpolating: stacked slabs
(`interpolation: slab`), or one outline that grows and moves linearly along the normal between its first and last plane
(`endCaps: none`), which the interpolation of moments must meet. Volumes have closed forms (the polygons' areas); curves come of
Sobol points in the solid with a trilinear dose of our own. What is reported must hold: moved along the dose by at most the
bound's Gy, the curve lies within the bound's cc of the truth; 0.02 Gy for bins and 0.2 % of the volume for the points are added.
Exits with 1 where something does not hold.
"""

import sys

import numpy
from dicom_files import ORIENTATIONS, contains, decimal, seeded, turned, write_dose, write_structures
from engine import run_cases
from scipy.ndimage import gaussian_filter
from scipy.stats import qmc

SEED, COUNT = int(sys.argv[1]), int(sys.argv[2])
POINTS = 18  # as a power of two


def area(loop):
    x, y = loop.T
    return 0.5 * float(numpy.sum(x * numpy.roll(y, -1) - numpy.roll(x, -1) * y))


def star(pick, size, corners=None):
    """A simple polygon about 0."""
    n = corners or pick.choice([3, 4, 8, 30, 120])
    angle = numpy.sort(numpy.array([pick.random() for _ in range(n)]) * 0.8 + numpy.arange(n)) / n * 2 * numpy.pi
    radius = size * numpy.array([pick.uniform(0.55, 1) for _ in range(n)])
    return numpy.stack([radius * numpy.cos(angle), radius * numpy.sin(angle)], 1)


def key_holed(outer, inner):
    """One loop: around, in by a seam, around the hole the other way, and out."""
    a = int(numpy.argmax(outer[:, 0]))
    b = int(numpy.argmax(inner[:, 0]))
    inner = inner if area(inner) * area(outer) < 0 else inner[::-1]
    b = int(numpy.argmax(inner[:, 0]))
    return numpy.vstack([numpy.roll(outer, -a, 0), outer[a : a + 1], numpy.roll(inner, -b, 0), inner[b : b + 1]])


# What a plane shows: its loops as drawn, and which of its points are inside.
class Drawn:
    def __init__(self, pick, size):
        self.kind = pick.choice(["plain", "plain", "hole", "key-hole", "nested", "two", "eight", "exclusive or", "overlapping"])
        self.type = "CLOSED_PLANAR"
        outer = star(pick, size, pick.choice([8, 30, 120]) if self.kind in ("hole", "key-hole", "nested") else None)
        hole = star(pick, 0.25 * size)
        hole = hole if pick.random() < 0.5 else hole[::-1]
        self.loops = [outer if pick.random() < 0.5 else outer[::-1]]
        if self.kind == "hole":
            self.loops.append(hole)
        elif self.kind == "key-hole":
            self.loops = [key_holed(outer, hole)]
        elif self.kind == "nested":
            self.loops = [outer, star(pick, 0.35 * size, 8), star(pick, 0.1 * size)]
        elif self.kind == "two":
            self.loops.append(star(pick, size) + [2.3 * size, 0])
        elif self.kind == "eight":
            self.loops = [size * numpy.array([[-1, -1], [1, 1], [1, -1], [-1, 1]]) * [1, pick.uniform(0.4, 1)]]
        elif self.kind == "exclusive or":
            self.loops.append(star(pick, 0.8 * size) + [0.9 * size, 0.1 * size])
            self.type = "CLOSEDPLANAR_XOR"
        elif self.kind == "overlapping":
            self.loops.append(star(pick, 0.8 * size) + [0.9 * size, 0.1 * size])

    def inside(self, points):
        each = [contains(loop, points) for loop in self.loops]
        return numpy.logical_or.reduce(each) if self.kind in ("two", "overlapping") else numpy.logical_xor.reduce(each)

    def area(self):
        """Square millimetres; None where loops cross."""
        if self.kind in ("exclusive or", "overlapping", "eight"):
            return None
        areas = [abs(area(loop)) for loop in self.loops]
        return areas[0] - areas[1] + areas[2] if self.kind == "nested" else areas[0] - areas[1] if self.kind == "hole" else sum(areas)


class Slabs:
    """Other loops on every plane, each as thick as to the middle of the next; a gap may part them."""

    options = {"interpolation": "slab", "endCaps": "half"}

    def __init__(self, pick, size):
        self.spacing = pick.choice([0.5, 1, 2.5, 3, 5])
        count = pick.choice([1, 2, 3, 8, 15])
        self.at = [k * self.spacing for k in range(count)]
        if count == 15:
            self.at = [w + (3 * self.spacing if w >= 6 * self.spacing else 0) for w in self.at]
        same = pick.random() < 0.5
        first = Drawn(pick, size)
        self.planes = [first if same else Drawn(pick, size) for _ in self.at]
        self.half = self.spacing / 2
        if count == 1:
            self.options = {**Slabs.options, "sliceThicknessMm": self.spacing}
        if same and count == 8:
            # Neighbours that are alike share what is between them, however far it is.
            self.at = list(numpy.cumsum([self.spacing * pick.choice([0.9, 1, 1.3]) for _ in self.at]))
            self.at = [w - self.at[0] for w in self.at]
        self.stretch = []
        for k, w in enumerate(self.at):
            below = w - self.at[k - 1] if k else numpy.inf
            above = self.at[k + 1] - w if k + 1 < count else numpy.inf
            gap = 2.5 * self.spacing
            low = below / 2 if below < gap else (above / 2 if above < gap else self.half)
            high = above / 2 if above < gap else (below / 2 if below < gap else self.half)
            self.stretch.append((w - low, w + high))
        self.low, self.high = self.stretch[0][0], self.stretch[-1][1]
        self.said = f"slabs of {self.spacing} mm x {count}, {'all ' + first.kind if same else ', '.join(plane.kind for plane in self.planes)}"

    def contours(self):
        for w, plane in zip(self.at, self.planes):
            for loop in plane.loops:
                yield plane.type, loop, w

    def inside(self, points, w):
        inside = numpy.zeros(len(points), bool)
        for plane, (low, high) in zip(self.planes, self.stretch):
            here = (w >= low) & (w < high)
            inside[here] = plane.inside(points[here])
        return inside

    def volume(self):
        areas = [plane.area() for plane in self.planes]
        return None if None in areas else sum(a * (high - low) for a, (low, high) in zip(areas, self.stretch))


class Growing:
    """One picture that grows and moves linearly, between the first and the last plane."""

    options = {"interpolation": "shape", "endCaps": "none"}

    def __init__(self, pick, size):
        self.spacing = pick.choice([1, 2, 3])
        count = pick.choice([4, 7, 12])
        self.at = list(numpy.cumsum([self.spacing * pick.choice([0.7, 1, 1, 1.4]) for _ in range(count)]))
        self.drawn = Drawn(pick, size)
        while self.drawn.kind in ("exclusive or", "overlapping", "eight"):  # loops that cross are not moments to interpolate
            self.drawn = Drawn(pick, size)
        self.low, self.high = self.at[0], self.at[-1]
        self.growth = pick.choice([0, 0.3, -0.3]) / (self.high - self.low)
        self.drift = numpy.array([pick.uniform(-0.5, 0.5), pick.uniform(-0.5, 0.5)]) * size / (self.high - self.low)
        self.said = f"{self.drawn.kind} growing by {self.growth:.3f} per mm over {count} planes"

    def scale(self, w):
        return 1 + self.growth * (numpy.asarray(w) - self.low)

    def contours(self):
        for w in self.at:
            for loop in self.drawn.loops:
                yield self.drawn.type, loop * self.scale(w) + self.drift * (w - self.low), w

    def inside(self, points, w):
        moved = (points - self.drift * (w - self.low)[:, None]) / self.scale(w)[:, None]
        return self.drawn.inside(moved) & (w >= self.low) & (w < self.high)

    def volume(self):
        a, b = self.scale(self.low), self.scale(self.high)
        return self.drawn.area() * (self.high - self.low) * (a * a + a * b + b * b) / 3


class Dose:
    """A random dose about the structure, maybe smaller than it; trilinear between nodes, held in the outermost half voxels."""

    def __init__(self, pick, noise, extent, turn, path):
        self.spacing = numpy.array([pick.choice([1, 2, 2.5, 4]) for _ in range(3)])
        cover = pick.choice([1.3, 1.3, 0.7])
        size = numpy.ptp(extent, axis=0)
        middle = extent.mean(0)
        self.axes = turn
        count = numpy.maximum(2, numpy.ceil(cover * size / self.spacing).astype(int) + 1)
        shape = count[::-1]
        gray = gaussian_filter(noise.normal(0, 1, shape), pick.choice([0, 0.8, 2])) if pick.random() < 0.7 else numpy.add.outer(
            numpy.arange(shape[0]) * pick.uniform(0, 1), numpy.add.outer(numpy.arange(shape[1]) * pick.uniform(0, 2), numpy.arange(shape[2]))
        )  # fmt: skip
        gray = (gray - gray.min()) / max(numpy.ptp(gray), 1e-9) * pick.choice([0.3, 5, 60])
        if pick.random() < 0.15:
            gray = gray - gray.max() / 4  # differences and corrections may be negative
        self.plane = numpy.arange(count[2]) * self.spacing[2]
        self.style = pick.choice(["relative", "relative", "negative", "absolute"])
        axial = numpy.allclose(numpy.abs(turn[:, 2]), [0, 0, 1])
        if not axial and self.style == "absolute":
            self.style = "relative"
        if pick.random() < 0.3:
            self.plane = numpy.cumsum([0, *[self.spacing[2] * pick.choice([0.6, 1, 1.5]) for _ in range(count[2] - 1)]])
        span = numpy.array([(count[0] - 1) * self.spacing[0], (count[1] - 1) * self.spacing[1], self.plane[-1]])
        self.origin = turn @ (middle - span / 2 + [pick.uniform(-3, 3) for _ in range(3)])
        self.gray = write_dose(path, gray, self.spacing, self.origin, turn, self.plane, self.style, bits=pick.choice([16, 32]))
        if self.style == "negative":
            self.gray = self.gray[::-1]
        # As files say it.
        self.origin = numpy.array([float(decimal(v)) for v in self.origin])

    def at(self, patient):
        """Gray, and whether inside."""
        local = (patient - self.origin) @ self.axes
        nodes = [numpy.arange(self.gray.shape[2]) * self.spacing[0], numpy.arange(self.gray.shape[1]) * self.spacing[1], self.plane]
        inside = numpy.ones(len(local), bool)
        place, way = [], []
        for a in range(3):
            x = local[:, a]
            first, last = nodes[a][1] - nodes[a][0], nodes[a][-1] - nodes[a][-2]
            inside &= (x >= nodes[a][0] - first / 2) & (x <= nodes[a][-1] + last / 2)
            n = numpy.clip(numpy.searchsorted(nodes[a], x, "right") - 1, 0, len(nodes[a]) - 2)
            place.append(n)
            way.append(numpy.clip((x - nodes[a][n]) / (nodes[a][n + 1] - nodes[a][n]), 0, 1))
        value = 0
        for corner in range(8):
            i, j, k = corner & 1, corner >> 1 & 1, corner >> 2
            weight = numpy.prod([way[a] if bit else 1 - way[a] for a, bit in enumerate((i, j, k))], axis=0)
            value = value + weight * self.gray[place[2] + k, place[1] + j, place[0] + i]
        return value, inside


def check(case, engine, folder):
    pick, noise = seeded(SEED, case)
    size = pick.choice([1.5, 3, 8, 20])
    solid = pick.choice([Slabs, Growing])(pick, size)
    # The solid's own axes in the patient, and the dose grid's.
    lying = pick.choice(["axial", "axial", "sagittal", "coronal", "tilted"])
    frame = turned(pick, 40) if lying == "tilted" else ORIENTATIONS[lying]
    place = numpy.array([pick.uniform(-80, 80) for _ in range(3)])
    to_patient = lambda points, w: numpy.column_stack([points, numpy.broadcast_to(w, len(points))]) @ frame.T + place
    drawn = [(kind, to_patient(loop, w)) for kind, loop, w in solid.contours()]
    shuffled = drawn[:]
    pick.shuffle(shuffled)
    write_structures(folder / "rs.dcm", [{"number": 7, "name": "solid", "contours": shuffled}])
    grid = pick.choice(["patient", "patient", "solid", "turned"])
    turn = numpy.eye(3) if grid == "patient" else frame if grid == "solid" else turned(pick, 30)
    extent = numpy.vstack([points for _, points in drawn]) @ turn
    dose = Dose(pick, noise, extent, turn, folder / "rd.dcm")
    outside = pick.choice(["exclude", "zero", "clamp"])
    rois = engine.readRtStruct(path=folder / "rs.dcm")["rois"]
    read = engine.readRtDose(path=folder / "rd.dcm")["dose"]
    found = engine.computeDvh(rois=rois, dose=read, options={**solid.options, "outside": outside}, threads=pick.choice([1, 2, 8]))[0]
    # Points of the solid.
    loops = numpy.vstack([loop for _, loop, _ in solid.contours()])
    low, high = numpy.array([*loops.min(0), solid.low]), numpy.array([*loops.max(0), solid.high])
    points = low + qmc.Sobol(3, seed=case).random_base2(POINTS) * (high - low)
    inside = solid.inside(points[:, :2], points[:, 2])
    points = points[inside]
    counted = float(numpy.prod(high - low)) * inside.mean() / 1000
    gray, within = dose.at(to_patient(points[:, :2], points[:, 2]))
    if outside == "exclude":
        gray = gray[within]
    elif outside == "zero":
        gray = numpy.where(within, gray, 0)
    volume = solid.volume()
    truth = counted if volume is None else volume / 1000
    whole = truth * (len(gray) / len(points) if len(points) else 0)
    bound = found["errorBound"]
    few = 3 / numpy.sqrt(max(1, len(points)))  # what points leave open where they are few
    said = f"case {case}: size {size}, {solid.said}, {lying}, dose {grid} {dose.style}, {outside}, {found['samples']} samples, bound {bound}"
    wrong = []
    allowed = bound["volumeCc"] + (2e-4 if volume is not None else 0.003 + few / 3) * truth
    if abs(found["volumeCc"] - truth) > allowed:
        wrong.append(f"volume {found['volumeCc']:.6f} instead of {truth:.6f} cc ({100 * (found['volumeCc'] / truth - 1):.3f} %)")
    covered = within.mean() if len(within) else 0
    if abs(found["coveredFraction"] - covered) > 0.003 + few / 3 + bound["volumeCc"] / truth:
        wrong.append(f"covered {found['coveredFraction']:.4f} instead of {covered:.4f}")
    if len(gray) > 500 and found["meanGy"] is None:
        wrong.append(f"no curve: {[finding['message'] for finding in found['findings']]}")
    elif len(gray) > 500:
        gray = numpy.sort(gray)
        at_least = lambda level: whole * (1 - numpy.searchsorted(gray, level, "left") / len(gray))
        curve = engine.one("dvhCurve", found["dvh"])
        shift = bound["doseGy"] + 0.02
        open_cc = bound["volumeCc"] + (0.002 + few / 3) * whole + abs(found["volumeCc"] - truth)
        doses = curve["doseGy"]
        above = curve["volumeCc"] - at_least(doses - shift)
        below = at_least(doses + shift) - curve["volumeCc"]
        # Below the first dose, everything.
        worst = max(above[doses > shift].max(initial=0), below[doses > 0].max(initial=0))
        if worst > open_cc:
            wrong.append(f"curve off by {worst:.6f} cc of {whole:.6f} where {open_cc:.6f} are allowed")
        mean = gray.mean()
        spread = gray.std()
        if abs(found["meanGy"] - mean) > shift + (0.002 + few / 3) * spread * 2:
            wrong.append(f"mean {found['meanGy']:.4f} instead of {mean:.4f} Gy")
        # Nodes of the grid in cells that the outline cuts are not looked at: in white noise their dose is missed.
        steep = numpy.abs(numpy.diff(dose.gray, axis=0)).max() + numpy.abs(numpy.diff(dose.gray, axis=1)).max() + numpy.abs(numpy.diff(dose.gray, axis=2)).max()
        if found["minGy"] > gray[0] + 1e-3 + 0.05 * steep or found["maxGy"] < gray[-1] - 1e-3 - 0.05 * steep:
            wrong.append(f"extremes {found['minGy']:.4f} {found['maxGy']:.4f} narrower than {gray[0]:.4f} {gray[-1]:.4f}")
        reach = 0.0 if outside == "zero" else gray[0]
        if found["minGy"] < min(reach, gray[0] - 0.3 * steep) - 0.01 - 0.02 * numpy.ptp(gray) or found["maxGy"] > gray[-1] + 0.3 * steep + 0.01 + 0.02 * numpy.ptp(gray):
            wrong.append(f"extremes {found['minGy']:.4f} {found['maxGy']:.4f} far wider than {gray[0]:.4f} {gray[-1]:.4f}")
        names = ["D98%", "D95%", "D50%", "D2%"]
        values = engine.doseMetrics(dvh=found["dvh"], names=names)["values"]
        for name in names:
            part = 1 - float(name[1:-1]) / 100
            slack = open_cc / whole
            least, most = numpy.quantile(gray, [max(0, part - slack), min(1, part + slack)])
            if not least - shift <= values[name] <= most + shift:
                wrong.append(f"{name} {values[name]:.4f} outside {least:.4f} to {most:.4f} Gy")
    return said, wrong


run_cases(check, COUNT)
