#include "addon/registry.h"

namespace isovox::addon {

Table ImagingTable() { return {}; }

}  // namespace isovox::addon
