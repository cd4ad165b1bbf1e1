#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "proto/base/ids.h"
#include "proto/metrics/counter.h"

namespace dfs::namenode {

// What the namespace thread and the journal thread have done since the start, for operators. Thread-safe.
struct CommitActivity {
  metrics::Rate transactions;             // edits, and the time of handing them to the edit log
  metrics::Rate syncs;                    // of the edit log, in all its folders
  metrics::Counter transactions_batched;  // edits that shared the sync of an edit before
  metrics::Counter inodes_created;
  std::atomic<uint64_t> segment_first{0};  // the transaction that began the segment in progress

  void set_edits_folders(std::vector<std::string> in_use) {
    std::lock_guard lock(mutex_);
    edits_folders_ = std::move(in_use);
  }
  // In use: those that have failed are not among them.
  std::vector<std::string> edits_folders() const {
    std::lock_guard lock(mutex_);
    return edits_folders_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> edits_folders_;
};

}  // namespace dfs::namenode
