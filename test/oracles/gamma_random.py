"""Gamma of random doses beside pymedphys, and beside a search of our own where grids are turned; prints what differs.

    build/bench/venv/bin/python test/oracles/gamma_random.py SEED COUNT

The environment is that of `npm run bench:setup`. Grids of reference and evaluation differ in place, spacing, size and order of
planes; criteria, cutoff, normalisation, greatest index and pymedphys' steps are random. pymedphys looks for the least index on
spheres, so that it finds no less than there is, and at most what its steps allow more: by as much as the dose may change within
a step. A search of our own, six points each, goes down to a thousandth of a step. Reference points from which the
evaluated dose is out of reach have no index in pymedphys, and the greatest one here. Exits with 1 where more differs.
"""

import logging
import sys
import warnings

import numpy
import pymedphys
from dicom_files import ORIENTATIONS, seeded, turned, write_dose
from engine import run_cases
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import gaussian_filter
from scipy.optimize import least_squares

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
SEED, COUNT = int(sys.argv[1]), int(sys.argv[2])


def random_dose(pick, noise, shape):
    """Noise of some smoothness [plane, row, column]: from nearly flat to nearly white, sometimes with steps or zeros."""
    gray = gaussian_filter(noise.normal(0, 1, shape), pick.choice([0, 0.7, 1.5, 3]))
    gray = (gray - gray.min()) / max(numpy.ptp(gray), 1e-9)
    if pick.random() < 0.2:
        gray = numpy.round(gray * 4) / 4
    if pick.random() < 0.2:
        gray[gray < 0.4] = 0
    return gray * pick.choice([0.5, 2, 20, 70])


def random_pair(pick, noise):
    shape = [pick.choice([1, 4, 7, 10]), pick.randint(3, 12), pick.randint(3, 12)]
    spacing = numpy.array([pick.choice([1, 2, 2.5, 3.9]), pick.choice([1, 2, 2.5]), pick.choice([1, 2, 3, 5])])
    origin = numpy.array([pick.uniform(-50, 50) for _ in range(3)])
    reference = (random_dose(pick, noise, shape), spacing, origin)
    kind = pick.choice(["same grid", "same grid", "moved", "other"])
    if kind == "same grid":
        change = gaussian_filter(noise.normal(0, 1, shape), pick.choice([0, 1]))
        evaluated = (reference[0] * (1 + pick.choice([0.01, 0.03, 0.1]) * change), spacing, origin)
    elif kind == "moved":
        evaluated = (reference[0] * pick.choice([1, 1.02]), spacing, origin + [pick.uniform(-4, 4) for _ in range(3)])
    else:
        there = numpy.array([pick.choice([0.8, 1.5, 2.5, 4]) for _ in range(3)])
        count = [max(2, int(n * a / b) + pick.randint(-1, 2)) for n, a, b in zip(shape, spacing[::-1], there[::-1])]
        made = random_dose(pick, noise, count)
        evaluated = (made * (reference[0].max() / max(made.max(), 1e-9)), there, origin + [pick.uniform(-3, 3) for _ in range(3)])
    return reference, (numpy.abs(evaluated[0]), *evaluated[1:])


def nodes(grid):
    gray, spacing, _ = grid
    return [numpy.arange(n) * s for n, s in zip(gray.shape, spacing[::-1])]


class Trilinear:
    """The dose at positions [n, 3] as z, y, x from the first node; infinity outside."""

    def __init__(self, axes, gray):
        self.flat = [a for a in range(3) if len(axes[a]) == 1]
        self.step = numpy.array([axis[1] - axis[0] if len(axis) > 1 else 1 for axis in axes])
        axes = [numpy.array([axis[0], axis[0] + 1.0]) if len(axis) == 1 else axis for axis in axes]
        for a in self.flat:
            gray = numpy.repeat(gray, 2, axis=a)
        self.of = RegularGridInterpolator(axes, gray, bounds_error=False, fill_value=numpy.inf)

    def __call__(self, places):
        values = self.of(places)
        for a in self.flat:
            values[numpy.abs(places[:, a]) > 1e-9] = numpy.inf
        return values


