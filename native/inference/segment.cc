#include "inference/segment.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "imaging/components.h"
#include "inference/plane_labels.h"
#include "inference/prepare.h"
#include "inference/sliding_window.h"

namespace isovox {
namespace {

[[noreturn]] void Refuse(const Model& model, const std::string& reason) {
  throw Error(ErrorCode::kModel, reason, {{"path", model.options().path}, {"reason", reason}});
}

// Channels of the volume, and the slices beside a flat tile, that each input of the network is given.
std::vector<std::vector<int>> InputChannels(const Model& model, const ModelSpec& spec) {
  if (!spec.input_channels.empty()) return spec.input_channels;
  std::vector<int> all;
  for (size_t n = 0; n < spec.channels.size(); ++n) all.push_back(static_cast<int>(n));
  return std::vector<std::vector<int>>(model.inputs().size(), all);
}

bool Flat(const Model& model) { return model.inputs().front().shape.size() == 4; }

Window WindowOf(const ModelSpec& spec) {
  Window window;
  window.tile = spec.tile;
  window.channels = static_cast<int64_t>(spec.channels.size());
  window.context = spec.context;
  window.outputs = static_cast<int64_t>(spec.labels.size());
  window.overlap = spec.overlap;
  window.gaussian = spec.gaussian;
  window.mirror = spec.mirror;
  window.batch = spec.batch;
  return window;
}

std::vector<int64_t> TensorShape(bool flat, int64_t tiles, int64_t channels, const std::array<int64_t, 3>& tile) {
  if (flat) return {tiles, channels, tile[1], tile[0]};
  return {tiles, channels, tile[2], tile[1], tile[0]};
}

// One model on a batch of tiles; its output goes straight to `out`.
void RunOne(const Exec& exec, Model& model, const ModelSpec& spec, const Window& window, int64_t tiles,
            std::span<const float> in, std::span<float> out) {
  const bool flat = Flat(model);
  const int64_t slices = 2 * window.context + 1, per_tile = window.channels * slices;
  const int64_t voxels = window.tile[0] * window.tile[1] * window.tile[2];
  const auto channels = InputChannels(model, spec);
  std::vector<Tensor> inputs;
  std::vector<std::vector<float>> picked(channels.size());
  for (size_t n = 0; n < channels.size(); ++n) {
    const auto count = static_cast<int64_t>(channels[n].size()) * slices;
    const float* data = in.data();
    if (count != per_tile) {
      // Some of the channels only: they are laid side by side.
      for (int64_t t = 0; t < tiles; ++t) {
        for (int64_t s = 0; s < slices; ++s) {
          for (const int c : channels[n]) {
            const float* from = in.data() + ((t * slices + s) * window.channels + c) * voxels;
            picked[n].insert(picked[n].end(), from, from + voxels);
          }
        }
      }
      data = picked[n].data();
    }
    inputs.push_back({model.inputs()[n].name, TensorType::kFloat32, TensorShape(flat, tiles, count, window.tile), nullptr,
                      const_cast<float*>(data)});
  }
  const Tensor output{model.outputs().front().name, TensorType::kFloat32,
                      TensorShape(flat, tiles, window.outputs, window.tile), nullptr, out.data()};
  model.RunInto(exec, inputs, std::span(&output, 1));
}

bool AnySize(const Model& model) {
  const auto& shape = model.inputs().front().shape;
  return std::all_of(shape.begin() + 2, shape.end(), [](int64_t size) { return size < 0; });
}

// Half the longest side, still a multiple of 16 so that networks that halve their image four times take it.
bool HalveTile(ModelSpec& spec) {
  const auto longest = static_cast<size_t>(std::max_element(spec.tile.begin(), spec.tile.end()) - spec.tile.begin());
  const int64_t half = spec.tile[longest] / 2 / 16 * 16;
  if (half < 32) return false;
  spec.tile[longest] = half;
  return true;
}

std::string TileText(const std::array<int64_t, 3>& tile) {
  return std::to_string(tile[0]) + "x" + std::to_string(tile[1]) + "x" + std::to_string(tile[2]);
}

// Calls change(mask, size) with the voxels of one label in their smallest box, and puts back what it changed.
template <typename Change>
void OnLabel(std::span<uint16_t> labels, const std::array<int64_t, 3>& size, int label, Change&& change) {
  const auto wanted = static_cast<uint16_t>(label);
  IndexBox box{size, {0, 0, 0}};
  size_t n = 0;
  for (int64_t k = 0; k < size[2]; ++k) {
    for (int64_t j = 0; j < size[1]; ++j) {
      for (int64_t i = 0; i < size[0]; ++i) {
        if (labels[n++] != wanted) continue;
        const std::array<int64_t, 3> at = {i, j, k};
        for (size_t a = 0; a < 3; ++a) {
          box.begin[a] = std::min(box.begin[a], at[a]);
          box.end[a] = std::max(box.end[a], at[a] + 1);
        }
      }
    }
  }
  if (box.empty()) return;
  const std::array<int64_t, 3> inner = {box.end[0] - box.begin[0], box.end[1] - box.begin[1], box.end[2] - box.begin[2]};
  std::vector<uint8_t> mask(static_cast<size_t>(inner[0] * inner[1] * inner[2]));
  const auto each = [&](auto&& visit) {
    size_t m = 0;
    for (int64_t k = box.begin[2]; k < box.end[2]; ++k) {
      for (int64_t j = box.begin[1]; j < box.end[1]; ++j) {
        for (int64_t i = box.begin[0]; i < box.end[0]; ++i) {
          visit(labels[static_cast<size_t>((k * size[1] + j) * size[0] + i)], mask[m++]);
        }
      }
    }
  };
  each([&](uint16_t value, uint8_t& in) { in = value == wanted ? 1 : 0; });
  change(mask, inner);
  each([&](uint16_t& value, uint8_t in) {
    if (in != 0 && value == 0) value = wanted;
    if (in == 0 && value == wanted) value = 0;
  });
}

void Tidy(const Exec& exec, std::span<uint16_t> labels, const Grid& grid, const ModelSpec& spec) {
  for (const int label : spec.postprocess.largest_component) {
    OnLabel(labels, grid.size, label, [&](std::vector<uint8_t>& mask, const std::array<int64_t, 3>& size) {
      KeepLargestComponent(exec, mask, size, Connectivity::kFaces);
    });
  }
  for (const int label : spec.postprocess.fill_holes) {
    OnLabel(labels, grid.size, label, [&](std::vector<uint8_t>& mask, const std::array<int64_t, 3>& size) {
      FillHoles(exec, mask, size);
    });
  }
  if (spec.postprocess.least_cc <= 0) return;
  const auto least = static_cast<int64_t>(std::ceil(spec.postprocess.least_cc / grid.voxel_volume_cc() - 1e-9));
  for (const int label : spec.labels) {
    if (label == 0) continue;
    OnLabel(labels, grid.size, label, [&](std::vector<uint8_t>& mask, const std::array<int64_t, 3>& size) {
      DropSmallComponents(exec, mask, size, Connectivity::kFaces, least);
    });
  }
}

AxisOrder Inverse(const AxisOrder& order) {
  AxisOrder back;
  for (size_t a = 0; a < 3; ++a) {
    const auto from = static_cast<size_t>(order.from[a]);
    back.from[from] = static_cast<int>(a);
    back.flip[from] = order.flip[a];
  }
  return back;
}

Volume Narrow(const Exec& exec, const Volume& wide) {
  Volume out = MakeUnsetVolume(wide.grid, DType::kUint8);
  const auto from = wide.As<uint16_t>();
  const auto to = out.As<uint8_t>();
  ParallelFor(exec, static_cast<int64_t>(from.size()), int64_t{1} << 18, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) to[static_cast<size_t>(n)] = static_cast<uint8_t>(from[static_cast<size_t>(n)]);
  });
  return out;
}

}  // namespace

