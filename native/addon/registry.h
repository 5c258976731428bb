// What a room offers to JavaScript: a constant table of rows. addon.cc lists the tables; nothing registers itself.
//
// To add a function: write it in bind_<room>.cc and add one row to that file's table; then `npm run surface`.
#pragma once

#include <napi.h>

#include <functional>
#include <span>

#include "addon/args.h"
#include "exec/exec.h"

namespace isovox::addon {

// Makes the JavaScript value of a finished task. Runs on the JavaScript thread, once.
using Finish = std::function<Napi::Value(Napi::Env)>;

// A heavy call, split at the boundary: the binding reads its arguments into plain C++ and returns the closure that
// does the work. `run` is called on a pool thread and must hold no N-API object; what it returns is called back on
// the JavaScript thread.
struct Work {
  std::function<Finish(const Exec&)> run;
  int64_t bytes = 0;  // peak memory to reserve from the budget before starting
};

using HeavyFunction = Work (*)(Args& args);
// For questions that are answered from memory in microseconds.
using LightFunction = Napi::Value (*)(const Napi::CallbackInfo& info);

struct Row {
  const char* name;
  HeavyFunction heavy;  // exactly one of heavy, light is set
  LightFunction light;
  // TypeScript. Heavy: "(args: { path: string }) => Promise<Handle<'Volume'>>"; the second argument, TaskOptions, is
  // added by the generator.
  const char* signature;
  const char* doc;  // one line
};

using Table = std::span<const Row>;

Table CoreTable();     // bind_core.cc: version, catalogue, tokens
Table IoTable();       // bind_io.cc: object stores
Table VolumeTable();   // bind_volume.cc: views, geometry, dispose
Table DicomTable();    // bind_dicom.cc
Table FormatsTable();  // bind_formats.cc
Table StoreTable();    // bind_store.cc
Table ImagingTable();  // bind_imaging.cc
Table DoseTable();     // bind_dose.cc
Table RadiomicsTable();  // bind_radiomics.cc
Table InferenceTable();  // bind_inference.cc
Table FiltersTable();    // bind_filters.cc
Table AlignTable();      // bind_align.cc
Table LoaderTable();     // bind_loader.cc
Table MasksTable();  // bind_masks.cc

}  // namespace isovox::addon
