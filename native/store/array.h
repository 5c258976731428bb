// Zarr 3 arrays on the disk or below an s3:// prefix: regions in and out, touching only the chunks that they need.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "exec/exec.h"
#include "io/folder_writer.h"
#include "store/array_meta.h"
#include "store/box.h"

namespace isovox::store {

class Array {
 public:
  // Reads zarr.json of the folder. Throws ERR_NOT_FOUND, ERR_CORRUPT_DATA, ERR_UNSUPPORTED.
  static Array Open(const std::string& folder);

  const ArrayMeta& meta() const { return meta_; }
  const std::string& folder() const { return folder_; }
  // Of this version of the array: what cached tiles are filed under.
  const std::string& identity() const { return identity_; }

  // Fills the box [start, start + count) of `to`, whose strides are in bytes. Chunks are decoded in parallel, straight
  // into `to` where they lie there as they are; chunks that are only partly wanted go through the process's cache.
  // REQUIRES: the box lies in the array.
  void Read(const Exec& exec, const Index& start, const Index& count, std::byte* to, const Index& strides) const;

 private:
  Array(std::string folder, ArrayMeta meta, std::string identity)
      : folder_(std::move(folder)), identity_(std::move(identity)), meta_(std::move(meta)) {}

  std::string folder_;
  std::string identity_;
  ArrayMeta meta_;
};

// Writes zarr.json and every chunk that holds anything but the fill value, as `prefix` + their keys.
// `from` is the whole array with strides in bytes.
void WriteArray(const Exec& exec, FolderWriter& folder, const std::string& prefix, const ArrayMeta& meta, const std::byte* from,
                const Index& strides);

// Bytes of one cell (a chunk, or a shard's inner chunk) to numbers in this machine's byte order, laid out as
// StridesOf(meta.cell(), meta.chain.order) says; and back. `into` holds exactly one cell, of which the bytes from `begin`
// to before `end` are wanted: codecs that can leave the others alone. Returns how many bytes were decoded.
size_t DecodeCell(const ArrayMeta& meta, std::span<const std::byte> bytes, std::span<std::byte> into, size_t begin, size_t end);
std::vector<std::byte> EncodeCell(const ArrayMeta& meta, std::span<const std::byte> cell);

// How many cells there are along each axis of `shape`.
Shape CellsAlong(const Shape& shape, const Shape& cell);

}  // namespace isovox::store
