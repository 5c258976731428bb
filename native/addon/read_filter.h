// A filter's settings as JavaScript gives them.
#pragma once

#include "addon/args.h"
#include "filters/filter.h"

namespace isovox::addon {

filters::Filter ReadFilter(const Args& args);

}  // namespace isovox::addon
