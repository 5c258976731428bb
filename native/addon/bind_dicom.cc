// DICOM as JavaScript sees it: the index of headers, series, structure sets, dose grids, and the writers.
#include "addon/convert.h"
#include "addon/dicom_write.h"
#include "addon/registry.h"
#include "dicom/header.h"
#include "dicom/rtdose.h"
#include "dicom/rtstruct.h"
#include "dicom/segmentation.h"
#include "dicom/series.h"

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

Work ReadSeries(Args& args) {
  auto paths = args.TextList("paths");
  dicom::SeriesOptions options;
  options.strict = args.Flag("strict", false);
  options.gaps = dicom::GapsFrom(args.Text("gaps", "name"));
  options.first_time = args.Flag("firstTime", false);
  return {[paths = std::move(paths), options, suv = args.Text("suv", "")](const Exec& exec) -> Finish {
    auto read = std::make_shared<dicom::Series>(suv.empty() ? dicom::ReadSeries(exec, paths, options)
                                                            : dicom::ReadSuv(exec, paths, suv, options));
    return [read](Napi::Env env) {
      const auto bytes = static_cast<int64_t>(read->volume.bytes());
      auto out = ToJs(env, read->summary).As<Napi::Object>();
      out.Set("volume", WrapHandle(env, std::make_shared<Volume>(std::move(read->volume)), bytes));
      return out;
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

Work ReadSegmentation(Args& args) {
  return {[path = args.Text("path")](const Exec& exec) -> Finish {
    auto read = std::make_shared<dicom::Segmentation>(dicom::ReadSegmentation(exec, path));
    return [read](Napi::Env env) {
      auto out = ToJs(env, read->summary).As<Napi::Object>();
      const auto segments = out.Get("segments").As<Napi::Array>();
      for (uint32_t n = 0; n < segments.Length(); ++n) {
        auto mask = std::make_shared<CoverageMask>(std::move(read->masks[n]));
        double covered = 0;
        for (const float part : mask->coverage) covered += static_cast<double>(part);
        auto segment = segments.Get(n).As<Napi::Object>();
        segment.Set("volumeCc", covered * mask->grid.voxel_volume_cc());
        segment.Set("box", ToJs(env, {{"begin", mask->box.begin}, {"end", mask->box.end}}));
        const auto bytes = static_cast<int64_t>(mask->coverage.size() * sizeof(float));
        segment.Set("mask", WrapHandle(env, std::move(mask), bytes));
      }
      return out;
    };
  }};
}

constexpr Row kRows[] = {
    {"scanHeaders", ScanHeaders, nullptr, "(args: { paths: string[] }) => Promise<HeaderRecord[]>",
     "One record per file, in the order given; a bad file gets a record that says why."},
    {"readSeries", ReadSeries, nullptr,
     "(args: { paths: string[]; strict?: boolean; gaps?: GapsOption; firstTime?: boolean; suv?: SuvType }) => "
     "Promise<{ volume: Handle<'Volume'> } & SeriesSummary>",
     "The images of one series as a volume, sorted by position; what is wrong with them becomes findings, or is refused or filled."},
    {"readRtStruct", ReadRtStruct, nullptr,
     "(args: { path: string }) => Promise<{ rois: Handle<'RoiSet'>; summary: RtStructSummary }>",
     "The structures of an RT Structure Set, in patient millimetres."},
    {"readRtDose", ReadRtDose, nullptr,
     "(args: { path: string }) => Promise<{ dose: Handle<'DoseGrid'>; summary: RtDoseSummary }>",
     "An RT Dose in gray, its planes ascending along the slice normal."},
    {"writeImageSeries", WriteImageSeries, nullptr, "(args: WriteImageSeriesArgs) => Promise<string[]>",
     "A CT, MR or PET series, one file per slice in an existing folder; gives the paths in the order of slices."},
    {"writeRtStruct", WriteRtStruct, nullptr,
     "(args: { path: string; identity: DicomIdentity; label?: string; rois?: RoiInput[]; roiSet?: Handle<'RoiSet'>; "
     "referencedSeriesUID?: string; referencedSOPInstanceUIDs?: string[]; referencedImagePositions?: number[]; "
     "options?: DicomWriteOptions }) => Promise<void>",
     "An RT Structure Set from contours in patient millimetres."},
    {"readSegmentation", ReadSegmentation, nullptr, "(args: { path: string }) => Promise<SegmentationResult>",
     "A DICOM Segmentation, binary or fractional: one mask per segment on a common grid."},
    {"writeSegmentation", WriteSegmentation, nullptr, "(args: WriteSegmentationArgs) => Promise<void>",
     "A DICOM Segmentation of masks on one grid."},
    {"writeRegistration", WriteRegistration, nullptr, "(args: WriteRegistrationArgs) => Promise<void>",
     "A Spatial Registration, or a Deformable Spatial Registration where items have a field."},
    {"writeRtDose", WriteRtDose, nullptr,
     "(args: { path: string; identity: DicomIdentity; dose?: Handle<'DoseGrid'>; grid?: GridInput; "
     "values?: Float32Array | Float64Array; planeMm?: number[]; bits?: 16 | 32; "
     "offsets?: 'relative' | 'absolute' | 'descending'; DoseSummationType?: string; DoseType?: string; "
     "DoseComment?: string; referencedRTPlanUIDs?: string[]; beamNumber?: number; "
     "referencedStructureSetUID?: string; options?: DicomWriteOptions }) => Promise<void>",
     "An RT Dose in gray, from a dose handle or from a grid and its values."},
    {"writeRtPlan", WriteRtPlan, nullptr,
     "(args: { path: string; identity: DicomIdentity; referencedStructureSetUID?: string; "
     "referencedDoseUIDs?: string[]; options?: DicomWriteOptions } & RtPlanInput) => Promise<void>",
     "An RT Plan with its prescription, fractions and beams."},
};

}  // namespace

Table DicomTable() { return kRows; }

}  // namespace isovox::addon
