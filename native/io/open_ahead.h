// Many files, each opened by the task that wants it. Of objects the beginning, or all, is fetched ahead, as many at once as
// the store's settings allow, so that a folder of a thousand small ones takes as long as its bytes, not a thousand answers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "exec/exec.h"
#include "io/file.h"

namespace isovox {

struct FileAhead {
  std::string path;
  // What is known of an object from its listing or an earlier read: then it is fetched whole, and must still be that one.
  uint64_t size = 0;
  std::string etag;
};

// Calls visit(which, open) once for each file, in parallel; objects in the order in which they arrive. `open` is called at
// most once and throws as File::Open does. Objects of known size are at hand whole, of others the first 64 KiB.
void ForEachFile(const Exec& exec, const std::vector<FileAhead>& files, int64_t chunk,
                 const std::function<void(size_t which, const std::function<File()>& open)>& visit);

}  // namespace isovox
