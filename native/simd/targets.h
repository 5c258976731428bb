// Compiles a kernel once per CPU target; the right one is chosen when the program is loaded.
//
// For plain loops over arrays in a .cc file. No operation is reordered or fused, so every target gives the same bits.
#pragma once

// Sanitizers cannot run the choice at load time.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define ISOVOX_CPU_TARGETS __attribute__((target_clones("avx512f", "avx2", "default")))
// Where registers of 512 bits gain nothing.
#define ISOVOX_FOR_CPUS __attribute__((target_clones("avx2", "default")))
#else
#define ISOVOX_CPU_TARGETS
#define ISOVOX_FOR_CPUS
#endif