def searched(dose, field, place, accepted, distance, most):
    """The least index by ever finer lattices about the best points so far."""
    span, step = most * distance, distance / 12
    along = [numpy.array([-place[a]]) if a in field.flat else numpy.arange(-span, span + step, step) for a in range(3)]
    near = [[0] if a in field.flat else [-1, -0.5, 0, 0.5, 1] for a in range(3)]
    lattice = numpy.stack(numpy.meshgrid(*along, indexing="ij"), -1).reshape(-1, 3)
    small = numpy.stack(numpy.meshgrid(*near, indexing="ij"), -1).reshape(-1, 3)
    index = lambda offsets: (offsets**2).sum(1) / distance**2 + ((field(place + offsets) - dose) / accepted) ** 2
    offsets = lattice[(lattice**2).sum(1) <= span**2]
    if len(offsets) == 0:
        return most, []
    # The best of every cell of the dose, as each may have its own valley; then each by itself.
    values = index(offsets)
    order = numpy.argsort(values)
    cells = numpy.floor((place + offsets[order]) / field.step).astype(int)
    first = numpy.sort(numpy.unique(cells, axis=0, return_index=True)[1])
    best, others = offsets[order][first[:150]], offsets[order][first[150:800]]
    rows = numpy.arange(len(best))
    for _ in range(26):
        around = best[:, None] + step * small
        values = index(around.reshape(-1, 3)).reshape(len(best), -1)
        best, values = around[rows, values.argmin(1)], values.min(1)
        step *= 0.7
    return min(most, float(numpy.sqrt(values.min()))), [*best, *others]


def followed(dose, field, place, accepted, distance, starts):
    """The least index by least squares within each start's cell: follows steep valleys, which lattices do not."""
    free = [a for a in range(3) if a not in field.flat]

    def residuals(y):
        offset = -place
        offset[free] = y
        return numpy.array([*(offset / distance), (field(place + offset[None])[0] - dose) / accepted])

    least = numpy.inf
    for start in starts:
        low = (numpy.floor((place + start) / field.step + 1e-9) * field.step - place)[free]
        low, high = low + 1e-9, low + field.step[free] - 1e-9
        for begin in (start[free], (low + high) / 2, low + 0.9 * (high - low)):
            try:
                least = min(least, 2 * least_squares(residuals, numpy.clip(begin, low + 1e-12, high - 1e-12), bounds=(low, high)).cost)
            except ValueError:  # outside the grid
                continue
    return float(numpy.sqrt(least))


def steepest(gray, spacing):
    """The most that the trilinear dose changes per millimetre, along the axes together."""
    return numpy.sqrt(sum((numpy.abs(numpy.diff(gray, axis=a)).max() / spacing[2 - a]) ** 2 for a in range(3) if gray.shape[a] > 1))


