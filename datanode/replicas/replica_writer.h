#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datanode/replicas/replica.h"
#include "proto/checksum/checksum.h"
#include "proto/io/disk.h"

namespace dfs::datanode {

// Appends to one replica: its data and, in step, its sums. Holds the replica's claim.
//
// Every call blocks and belongs on the volume's executor, one at a time.
class ReplicaWriter {
 public:
  // For a replica whose files were just made, empty.
  static Result<std::unique_ptr<ReplicaWriter>> create(ReplicaClaim claim, const checksum::Checksum& checksum);
  // For one that has content, which it checks: the last chunk must match its sum if it is not full. Its checksum stays
  // what it was; kIo if `requested` has another chunk size.
  static Result<std::unique_ptr<ReplicaWriter>> open(ReplicaClaim claim, const checksum::Checksum& requested);

  const checksum::Checksum& checksum() const { return checksum_; }
  Replica& replica() const { return claim_.replica(); }
  const std::shared_ptr<Replica>& shared() const { return claim_.shared(); }

  // Takes `data` at `offset`, of which a part may be on disk already, and the sums of its chunks, counted from
  // `offset`. Readers see it after flush(). kIo where a packet leaves a gap or crosses a chunk's end unaligned.
  // Requires: `sums` fits `data`.
  Result<void> append(uint64_t offset, ByteView data, ByteView sums);
  // Writes the sums, publishes what was appended to readers, and starts write-back.
  Result<void> flush();
  // After flush(), makes data and sums survive a power cut; the first time also their names.
  Result<void> sync();
  bool synced() const { return synced_bytes_ == on_disk_bytes_; }

  // Ends the writing and hands the claim on.
  ReplicaClaim close() &&;

 private:
  ReplicaWriter(ReplicaClaim claim, const checksum::Checksum& checksum)
      : claim_(std::move(claim)), checksum_(checksum) {}
  Result<void> load_last_chunk();
  Result<void> append_within_chunk(uint64_t offset, ByteView data);

  ReplicaClaim claim_;
  checksum::Checksum checksum_;
  std::unique_ptr<File> data_, meta_;
  uint64_t on_disk_bytes_ = 0;
  uint64_t written_back_bytes_ = 0;
  uint64_t synced_bytes_ = UINT64_MAX;
  // What a power cut must not take: synced, or on disk when the writing began.
  uint64_t durable_bytes_ = 0;
  bool names_synced_ = false;
  uint32_t last_sum_ = 0;     // of the last chunk, which may be full
  std::string pending_sums_;  // to be written at pending_chunk_
  uint64_t pending_chunk_ = 0;
};

}  // namespace dfs::datanode
