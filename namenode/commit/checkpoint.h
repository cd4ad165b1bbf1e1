#pragma once

#include <atomic>
#include <chrono>

#include "namenode/commit/tables_copies.h"
#include "namenode/store/tables.h"
#include "proto/base/task_fwd.h"
#include "proto/base/task_thread.h"

namespace dfs::namenode {

class GroupCommit;

// What a checkpoint is where the tables stand in for the image: the segment is rolled, the tables are flushed and
// copied to the other name folders, so that the next roll can purge the edits up to here. Runs on a thread of its own,
// by itself every `period` and on request.
class Checkpoint {
 public:
  // `copies`: where further copies of the tables go; none by default.
  Checkpoint(GroupCommit& commit, Tables& tables, std::chrono::milliseconds period, TablesCopies copies = {});
  void start();
  // Ends the one in hand first.
  void stop() { thread_.stop(); }
  // May be awaited from any executor.
  Task<Result<void>> save();
  // Flushes the tables soon, without rolling the log. From any thread, while started.
  void flush_soon();

  // The last one, and when it was made; before the first what the tables held durably at the start. Thread-safe.
  TransactionId last_transaction() const { return TransactionId{transaction_.load()}; }
  uint64_t last_time_ms() const { return time_ms_; }

 private:
  Task<void> repeat();
  Task<Result<void>> run();
  Task<void> flush_once();

  GroupCommit& commit_;
  Tables& tables_;
  std::chrono::milliseconds period_;
  TablesCopies copies_;
  std::atomic<uint64_t> transaction_;
  std::atomic<uint64_t> time_ms_;
  TaskThread thread_{"checkpoint"};
};

}  // namespace dfs::namenode
