// faults: every way to write is told, at its Nth call, that the disk is full or broken, that there are no descriptors, that it is
// read-only, or that there is no memory; N counts up until the work is done without the fault. Each time in a process of its
// own. The answer has to be a coded error or success; what lies on the disk afterwards is what was there before or what
// was to be written, whole, with nothing beside it. Prints a line of JSON per writer.
//
// One thing is let pass and counted as "ended": the JSON library allocates in destructors and the thread pool where nothing
// may be thrown, so a process that is refused a few bytes while it writes a store ends. As after any kill, what was there is
// whole; a temporary file may lie beside it.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <new>

#include "dicom/maker.h"
#include "formats/format.h"
#include "store/volume_store.h"

namespace {

enum class Call { kOpen, kWrite, kSync, kRename, kMakeFolder, kMemory };
struct Fault {
  const char* name;
  Call call;
  int error;
  bool is_short = false;  // half of the bytes are written, with success
};
constexpr Fault kFaults[] = {{"ENOSPC on write", Call::kWrite, ENOSPC},    {"EIO on write", Call::kWrite, EIO},
                             {"EINTR on write", Call::kWrite, EINTR},      {"short write", Call::kWrite, 0, true},
                             {"EIO on fsync", Call::kSync, EIO},           {"EMFILE on open", Call::kOpen, EMFILE},
                             {"EROFS on open", Call::kOpen, EROFS},        {"EIO on rename", Call::kRename, EIO},
                             {"ENOSPC on rename", Call::kRename, ENOSPC},  {"ENOSPC on mkdir", Call::kMakeFolder, ENOSPC},
                             {"no memory", Call::kMemory, ENOMEM}};

const Fault* armed = nullptr;
std::atomic<int64_t> left{0};
std::atomic<bool> fired{false};

// Whether this call is the one; false when nothing is armed.
bool Strikes(Call call) {
  if (armed == nullptr || armed->call != call || left.fetch_sub(1) != 1) return false;
  fired = true;
  errno = armed->error;
  return true;
}

template <typename F>
F Real(const char* name) {
  return reinterpret_cast<F>(::dlsym(RTLD_NEXT, name));
}

ssize_t Written(const char* name, int file, const void* data, size_t size) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t)>(name);
  if (!Strikes(Call::kWrite)) return real(file, data, size);
  return armed->is_short ? real(file, data, size > 1 ? size / 2 : size) : -1;
}

}  // namespace

// The linker takes these for the C library's, here and in every shared library.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t size) { return Strikes(Call::kMemory) ? nullptr : __libc_malloc(size); }
void* calloc(size_t n, size_t size) { return Strikes(Call::kMemory) ? nullptr : __libc_calloc(n, size); }
void* realloc(void* at, size_t size) { return Strikes(Call::kMemory) ? nullptr : __libc_realloc(at, size); }
void* memalign(size_t to, size_t size) { return Strikes(Call::kMemory) ? nullptr : __libc_memalign(to, size); }
void* aligned_alloc(size_t to, size_t size) { return Strikes(Call::kMemory) ? nullptr : __libc_memalign(to, size); }
int posix_memalign(void** at, size_t to, size_t size) {
  *at = Strikes(Call::kMemory) ? nullptr : __libc_memalign(to, size);
  return *at == nullptr ? ENOMEM : 0;
}

ssize_t write(int file, const void* data, size_t size) { return Written("write", file, data, size); }
ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  if (!Strikes(Call::kWrite)) return real(file, data, size, at);
  return armed->is_short ? real(file, data, size > 1 ? size / 2 : size, at) : -1;
}
int fsync(int file) {
  static const auto real = Real<int (*)(int)>("fsync");
  return Strikes(Call::kSync) ? -1 : real(file);
}
int fdatasync(int file) {
  static const auto real = Real<int (*)(int)>("fdatasync");
  return Strikes(Call::kSync) ? -1 : real(file);
}
int rename(const char* from, const char* to) {
  static const auto real = Real<int (*)(const char*, const char*)>("rename");
  return Strikes(Call::kRename) ? -1 : real(from, to);
}
int mkdir(const char* path, mode_t mode) {
  static const auto real = Real<int (*)(const char*, mode_t)>("mkdir");
  return Strikes(Call::kMakeFolder) ? -1 : real(path, mode);
}
int open(const char* path, int flags, ...) {
  static const auto real = Real<int (*)(const char*, int, ...)>("open");
  va_list rest;
  va_start(rest, flags);
  const auto mode = va_arg(rest, mode_t);
  va_end(rest);
  return Strikes(Call::kOpen) ? -1 : real(path, flags, mode);
}
}