void CheckModel(const Model& model, const ModelSpec& spec) {
  const auto channels = InputChannels(model, spec);
  if (channels.size() != model.inputs().size()) {
    Refuse(model, "The manifest describes " + std::to_string(channels.size()) + " inputs but the model has " +
                      std::to_string(model.inputs().size()));
  }
  for (size_t n = 0; n < channels.size(); ++n) {
    const TensorInfo& input = model.inputs()[n];
    if (input.shape.size() != 4 && input.shape.size() != 5) {
      Refuse(model, "Expected rank 4 or 5 ([batch, channels, j, i] or [batch, channels, k, j, i]) for the model's input " +
                        input.name + " but it has rank " + std::to_string(input.shape.size()) + ", shape " +
                        ShapeText(input.shape));
    }
    const bool flat = input.shape.size() == 4;
    if (flat && spec.tile[2] != 1) {
      Refuse(model, "The model takes flat images, so the manifest's patch must be one voxel deep, not " +
                        std::to_string(spec.tile[2]));
    }
    if (!flat && spec.context > 0) Refuse(model, "Slices beside the tile (context) are for models of flat images");
    const int64_t count = static_cast<int64_t>(channels[n].size()) * (2 * spec.context + 1);
    const int64_t tiles = input.shape[0] > 0 ? input.shape[0] : spec.batch;
    CheckTensor(input, TensorType::kFloat32, TensorShape(flat, tiles, count, spec.tile));
    if (input.shape[0] > 0 && input.shape[0] != 1) {
      Refuse(model, "The model's input " + input.name + " takes batches of " + std::to_string(input.shape[0]) + " only; 1 or any is needed");
    }
    if (input.shape[0] == 1 && spec.batch != 1) {
      Refuse(model, "The model takes one tile at a time, so the manifest's batch must be 1");
    }
    for (const int channel : channels[n]) {
      if (channel < 0 || static_cast<size_t>(channel) >= spec.channels.size()) {
        Refuse(model, "Input " + input.name + " names channel " + std::to_string(channel) + " of " +
                          std::to_string(spec.channels.size()));
      }
    }
  }
  if (model.outputs().empty()) Refuse(model, "The model has no output");
  const TensorInfo& output = model.outputs().front();
  const TensorInfo& first = model.inputs().front();
  if (output.type != TensorType::kFloat32) {
    Refuse(model, "Expected float32 for the model's output " + output.name + " but it is " +
                      std::string(TensorTypeName(output.type)));
  }
  if (output.shape.size() != first.shape.size()) {
    Refuse(model, "Expected rank " + std::to_string(first.shape.size()) + " for the model's output " + output.name +
                      " but it has shape " + ShapeText(output.shape));
  }
  if (output.shape[1] >= 0 && output.shape[1] != static_cast<int64_t>(spec.labels.size())) {
    Refuse(model, "The manifest has " + std::to_string(spec.labels.size()) + " labels but the model's output " +
                      output.name + " has " + std::to_string(output.shape[1]) + " channels");
  }
}

