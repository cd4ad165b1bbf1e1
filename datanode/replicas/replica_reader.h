#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "datanode/replicas/replica.h"
#include "proto/checksum/checksum.h"
#include "proto/io/disk.h"

namespace dfs::datanode {

// One replica opened for reading, as it was at that moment: a writer may go on meanwhile, nothing of it is seen.
//
// Every call blocks and belongs on the volume's executor, one at a time.
class ReplicaReader {
 public:
  // kCorruptFormat when the meta file is missing, short or broken.
  static Result<std::unique_ptr<ReplicaReader>> open(std::shared_ptr<Replica> replica);

  const Block& block() const { return view_.block; }
  const Replica::View& view() const { return view_; }
  Replica& replica() const { return *replica_; }
  const std::shared_ptr<Replica>& shared() const { return replica_; }
  const checksum::Checksum& checksum() const { return checksum_; }
  // What may be read, all of it with sums; beyond what readers were promised (visible_bytes) there may be more.
  uint64_t length_bytes() const { return view_.on_disk_bytes; }
  std::optional<uint64_t> visible_bytes() const { return view_.visible_bytes(); }

  // The data at `offset` and the sums of its chunks; for a part of the last chunk that part's own sum, made only if the
  // whole chunk matches. kCorruptFormat if the files are shorter than they were, kIo if somebody cut them meanwhile.
  // Requires: `offset` is at the start of a chunk.
  Result<void> read(uint64_t offset, std::span<uint8_t> data, std::span<uint8_t> sums);
  // The sums alone of the chunks of [offset, end). Requires: both at the start of a chunk, or `end` at length_bytes().
  Result<void> read_sums(uint64_t offset, uint64_t end, std::span<uint8_t> sums);
  // For data that is not looked at on its way. Who sends it asks check_not_cut() before and after.
  File& data() { return *data_; }
  // kIo if a recovery has cut the files since they were opened: what was read may be of both.
  Result<void> check_not_cut() const;
  // The first chunk of what read() brought that does not match, as an offset in the block.
  std::optional<uint64_t> first_mismatch(uint64_t offset, ByteView data, ByteView sums) const;
  // All sums of the replica.
  Result<std::vector<uint8_t>> all_sums();

 private:
  ReplicaReader() = default;
  Result<void> read_files(uint64_t offset, std::span<uint8_t> data, std::span<uint8_t> sums);
  Error shorter(const char* file) const;
  Result<void> sum_part(uint64_t end, ByteView part, std::span<uint8_t> sum);

  std::shared_ptr<Replica> replica_;
  Replica::View view_;
  checksum::Checksum checksum_;
  std::unique_ptr<File> data_, meta_;
};

}  // namespace dfs::datanode
