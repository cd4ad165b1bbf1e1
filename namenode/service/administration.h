#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "namenode/journal/edit_record.h"
#include "namenode/journal/segment.h"
#include "proto/base/ids.h"
#include "proto/base/task_fwd.h"

namespace dfs::namenode {

enum class SafeModeAction : uint8_t { kLeave, kEnter, kGet, kForceExit };

// What an administrator can ask of a running NameNode beyond its namespace. Implemented where the parts are wired
// together; called from network threads. Who may ask is checked before.
class Administration {
 public:
  virtual ~Administration() = default;
  // Whether safe mode is on afterwards.
  virtual Task<Result<bool>> safe_mode(SafeModeAction action) = 0;
  // The tables are on disk, and a new segment of the edit log begins. kIo unless safe mode is on, as in Hadoop.
  virtual Task<Result<void>> save_namespace() = 0;
  // The first transaction of the new segment.
  virtual Task<Result<TransactionId>> roll_edits() = 0;
  // Reads the lists of DataNodes that may serve and that are to leave, and forgets which racks they are in until they
  // register again.
  virtual Task<Result<void>> refresh_nodes() = 0;
  // For all DataNodes, with their next heartbeats.
  virtual Task<Result<void>> set_balancer_bandwidth(uint64_t bytes_per_second) = 0;
  // A file for people in the folder of logs. kInvalidArgument where the name leads elsewhere.
  virtual Result<void> write_dump(const std::string& file_name, const std::string& text) = 0;
  // Durable edits from `from` on, at most `count_max`; see journal/edit_tail.h.
  virtual Task<Result<std::vector<Edit>>> edits_from(TransactionId from, TransactionId durable, size_t count_max) = 0;
  // Of the edit log, in one of its folders.
  virtual Task<Result<std::vector<SegmentName>>> segments() = 0;
  // Reads the rules of who may act for whom anew.
  virtual Result<void> refresh_proxy_users() = 0;
};

}  // namespace dfs::namenode
