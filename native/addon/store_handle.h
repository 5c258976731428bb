// Stored volumes as handles, for the bindings that read them.
#pragma once

#include "addon/handle.h"
#include "store/volume_store.h"

namespace isovox::addon {

template <> struct HandleName<store::StoredVolume> { static constexpr const char* value = "StoredVolume"; };

}  // namespace isovox::addon
