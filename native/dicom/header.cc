#include "dicom/header.h"

#include <cmath>

#include "io/open_ahead.h"
#include "io/s3_uri.h"

namespace isovox::dicom {
namespace {

using nlohmann::json;

struct KindRow {
  const char* sop_class;
  const char* kind;
  const char* modality;
};

constexpr const char* kStoragePrefix = "1.2.840.10008.5.1.4.1.1.";

// PS3.4 B.5, without the common prefix.
constexpr KindRow kKinds[] = {
    {"2", "image", "CT"},          {"2.1", "image", "CT"},         {"2.2", "image", "CT"},
    {"4", "image", "MR"},          {"4.1", "image", "MR"},         {"4.3", "image", "MR"},
    {"4.4", "image", "MR"},        {"128", "image", "PT"},         {"128.1", "image", "PT"},
    {"130", "image", "PT"},        {"20", "image", "NM"},          {"481.2", "rtdose", "RTDOSE"},
    {"481.3", "rtstruct", "RTSTRUCT"}, {"481.4", "rtrecord", "RTRECORD"}, {"481.5", "rtplan", "RTPLAN"},
    {"481.6", "rtrecord", "RTRECORD"}, {"481.7", "rtrecord", "RTRECORD"}, {"481.8", "rtplan", "RTPLAN"},
    {"481.9", "rtrecord", "RTRECORD"}, {"66.1", "reg", "REG"},      {"66.3", "reg", "REG"},
    {"66.4", "seg", "SEG"},            {"66.7", "seg", "SEG"},
};

const KindRow* RowOfClass(std::string_view sop_class) {
  const std::string_view prefix = kStoragePrefix;
  if (!sop_class.starts_with(prefix)) return nullptr;
  for (const KindRow& row : kKinds) {
    if (sop_class.substr(prefix.size()) == row.sop_class) return &row;
  }
  return nullptr;
}

const KindRow* RowOfModality(std::string_view modality) {
  for (const KindRow& row : kKinds) {
    if (modality == row.modality) return &row;
  }
  return nullptr;
}

constexpr Field kFields[] = {
    {tag::kSOPClassUID, As::kText},
    {tag::kSOPInstanceUID, As::kText},
    {tag::kModality, As::kText},
    {tag::kPatientID, As::kText},
    {tag::kPatientSex, As::kText},
    {tag::kPatientAge, As::kText},
    {tag::kPatientPosition, As::kText},
    {tag::kBodyPartExamined, As::kText},
    {tag::kProtocolName, As::kText},
    {tag::kStudyInstanceUID, As::kText},
    {tag::kStudyDate, As::kText},
    {tag::kStudyTime, As::kText},
    {tag::kStudyDescription, As::kText},
    {tag::kSeriesInstanceUID, As::kText},
    {tag::kSeriesDescription, As::kText},
    {tag::kSeriesNumber, As::kInteger},
    {tag::kSeriesDate, As::kText},
    {tag::kSeriesTime, As::kText},
    {tag::kAcquisitionDate, As::kText},
    {tag::kAcquisitionTime, As::kText},
    {tag::kContentDate, As::kText},
    {tag::kContentTime, As::kText},
    {tag::kFrameOfReferenceUID, As::kText},
    {tag::kManufacturer, As::kText},
    {tag::kManufacturerModelName, As::kText},
    {tag::kStationName, As::kText},
    {tag::kSoftwareVersions, As::kTexts},
    {tag::kImageType, As::kTexts},
    {tag::kRows, As::kInteger},
    {tag::kColumns, As::kInteger},
    {tag::kNumberOfFrames, As::kInteger},
    {tag::kBitsAllocated, As::kInteger},
    {tag::kBitsStored, As::kInteger},
    {tag::kPixelRepresentation, As::kInteger},
    {tag::kSamplesPerPixel, As::kInteger},
    {tag::kPhotometricInterpretation, As::kText},
    {tag::kPixelSpacing, As::kNumbers},
    {tag::kSliceThickness, As::kNumber},
    {tag::kSpacingBetweenSlices, As::kNumber},
    {tag::kSliceLocation, As::kNumber},
    {tag::kGantryDetectorTilt, As::kNumber},
    {tag::kImagePositionPatient, As::kNumbers},
    {tag::kImageOrientationPatient, As::kNumbers},
    {tag::kInstanceNumber, As::kInteger},
    {tag::kAcquisitionNumber, As::kInteger},
    {tag::kTemporalPositionIdentifier, As::kInteger},
    {tag::kEchoNumbers, As::kNumbers},
    {tag::kRescaleSlope, As::kNumber},
    {tag::kRescaleIntercept, As::kNumber},
    {tag::kRescaleType, As::kText},
    {tag::kKVP, As::kNumber},
    {tag::kConvolutionKernel, As::kTexts},
    {tag::kContrastBolusAgent, As::kText},
    {tag::kUnits, As::kText},
};

json Refused(const std::string& path, uint64_t size, const Error& error) {
  return {{"path", ShownPath(path)},
          {"size", size},
          {"status", "refused"},
          {"code", std::string(ErrorCodeName(error.code()))},
          {"reason", ShownPath(error.message())}};
}

json ScanOne(const std::string& path, const std::function<File()>& open) {
  uint64_t size = 0;
  try {
    File file = open();
    size = file.size();
    return RecordOf(DicomFile::Read(std::move(file)));
  } catch (const Error& error) {
    return Refused(path, size, error);
  } catch (const std::bad_alloc&) {
    return Refused(path, size, Error(ErrorCode::kResource, "The system has no memory for this file"));
  }
}

}  // namespace

void PutFields(json& record, const DataSet& set, const Charset& charset, std::span<const Field> fields) {
  for (const Field& field : fields) {
    const char* keyword = Keyword(field.tag);
    switch (field.as) {
      case As::kText:
        if (const auto text = set.Text(field.tag); !text.empty()) record[keyword] = charset.ToUtf8(text);
        break;
      case As::kTexts: {
        const auto texts = set.Texts(field.tag);
        for (const auto text : texts) record[keyword].push_back(charset.ToUtf8(text));
        break;
      }
      case As::kNumber:
        if (const auto number = set.Number(field.tag)) record[keyword] = *number;
        break;
      case As::kNumbers: {
        const auto numbers = set.Numbers(field.tag);
        bool finite = !numbers.empty();
        for (const double number : numbers) finite = finite && std::isfinite(number);
        if (finite) record[keyword] = numbers;
        break;
      }
      case As::kInteger:
        if (const auto integer = set.Integer(field.tag)) record[keyword] = *integer;
        break;
    }
  }
}

json RecordOf(const DicomFile& file) {
  json record = {{"path", ShownPath(file.path())}, {"size", file.size()}};
  if (file.status() != DicomFile::Status::kDicom) {
    record["status"] = file.status() == DicomFile::Status::kDirectory ? "dicomdir" : "not-dicom";
    record["reason"] = file.reason();
    return record;
  }
  record["status"] = "dicom";
  record["TransferSyntaxUID"] = file.transfer_syntax();
  if (!file.has_meta()) record["no_meta"] = true;
  const DataSet& set = file.set();
  PutFields(record, set, file.charset(), kFields);
  const auto sop_class = set.Text(tag::kSOPClassUID);
  const auto modality = set.Text(tag::kModality);
  const KindRow* row = sop_class.empty() ? RowOfModality(modality) : RowOfClass(sop_class);
  const std::string kind = row == nullptr ? "other" : row->kind;
  record["kind"] = kind;
  if (row != nullptr && !modality.empty() && modality != row->modality) record["modality_mismatch"] = true;
  if (row == nullptr && !sop_class.empty() && RowOfModality(modality) != nullptr) {
    // A class without a kind may have an image's Modality (secondary captures do), but not that of an RT object.
    if (std::string_view(RowOfModality(modality)->kind) != "image") record["modality_mismatch"] = true;
  }
  if (const auto& pixels = file.pixels()) {
    record["pixel_data_bytes"] = pixels->encapsulated ? -1 : static_cast<int64_t>(pixels->declared);
    if (pixels->present < pixels->declared) record["truncated"] = true;
  }
  json nested = NestedRecord(kind, set, file.charset());
  if (!nested.is_null()) record[kind] = std::move(nested);
  return record;
}

std::vector<json> ScanHeaders(const Exec& exec, const std::vector<std::string>& paths) {
  std::vector<json> records(paths.size());
  exec.SetTotal(static_cast<int64_t>(paths.size()));
  std::vector<FileAhead> files;
  for (const std::string& path : paths) files.push_back({path, 0, ""});
  ForEachFile(exec, files, 16, [&](size_t i, const std::function<File()>& open) {
    records[i] = ScanOne(paths[i], open);
    exec.Step();
  });
  return records;
}

}  // namespace isovox::dicom
