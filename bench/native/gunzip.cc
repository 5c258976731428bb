// The least work that loading a .nii.gz takes: read the file, inflate it by libdeflate into memory on huge pages.
#include <libdeflate.h>
#include <sys/mman.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "report.h"

int main(int argc, char** argv) {
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : 7;
  std::vector<double> ms;
  std::map<std::string, double> answer;
  for (int i = 0; i <= repetitions; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    std::ifstream file(argv[1], std::ios::binary | std::ios::ate);
    std::vector<char> packed(static_cast<size_t>(file.tellg()));
    file.seekg(0);
    file.read(packed.data(), static_cast<std::streamsize>(packed.size()));
    uint32_t size = 0;
    std::memcpy(&size, packed.data() + packed.size() - 4, 4);
    const size_t mapped = (size_t{size} + (size_t{4} << 20)) >> 21 << 21;
    void* out = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(out, mapped, MADV_HUGEPAGE);
    libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
    size_t written = 0;
    if (libdeflate_gzip_decompress(decompressor, packed.data(), packed.size(), out, size, &written) != LIBDEFLATE_SUCCESS) return 1;
    libdeflate_free_decompressor(decompressor);
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - begun;
    if (i > 0) ms.push_back(elapsed.count());
    const auto* voxels = reinterpret_cast<const int16_t*>(static_cast<const char*>(out) + 352);
    const size_t count = (written - 352) / 2;
    double sum = 0;
    for (size_t v = 0; v < count; ++v) sum += voxels[v];
    answer = {{"voxels", static_cast<double>(count)}, {"mean", sum / static_cast<double>(count)}, {"middle", voxels[count / 2]}};
    munmap(out, mapped);
  }
  Report(ms, LIBDEFLATE_VERSION_STRING, answer);
}
