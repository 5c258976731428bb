// DICOM as JavaScript sees it: the index of headers, series, structure sets, dose grids.
#include "addon/convert.h"
#include "addon/registry.h"
#include "dicom/header.h"
#include "dicom/rtdose.h"
#include "dicom/rtstruct.h"

namespace isovox::addon {
namespace {

Work ScanHeaders(Args& args) {
  auto paths = args.TextList("paths");
  return {[paths = std::move(paths)](const Exec& exec) -> Finish {
    auto records = std::make_shared<std::vector<nlohmann::json>>(dicom::ScanHeaders(exec, paths));
    return [records](Napi::Env env) {
      auto list = Napi::Array::New(env, records->size());
      for (uint32_t i = 0; i < records->size(); ++i) list.Set(i, ToJs(env, (*records)[i]));
      return list;
    };
  }};
}

Work ReadRtStruct(Args& args) {
  return {[path = args.Text("path")](const Exec& exec) -> Finish {
    auto read = std::make_shared<dicom::RtStruct>(dicom::ReadRtStruct(exec, path));
    return [read](Napi::Env env) {
      auto rois = std::make_shared<RoiSet>();
      rois->rois = std::move(read->rois);
      int64_t bytes = 0;
      for (const Roi& roi : rois->rois) bytes += static_cast<int64_t>(roi.points.size() * sizeof(Vec3));
      auto out = Napi::Object::New(env);
      out.Set("rois", WrapHandle(env, std::move(rois), bytes));
      out.Set("summary", ToJs(env, read->summary));
      return out;
    };
  }};
}

Work ReadRtDose(Args& args) {
  return {[path = args.Text("path")](const Exec& exec) -> Finish {
    auto read = std::make_shared<dicom::RtDose>(dicom::ReadRtDose(exec, path));
    return [read](Napi::Env env) {
      const auto bytes = static_cast<int64_t>(read->dose.values->bytes());
      auto out = Napi::Object::New(env);
      out.Set("dose", WrapHandle(env, std::make_shared<DoseGrid>(std::move(read->dose)), bytes));
      out.Set("summary", ToJs(env, read->summary));
      return out;
    };
  }};
}

constexpr Row kRows[] = {
    {"scanHeaders", ScanHeaders, nullptr, "(args: { paths: string[] }) => Promise<HeaderRecord[]>",
     "One record per file, in the order given; a bad file gets a record that says why."},
    {"readRtStruct", ReadRtStruct, nullptr,
     "(args: { path: string }) => Promise<{ rois: Handle<'RoiSet'>; summary: RtStructSummary }>",
     "The structures of an RT Structure Set, in patient millimetres."},
    {"readRtDose", ReadRtDose, nullptr,
     "(args: { path: string }) => Promise<{ dose: Handle<'DoseGrid'>; summary: RtDoseSummary }>",
     "An RT Dose in gray, its planes ascending along the slice normal."},
};

}  // namespace

Table DicomTable() { return kRows; }

}  // namespace isovox::addon
