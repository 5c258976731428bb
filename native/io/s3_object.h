// Objects of a store: facts, bytes, ranges in parallel, uploads in parts, listings.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/file.h"
#include "io/s3_client.h"

namespace isovox {

struct ObjectFacts {
  uint64_t size = 0;
  std::string etag;  // of this content; names the version that ranges are read of
};

struct Object {
  Buffer content;  // `size` bytes of it
  size_t size = 0;
  std::string etag, modified;  // `modified` as HTTP dates are

  std::span<const std::byte> bytes() const { return {content.data.get(), size}; }
};

// Which content a write may replace.
struct PutCondition {
  bool if_absent = false;   // nothing may be there
  std::string if_match;     // this content must be there

  bool any() const { return if_absent || !if_match.empty(); }
};

struct ListedObject {
  std::string key;
  uint64_t size = 0;
  std::string etag;
};

struct Listing {
  std::vector<ListedObject> objects;
  std::vector<std::string> prefixes;  // what keys have in common up to the delimiter
};

ObjectFacts HeadObject(const S3Uri& uri);
bool ObjectExists(const S3Uri& uri);
// All of an object. Throws ERR_CORRUPT_DATA when it has more than `most` bytes.
Object GetObject(const S3Uri& uri, size_t most);
// Fills `into` from byte `offset` of that content, in parallel parts. ERR_IO with status 412 when the object changed.
void GetRanges(const S3Uri& uri, const std::string& etag, uint64_t offset, std::span<std::byte> into);
// One object, in parts when it is larger than a part; it appears whole or not at all. Gives the etag.
// With a condition that does not hold: ERR_IO with status 412.
std::string PutObject(const S3Uri& uri, std::span<const std::byte> bytes, const PutCondition& condition = {});
void DeleteObject(const S3Uri& uri);
// The addresses, as native functions take them, of the objects of a "folder", not of those below it, that are not empty.
// Sorted.
std::vector<std::string> ObjectsIn(const std::string& folder);
// Is there an object that is not empty anywhere below it?
bool IsObjectFolder(const std::string& folder);
// Every object below a prefix; with a delimiter, those of one level. Sorted by key; only the first `most` when not 0.
Listing ListObjects(const S3Uri& prefix, const std::string& delimiter = "", int most = 0);

// The call that reads a range of an object's content: `length` bytes at `begin` into `into`, or collected.
S3Call RangeCall(const S3Uri& uri, const std::string& etag, uint64_t begin, uint64_t length, std::span<std::byte> into);
S3Call PutCall(const S3Uri& uri, std::span<const std::byte> bytes, const PutCondition& condition);
// Of "bytes 0-9/100": 100.
uint64_t TotalOf(const HttpReply& reply);

// An upload in parts whose size is not known when it begins. Parts travel while the next is being filled.
class MultipartUpload {
 public:
  MultipartUpload(S3Uri uri, PutCondition condition);
  // Tells the store to forget the parts, unless Complete was called.
  ~MultipartUpload();
  MultipartUpload(const MultipartUpload&) = delete;
  MultipartUpload& operator=(const MultipartUpload&) = delete;

  // All parts but the last must be at least 5 MiB. The bytes are kept by `owner` until they have been sent.
  void Part(std::span<const std::byte> bytes, std::shared_ptr<const void> owner);
  // The object takes its name. Gives its etag.
  std::string Complete();

 private:
  S3Uri uri_;
  PutCondition condition_;
  std::shared_ptr<S3Client> client_;
  std::string id_;
  uint64_t bytes_ = 0;
  std::vector<std::string> etags_;  // by part
  std::mutex mutex_;
  std::unique_ptr<S3Batch> batch_;
  bool done_ = false;
};

}  // namespace isovox
