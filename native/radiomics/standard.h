// What PyRadiomics normalises an image by.
#pragma once

#include "radiomics/settings.h"
#include "volume/volume.h"

namespace isovox::radiomics {

// Mean and sample deviation of a whole image, by the formula of ITK's StatisticsImageFilter. Throws ERR_INVALID_ARGUMENT for a
// flat image.
Standard StandardOf(const Volume& image);

}  // namespace isovox::radiomics
