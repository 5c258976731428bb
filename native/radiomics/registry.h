// The table of families: the one list from which extraction, catalogue and tests take what there is.
#pragma once

#include <span>

#include "radiomics/family.h"

namespace isovox::radiomics {

std::span<const Family> Families();

}  // namespace isovox::radiomics
