// Signatures: the published examples of AWS. "Example: GET Object" and so on are those of
// docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html; get-vanilla and its kind are of the
// aws-sig-v4-test-suite.
#include <doctest/doctest.h>

#include <string>

#include "base/error.h"
#include "io/s3_uri.h"
#include "io/sigv4.h"
#include "io/xml.h"

namespace isovox {
namespace {

const S3Credentials kKeys = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string SignatureOf(const RequestToSign& request) {
  const std::string value = AuthorizationFor(request, kKeys, "us-east-1", "s3", "20130524T000000Z");
  return value.substr(value.rfind('=') + 1);
}

RequestToSign OfExample(const std::string& method, const std::string& path) {
  RequestToSign request;
  request.method = method;
  request.path = path;
  request.payload_sha256 = kEmpty;
  request.headers = {{"host", "examplebucket.s3.amazonaws.com"}, {"x-amz-content-sha256", kEmpty}, {"x-amz-date", "20130524T000000Z"}};
  return request;
}

std::string VanillaSignature(const std::map<std::string, std::string>& query, const std::string& path = "/") {
  RequestToSign request;
  request.method = "GET";
  request.path = path;
  request.query = query;
  request.payload_sha256 = kEmpty;
  request.headers = {{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}};
  const S3Credentials keys = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
  const std::string value = AuthorizationFor(request, keys, "us-east-1", "service", "20150830T123600Z");
  return value.substr(value.rfind('=') + 1);
}

std::string CodeOfXml(const std::string& text) {
  try {
    ParseXml(text);
    return "";
  } catch (const Error& error) {
    return std::string(ErrorCodeName(error.code()));
  }
}

}  // namespace

TEST_CASE("sigv4: the examples of the S3 documentation") {
  RequestToSign get = OfExample("GET", "/test.txt");
  get.headers["range"] = "bytes=0-9";
  CHECK(SignatureOf(get) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  RequestToSign put = OfExample("PUT", "/" + UriEncode("test$file.text", true));
  put.payload_sha256 = put.headers["x-amz-content-sha256"] = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
  put.headers["date"] = "Fri, 24 May 2013 00:00:00 GMT";
  put.headers["x-amz-storage-class"] = "REDUCED_REDUNDANCY";
  CHECK(SignatureOf(put) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  RequestToSign lifecycle = OfExample("GET", "/");
  lifecycle.query = {{"lifecycle", ""}};
  CHECK(SignatureOf(lifecycle) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  RequestToSign list = OfExample("GET", "/");
  list.query = {{"prefix", "J"}, {"max-keys", "2"}};
  CHECK(SignatureOf(list) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  const std::string text = "Welcome to Amazon S3.";
  CHECK(Sha256Hex(std::as_bytes(std::span(text))) == put.payload_sha256);
}

TEST_CASE("sigv4: get-vanilla, query order and utf-8 of the test suite") {
  CHECK(VanillaSignature({}) == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  CHECK(VanillaSignature({{"Param2", "value2"}, {"Param1", "value1"}}) == "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  CHECK(VanillaSignature({{"\xE1\x88\xB4", "bar"}}) == "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04");
  CHECK(VanillaSignature({}, "/%E1%88%B4") == "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
}

TEST_CASE("s3 addresses") {
  const S3Uri uri = ParseS3Uri("s3://3@a-bucket/some/key.nii");
  CHECK(uri.access == 3);
  CHECK(uri.bucket == "a-bucket");
  CHECK(uri.key == "some/key.nii");
  CHECK(uri.Text() == "s3://a-bucket/some/key.nii");
  CHECK(ParseS3Uri("s3://bucket").key.empty());
  CHECK(ParseS3Uri("s3://bucket/a@b").key == "a@b");
  for (const char* wrong : {"s3://", "s3://b", "s3://x@bucket/k", "s3://buc%ket/k", "http://bucket/k", "s3://@bucket/k"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(ParseS3Uri(wrong), Error);
  }
  CHECK(ShownPath("Could not read s3://12@b/k, and s3://7@c/d: s3://e@f") == "Could not read s3://b/k, and s3://c/d: s3://e@f");
}

TEST_CASE("xml: what stores answer, and damage") {
  const XmlElement root = ParseXml(
      "<?xml version=\"1.0\"?>\n<!-- c --><ns:L xmlns=\"x>y\"><K a='<'>a&amp;b&#x1234;&#65;</K><E/><D><![CDATA[<raw>]]></D></ns:L>\n");
  CHECK(root.name == "L");
  CHECK(root.TextOf("K") == "a&b\xE1\x88\xB4" "A");
  CHECK(root.Child("E") != nullptr);
  CHECK(root.TextOf("D") == "<raw>");
  CHECK(root.Child("absent") == nullptr);
  const std::string good = "<A><B>text &lt; more</B><C x=\"1\"/></A>";
  CHECK(CodeOfXml(good).empty());
  for (size_t cut = 0; cut < good.size(); ++cut) CHECK(CodeOfXml(good.substr(0, cut)) == "ERR_CORRUPT_DATA");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  for (const std::string& wrong : {deep, std::string("<A></B>"), std::string("<A>&bad;</A>"), std::string("<A>&#x110000;</A>"),
                                   std::string("<!DOCTYPE a><A/>"), std::string("<A/><B/>"), std::string("text")}) {
    CHECK(CodeOfXml(wrong) == "ERR_CORRUPT_DATA");
  }
  // Every single changed byte is either still XML or an error; never a crash (run under AddressSanitizer too).
  for (size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = good;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      const std::string code = CodeOfXml(changed);
      CHECK((code.empty() || code == "ERR_CORRUPT_DATA"));
    }
  }
}

}  // namespace isovox
