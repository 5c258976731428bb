#include "dicom/series.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "dicom/stack.h"
#include "io/open_ahead.h"
#include "io/s3_uri.h"
#include "simd/samples.h"

namespace isovox::dicom {
namespace {

using nlohmann::json;

// Keeps the series that most files belong to; readers of folders split series before they come here.
std::vector<ImageHeader> LargestSeries(std::vector<ImageHeader> headers, Findings& findings) {
  std::map<std::string, size_t> counts;
  for (const ImageHeader& header : headers) ++counts[header.series_uid];
  if (counts.size() == 1) return headers;
  const auto largest =
      std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  findings.push_back({"series.several", Severity::kWarn,
                      "The files belong to " + std::to_string(counts.size()) + " series; the largest was read",
                      {{"series", counts.size()}, {"SeriesInstanceUID", largest->first}}});
  std::erase_if(headers, [&](const ImageHeader& header) { return header.series_uid != largest->first; });
  for (size_t f = 0; f < headers.size(); ++f) {
    for (Plane& plane : headers[f].planes) plane.file = f;
  }
  return headers;
}

std::vector<ImageHeader> ReadHeaders(const Exec& exec, const std::vector<std::string>& paths) {
  std::vector<ImageHeader> headers(paths.size());
  std::vector<FileAhead> files;
  for (const std::string& path : paths) files.push_back({path, 0, ""});
  ForEachFile(exec, files, 8, [&](size_t i, const std::function<File()>& open) {
    headers[i] = ReadImageHeader(paths[i], open, i);
  });
  return headers;
}

// Where each plane of the stack goes.
struct Target {
  Volume* volume;
  bool rescale;  // planes scale differently: physical values as float32
  size_t samples;

  void Put(const PixelLayout& layout, const Plane& plane, size_t index, std::span<const std::byte> stored) const {
    const auto out = volume->As<float>().subspan(index * samples, samples);
    VisitDType(layout.dtype, [&](auto sample) {
      using T = decltype(sample);
      simd::Rescale(std::span(reinterpret_cast<const T*>(stored.data()), samples), plane.slope, plane.intercept, out);
    });
  }
};

void ReadPlane(const PixelReader& reader, const ImageHeader& header, const Plane& plane, size_t index,
               const Target& target) {
  if (target.rescale) {
    Buffer stored = Buffer::OfSize(header.layout.frame_bytes());
    reader.ReadFrame(plane.frame, stored.bytes());
    target.Put(header.layout, plane, index, stored.bytes());
  } else {
    const size_t bytes = header.layout.frame_bytes();
    reader.ReadFrame(plane.frame, {target.volume->storage->data() + index * bytes, bytes});
  }
}

// Cuts the tiles of one mosaic into their places.
void ReadTiles(const Exec& exec, const DicomFile& file, const ImageHeader& header, const Stack& stack,
               const std::vector<size_t>& indexes, const Target& target) {
  const auto side = static_cast<size_t>(header.mosaic_side);
  PixelLayout whole = header.layout;
  whole.rows *= header.mosaic_side;
  whole.columns *= header.mosaic_side;
  Buffer mosaic = Buffer::OfSize(whole.frame_bytes());
  PixelReader(exec, file, whole).ReadFrame(0, mosaic.bytes());
  const size_t bytes = header.layout.frame_bytes(), rows = static_cast<size_t>(header.layout.rows);
  const size_t row_bytes = bytes / rows;
  Buffer tile = Buffer::OfSize(bytes);
  for (const size_t index : indexes) {
    const Plane& plane = stack.planes[index];
    const size_t across = static_cast<size_t>(plane.frame) % side, down = static_cast<size_t>(plane.frame) / side;
    for (size_t y = 0; y < rows; ++y) {
      std::memcpy(tile.data.get() + y * row_bytes,
                  mosaic.data.get() + ((down * rows + y) * side + across) * row_bytes, row_bytes);
    }
    if (target.rescale) target.Put(header.layout, plane, index, tile.bytes());
    else std::memcpy(target.volume->storage->data() + index * bytes, tile.data.get(), bytes);
    exec.Step();
  }
}

void ReadPlanes(const Exec& exec, const std::vector<ImageHeader>& headers, const Stack& stack, const Target& target) {
  // Planes of one file are read by one task, or all tasks share a file that holds them all.
  std::vector<std::vector<size_t>> indexes_of(headers.size());
  for (size_t p = 0; p < stack.planes.size(); ++p) {
    if (stack.planes[p].file != kNoFile) indexes_of[stack.planes[p].file].push_back(p);
  }
  exec.SetTotal(static_cast<int64_t>(stack.planes.size()));
  const auto read_file = [&](size_t f, const std::function<File()>& open) {
    const ImageHeader& header = headers[f];
    const auto& indexes = indexes_of[f];
    if (header.plain && !target.rescale && indexes.size() == 1) {
      const size_t bytes = header.layout.frame_bytes(), index = indexes[0];
      const std::span<std::byte> into(target.volume->storage->data() + index * bytes, bytes);
      const uint64_t frame = static_cast<uint64_t>(stack.planes[index].frame);
      open().ReadExactly(into, header.pixels.offset + frame * bytes);
      KeepStoredBits(header.layout, into);
      exec.Step();
      return;
    }
    const DicomFile file = DicomFile::Open(header.path, open);
    if (header.mosaic_side > 1) return ReadTiles(exec, file, header, stack, indexes, target);
    const PixelReader reader(exec, file, header.layout);
    ParallelFor(exec, static_cast<int64_t>(indexes.size()), 4, [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
        ReadPlane(reader, header, stack.planes[indexes[i]], indexes[i], target);
        exec.Step();
      }
    });
  };
  std::vector<FileAhead> files;
  std::vector<size_t> header_of;
  for (size_t f = 0; f < headers.size(); ++f) {
    if (indexes_of[f].empty()) continue;
    files.push_back({headers[f].path, headers[f].file_bytes, headers[f].etag});
    header_of.push_back(f);
  }
  ForEachFile(exec, files, 2, [&](size_t n, const std::function<File()>& open) {
    try {
      read_file(header_of[n], open);
    } catch (Error& error) {
      error.With("path", files[n].path);
      throw;
    }
  });
}

// The slices that no file holds, from those beside them.
void FillGaps(const Exec& exec, const Stack& stack, Volume& volume, size_t samples) {
  ParallelFor(exec, static_cast<int64_t>(stack.filled.size()), 1, [&](int64_t begin, int64_t end) {
    for (auto f = static_cast<size_t>(begin); f < static_cast<size_t>(end); ++f) {
      const FilledPlane& gap = stack.filled[f];
      VisitDType(volume.dtype, [&](auto sample) {
        using T = decltype(sample);
        const auto all = volume.As<T>();
        const auto before = all.subspan(gap.before * samples, samples), after = all.subspan(gap.after * samples, samples);
        const auto out = all.subspan(gap.index * samples, samples);
        for (size_t v = 0; v < samples; ++v) {
          const auto a = static_cast<double>(before[v]), b = static_cast<double>(after[v]);
          const double between = a + gap.weight * (b - a);
          out[v] = static_cast<T>(std::is_integral_v<T> ? std::nearbyint(between) : between);
        }
      });
    }
  });
}

}  // namespace