namespace {

using namespace isovox;
namespace fs = std::filesystem;
using Tree = std::map<std::string, std::vector<char>>;

struct Writer {
  const char* name;
  bool is_folder_of_files;  // of which each is whole, not all of them together
  std::function<void(const std::string& folder, int version)> write;
  bool may_end = false;
};

Volume VolumeOf(int version) {
  Volume volume = test::SomeVolume(3);
  for (int16_t& voxel : volume.As<int16_t>()) voxel = static_cast<int16_t>(voxel + 100 * version);
  return volume;
}

Writer OfFormat(const char* extension) {
  return {extension, false, [extension](const std::string& folder, int version) {
            formats::WriteVolume({}, VolumeOf(version), folder + "/volume" + extension, {});
          }};
}

Writer OfStore(const char* name, bool sharding) {
  return {name, false, [sharding](const std::string& folder, int version) {
            store::VolumeLayout layout;
            layout.chunk = {2, 2, 2};
            layout.sharding = sharding;
            store::SaveVolume({}, VolumeOf(version), folder + "/volume.zarr", layout);
          },
          true};
}

dicom::Identity IdentityOf(int version) {
  dicom::Identity identity = test::SomeIdentity();
  identity.time = version == 0 ? "101112" : "131415";
  return identity;
}

const Writer kWriters[] = {
    OfFormat(".nii"), OfFormat(".nii.gz"), OfFormat(".nrrd"), OfFormat(".mha"), OfFormat(".npy"), OfStore("zarr", false),
    OfStore("zarr, sharded", true),
    {"RTSTRUCT", false, [](const std::string& folder, int version) {
       const std::vector<Roi> rois = {test::SquareRoi(1, "PTV")};
       dicom::RtStructObject object;
       object.identity = IdentityOf(version);
       object.rois = &rois;
       dicom::WriteRtStruct(folder + "/rs.dcm", object, {});
     }},
    {"RTDOSE", false, [](const std::string& folder, int version) {
       const DoseGrid grid = test::SomeDose({0, 2.5});
       dicom::RtDoseObject object;
       object.identity = IdentityOf(version);
       object.dose = &grid;
       dicom::WriteRtDose(folder + "/rd.dcm", object, {});
     }},
    {"CT series", true, [](const std::string& folder, int version) {
       const Volume volume = VolumeOf(version);
       dicom::ImageSeries series;
       series.volume = &volume;
       series.folder = folder;
       series.identity = IdentityOf(version);
       dicom::WriteImageSeries({}, series, {});
     }},
};

Tree TreeOf(const std::string& folder) {
  Tree tree;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) tree[entry.path().string().substr(folder.size())] = test::Slurp(entry.path());
  }
  return tree;
}

enum Answer { kDone = 10, kNotStruck = 11, kRefused = 12 };

// The answer, or something else when the process did not end by itself.
int WriteInChild(const Writer& writer, const std::string& folder, int version, const Fault* fault, int64_t n) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    left = n;
    armed = fault;
    int answer = kDone;
    try {
      writer.write(folder, version);
    } catch (const Error&) {
      answer = kRefused;
    } catch (const std::bad_alloc&) {  // the addon's door gives it its code
      answer = kRefused;
    } catch (const fs::filesystem_error&) {
      answer = 1;
    }
    armed = nullptr;
    std::_Exit(answer == kDone && !fired ? kNotStruck : answer);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool Whole(const Writer& writer, const Tree& now, const Tree& before, const Tree& after) {
  if (!writer.is_folder_of_files) return now == before || now == after;
  for (const auto& [name, bytes] : now) {
    const auto old_file = before.find(name), new_file = after.find(name);
    if ((old_file == before.end() || old_file->second != bytes) && (new_file == after.end() || new_file->second != bytes))
      return false;
  }
  return true;
}

// Every file of one of the two is there, whatever else is.
bool Survives(const Tree& now, const Tree& before, const Tree& after) {
  const auto has = [&](const Tree& all) {
    for (const auto& [name, bytes] : all) {
      const auto here = now.find(name);
      if (here == now.end() || here->second != bytes) return false;
    }
    return true;
  };
  return has(before) || has(after);
}

void Refill(const std::string& folder, const Tree& tree) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (const auto& [name, bytes] : tree) {
    fs::create_directories(fs::path(folder + name).parent_path());
    test::Spill(folder + name, bytes);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t most = argc > 1 ? std::atoll(argv[1]) : 100000;
  const test::TempFolder temporary;
  const std::string folder = temporary / "out";
  bool failed = false;
  for (const Writer& writer : kWriters) {
    Tree versions[2];
    for (int version = 0; version < 2; ++version) {
      Refill(folder, {});
      if (WriteInChild(writer, folder, version, nullptr, 0) != kNotStruck) std::abort();
      versions[version] = TreeOf(folder);
    }
    int trials = 0, refused = 0, done = 0, ended = 0, crashed = 0, torn = 0;
    for (const Fault& fault : kFaults) {
      for (int64_t n = 1; n <= most; ++n) {
        if (TreeOf(folder) != versions[0]) Refill(folder, versions[0]);
        const int answer = WriteInChild(writer, folder, 1, &fault, n);
        const bool has_ended = answer == -SIGABRT && writer.may_end && fault.call == Call::kMemory;
        const bool whole = has_ended ? Survives(TreeOf(folder), versions[0], versions[1])
                                     : Whole(writer, TreeOf(folder), versions[0], versions[1]);
        if (!whole || (!has_ended && answer != kDone && answer != kNotStruck && answer != kRefused)) {
          std::fprintf(stderr, "%s: %s, call %lld: answer %d%s\n", writer.name, fault.name, static_cast<long long>(n), answer,
                       whole ? "" : ", half a file or a file too many");
        }
        torn += !whole;
        if (answer == kNotStruck) break;
        ++trials;
        refused += answer == kRefused;
        done += answer == kDone;
        ended += has_ended;
        crashed += !has_ended && answer != kRefused && answer != kDone;
      }
    }
    std::printf("{\"writer\":\"%s\",\"faults\":%d,\"refused\":%d,\"done\":%d,\"ended\":%d,\"crashed\":%d,\"torn\":%d}\n", writer.name, trials, refused,
                done, ended, crashed, torn);
    std::fflush(stdout);
    failed = failed || crashed + torn > 0;
  }
  return failed ? 1 : 0;
}
