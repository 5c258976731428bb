// What the headers of many files say, one flat record each: the index from which courses are organised.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dicom/file.h"
#include "exec/exec.h"

namespace isovox::dicom {

// One HeaderRecord (lib/native/dicom-types.ts) per path, in the order of paths, read in parallel. Never throws for a
// bad file: its record says "refused" or "not-dicom" and why. Names and birth dates are not read.
std::vector<nlohmann::json> ScanHeaders(const Exec& exec, const std::vector<std::string>& paths);

// The record of one file that is open.
nlohmann::json RecordOf(const DicomFile& file);

// What belongs to one kind of object, by the kind's name ("rtplan"); null for kinds without such.
nlohmann::json NestedRecord(const std::string& kind, const DataSet& set, const Charset& charset);

// How an attribute becomes a value of a record.
enum class As { kText, kTexts, kNumber, kNumbers, kInteger };
struct Field {
  Tag tag;
  As as;
};
// Adds the attributes that are there and not empty, under their keywords.
void PutFields(nlohmann::json& record, const DataSet& set, const Charset& charset, std::span<const Field> fields);

}  // namespace isovox::dicom