Gaps GapsFrom(const std::string& name) {
  if (name == "name") return Gaps::kName;
  if (name == "refuse") return Gaps::kRefuse;
  if (name == "fill") return Gaps::kFill;
  throw InvalidArgument("gaps", "name, refuse or fill", "\"" + name + "\"");
}

namespace {

void KeepFirstTime(Stack& stack, Findings& findings) {
  if (stack.times == 1) return;
  const size_t places = stack.planes.size() / static_cast<size_t>(stack.times);
  stack.planes.resize(places);
  std::erase_if(stack.filled, [&](const FilledPlane& filled) { return filled.index >= places; });
  for (Finding& finding : findings) {
    if (finding.code != "series.several_times") continue;
    finding.severity = Severity::kWarn;
    finding.message = "There are " + std::to_string(stack.times) + " images at each position: the first of each was taken";
  }
  stack.times = 1;
}

}  // namespace

Series ReadSeries(const Exec& exec, const std::vector<std::string>& paths, const SeriesOptions& options) {
  if (paths.empty()) throw InvalidArgument("paths", "at least one file", "none");
  Findings findings;
  const auto headers = LargestSeries(ReadHeaders(exec, paths), findings);
  Stack stack = StackPlanes(headers, options.strict, options.gaps, findings);
  if (options.first_time) KeepFirstTime(stack, findings);
  const Plane& first = stack.planes.front();
  const ImageHeader& header = headers[first.file];
  const bool uniform = std::all_of(stack.planes.begin(), stack.planes.end(), [&](const Plane& plane) {
    return plane.slope == first.slope && plane.intercept == first.intercept;
  });
  Series series;
  const DType dtype = uniform ? header.layout.dtype : DType::kFloat32;
  if (options.voxels) {
    series.volume = MakeUnsetVolume(stack.grid, dtype, stack.times, header.layout.samples);
  } else {
    series.volume.grid = stack.grid;
    series.volume.dtype = dtype;
    series.volume.frames = stack.times;
    series.volume.components = header.layout.samples;
  }
  Volume& volume = series.volume;
  if (uniform) {
    volume.slope = first.slope;
    volume.intercept = first.intercept;
  }
  volume.unit = header.unit;
  for (const auto& [keyword, text] : header.metadata) volume.metadata[keyword] = text;
  if (options.voxels) {
    ReadPlanes(exec, headers, stack, {&volume, !uniform, header.layout.frame_samples()});
    FillGaps(exec, stack, volume, header.layout.frame_samples());
  }
  json uids = json::array(), plane_paths = json::array();
  for (const Plane& plane : stack.planes) {
    if (plane.file == kNoFile) {
      uids.push_back("");
      plane_paths.push_back("");
      continue;
    }
    uids.push_back(headers[plane.file].sop_uid);
    plane_paths.push_back(ShownPath(headers[plane.file].path));
    if (series.paths.empty() || series.paths.back() != headers[plane.file].path) series.paths.push_back(headers[plane.file].path);
  }
  series.summary = {{"findings", ToJson(findings)},
                    {"SOPInstanceUIDs", std::move(uids)},
                    {"paths", std::move(plane_paths)},
                    {"positionsMm", stack.positions_mm}};
  return series;
}

}  // namespace isovox::dicom
