// Which CPU targets a kernel is compiled for.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define ISOVOX_CPU_TARGETS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ISOVOX_CPU_TARGETS
#endif
