// The least work that a whole read of 64-cubed zstd chunks takes: each file read, decompressed and scattered, on threads.
// zstd_chunks FOLDER NX NY NZ REPETITIONS THREADS
#include <zstd.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#include "report.h"

int main(int argc, char** argv) {
  if (argc < 7) return 2;
  const std::string folder = argv[1];
  const int64_t n[3] = {std::atol(argv[2]), std::atol(argv[3]), std::atol(argv[4])};
  const int repetitions = std::atoi(argv[5]), threads = std::atoi(argv[6]);
  constexpr int64_t kChunk = 64;
  int64_t chunks[3];
  for (int a = 0; a < 3; ++a) chunks[a] = (n[a] + kChunk - 1) / kChunk;
  const size_t voxels = static_cast<size_t>(n[0] * n[1] * n[2]);
  std::vector<double> ms;
  std::map<std::string, double> answer;
  for (int i = 0; i <= repetitions; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    const size_t mapped = (voxels * 2 + (size_t{4} << 20)) >> 21 << 21;
    auto* out = static_cast<int16_t*>(mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    madvise(out, mapped, MADV_HUGEPAGE);
    std::atomic<int64_t> next{0};
    const auto work = [&] {
      ZSTD_DCtx* context = ZSTD_createDCtx();
      std::vector<int16_t> cell(kChunk * kChunk * kChunk);
      std::vector<char> packed;
      for (int64_t c; (c = next++) < chunks[0] * chunks[1] * chunks[2];) {
        const int64_t x = c % chunks[0], y = c / chunks[0] % chunks[1], z = c / chunks[0] / chunks[1];
        std::ifstream file(folder + "/0/c/" + std::to_string(z) + "/" + std::to_string(y) + "/" + std::to_string(x), std::ios::binary | std::ios::ate);
        if (!file) continue;
        packed.resize(static_cast<size_t>(file.tellg()));
        file.seekg(0);
        file.read(packed.data(), static_cast<std::streamsize>(packed.size()));
        if (ZSTD_isError(ZSTD_decompressDCtx(context, cell.data(), cell.size() * 2, packed.data(), packed.size()))) std::abort();
        const int64_t width = std::min(kChunk, n[0] - x * kChunk);
        for (int64_t k = 0; k < std::min(kChunk, n[2] - z * kChunk); ++k) {
          for (int64_t j = 0; j < std::min(kChunk, n[1] - y * kChunk); ++j) {
            std::memcpy(out + x * kChunk + n[0] * (y * kChunk + j + n[1] * (z * kChunk + k)), cell.data() + kChunk * (j + kChunk * k), static_cast<size_t>(width) * 2);
          }
        }
      }
      ZSTD_freeDCtx(context);
    };
    std::vector<std::thread> pool;
    for (int t = 0; t < threads; ++t) pool.emplace_back(work);
    for (auto& thread : pool) thread.join();
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - begun;
    if (i > 0) ms.push_back(elapsed.count());
    double sum = 0;
    for (size_t v = 0; v < voxels; ++v) sum += out[v];
    answer = {{"mean", sum / static_cast<double>(voxels)}, {"middle", out[voxels / 2]}};
    munmap(out, mapped);
  }
  Report(ms, ZSTD_VERSION_STRING, answer);
}