def check(case, engine, folder):
    pick, noise = seeded(SEED, case)
    (reference, r_spacing, r_origin), (evaluated, e_spacing, e_origin) = random_pair(pick, noise)
    turn = pick.choice(["none", "none", "both", "one"])
    axes = ORIENTATIONS[pick.choice(list(ORIENTATIONS))] if turn != "none" else numpy.eye(3)
    relative = turned(pick, 20) if turn == "one" else numpy.eye(3)
    # Both origins were drawn in the first grid's own axes.
    reference = write_dose(folder / "r.dcm", reference, r_spacing, axes @ r_origin, axes, style=pick.choice(["relative", "negative"]))
    evaluated_axes = axes @ relative
    evaluated_style = pick.choice(["relative", "negative"])
    evaluated = write_dose(folder / "e.dcm", evaluated, e_spacing, axes @ e_origin, evaluated_axes, style=evaluated_style)
    percent, distance = pick.choice([1, 2, 3, 5, 10]), pick.choice([0.5, 1, 2, 3, 4.5])
    cutoff, most, local = pick.choice([0, 5, 10, 30]), pick.choice([1, 1.1, 1.5, 2]), pick.random() < 0.4
    gray = {name: engine.readRtDose(path=folder / f"{name}.dcm")["dose"] for name in "re"}
    found = engine.gammaIndex(
        reference=gray["r"], evaluated=gray["e"], dosePercent=percent, distanceMm=distance, local=local, cutoffPercent=cutoff,
        maxGamma=most, threads=pick.choice([1, 2, 8]),
    )  # fmt: skip
    read = {name: engine.one("viewDose", gray[name]).astype(float) for name in "re"}
    planes = {name: engine.one("describeDose", gray[name])["grid"] for name in "re"}
    values = engine.one("viewVolume", found["gamma"]).reshape(reference.shape).astype(float)
    reference, evaluated = read["r"].reshape(planes["r"]["size"][::-1]), read["e"].reshape(planes["e"]["size"][::-1])
    said = f"case {case}: {turn}, {percent} % {distance} mm, cutoff {cutoff}, {'local' if local else 'global'}, most {most}"
    wrong = []
    greatest = reference.max()
    wanted = reference >= cutoff / 100 * greatest
    if local:
        wanted &= reference > 0
    if (numpy.isfinite(values) != wanted).any():
        wrong.append(f"{int((numpy.isfinite(values) != wanted).sum())} points of {wanted.size} chosen otherwise")
    pass_rate = (values[wanted] <= 1).mean() if wanted.any() else 0
    if abs(pass_rate - found["passRate"]) > 1e-12 + 2 / max(1, wanted.sum()) * (numpy.abs(values - 1) < 1e-6).sum():
        wrong.append(f"pass rate {found['passRate']} of a map with {pass_rate}")
    # Beside the search: the evaluated grid's own axes, from its first node.
    field = Trilinear([numpy.arange(n) * s for n, s in zip(evaluated.shape, e_spacing[::-1])], evaluated)
    points = numpy.argwhere(wanted)
    for k, j, i in points[noise.permutation(len(points))[:6]]:
        inside = (axes @ (r_origin + [i * r_spacing[0], j * r_spacing[1], k * r_spacing[2]]) - axes @ e_origin) @ evaluated_axes
        dose = reference[k, j, i]
        accepted = percent / 100 * (dose if local else greatest)
        truth, starts = searched(dose, field, inside[::-1], accepted, distance, most)
        if values[k, j, i] < truth - 2e-3:
            truth = min(truth, followed(dose, field, inside[::-1], accepted, distance, starts))
        if not -5e-3 < values[k, j, i] - truth < 1.5e-3 + 0.02 * truth:
            wrong.append(f"at {i} {j} {k}: {values[k, j, i]:.5f}, found by searching {truth:.5f}")
    if turn != "one" and min(reference.shape) > 1 and min(evaluated.shape) > 1:
        fraction = pick.choice([5, 10, 20])
        subset = pick.choice([None, 100])
        theirs = pymedphys.gamma(
            tuple(a + o for a, o in zip(nodes((reference, r_spacing, None)), r_origin[::-1])), reference,
            tuple(a + o for a, o in zip(nodes((evaluated, e_spacing, None)), e_origin[::-1])), evaluated,
            percent, distance, lower_percent_dose_cutoff=cutoff, interp_fraction=fraction, max_gamma=most, local_gamma=local,
            random_subset=subset,
        )  # fmt: skip
        known = numpy.isfinite(theirs) & wanted
        accepted = percent / 100 * (numpy.where(reference > 0, reference, 1) if local else greatest)
        # Half the diagonal of their steps along the shell and across it.
        reach = numpy.sqrt(3) / 2 * distance / fraction
        allowed = reach * numpy.sqrt(1 / distance**2 + (steepest(evaluated, e_spacing) / accepted) ** 2) + 1e-6
        apart = theirs - values
        below, above = known & (apart < -1e-3 - 0.02 * theirs), known & (apart > allowed)
        if below.any():
            wrong.append(f"{below.sum()} of {known.sum()} above pymedphys, by {-apart[below].min():.5f} at most")
        if above.any():
            wrong.append(f"{above.sum()} of {known.sum()} further below pymedphys than its steps allow, by {apart[above].max():.4f}")
        unknown = wanted & ~numpy.isfinite(theirs)
        if subset is None and unknown.any() and values[unknown].min() < most - 1e-6:
            wrong.append(f"{unknown.sum()} points without an index in pymedphys, with {values[unknown].min()} here")
    return said, wrong


run_cases(check, COUNT)
