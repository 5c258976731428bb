// What one thread hands to another through the pool, told to ThreadSanitizer, which cannot see the pool's own atomics:
// Debian's oneTBB is not instrumented. Nothing in every other build.
#pragma once

#if defined(ISOVOX_TELL_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace isovox {

class Handover {
 public:
  // What this thread did before, those who call Take see.
  void Give() {
#if defined(ISOVOX_TELL_TSAN)
    __tsan_release(this);
#endif
  }
  void Take() {
#if defined(ISOVOX_TELL_TSAN)
    __tsan_acquire(this);
#endif
  }

  // The same when a scope is left, be it by an exception.
  class Giving {
   public:
    explicit Giving(Handover& handover) : handover_(handover) {}
    ~Giving() { handover_.Give(); }
    Giving(const Giving&) = delete;

   private:
    Handover& handover_;
  };
  class Taking {
   public:
    explicit Taking(Handover& handover) : handover_(handover) {}
    ~Taking() { handover_.Take(); }
    Taking(const Taking&) = delete;

   private:
    Handover& handover_;
  };
};

}  // namespace isovox
