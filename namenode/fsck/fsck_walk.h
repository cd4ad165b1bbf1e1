#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "namenode/fsck/block_health.h"
#include "namenode/fsck/fsck_options.h"
#include "namenode/fsck/fsck_result.h"
#include "namenode/fsck/storage_policy_summary.h"
#include "namenode/namespace/queries.h"

namespace dfs::namenode {

// Looks at a tree of one moment a bounded part at a time, as the caller may see it, and prints what NamenodeFsck
// prints of it. On any thread.
class FsckWalk {
 public:
  // What `query` refers to outlives the walk.
  FsckWalk(const FsckOptions& options, const Query& query);

  // Nothing where there is no such path; otherwise call advance().
  Result<bool> begin();
  // Appends what comes next to `out`; false at the end. An error (a directory or file that the caller may not read)
  // ends the check.
  Result<bool> advance(std::string& out);

  // Closed files of which blocks are missing or corrupt, since the last call.
  std::vector<std::string> take_damaged() { return std::exchange(damaged_, {}); }
  // Blocks that are not spread over racks as they should be, since the last call.
  std::vector<BlockId> take_misplaced() { return std::exchange(misplaced_, {}); }
  FsckResult& result() { return result_; }
  // What of the report follows after the counts of files, for options that want it.
  std::string policy_summary() const;

 private:
  // A directory whose entries are being looked at.
  struct Level {
    std::string path;
    bool begun = false;
    bool more = true;  // behind `entries`
    std::string start_after{};
    std::vector<FileStatus> entries{};
    size_t next = 0;
  };
  struct OfFile {
    uint32_t missing = 0, corrupt = 0, under_replicated = 0, mis_replicated = 0;
    uint64_t missing_bytes = 0, corrupt_bytes = 0;
    std::string report{};
  };

  Result<void> check(const std::string& path, const FileStatus& status, std::string& out);
  Result<bool> check_level(std::string& out);
  Result<void> check_file(const std::string& path, const FileStatus& status, std::string& out);
  bool summarize(const std::string& path, const FileStatus& status, const LocatedBlocks& blocks, std::string& out);
  Result<void> check_block(const std::string& path, const FileStatus& status, const LocatedBlock& located,
                           size_t number, OfFile& file, std::string& out);
  Result<void> show_unfinished(const LocatedBlocks& blocks, size_t number, OfFile& file);
  std::string name_of(const LocatedBlock& block) const;

  const FsckOptions& options_;
  const Query& query_;
  FsckResult result_;
  std::optional<StoragePolicySummary> policies_;
  std::vector<Level> levels_;
  std::optional<FileStatus> top_;  // until it has been looked at
  size_t blocks_looked_at_ = 0;
  std::vector<std::string> damaged_;
  std::vector<BlockId> misplaced_;
};

}  // namespace dfs::namenode
