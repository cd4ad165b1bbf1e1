#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/journal/edit_codec.h"
#include "namenode/journal/segment.h"
#include "namenode/journal/storage_version.h"
#include "proto/io/disk.h"

namespace dfs::namenode {

struct JournalSettings {
  std::vector<std::string> directories{};       // dfs.namenode.edits.dir, as paths; each holds the whole log
  size_t directories_minimum = 1;               // dfs.namenode.edits.dir.minimum
  uint64_t extra_edits_retained = 1'000'000;    // dfs.namenode.num.extra.edits.retained
  size_t extra_segments_retained = 10'000;      // dfs.namenode.max.extra.edits.segments.retained
  TransactionId begins_after = kNoTransaction;  // what an image holds, so that the log may lack it
};

// The edit log on disk, in one or several directories of Hadoop's layout:
//
//   in_use.lock   current/VERSION   current/seen_txid   current/edits_FIRST-LAST   current/edits_inprogress_FIRST
//
// An edit is durable when the sync() after its append() has returned success: it is then on stable storage in every
// directory that is in use. A directory in which anything fails is out of use until the next start, with a line in the
// log; when fewer than `directories_minimum` remain, the journal has failed for good, and every later call returns that
// error. A failed sync is never tried again: the kernel may have dropped what it could not write. What was appended and
// not synced by then may or may not be found by the next open().
//
// Every call blocks on the disk. Not thread-safe: one thread owns it.
class Journal {
 public:
  enum class Existing { kRefuse, kRemove };

  // Whether any of the directories has a namespace. kCorruptFormat where one holds something else.
  static Result<bool> is_formatted(Disk& disk, const JournalSettings& settings);
  // Makes the directories of a new namespace. kRefuse: kIllegalState where one holds anything.
  static Result<void> format(Disk& disk, const JournalSettings& settings, const StorageVersion& version,
                             Existing existing);

  // Locks the directories and brings the log to a clean end: a segment in progress is cut behind its last whole op
  // (what follows is kept in a file beside it) and finalised, and every directory gets the segments that only others
  // have. An error where a directory is not formatted, of another cluster or in use, and where the log is damaged in
  // the one place that holds it.
  static Result<std::unique_ptr<Journal>> open(Disk& disk, JournalSettings settings);
  ~Journal();

  const StorageVersion& version() const { return version_; }
  // Whether the edit `id` is in a segment. Requires: no segment is open.
  Result<bool> holds(TransactionId id) const;
  // The last edit that is durable. After start_segment() and roll() it is the op that starts the segment.
  TransactionId last() const { return synced_; }
  const std::optional<Error>& failure() const { return failure_; }
  size_t directory_count() const { return directories_.size(); }
  std::vector<std::string> directories_in_use() const;

  // Calls `apply` for the edits from `from` to last(), each once and in order, and stops at its first error. Where one
  // directory's copy is damaged another's is read. An error names what is missing or broken.
  // Requires: no segment is open.
  Result<void> replay(TransactionId from, const std::function<Result<void>(const Edit&)>& apply);

  // Opens a segment; its OP_START_LOG_SEGMENT takes the transaction after last() and is durable on return.
  // Requires: no segment is open.
  Result<void> start_segment();
  // Takes over the bytes of the edits `first` to `last`, as encode_edit made them. Nothing is written before sync().
  // Requires: a segment is open, and `first` follows what was appended before.
  Result<void> append(std::string_view encoded, TransactionId first, TransactionId last);
  // One write and one sync of all that was appended, in each directory; more where it is over kUnsyncedBytesMax.
  Result<void> sync();
  // Ends the segment with an OP_END_LOG_SEGMENT, finalises it and starts the next: takes two transactions.
  Result<void> roll();
  // Ends the segment likewise and starts none.
  Result<void> close();

  // Removes segments all of whose edits are at or before `up_to`, beyond what the settings retain. An error to log: the
  // journal goes on.
  Result<void> purge(TransactionId up_to);

 private:
  struct Directory;
  struct Found;

  Journal(Disk& disk, JournalSettings settings);
  Result<void> lock_and_identify();
  Result<void> recover();
  Result<void> finalize_or_set_aside(Directory& directory, std::vector<Found>& found);
  Result<void> copy_missing_segments();
  Result<void> check_seen();
  Result<void> replay_segment(const std::string& path, TransactionId last_in_segment, TransactionId& next,
                              const std::function<Result<void>(const Edit&)>& apply, bool& apply_failed);

  // Does `step` in every directory in use; those where it fails drop out. An error when too few remain.
  template <class Step>
  Result<void> everywhere(Step step);
  Result<void> check_usable() const;
  Result<void> append_marker(const EditRecord& record);
  Result<void> finalize_segment();
  Result<void> write_batch(Directory& directory, std::string_view bytes);

  Disk& disk_;
  JournalSettings settings_;
  StorageVersion version_;
  std::vector<std::unique_ptr<Directory>> directories_;
  std::optional<Error> failure_;
  std::optional<TransactionId> segment_first_;
  TransactionId synced_ = kNoTransaction;
  TransactionId appended_ = kNoTransaction;
  std::string pending_;
};

}  // namespace dfs::namenode
