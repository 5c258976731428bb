// Where an image plane lies (PS3.3 C.7.6.2), from the attributes of a data set or of a functional group.
#pragma once

#include <array>
#include <optional>

#include "dicom/dataset.h"
#include "volume/grid.h"

namespace isovox::dicom {

// Along a row, down a column, and their cross product; made unit length. Nothing when ImageOrientationPatient is absent.
// Throws ERR_GEOMETRY when the two directions are not at right angles or have no length.
std::optional<Axes> OrientationOf(const DataSet& set);

std::optional<Vec3> PositionOf(const DataSet& set);

// Spacing along i (between columns) and along j (between rows): PixelSpacing names them the other way round.
// Nothing when absent, or zero in a set without ImagePositionPatient; throws ERR_GEOMETRY when not positive.
std::optional<std::array<double, 2>> SpacingOf(const DataSet& set);

}  // namespace isovox::dicom
