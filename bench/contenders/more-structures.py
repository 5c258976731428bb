"""more-structures.py RTSTRUCT OUT STRUCTURES NUMBERS: a structure set with more structures, and at least so many coordinates.

The drawn structures, then copies of all but the largest, moved by a few millimetres; each edge then halved, those of the structures
in turn, until there are enough numbers.
"""

import copy
import sys

import numpy
import pydicom

source, out, count, numbers = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
ds = pydicom.dcmread(source)
points = lambda drawn: [numpy.array(contour.ContourData, float).reshape(-1, 3) for contour in drawn.ContourSequence]
names = {roi.ROINumber: roi for roi in ds.StructureSetROISequence}
drawn = sorted((roi for roi in ds.ROIContourSequence if "ContourSequence" in roi), key=lambda roi: -sum(map(len, points(roi))))
made = [(names[roi.ReferencedROINumber].ROIName, roi, points(roi)) for roi in drawn]
copies = made[1:]
for n in range(count - len(made)):
    name, roi, loops = copies[n % len(copies)]
    move = numpy.array([5 + n, 3 - n, 0])
    made.append((f"{name} {n}", roi, [loop + move for loop in loops]))


def halved(loop):
    """Between any two points their middle."""
    between = numpy.empty((2 * len(loop), 3))
    between[::2] = loop
    between[1::2] = (loop + numpy.roll(loop, -1, 0)) / 2
    return between


total = lambda: 3 * sum(len(loop) for _, _, loops in made for loop in loops)
turn = 0
while total() < numbers:
    # Finely enough that the last one does not go far beyond.
    name, roi, loops = made[turn % len(made)]
    missing = (numbers - total()) / 3
    half = numpy.cumsum([len(loop) for loop in loops]) <= missing + max(map(len, loops))
    made[turn % len(made)] = (name, roi, [halved(loop) if more else loop for loop, more in zip(loops, half)])
    turn += 1
sets, contours, observations = [], [], []
for number, (name, roi, loops) in enumerate(made, 1):
    one = copy.deepcopy(names[roi.ReferencedROINumber])
    one.ROINumber, one.ROIName = number, name
    sets.append(one)
    seen = pydicom.Dataset()
    seen.ObservationNumber = seen.ReferencedROINumber = number
    seen.RTROIInterpretedType, seen.ROIInterpreter = "ORGAN", ""
    observations.append(seen)
    item = pydicom.Dataset()
    item.ReferencedROINumber, item.ROIDisplayColor, item.ContourSequence = number, [255, 0, 0], []
    for drawn_contour, loop in zip(roi.ContourSequence, loops):
        contour = pydicom.Dataset()
        if "ContourImageSequence" in drawn_contour:
            contour.ContourImageSequence = drawn_contour.ContourImageSequence
        contour.ContourGeometricType = drawn_contour.ContourGeometricType
        contour.NumberOfContourPoints = len(loop)
        contour.ContourData = [f"{value:.5g}" if abs(value) < 1 else f"{value:.2f}" for value in loop.ravel()]
        item.ContourSequence.append(contour)
    contours.append(item)
ds.StructureSetROISequence, ds.ROIContourSequence, ds.RTROIObservationsSequence = sets, contours, observations
ds.save_as(out)
print(f"{len(made)} structures, {total()} numbers")
