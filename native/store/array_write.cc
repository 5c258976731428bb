// Writes arrays: every chunk gathered, encoded and written by one task.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "io/crc32c.h"
#include "store/array.h"

namespace isovox::store {
namespace {

class ArrayWriter {
 public:
  ArrayWriter(const Exec& exec, FolderWriter& folder, const std::string& prefix, const ArrayMeta& meta, const std::byte* from,
              const Index& strides)
      : exec_(exec), folder_(folder), prefix_(prefix), meta_(meta), axes_(meta.shape.size()), sample_(DTypeSize(meta.dtype)), from_(from),
        strides_(strides), cell_strides_(StridesOf(meta.cell(), meta.chain.order, sample_)) {}

  void Run() {
    const Shape files = CellsAlong(meta_.shape, meta_.chunk);
    int64_t total = 1;
    for (const int64_t n : files) total *= n;
    exec_.SetTotal(total);
    ParallelFor(exec_, total, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        Shape index(axes_);
        int64_t rest = n;
        for (size_t a = axes_; a-- > 0;) {
          index[a] = rest % files[a];
          rest /= files[a];
        }
        auto bytes = meta_.sharding ? Shard(index) : Cell(index);
        if (!bytes.empty()) folder_.Put(prefix_ + meta_.KeyOf(index), std::move(bytes));
        exec_.Step();
      }
    });
  }

 private:
  // The encoded cell; empty when it holds nothing but the fill value, or lies outside.
  std::vector<std::byte> Cell(const Shape& index) const {
    const Shape& cell = meta_.cell();
    Index count{}, whole{};
    int64_t offset = 0;
    bool edge = false;
    for (size_t a = 0; a < axes_; ++a) {
      const int64_t begin = index[a] * cell[a];
      count[a] = std::min(cell[a], meta_.shape[a] - begin);
      whole[a] = cell[a];
      if (count[a] <= 0) return {};
      edge = edge || count[a] != cell[a];
      offset += begin * strides_[a];
    }
    std::vector<std::byte> numbers(meta_.cell_bytes());
    if (edge) FillBox(axes_, whole, numbers.data(), cell_strides_, meta_.fill.data(), sample_);
    CopyBox(axes_, count, from_ + offset, strides_, numbers.data(), cell_strides_, sample_);
    if (OnlyFill(numbers)) return {};
    return EncodeCell(meta_, numbers);
  }

  bool OnlyFill(const std::vector<std::byte>& numbers) const {
    // The first sample is the fill value and every sample equals the one before it.
    return std::memcmp(numbers.data(), meta_.fill.data(), sample_) == 0 &&
           std::memcmp(numbers.data(), numbers.data() + sample_, numbers.size() - sample_) == 0;
  }

  std::vector<std::byte> Shard(const Shape& shard) const {
    const Shape per_shard = CellsAlong(meta_.chunk, meta_.cell());
    int64_t total = 1;
    for (const int64_t n : per_shard) total *= n;
    std::vector<std::vector<std::byte>> cells(static_cast<size_t>(total));
    ParallelFor(exec_, total, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        Shape index(axes_);
        int64_t rest = n;
        for (size_t a = axes_; a-- > 0;) {
          index[a] = shard[a] * per_shard[a] + rest % per_shard[a];
          rest /= per_shard[a];
        }
        cells[static_cast<size_t>(n)] = Cell(index);
      }
    });
    const Sharding& sharding = *meta_.sharding;
    const size_t index_size = cells.size() * 16 + (sharding.index_checksum ? 4 : 0);
    std::vector<std::byte> out(sharding.index_at_end ? 0 : index_size), index;
    const auto put = [&](uint64_t value) {
      for (int shift = 0; shift < 64; shift += 8) index.push_back(static_cast<std::byte>(value >> shift & 255));
    };
    bool any = false;
    for (const auto& cell : cells) {
      put(cell.empty() ? ~uint64_t{0} : out.size());
      put(cell.empty() ? ~uint64_t{0} : cell.size());
      out.insert(out.end(), cell.begin(), cell.end());
      any = any || !cell.empty();
    }
    if (!any) return {};
    if (sharding.index_checksum) index = FindByteCodec("crc32c")->encode(index, {});
    if (sharding.index_at_end) out.insert(out.end(), index.begin(), index.end());
    else std::copy(index.begin(), index.end(), out.begin());
    return out;
  }

  const Exec& exec_;
  FolderWriter& folder_;
  const std::string& prefix_;
  const ArrayMeta& meta_;
  size_t axes_, sample_;
  const std::byte* from_;
  const Index& strides_;
  Index cell_strides_;
};

}  // namespace

void WriteArray(const Exec& exec, FolderWriter& folder, const std::string& prefix, const ArrayMeta& meta, const std::byte* from,
                const Index& strides) {
  ArrayWriter(exec, folder, prefix, meta, from, strides).Run();
  folder.Put(prefix + "zarr.json", BytesOfText(ToJson(meta).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"));
}

}  // namespace isovox::store
