#pragma once

#include "namenode/blocks/cluster_blocks.h"
#include "namenode/commit/checkpoint.h"
#include "namenode/commit/group_commit.h"
#include "namenode/host_files.h"
#include "namenode/journal/edit_tail.h"
#include "namenode/service/administration.h"
#include "namenode/service/datanode_protocol.h"
#include "namenode/service/rack_mapping.h"
#include "proto/base/event_loop.h"

namespace dfs::namenode {

// Administration over the parts of a running NameNode.
class OperatorRequests final : public Administration {
 public:
  // All outlive this.
  struct Parts {
    GroupCommit& commit;
    Checkpoint& checkpoint;
    ClusterBlocks& blocks;
    DatanodeProtocol& datanodes;
    RackMapping& racks;
    HostFiles host_files{};
    std::string log_directory{};
    std::vector<std::string> edits_directories{};
  };
  explicit OperatorRequests(Parts parts);
  ~OperatorRequests() override;

  Task<Result<bool>> safe_mode(SafeModeAction action) override;
  Task<Result<void>> save_namespace() override;
  Task<Result<TransactionId>> roll_edits() override;
  Task<Result<void>> refresh_nodes() override;
  Task<Result<void>> set_balancer_bandwidth(uint64_t bytes_per_second) override;
  Result<void> write_dump(const std::string& file_name, const std::string& text) override;
  Task<Result<std::vector<Edit>>> edits_from(TransactionId from, TransactionId durable, size_t count_max) override;
  Task<Result<std::vector<SegmentName>>> segments() override;
  Result<void> refresh_proxy_users() override;

 private:
  Parts parts_;
  EditTail tail_;               // on the thread of `reading_` alone
  EventLoop reading_{"edits"};  // what blocks on the disk: edits, and the lists of hosts
};

}  // namespace dfs::namenode
