// Stored volumes as handles, for the bindings that read them.
#pragma once

#include "addon/handle.h"
#include "io/tile_cache.h"
#include "store/volume_store.h"

namespace isovox::addon {

template <> struct HandleName<TileCache> { static constexpr const char* value = "TileCache"; };
template <> struct HandleName<store::StoredVolume> { static constexpr const char* value = "StoredVolume"; };

}  // namespace isovox::addon
