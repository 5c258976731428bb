#include "addon/registry.h"

namespace isovox::addon {

Table DicomTable() { return {}; }

}  // namespace isovox::addon