int64_t SegmentBytes(const Grid& grid, const ModelSpec& spec, int64_t lanes) {
  double model_voxels = 1;
  for (size_t a = 0; a < 3; ++a) {
    const double size = static_cast<double>(grid.size[a]);
    const double samples = spec.spacing_mm[a] > 0 ? size * grid.spacing[a] / spec.spacing_mm[a] : size;
    model_voxels *= std::max(samples, static_cast<double>(spec.tile[a]));
  }
  const double tile = static_cast<double>(spec.tile[0] * spec.tile[1] * spec.tile[2]);
  const double source = static_cast<double>(grid.voxels()), channels = static_cast<double>(spec.channels.size());
  const double outputs = static_cast<double>(spec.labels.size());
  return static_cast<int64_t>(channels * (8 * source + 4 * model_voxels) + 16 * std::max(source, model_voxels) +
                              4 * source + 2 * 4 * tile * static_cast<double>(spec.batch * lanes) * (channels + outputs) +
                              4 * outputs * model_voxels * std::min(1.0, tile / model_voxels * 4));
}

Segmented Segment(const Exec& exec, const std::vector<std::shared_ptr<Volume>>& images,
                  std::vector<std::shared_ptr<Model>> models, const ModelSpec& wanted, bool with_logits, int64_t lanes) {
  if (models.empty()) throw InvalidArgument("models", "at least one model", "none");
  for (const auto& model : models) CheckModel(*model, wanted);
  ModelSpec spec = wanted;
  Segmented out;
  out.provider = models.front()->provider();
  for (const auto& model : models) {
    if (!model->note().empty() && std::find(out.notes.begin(), out.notes.end(), model->note()) == out.notes.end()) {
      out.notes.push_back(model->note());
    }
  }
  for (;;) {
    const Prepared prepared = Prepare(exec, images, spec);
    Window window = WindowOf(spec);
    window.elsewhere = models.front()->provider() != "cpu";
    window.lanes = lanes;
    const int64_t ci = prepared.crop_size[0], cj = prepared.crop_size[1], plane = ci * cj;
    Volume turned = MakeVolume(prepared.turned, DType::kUint16);
    if (with_logits) {
      Grid cropped = prepared.turned;
      cropped.size = prepared.crop_size;
      cropped.origin = prepared.turned.IndexToPatient({static_cast<double>(prepared.crop_begin[0]),
                                                       static_cast<double>(prepared.crop_begin[1]),
                                                       static_cast<double>(prepared.crop_begin[2])});
      out.logits = MakeUnsetVolume(cropped, DType::kFloat32, window.outputs);
    }
    std::vector<uint16_t> flat(static_cast<size_t>(plane));
    PlaneLabels back(exec, prepared, window.outputs, [&](int64_t k, const float* logits) {
      LabelPlane(exec, logits, plane, spec.labels, spec.regions, flat.data());
      const auto to = turned.As<uint16_t>();
      for (int64_t j = 0; j < cj; ++j) {
        const int64_t row = (k + prepared.crop_begin[2]) * turned.grid.size[1] + j + prepared.crop_begin[1];
        std::copy_n(flat.data() + j * ci, ci, to.data() + row * turned.grid.size[0] + prepared.crop_begin[0]);
      }
      if (with_logits) {
        const auto values = out.logits.As<float>();
        for (int64_t c = 0; c < window.outputs; ++c) {
          std::copy_n(logits + c * plane, plane, values.data() + (c * prepared.crop_size[2] + k) * plane);
        }
      }
    });
    const auto predict = [&](const Exec& inner, int64_t tiles, std::span<const float> in, std::span<float> values) {
      RunOne(inner, *models.front(), spec, window, tiles, in, values);
      if (models.size() == 1) return;
      std::vector<float> other(values.size());
      for (size_t m = 1; m < models.size(); ++m) {
        RunOne(inner, *models[m], spec, window, tiles, in, other);
        for (size_t n = 0; n < values.size(); ++n) values[n] += other[n];
      }
      const auto count = static_cast<float>(models.size());
      for (float& value : values) value /= count;
    };
    try {
      out.tiles = CountTiles(prepared.size, window);
      if (!window.elsewhere && out.tiles < lanes) {
        for (auto& model : models) model = model->WithThreads(static_cast<int>(lanes) * model->options().threads);
        lanes = window.lanes = 1;
      }
      const int64_t batch = SlideWindow(exec, prepared.size, prepared.values.data(), window, predict,
                                        [&](int64_t k, const float* values) { back.Add(k, values); });
      if (batch < std::min(window.batch, out.tiles)) {
        out.notes.push_back("batches of " + std::to_string(batch) + " tiles instead of " + std::to_string(window.batch) +
                            ": memory was short");
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kResource) throw;
      spec.batch = 1;
      if (AnySize(*models.front()) && HalveTile(spec)) {
        out.notes.push_back("tiles of " + TileText(spec.tile) + ": memory was short");
        continue;
      }
      if (models.front()->provider() == "cpu") throw;
      out.notes.push_back("runs on the CPU: the memory of " + models.front()->provider() + " was short");
      for (auto& model : models) model = model->OnCpu();
      out.provider = "cpu";
      spec.tile = wanted.tile;
      continue;
    }
    Volume labels = prepared.order.identity() ? turned : Reorient(exec, turned, Inverse(prepared.order));
    labels.grid = images.front()->grid;
    Tidy(exec, labels.As<uint16_t>(), labels.grid, spec);
    const int most = *std::max_element(spec.labels.begin(), spec.labels.end());
    out.labels = most <= 255 ? Narrow(exec, labels) : labels;
    return out;
  }
}

}  // namespace isovox
