// A volume through a model: prepared, slid over, brought back to the source's grid, tidied.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "exec/exec.h"
#include "inference/model.h"
#include "inference/spec.h"
#include "volume/volume.h"

namespace isovox {

struct Segmented {
  Volume labels;                   // uint8, or uint16 when a label is above 255; on the source's grid
  Volume logits;                   // float32, a frame per output, when asked for
  int64_t tiles = 0;               // seen by each model
  std::string provider;            // "cpu", "cuda:0"
  std::vector<std::string> notes;  // what was done otherwise than asked for, and why
};

// `models` are an ensemble: the mean of their logits counts. `images` are the channels.
// When the device's memory is short the batch is halved, then the tile where the network takes any size, and at last
// the CPU is used; each is a note. On the CPU `lanes` batches run at the same time, each on the models' threads, or
// one on all of them when there are fewer tiles than lanes.
// Throws ERR_MODEL when model, spec and images do not fit together.
Segmented Segment(const Exec& exec, const std::vector<std::shared_ptr<Volume>>& images,
                  std::vector<std::shared_ptr<Model>> models, const ModelSpec& spec, bool with_logits, int64_t lanes = 1);

// Whether model and spec fit: rank, type, channels, tile and labels. Throws ERR_MODEL with what is wrong.
void CheckModel(const Model& model, const ModelSpec& spec);

// A rough peak of memory in bytes.
int64_t SegmentBytes(const Grid& grid, const ModelSpec& spec, int64_t lanes = 1);

}  // namespace isovox
