// Builds DICOM files (PS3.5 7, PS3.10 7): the same input gives the same bytes, and a file appears whole or not at all.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "dicom/tags.h"

namespace isovox::dicom {

// Ways in which files of other systems differ; the defaults are what the standard prefers.
struct WriteOptions {
  enum class Syntax { kExplicit, kImplicit, kBigEndian, kDeflated };
  Syntax syntax = Syntax::kExplicit;
  bool meta = true;               // false: neither preamble nor file meta information
  bool undefined_length = false;  // of sequences and items
  std::string modality;           // another Modality than the object's
};

// A data set that is being made. VRs come from tags.inc. Texts are UTF-8; one that its VR does not allow (too long, a
// backslash) throws ERR_INVALID_ARGUMENT.
class DataSetBuilder {
 public:
  DataSetBuilder& Text(Tag tag, std::string_view text);
  DataSetBuilder& Texts(Tag tag, const std::vector<std::string>& texts);
  // Numbers of any VR, strings included; a decimal string gets the 16 characters it may have.
  DataSetBuilder& Number(Tag tag, double number);
  DataSetBuilder& Numbers(Tag tag, std::span<const double> numbers);
  DataSetBuilder& Empty(Tag tag);
  // Adds one item to a sequence and returns it; valid as long as this builder.
  DataSetBuilder& Item(Tag tag);
  DataSetBuilder& Octets(Tag tag, std::string bytes);  // as they are, VR OB
  // Little-endian samples of `sample_bytes` each, which must outlive the builder.
  DataSetBuilder& Pixels(std::span<const std::byte> bytes, size_t sample_bytes);

  std::string TextOf(Tag tag) const;  // "" when absent
  std::vector<std::byte> Serialise(const WriteOptions& options) const;

 private:
  struct PixelSpan {
    std::span<const std::byte> bytes;
    size_t sample_bytes;
  };
  using Items = std::vector<std::unique_ptr<DataSetBuilder>>;
  using Value = std::variant<std::string, std::vector<double>, Items, PixelSpan>;

  class Serialiser;
  std::map<Tag, Value> values_;
};

// The shortest decimal string of at most 16 characters nearest to `number` (PS3.5 6.2, DS).
std::string DecimalString(double number);

// Preamble, meta information and data set to `path`, by way of a temporary file.
void WriteDicomFile(const std::string& path, const DataSetBuilder& set, const WriteOptions& options);

// Who an object belongs to.
struct Identity {
  std::string patient_id, patient_sex;
  std::string study_uid, series_uid, frame_uid;
  std::vector<std::string> instance_uids;  // empty: series_uid with ".1", ".2", ... appended
  std::string date, time;                  // of the study and of the object
  std::string study_description, series_description;
  int64_t series_number = 1;

  std::string InstanceUid(size_t index) const;
};

// Patient, study, series, equipment, SOP common and (when there is a frame) frame of reference modules.
void PutCommonModules(DataSetBuilder& set, const Identity& identity, const char* sop_class, const std::string& instance,
                      const char* modality, const WriteOptions& options);

}  // namespace isovox::dicom
