#include "io/s3_object.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "io/xml.h"

namespace isovox {
namespace {

constexpr size_t kRangeBytes = size_t{8} << 20;     // of one request of a large read
constexpr size_t kMostListing = size_t{16} << 20;
constexpr size_t kPartsInFlight = 4;
constexpr uint64_t kMostParts = 10'000, kLeastPart = uint64_t{5} << 20;
constexpr int kUploadPatience = 4, kCompletePatience = 10;

uint64_t NumberOf(std::string_view text) {
  uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size() && !text.empty() ? number : ~uint64_t{0};
}

XmlElement Parsed(const HttpReply& reply, const S3Uri& uri) {
  try {
    return ParseXml({reinterpret_cast<const char*>(reply.body.data.get()), reply.received});
  } catch (Error& error) {
    error.With("path", uri.Text());
    throw;
  }
}

// Why a reply is no whole listing, or empty.
std::string CheckListing(const HttpReply& reply) {
  try {
    const XmlElement root = ParseXml({reinterpret_cast<const char*>(reply.body.data.get()), reply.received});
    if (root.name != "ListBucketResult") return "the reply is no listing";
    size_t there = 0;
    for (const XmlElement& child : root.children) {
      if (child.name != "Contents" && child.name != "CommonPrefixes") continue;
      ++there;
      if (child.name == "Contents" && (child.TextOf("Key").empty() || NumberOf(child.TextOf("Size")) == ~uint64_t{0})) return "an entry of the listing is not whole";
    }
    const std::string count = root.TextOf("KeyCount"), truncated = root.TextOf("IsTruncated");
    if (!count.empty() && NumberOf(count) != there) return "the listing holds another number of keys than it says";
    if (truncated != "true" && truncated != "false") return "the listing does not say whether it is whole";
    if (truncated == "true" && root.TextOf("NextContinuationToken").empty()) return "the listing does not say how it goes on";
    return "";
  } catch (const Error& error) {
    return error.message();
  }
}

// Keys are asked for percent-encoded, because XML has no room for control characters.
std::string Decoded(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

void AddCondition(S3Call& call, const PutCondition& condition) {
  if (condition.if_absent) call.headers["if-none-match"] = "*";
  if (!condition.if_match.empty()) call.headers["if-match"] = condition.if_match;
}

bool Refused(const Error& error) {
  for (const auto& [name, value] : error.context()) {
    if (name == "status") return value == "412";
  }
  return false;
}

bool Repeated(const Error& error) {
  for (const auto& [name, value] : error.context()) {
    if (name == "attempts") return value != "1";
  }
  return false;
}

// What the keys of a folder's objects begin with.
S3Uri FolderOf(const S3Uri& uri) {
  return uri.WithKey(uri.key.empty() || uri.key.ends_with('/') ? uri.key : uri.key + "/");
}

}  // namespace

uint64_t TotalOf(const HttpReply& reply) {
  const std::string range = reply.Header("content-range");
  const size_t slash = range.find('/');
  return slash == std::string::npos ? ~uint64_t{0} : NumberOf(std::string_view(range).substr(slash + 1));
}

ObjectFacts HeadObject(const S3Uri& uri) {
  S3Call call;
  call.method = "HEAD";
  call.uri = uri;
  call.check = [](const HttpReply& reply) { return NumberOf(reply.Header("content-length")) == ~uint64_t{0} ? "the reply has no Content-Length" : ""; };
  const HttpReply reply = S3Client::For(uri)->Call(std::move(call));
  return {NumberOf(reply.Header("content-length")), reply.Header("etag")};
}

bool ObjectExists(const S3Uri& uri) {
  try {
    HeadObject(uri);
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return false;
  }
}

Object GetObject(const S3Uri& uri, size_t most) {
  S3Call call;
  call.uri = uri;
  call.most = most;
  HttpReply reply = S3Client::For(uri)->Call(std::move(call));
  return {std::move(reply.body), reply.received, reply.Header("etag"), reply.Header("last-modified")};
}

S3Call RangeCall(const S3Uri& uri, const std::string& etag, uint64_t begin, uint64_t length, std::span<std::byte> into) {
  S3Call call;
  call.uri = uri;
  call.into = into;
  call.most = static_cast<size_t>(length);
  const std::string range = std::to_string(begin) + "-" + std::to_string(begin + length - 1);
  call.headers["range"] = "bytes=" + range;
  if (!etag.empty()) call.headers["if-match"] = etag;
  call.check = [range, length, begin](const HttpReply& reply) -> std::string {
    if (reply.received != length) return std::to_string(reply.received) + " bytes came instead of " + std::to_string(length);
    if (reply.status == 206 && !reply.Header("content-range").starts_with("bytes " + range + "/")) return "another range came than was asked for";
    return reply.status == 206 || begin == 0 ? "" : "the store ignores ranges";
  };
  return call;
}

void GetRanges(const S3Uri& uri, const std::string& etag, uint64_t offset, std::span<std::byte> into) {
  if (into.empty()) return;
  const auto client = S3Client::For(uri);
  S3Batch batch(client);
  for (size_t at = 0; at < into.size(); at += kRangeBytes) {
    const auto part = into.subspan(at, std::min(kRangeBytes, into.size() - at));
    batch.Submit(RangeCall(uri, etag, offset + at, part.size(), part));
  }
  batch.Finish();
}

S3Call PutCall(const S3Uri& uri, std::span<const std::byte> bytes, const PutCondition& condition) {
  S3Call call;
  call.method = "PUT";
  call.uri = uri;
  call.body = bytes;
  call.doing = "write";
  call.patience = kUploadPatience;
  AddCondition(call, condition);
  return call;
}

std::string PutObject(const S3Uri& uri, std::span<const std::byte> bytes, const PutCondition& condition) {
  const auto client = S3Client::For(uri);
  const uint64_t part = std::max({client->settings().part_bytes, kLeastPart, (bytes.size() + kMostParts - 1) / kMostParts});
  if (bytes.size() > part) {
    MultipartUpload upload(uri, condition);
    for (size_t at = 0; at < bytes.size(); at += part) upload.Part(bytes.subspan(at, std::min<size_t>(part, bytes.size() - at)), nullptr);
    return upload.Complete();
  }
  try {
    return client->Call(PutCall(uri, bytes, condition)).Header("etag");
  } catch (const Error& error) {
    // Older Ceph compares what stands in If-Match with an ETag that has no quotes.
    if (condition.if_match.starts_with('"') && Refused(error) && HeadObject(uri).etag == condition.if_match) {
      return PutObject(uri, bytes, {condition.if_absent, condition.if_match.substr(1, condition.if_match.size() - 2)});
    }
    // The reply to an attempt that succeeded may have been lost; then the next one finds the condition broken, by us.
    if (!condition.any() || !Refused(error) || !Repeated(error)) throw;
    const Object there = GetObject(uri, bytes.size());
    if (there.size != bytes.size() || std::memcmp(there.content.data.get(), bytes.data(), bytes.size()) != 0) throw;
    return there.etag;
  }
}

void DeleteObject(const S3Uri& uri) {
  S3Call call;
  call.method = "DELETE";
  call.uri = uri;
  call.doing = "delete";
  try {
    S3Client::For(uri)->Call(std::move(call));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
  }
}

std::vector<std::string> ObjectsIn(const std::string& folder) {
  const S3Uri uri = ParseS3Uri(folder);
  std::string bucket = folder.substr(0, folder.size() - uri.key.size());
  if (!bucket.ends_with('/')) bucket += '/';
  std::vector<std::string> paths;
  for (const ListedObject& object : ListObjects(FolderOf(uri), "/").objects) {
    if (object.size > 0) paths.push_back(bucket + object.key);
  }
  return paths;
}

bool IsObjectFolder(const std::string& folder) {
  // The first of two may be the folder's own empty object.
  const auto objects = ListObjects(FolderOf(ParseS3Uri(folder)), "", 2).objects;
  return std::any_of(objects.begin(), objects.end(), [](const ListedObject& object) { return object.size > 0; });
}

Listing ListObjects(const S3Uri& prefix, const std::string& delimiter, int most) {
  const auto client = S3Client::For(prefix);
  Listing listing;
  std::string next;
  do {
    S3Call call;
    call.uri = prefix.WithKey("");
    call.most = kMostListing;
    call.doing = "list";
    call.query = {{"list-type", "2"}, {"prefix", prefix.key}, {"encoding-type", "url"}};
    if (!delimiter.empty()) call.query["delimiter"] = delimiter;
    if (most > 0) call.query["max-keys"] = std::to_string(most);
    if (!next.empty()) call.query["continuation-token"] = next;
    call.check = CheckListing;
    const HttpReply reply = client->Call(std::move(call));
    const XmlElement root = Parsed(reply, prefix);
    for (const XmlElement& child : root.children) {
      if (child.name == "Contents") {
        std::string etag = child.TextOf("ETag");
        listing.objects.push_back({Decoded(child.TextOf("Key")), NumberOf(child.TextOf("Size")), std::move(etag)});
      } else if (child.name == "CommonPrefixes") {
        listing.prefixes.push_back(Decoded(child.TextOf("Prefix")));
      }
    }
    next = root.TextOf("IsTruncated") == "true" ? root.TextOf("NextContinuationToken") : "";
  } while (!next.empty() && most == 0);
  std::sort(listing.objects.begin(), listing.objects.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  std::sort(listing.prefixes.begin(), listing.prefixes.end());
  return listing;
}

MultipartUpload::MultipartUpload(S3Uri uri, PutCondition condition)
    : uri_(std::move(uri)), condition_(std::move(condition)), client_(S3Client::For(uri_)) {
  S3Call call;
  call.method = "POST";
  call.uri = uri_;
  call.query = {{"uploads", ""}};
  call.doing = "write";
  const CancelScope none(nullptr);  // an upload whose id nobody has read cannot be aborted
  const HttpReply reply = client_->Call(std::move(call));
  id_ = Parsed(reply, uri_).TextOf("UploadId");
  if (id_.empty()) throw Error(ErrorCode::kIo, "The store gave no upload id for " + uri_.Text(), {{"path", uri_.Text()}});
}

MultipartUpload::~MultipartUpload() {
  batch_.reset();
  if (done_) return;
  S3Call call;
  call.method = "DELETE";
  call.uri = uri_;
  call.query = {{"uploadId", id_}};
  call.doing = "abort the upload of";
  try {
    const CancelScope none(nullptr);  // a cancelled task cleans up too
    client_->Call(std::move(call));
  } catch (const Error&) {
    // Nothing can be done about it here; the bucket's life-cycle rule for incomplete uploads removes the parts.
    return;
  }
}

void MultipartUpload::Part(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  if (!batch_) batch_ = std::make_unique<S3Batch>(client_);
  batch_->WaitBelow(kPartsInFlight);
  size_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = etags_.size();
    etags_.emplace_back();
  }
  bytes_ += bytes.size();
  S3Call call = PutCall(uri_, bytes, {});
  call.query = {{"partNumber", std::to_string(number + 1)}, {"uploadId", id_}};
  call.keeps = std::move(owner);
  call.check = [](const HttpReply& reply) { return reply.Header("etag").empty() ? "the part has no ETag" : ""; };
  batch_->Submit(std::move(call), [this, number](HttpReply&& reply) {
    const std::lock_guard lock(mutex_);
    etags_[number] = reply.Header("etag");
  });
}

std::string MultipartUpload::Complete() {
  if (batch_) batch_->Finish();
  std::string list = "<CompleteMultipartUpload>";
  for (size_t i = 0; i < etags_.size(); ++i) {
    std::string quoted;
    for (const char c : etags_[i]) quoted += c == '"' ? "&quot;" : c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
    list += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" + quoted + "</ETag></Part>";
  }
  list += "</CompleteMultipartUpload>";
  S3Call call;
  call.method = "POST";
  call.uri = uri_;
  call.query = {{"uploadId", id_}};
  call.body = std::as_bytes(std::span(list));
  call.doing = "write";
  call.patience = kCompletePatience;
  AddCondition(call, condition_);
  // The store may begin its reply with status 200 and find an error later.
  call.check = [](const HttpReply& reply) -> std::string {
    try {
      const XmlElement root = ParseXml({reinterpret_cast<const char*>(reply.body.data.get()), reply.received});
      return root.name == "Error" ? root.TextOf("Code") : root.TextOf("ETag").empty() ? "the reply has no ETag" : "";
    } catch (const Error& error) {
      return error.message();
    }
  };
  try {
    const HttpReply reply = client_->Call(std::move(call));
    done_ = true;
    return Parsed(reply, uri_).TextOf("ETag");
  } catch (const Error& error) {
    // As with PutObject: the upload may be gone because it was completed by an attempt whose reply was lost.
    if (!Repeated(error) || !(error.code() == ErrorCode::kNotFound || Refused(error))) throw;
    const ObjectFacts there = HeadObject(uri_);
    std::string parts = "-";
    parts.append(std::to_string(etags_.size())).append("\"");
    if (there.size != bytes_ || !there.etag.ends_with(parts)) throw;
    done_ = true;
    return there.etag;
  }
}

}  // namespace isovox
