// Locks, and object stores: opening them, their objects as bytes, and what requests did.
#include <cmath>
#include <cstring>

#include "addon/convert.h"
#include "addon/handle.h"
#include "addon/registry.h"
#include "io/file_lock.h"
#include "io/s3_object.h"

namespace isovox::addon {
namespace {

constexpr int64_t kLongestMs = 86'400'000;

S3Credentials CredentialsOf(const Args& args) {
  return {args.Text("accessKeyId", ""), args.Text("secretAccessKey", ""), args.Text("sessionToken", "")};
}

Args FirstArgument(const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) throw InvalidArgument("args", "an object", Describe(info[0]));
  return Args(info[0].As<Napi::Object>());
}

Napi::Value OpenS3(const Napi::CallbackInfo& info) {
  const Args args = FirstArgument(info);
  S3Settings settings;
  settings.region = args.Text("region");
  settings.endpoint = args.Text("endpoint", "");
  settings.ca_file = args.Text("caFile", "");
  settings.virtual_addressing = args.Flag("useVirtualAddressing", true);
  settings.max_parallel = static_cast<int>(args.Integer("maxParallelOps", 1, 1024));
  settings.retries = static_cast<int>(args.Integer("retries", 0, 100));
  settings.connect_ms = static_cast<int>(args.Integer("connectTimeoutMs", 1, kLongestMs));
  settings.stall_ms = static_cast<int>(args.Integer("stallTimeoutMs", 1, kLongestMs));
  settings.attempt_ms = static_cast<int>(args.Integer("attemptTimeoutMs", 1, kLongestMs));
  settings.part_bytes = static_cast<uint64_t>(args.Integer("partBytes", 5 << 20, int64_t{5} << 30));
  settings.gap_bytes = static_cast<uint64_t>(args.Integer("gapBytes", 0, int64_t{1} << 30));
  return Napi::Number::New(info.Env(), S3Client::Register(std::move(settings), CredentialsOf(args)));
}

Napi::Value SetS3Credentials(const Napi::CallbackInfo& info) {
  const Args args = FirstArgument(info);
  S3Client::SetCredentials(static_cast<int>(args.Integer("access", 1, 1 << 30)), CredentialsOf(args));
  return info.Env().Undefined();
}

Work ReadObject(Args& args) {
  const int64_t most = args.Integer("most", 0, int64_t{1} << 31, int64_t{64} << 20);
  return {[uri = ParseS3Uri(args.Text("uri")), most](const Exec&) -> Finish {
    auto object = std::make_shared<Object>(GetObject(uri, static_cast<size_t>(most)));
    return [object](Napi::Env env) {
      auto bytes = Napi::Uint8Array::New(env, object->size);
      if (object->size > 0) std::memcpy(bytes.Data(), object->content.data.get(), object->size);
      auto out = Napi::Object::New(env);
      out.Set("bytes", bytes);
      out.Set("etag", object->etag);
      return out;
    };
  }};
}

Work WriteObject(Args& args) {
  PutCondition condition;
  condition.if_absent = args.Flag("ifAbsent");
  condition.if_match = args.Text("ifMatch", "");
  const Napi::Value given = args.Raw("bytes");
  if (!given.IsTypedArray() || given.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw InvalidArgument("bytes", "a Uint8Array", Describe(given));
  }
  const auto array = given.As<Napi::Uint8Array>();
  std::vector<std::byte> bytes(array.ByteLength());
  if (!bytes.empty()) std::memcpy(bytes.data(), array.Data(), bytes.size());
  return {[uri = ParseS3Uri(args.Text("uri")), condition, bytes = std::move(bytes)](const Exec&) -> Finish {
    const std::string etag = PutObject(uri, bytes, condition);
    return [etag](Napi::Env env) { return Napi::String::New(env, etag); };
  }};
}

Work HeadObjectOf(Args& args) {
  return {[uri = ParseS3Uri(args.Text("uri"))](const Exec&) -> Finish {
    const ObjectFacts facts = HeadObject(uri);
    return [facts](Napi::Env env) { return ToJs(env, {{"size", facts.size}, {"etag", facts.etag}}); };
  }};
}

Work ListObjectsOf(Args& args) {
  return {[uri = ParseS3Uri(args.Text("uri")), delimiter = args.Text("delimiter", "")](const Exec&) -> Finish {
    auto listing = std::make_shared<Listing>(ListObjects(uri, delimiter));
    return [listing](Napi::Env env) {
      auto objects = nlohmann::json::array();
      for (const auto& object : listing->objects) objects.push_back({{"key", object.key}, {"size", object.size}, {"etag", object.etag}});
      return ToJs(env, {{"objects", objects}, {"prefixes", listing->prefixes}});
    };
  }};
}

Work DeleteObjects(Args& args) {
  std::vector<S3Uri> uris;
  for (const std::string& text : args.TextList("uris")) uris.push_back(ParseS3Uri(text));
  return {[uris](const Exec& exec) -> Finish {
    exec.SetTotal(static_cast<int64_t>(uris.size()));
    for (const S3Uri& uri : uris) {
      exec.CheckCancelled();
      DeleteObject(uri);
      exec.Step();
    }
    return [](Napi::Env env) { return env.Undefined(); };
  }};
}

Napi::Value S3Stats(const Napi::CallbackInfo& info) {
  const auto& counted = S3Counters::Process();
  return ToJs(info.Env(), {{"requests", counted.requests.load()},
                           {"parallelRequests", counted.parallel.load()},
                           {"reads", counted.reads.load()},
                           {"writes", counted.writes.load()},
                           {"readBytes", counted.bytes_read.load()},
                           {"writtenBytes", counted.bytes_written.load()},
                           {"retries", counted.retries.load()},
                           {"failures", counted.failed.load()},
                           {"coalescedRanges", counted.coalesced.load()},
                           {"meanLatencyMs", counted.MeanMs()},
                           {"p99LatencyMs", counted.PercentileMs(0.99)}});
}

Work HoldFile(Args& args) {
  return {[path = args.Text("path")](const Exec&) -> Finish {
    std::shared_ptr<FileLock> lock = FileLock::TryHold(path);
    return [lock](Napi::Env env) { return lock ? WrapHandle(env, lock) : env.Null(); };
  }};
}

constexpr Row kRows[] = {
    {"holdFile", HoldFile, nullptr, "(args: { path: string }) => Promise<Handle<'FileLock'> | null>",
     "Holds a file, made when it is not there, until the handle is disposed or the process ends; null when another does."},
    {"openS3", nullptr, OpenS3, "(args: S3Opening) => number",
     "Makes an object store known; the number stands in addresses as s3://NUMBER@bucket/key."},
    {"setS3Credentials", nullptr, SetS3Credentials,
     "(args: { access: number; accessKeyId?: string; secretAccessKey?: string; sessionToken?: string }) => void",
     "Other credentials for a store, from its next request on."},
    {"readObject", ReadObject, nullptr,
     "(args: { uri: string; most?: number }) => Promise<{ bytes: Uint8Array; etag: string }>", "All of an object."},
    {"writeObject", WriteObject, nullptr,
     "(args: { uri: string; bytes: Uint8Array; ifAbsent?: boolean; ifMatch?: string }) => Promise<string>",
     "An object, whole or not at all; gives its ETag."},
    {"headObject", HeadObjectOf, nullptr, "(args: { uri: string }) => Promise<{ size: number; etag: string }>",
     "Size and ETag of an object."},
    {"listObjects", ListObjectsOf, nullptr, "(args: { uri: string; delimiter?: string }) => Promise<ObjectListing>",
     "The objects below a prefix."},
    {"deleteObjects", DeleteObjects, nullptr, "(args: { uris: string[] }) => Promise<void>", "Removes objects."},
    {"s3Stats", nullptr, S3Stats, "() => S3Stats", "What requests to object stores did in this process."},
};

}  // namespace

Table IoTable() { return kRows; }

}  // namespace isovox::addon
