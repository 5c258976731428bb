// Writes the seeds into FOLDER/<extension>/, compressed frames with a guess of their layout into FOLDER/frame/, and those
// of the other targets into folders of their names.
#include <cstdio>
#include <filesystem>

#include "dicom/encapsulated.h"
#include "dicom/maker.h"
#include "dicom/pixels.h"
#include "seeds.h"
#include "shard_arrays.h"

namespace {

constexpr const char* kSequences[] = {
    ">one first sequence\nACGTACGTNNRYKM\nACGT\n>two\nMKVLAAGG*\n",
    "@read1 of two\nACGT\n+\nIIII\n@read2\nGGCC\n+read2\n!!~~\n",
    "LOCUS       TEST 20 bp DNA linear UNK\nDEFINITION  a test.\nACCESSION   TEST\nFEATURES             Location/Qualifiers\n"
    "     gene            complement(join(2..5,8..11))\n                     /locus_tag=\"T1\"\n     CDS             <1..>6\n"
    "                     /gene=\"x\"\nORIGIN\n        1 acgtacgtac gtacgtacgt\n//\n"};
constexpr const char* kXml[] = {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
    "<IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;&#x41;</NextContinuationToken><Contents><Key>a/b &lt;c&gt;</Key>"
    "<Size>12</Size><ETag>&quot;0f&quot;</ETag></Contents><CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes></ListBucketResult>",
    "<Error><Code>NoSuchKey</Code><Message>no</Message><!-- c --><![CDATA[x]]></Error>",
    "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>"};

std::vector<char> Chars(const char* text) { return {text, text + std::char_traits<char>::length(text)}; }

}  // namespace

int main(int, char** argv) {
  using namespace isovox;
  const std::string root = argv[1];
  int number = 0;
  const auto put = [&](const std::string& folder, const std::vector<char>& bytes) {
    std::filesystem::create_directories(root + "/" + folder);
    test::Spill(root + "/" + folder + "/" + std::to_string(number++), bytes);
  };
  const test::TempFolder temporary;
  for (const fuzz::Seed& seed : fuzz::MakeSeeds()) {
    put(seed.extension.substr(1), seed.bytes);
    if (seed.format == "rtstruct") put("mask", seed.bytes);
    if (seed.extension != ".dcm") continue;
    test::Spill(temporary / "seed", seed.bytes);
    const auto file = dicom::DicomFile::Open(temporary / "seed");
    if (!file.pixels() || !file.pixels()->encapsulated) continue;
    const auto layout = dicom::LayoutOf(file);
    const dicom::EncapsulatedFrames frames(file, layout.frames);
    Buffer joined;
    const auto frame = frames.Frame(0, joined);
    for (const char codec : {0, 1, 2, 3, 4}) {
      std::vector<char> bytes = {codec, static_cast<char>(layout.rows - 1), static_cast<char>(layout.columns - 1), 0};
      const auto* data = reinterpret_cast<const char*>(frame.data());
      bytes.insert(bytes.end(), data, data + frame.size());
      put("frame", bytes);
    }
  }
  for (const char* text : kSequences) put("sequences", Chars(text));
  for (const char* text : kXml) put("xml", Chars(text));
  const std::string arrays = fuzz::MakeShardArrays();
  for (int i = 0; i < fuzz::kShardArrays; ++i) {
    const std::string array = arrays + "/" + std::to_string(i);
    put("array_meta", test::Slurp(array + "/zarr.json"));
    std::vector<char> bytes = test::Slurp(array + "/c/0/0/0");
    bytes.insert(bytes.begin(), static_cast<char>(i));
    put("shard", bytes);
  }
  std::filesystem::remove_all(arrays);
  std::printf("%d files\n", number);
}
