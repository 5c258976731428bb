// gunzip PATH REPETITIONS [THREADS]: the least work that loading a .nii.gz takes: read the file, inflate it by libdeflate
// into memory on huge pages; on each of the threads.
#include <libdeflate.h>
#include <sys/mman.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include "report.h"

struct Inflated {
  void* out;
  size_t mapped, written;
};

Inflated Inflate(const char* path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::vector<char> packed(static_cast<size_t>(file.tellg()));
  file.seekg(0);
  file.read(packed.data(), static_cast<std::streamsize>(packed.size()));
  uint32_t size = 0;
  std::memcpy(&size, packed.data() + packed.size() - 4, 4);
  Inflated inflated{nullptr, (size_t{size} + (size_t{4} << 20)) >> 21 << 21, 0};
  inflated.out = mmap(nullptr, inflated.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise(inflated.out, inflated.mapped, MADV_HUGEPAGE);
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  if (libdeflate_gzip_decompress(decompressor, packed.data(), packed.size(), inflated.out, size, &inflated.written) != LIBDEFLATE_SUCCESS) std::exit(1);
  libdeflate_free_decompressor(decompressor);
  return inflated;
}

int main(int argc, char** argv) {
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : 7, threads = argc > 3 ? std::atoi(argv[3]) : 1;
  std::vector<double> ms;
  std::map<std::string, double> answer;
  for (int i = 0; i <= repetitions; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    std::vector<Inflated> results(static_cast<size_t>(threads));
    std::vector<std::thread> others;
    for (size_t t = 1; t < results.size(); ++t) others.emplace_back([&results, t, argv] { results[t] = Inflate(argv[1]); });
    results[0] = Inflate(argv[1]);
    for (std::thread& other : others) other.join();
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - begun;
    if (i > 0) ms.push_back(elapsed.count());
    const auto* voxels = reinterpret_cast<const int16_t*>(static_cast<const char*>(results[0].out) + 352);
    const size_t count = (results[0].written - 352) / 2;
    double sum = 0;
    for (size_t v = 0; v < count; ++v) sum += voxels[v];
    answer = {{"voxels", static_cast<double>(count)}, {"mean", sum / static_cast<double>(count)}, {"middle", voxels[count / 2]}};
    for (const Inflated& one : results) munmap(one.out, one.mapped);
  }
  Report(ms, LIBDEFLATE_VERSION_STRING, answer);
}
