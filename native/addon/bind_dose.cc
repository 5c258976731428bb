#include "addon/registry.h"

namespace isovox::addon {

Table DoseTable() { return {}; }

}  // namespace isovox::addon
