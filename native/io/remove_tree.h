// Removes a folder and what is in it, without asking for memory: it is what tidies up when there is none.
#pragma once

namespace isovox {

// Links are removed, not followed. What cannot be removed stays; false when something does.
bool RemoveTree(const char* path) noexcept;

}  // namespace isovox
