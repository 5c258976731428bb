#include "dicom/dataset.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "dicom/charset.h"
#include "dicom/decimal.h"
#include "dicom/maker.h"

using namespace isovox;
using namespace isovox::dicom;
using isovox::test::CodeOf;

namespace {

DataSet ParseBytes(const std::vector<std::byte>& bytes, Encoding encoding) {
  ByteReader reader(bytes);
  return DataSet::Parse(reader, encoding);
}

}  // namespace

TEST_CASE("decimal strings: rounded as strtod does") {
  std::mt19937_64 random(7);
  char text[64];
  for (int i = 0; i < 20000; ++i) {
    const double value = static_cast<double>(static_cast<int64_t>(random())) / std::pow(10.0, double(random() % 25));
    std::snprintf(text, sizeof text, i % 2 ? "%.10g" : "%.3f", value);
    REQUIRE(ParseDecimal(text) == std::strtod(text, nullptr));
  }
}

TEST_CASE("decimal strings: what is no number is NaN") {
  for (const char* text : {"", " ", "abc", "1.2.3", "nan", "inf", "-inf", "0x10", "1e", "--1", "1 2", ".", "-"}) {
    CHECK(std::isnan(ParseDecimal(text)));
  }
  CHECK(ParseDecimal(" +12.50 ") == 12.5);
  CHECK(ParseDecimal("1E-3") == 0.001);
  CHECK(ParseDecimal("-.5") == -0.5);
  std::vector<double> list;
  ParseDecimals("1\\\\3 ", list);
  REQUIRE(list.size() == 3);
  CHECK(std::isnan(list[1]));
  CHECK(list[2] == 3);
}

TEST_CASE("decimal strings: written in at most 16 characters, nearest") {
  for (const double value : {0.1, -1.0 / 3, 123456789.123456789, 1e-12 / 7, -2.2250738585072014e-300, 1e300}) {
    const std::string text = DecimalString(value);
    CHECK(text.size() <= 16);
    CHECK(std::abs(ParseDecimal(text) - value) <= std::abs(value) * 1e-8);
  }
  CHECK(DecimalString(2.5) == "2.5");
}

TEST_CASE("data sets: every encoding gives the same content") {
  DataSetBuilder set;
  set.Text(tag::kPatientID, "abc").Number(tag::kRows, 512).Numbers(tag::kPixelSpacing, std::array{0.5, 0.75});
  auto& outer = set.Item(tag::kROIContourSequence);
  outer.Number(tag::kReferencedROINumber, 3);
  outer.Item(tag::kContourSequence).Text(tag::kContourGeometricType, "POINT");
  for (const WriteOptions& options : test::AllWriteOptions()) {
    if (options.syntax == WriteOptions::Syntax::kDeflated) continue;
    const Encoding encoding{options.syntax != WriteOptions::Syntax::kImplicit,
                            options.syntax == WriteOptions::Syntax::kBigEndian ? Endian::kBig : Endian::kLittle};
    const auto bytes = set.Serialise(options);
    const DataSet read = ParseBytes(bytes, encoding);
    CHECK(read.Text(tag::kPatientID) == "abc");
    CHECK(read.Integer(tag::kRows) == 512);
    CHECK(read.Numbers(tag::kPixelSpacing) == std::vector<double>{0.5, 0.75});
    const auto items = read.Items(tag::kROIContourSequence);
    REQUIRE(items.size() == 1);
    CHECK(items[0].Integer(tag::kReferencedROINumber) == 3);
    CHECK(items[0].Items(tag::kContourSequence).at(0).Text(tag::kContourGeometricType) == "POINT");
  }
}

TEST_CASE("data sets: cut anywhere, a typed error or a shorter set") {
  DataSetBuilder set;
  set.Text(tag::kPatientID, "abcdef");
  set.Item(tag::kROIContourSequence).Item(tag::kContourSequence).Text(tag::kContourGeometricType, "POINT");
  for (const WriteOptions& options : test::AllWriteOptions()) {
    if (options.syntax == WriteOptions::Syntax::kDeflated) continue;
    auto bytes = set.Serialise(options);
    while (!bytes.empty()) {
      bytes.pop_back();
      const std::string code = CodeOf([&] {
        ParseBytes(bytes, {options.syntax != WriteOptions::Syntax::kImplicit,
                           options.syntax == WriteOptions::Syntax::kBigEndian ? Endian::kBig : Endian::kLittle});
      });
      CHECK((code.empty() || code == "ERR_CORRUPT_DATA"));
    }
  }
}

TEST_CASE("data sets: nesting without end is refused") {
  std::vector<std::byte> bytes;
  const auto put = [&](std::initializer_list<int> list) {
    for (const int b : list) bytes.push_back(static_cast<std::byte>(b));
  };
  for (int i = 0; i < 100000; ++i) {
    put({0x06, 0x30, 0x39, 0x00, 0xFF, 0xFF, 0xFF, 0xFF});
    put({0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF});
  }
  CHECK(CodeOf([&] { ParseBytes(bytes, {false, Endian::kLittle}); }) == "ERR_CORRUPT_DATA");
}

TEST_CASE("data sets: a length of 4 GB in a small file") {
  std::vector<std::byte> bytes;
  for (const int b : {0x08, 0x00, 0x16, 0x00, 0xFE, 0xFF, 0xFF, 0xFF}) bytes.push_back(static_cast<std::byte>(b));
  bytes.resize(1024);
  CHECK(CodeOf([&] { ParseBytes(bytes, {false, Endian::kLittle}); }) == "ERR_CORRUPT_DATA");
}

TEST_CASE("character sets become UTF-8") {
  CHECK(Charset({"ISO_IR 100"}).ToUtf8("Br\xFCste") == "Brüste");
  CHECK(Charset({"ISO_IR 192"}).ToUtf8("Brüste") == "Brüste");
  CHECK(Charset({"ISO_IR 144"}).ToUtf8("\xBB\xEE\xDA") == "Люк");
  CHECK(Charset({"", "ISO 2022 IR 87"}).ToUtf8("\x1b$B;3\x1b(B") == "山");
  CHECK(Charset({"", "ISO 2022 IR 149"}).ToUtf8("\x1b$)C\xb1\xe8") == "김");
  CHECK(Charset({"GB18030"}).ToUtf8("\xcd\xf5") == "王");
  CHECK(Charset().ToUtf8("Br\xFCste") == "Brüste");
  CHECK(Charset({"ISO_IR 192"}).ToUtf8("Br\xFCste") == "Brüste");
  CHECK(Charset().ToUtf8("a\x1b[2Jb") == "a[2Jb");
}

TEST_CASE("writers refuse what the standard does not allow") {
  DataSetBuilder set;
  CHECK(CodeOf([&] { set.Text(tag::kRTPlanLabel, "longer than sixteen characters"); }) == "ERR_INVALID_ARGUMENT");
  CHECK(CodeOf([&] { set.Text(tag::kROIName, "a\\b"); }) == "ERR_INVALID_ARGUMENT");
  CHECK(CodeOf([&] { set.Text(tag::kStudyInstanceUID, "1.2.x"); }) == "ERR_INVALID_ARGUMENT");
}
