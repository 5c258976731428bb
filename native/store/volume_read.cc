#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "io/file.h"
#include "io/s3_object.h"
#include "store/volume_store.h"

namespace isovox::store {
namespace {

using nlohmann::json;

constexpr size_t kLargestMeta = size_t{64} << 20;

enum { kX, kY, kZ, kC, kT };

Error Wrong(const std::string& why) { return Error(ErrorCode::kCorruptData, "Not a stored volume: " + why); }

json ReadJson(const std::string& path) {
  Object object;
  if (IsS3(path)) {
    object = GetObject(ParseS3Uri(path), kLargestMeta);
  } else {
    const File file = File::Open(path);
    if (file.size() > kLargestMeta) throw Wrong("zarr.json is larger than 64 MiB");
    object.content = ReadWholeFile(file);
    object.size = object.content.size;
  }
  const auto* begin = reinterpret_cast<const char*>(object.content.data.get());
  json parsed = json::parse(begin, begin + object.size, nullptr, false);
  if (!parsed.is_object()) throw Wrong("zarr.json is no object");
  return parsed;
}

double MillimetresPer(const std::string& unit) {
  if (unit == "micrometer") return 1e-3;
  if (unit == "nanometer") return 1e-6;
  if (unit == "centimeter") return 10;
  if (unit == "meter") return 1000;
  return 1;
}

// Sizes of voxels and place of the first, from the transformations of OME-Zarr; axes are taken for LPS.
void PutOme(const json& image, const json& dataset, StoredVolume& stored) {
  Grid& grid = stored.description.grid;
  double* const origin[] = {&grid.origin.x, &grid.origin.y, &grid.origin.z};
  const size_t axes = stored.array.meta().shape.size();
  for (const json* holder : {&dataset, &image}) {
    if (!holder->contains("coordinateTransformations")) continue;
    for (const json& transform : (*holder)["coordinateTransformations"]) {
      const std::string type = transform.value("type", "");
      if (type != "scale" && type != "translation") continue;
      const auto values = transform.value(type, std::vector<double>());
      if (values.size() != axes) throw Wrong("a transformation and the axes disagree");
      for (size_t a = 0; a < 3; ++a) {
        if (stored.axis[a] < 0) continue;
        const double value = values[static_cast<size_t>(stored.axis[a])];
        if (type == "translation") {
          *origin[a] += value;
        } else {
          grid.spacing[a] *= value;
          *origin[a] *= value;
        }
      }
    }
  }
  for (size_t a = 0; a < 3; ++a) {
    if (stored.axis[a] < 0) continue;
    const double mm = MillimetresPer(image.at("axes").at(static_cast<size_t>(stored.axis[a])).value("unit", ""));
    grid.spacing[a] *= mm;
    *origin[a] *= mm;
  }
}

void PutOwn(const json& own, Volume& volume) {
  const auto spacing = own.at("spacing").get<std::vector<double>>(), origin = own.at("origin").get<std::vector<double>>(),
             d = own.at("direction").get<std::vector<double>>();
  if (spacing.size() != 3 || origin.size() != 3 || d.size() != 9) throw Wrong("its geometry is incomplete");
  volume.grid.spacing = {spacing[0], spacing[1], spacing[2]};
  volume.grid.origin = {origin[0], origin[1], origin[2]};
  volume.grid.axes = {{d[0], d[3], d[6]}, {d[1], d[4], d[7]}, {d[2], d[5], d[8]}};
  volume.slope = own.value("slope", 1.0);
  volume.intercept = own.value("intercept", 0.0);
  volume.unit = own.value("unit", "");
  volume.metadata = own.value("metadata", std::map<std::string, std::string>());
}

void CheckGeometry(const Volume& volume) {
  const Grid& grid = volume.grid;
  bool sound = std::isfinite(grid.origin.x) && std::isfinite(grid.origin.y) && std::isfinite(grid.origin.z) &&
               std::isfinite(volume.slope) && volume.slope != 0 && std::isfinite(volume.intercept);
  for (const double s : grid.spacing) sound = sound && std::isfinite(s) && s > 0;
  if (!sound || !(std::abs(Dot(grid.axes.i, Cross(grid.axes.j, grid.axes.k))) > 1e-9)) {
    throw Wrong("its geometry is no grid");
  }
}

// By name where there are names, else the last three axes are z, y, x and those before them c or t.
void PutAxes(const std::vector<std::string>& names, StoredVolume& stored) {
  const ArrayMeta& meta = stored.array.meta();
  const size_t axes = meta.shape.size();
  constexpr std::string_view kNames = "xyzct";
  bool named = names.size() == axes;
  std::array<int, 5> axis{-1, -1, -1, -1, -1};
  for (size_t a = 0; named && a < axes; ++a) {
    const size_t role = names[a].size() == 1 ? kNames.find(names[a]) : std::string_view::npos;
    named = role != std::string_view::npos && axis[role] < 0;
    if (named) axis[role] = static_cast<int>(a);
  }
  if (!named) {
    if (axes < 1 || axes > 5) {
      throw Error(ErrorCode::kUnsupported, "An array of " + std::to_string(axes) + " axes is no volume",
                  {{"what", "axes"}, {"value", std::to_string(axes)}});
    }
    axis = {-1, -1, -1, -1, -1};
    const auto last = static_cast<int>(axes) - 1;
    for (int role = kX; role <= kZ && last - role >= 0; ++role) axis[static_cast<size_t>(role)] = last - role;
    if (axes == 4) axis[kT] = 0;
    if (axes == 5) axis[kT] = 0, axis[kC] = 1;
  }
  stored.axis = axis;
  Volume& volume = stored.description;
  const auto along = [&](int role) { return axis[static_cast<size_t>(role)] < 0 ? 1 : meta.shape[static_cast<size_t>(axis[static_cast<size_t>(role)])]; };
  volume.grid.size = {along(kX), along(kY), along(kZ)};
  volume.components = along(kC);
  volume.frames = along(kT);
  volume.dtype = meta.dtype;
}

void CheckBox(const Volume& whole, const std::array<int64_t, 3>& start, const std::array<int64_t, 3>& size, int64_t frame,
              int64_t frames) {
  const auto check = [](const char* name, int64_t from, int64_t count, int64_t there) {
    if (from < 0 || count < 0 || from > there || count > there - from) {
      throw InvalidArgument(name, "a range within 0 to " + std::to_string(there),
                            std::to_string(from) + " and " + std::to_string(count) + " from there");
    }
  };
  for (size_t a = 0; a < 3; ++a) check(a == 0 ? "x" : a == 1 ? "y" : "z", start[a], size[a], whole.grid.size[a]);
  check("t", frame, frames, whole.frames);
}

size_t BytesOfBox(const Volume& whole, const std::array<int64_t, 3>& size, int64_t frames) {
  const std::array<int64_t, 6> factors = {size[0], size[1], size[2], frames, whole.components,
                                          static_cast<int64_t>(DTypeSize(whole.dtype))};
  return CheckedProduct(factors);
}

}  // namespace

StoredVolume OpenVolume(const std::string& path) {
  const json root = ReadJson(path + "/zarr.json");
  try {
    if (root.value("node_type", "") == "array") {
      StoredVolume stored{Array::Open(path), {}, {}};
      PutAxes(stored.array.meta().dimension_names, stored);
      return stored;
    }
    const json attributes = root.value("attributes", json::object());
    if (!attributes.contains("ome") || !attributes["ome"].contains("multiscales")) {
      throw Error(ErrorCode::kUnsupported, "The Zarr group is no OME-Zarr image", {{"path", path}, {"what", "group"}, {"value", "without multiscales"}});
    }
    const json& image = attributes["ome"]["multiscales"].at(0);
    const json& dataset = image.at("datasets").at(0);
    const auto name = std::filesystem::path(dataset.at("path").get<std::string>()).lexically_normal();
    if (name.is_absolute() || name.empty() || *name.begin() == "..") throw Wrong("its array lies outside its folder");
    StoredVolume stored{Array::Open((std::filesystem::path(path) / name).string()), {}, {}};
    std::vector<std::string> names;
    for (const json& axis : image.at("axes")) names.push_back(axis.at("name").get<std::string>());
    PutAxes(names, stored);
    if (attributes.contains("isovox")) PutOwn(attributes["isovox"], stored.description);
    else PutOme(image, dataset, stored);
    CheckGeometry(stored.description);
    return stored;
  } catch (const json::exception& error) {
    throw Wrong(error.what());
  }
}

Volume StoredVolume::Read(const Exec& exec, const std::array<int64_t, 3>& start, const std::array<int64_t, 3>& size,
                          int64_t frame, int64_t frames_wanted) const {
  CheckBox(description, start, size, frame, frames_wanted);
  Volume out = description;
  out.frames = frames_wanted;
  out.grid.size = size;
  out.grid.origin = description.grid.IndexToPatient(
      {static_cast<double>(start[0]), static_cast<double>(start[1]), static_cast<double>(start[2])});
  out.storage = Storage::AllocateUnset(BytesOfBox(description, size, frames_wanted));
  Fill(exec, start, size, frame, frames_wanted, out.storage->As<std::byte>());
  return out;
}

void StoredVolume::ReadInto(const Exec& exec, const std::array<int64_t, 3>& start, const std::array<int64_t, 3>& size,
                            int64_t frame, std::span<std::byte> out) const {
  CheckBox(description, start, size, frame, 1);
  const size_t bytes = BytesOfBox(description, size, 1);
  if (out.size() != bytes) throw InvalidArgument("out", std::to_string(bytes) + " bytes", std::to_string(out.size()));
  Fill(exec, start, size, frame, 1, out);
}

void StoredVolume::Fill(const Exec& exec, const std::array<int64_t, 3>& start, const std::array<int64_t, 3>& size,
                        int64_t frame, int64_t frames_wanted, std::span<std::byte> out) const {
  const auto sample = static_cast<int64_t>(DTypeSize(description.dtype)), components = description.components;
  const int64_t voxel = sample * components;
  const std::array<int64_t, 5> from = {start[0], start[1], start[2], 0, frame};
  const std::array<int64_t, 5> count = {size[0], size[1], size[2], components, frames_wanted};
  const std::array<int64_t, 5> step = {voxel, voxel * size[0], voxel * size[0] * size[1], sample, voxel * size[0] * size[1] * size[2]};
  Index at{}, counts{}, strides{};
  for (size_t role = 0; role < 5; ++role) {
    if (axis[role] < 0) continue;
    const auto a = static_cast<size_t>(axis[role]);
    at[a] = from[role];
    counts[a] = count[role];
    strides[a] = step[role];
  }
  array.Read(exec, at, counts, out.data(), strides);
}

Volume StoredVolume::ReadAll(const Exec& exec) const { return Read(exec, {0, 0, 0}, description.grid.size, 0, description.frames); }

}  // namespace isovox::store
