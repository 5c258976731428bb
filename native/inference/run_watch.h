// Stops a running network when its cancel token is raised.
#pragma once

#include <functional>

#include "exec/cancel.h"

namespace isovox {

// While it lives, a thread of the process looks at the token every few milliseconds and calls `stop` once when it is up.
// `stop` is not running any more when the destructor returns.
class RunWatch {
 public:
  RunWatch(const CancelToken* token, std::function<void()> stop);  // a null token watches nothing
  ~RunWatch();
  RunWatch(const RunWatch&) = delete;
  RunWatch& operator=(const RunWatch&) = delete;

 private:
  const CancelToken* token_;
};

}  // namespace isovox
