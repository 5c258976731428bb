#include "addon/registry.h"

namespace isovox::addon {

Table FormatsTable() { return {}; }

}  // namespace isovox::addon
