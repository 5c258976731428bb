// mutants COUNT [FOLDER]: that many deterministic damages of each of five formats, each read in a process of its own; prints
// one line of JSON per format with what became of them. Fails when one crashed or took more than two seconds, or, without
// sanitizers, more memory than 64 MB and eight times the file. With FOLDER they are kept there for other programs, unread.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "dicom/maker.h"
#include "read_every_way.h"
#include "seeds.h"

namespace {

using namespace isovox;
using Bytes = std::vector<char>;

Bytes Mutate(Bytes bytes, std::mt19937& random) {
  const auto any = [&](size_t below) { return static_cast<size_t>(random() % below); };
  for (size_t edits = 1 + any(4); edits > 0; --edits) {
    const size_t at = any(bytes.size());
    switch (any(6)) {
      case 0: bytes[at] = static_cast<char>(random()); break;
      case 1: bytes[at] = static_cast<char>(0xFF); break;
      case 2: bytes[at] = static_cast<char>(bytes[at] ^ 1 << any(8)); break;
      case 3: bytes.resize(std::max<size_t>(at, 1)); break;
      case 4: bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), static_cast<char>(random())); break;
      default:  // a length or a size of all ones
        for (size_t i = at; i < std::min(at + 4, bytes.size()); ++i) bytes[i] = static_cast<char>(0xFF);
    }
  }
  return bytes;
}

struct Outcome {
  int crashed = 0, slow = 0, large = 0;
  double most_seconds = 0, most_mb = 0;
};

void ReadInChild(const std::string& path, size_t size, Outcome& outcome) {
  const auto begun = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    fuzz::ReadEveryWay(path);
    std::_Exit(0);
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
  const double cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                     1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  const double mb = static_cast<double>(usage.ru_maxrss) / 1024;
  outcome.most_seconds = std::max(outcome.most_seconds, std::min(cpu, seconds.count()));
  outcome.most_mb = std::max(outcome.most_mb, mb);
  const bool crashed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  outcome.crashed += crashed;
  outcome.slow += std::min(cpu, seconds.count()) > 2;
  outcome.large += mb > 64 + 8.0 * static_cast<double>(size) / (1 << 20);
  if (crashed) {
    const std::string kept = "crash-" + std::to_string(outcome.crashed) + "-" + path.substr(path.rfind('/') + 1);
    test::Spill(kept, test::Slurp(path));
    std::fprintf(stderr, "crashed: kept as %s\n", kept.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 2000;
  const char* const kept = argc > 2 ? argv[2] : nullptr;
  const auto seeds = fuzz::MakeSeeds();
  const test::TempFolder folder;
  bool failed = false;
  for (const char* format : {"ct", "rle", "rtstruct", "rtdose", "nii.gz"}) {
    std::vector<const fuzz::Seed*> of_format;
    for (const fuzz::Seed& seed : seeds) {
      if (seed.format == format) of_format.push_back(&seed);
    }
    std::mt19937 random(20261121);
    Outcome outcome;
    for (int i = 0; i < count; ++i) {
      const fuzz::Seed& seed = *of_format[static_cast<size_t>(i) % of_format.size()];
      const Bytes bytes = Mutate(seed.bytes, random);
      if (kept != nullptr) {
        test::Spill(std::string(kept) + "/" + format + "-" + std::to_string(i) + seed.extension, bytes);
        continue;
      }
      const std::string path = folder / ("mutant" + seed.extension);
      test::Spill(path, bytes);
      ReadInChild(path, bytes.size(), outcome);
    }
    if (kept != nullptr) continue;
#if defined(ISOVOX_FUZZ_ASAN)
    const char* build = "AddressSanitizer";
    outcome.large = 0;  // its own memory is counted too
#else
    const char* build = "plain";
#endif
    std::printf("{\"format\":\"%s\",\"build\":\"%s\",\"mutants\":%d,\"crashed\":%d,\"slow\":%d,\"large\":%d,\"mostSeconds\":%.3f,\"mostMb\":%.1f}\n",
                format, build, count, outcome.crashed, outcome.slow, outcome.large, outcome.most_seconds, outcome.most_mb);
    std::fflush(stdout);
    failed = failed || outcome.crashed + outcome.slow + outcome.large > 0;
  }
  return failed ? 1 : 0;
}
