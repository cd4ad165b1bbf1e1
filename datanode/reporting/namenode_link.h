#pragma once

#include <functional>
#include <memory>
#include <string>

#include "datanode/replicas/replica_store.h"
#include "datanode/reporting/pending_reports.h"
#include "datanode/transfer/operation.h"
#include "datanode/transfer/server.h"
#include "proto/hadoop/DatanodeProtocol.pb.h"
#include "proto/hadoop/InterDatanodeProtocol.pb.h"
#include "proto/rpc/client.h"

namespace dfs::datanode {

// The DataNode's side of DatanodeProtocol towards its one NameNode (BPServiceActor): handshake, registration,
// heartbeats with the commands they bring, incremental and full block reports. When the NameNode is away it tries
// again with growing pauses, for ever; when the NameNode has forgotten us it registers again and reports everything.
//
// Lives on one executor.
class NamenodeLink {
 public:
  struct Settings {
    Endpoint namenode;
    security::Identity user;
    std::string host_name;
    std::string address;  // IP that we listen on, "0.0.0.0" for any; the NameNode takes the one it sees
    uint16_t data_port = 0, info_port = 0, ipc_port = 0;
    std::string uuid;
    std::chrono::milliseconds heartbeat_interval{3000};
    std::chrono::milliseconds block_report_interval{std::chrono::hours(6)};
    bool connect_by_host_name = false;
  };

  NamenodeLink(boost::asio::any_io_executor executor, Settings settings, PendingReports& pending);
  ~NamenodeLink();

  // Asks who the NameNode is, until it answers. An error is final (a version that we cannot work with) or kCancelled.
  Task<Result<PoolIdentity>> handshake();
  // Before join(): where we listen.
  void set_ports(uint16_t data_port, uint16_t ipc_port);
  // Registers; then start(). What is referred to outlives the link.
  Task<Result<void>> join(std::string uuid, PoolIdentity pool, ReplicaStore& store, TransferServer& transfers,
                          TransferContext& context);
  // Heartbeats and reports from now on. `on_failure`: the NameNode does not want us any more.
  void start(std::function<void(Error)> on_failure);
  // Ends everything; call it on the executor.
  Task<void> stop();
  // A full or an incremental report as soon as possible (triggerBlockReport). On the executor.
  void trigger_report(bool incremental);
  // From the next full report on. On the executor.
  void set_block_report_interval(std::chrono::milliseconds interval) { settings_.block_report_interval = interval; }
  // Tells the NameNode that disks have failed; `fatal`: so many that we are about to end. Gives up after a while.
  Task<void> report_disk_error(std::string message, bool fatal);

 private:
  using Command = hadoop::hdfs::datanode::DatanodeCommandProto;

  Task<Result<void>> register_until_accepted();
  hadoop::hdfs::datanode::HeartbeatRequestProto heartbeat(bool wants_lease);
  Task<void> send_heartbeats();
  void note_rolling_upgrade(const hadoop::hdfs::datanode::HeartbeatResponseProto& response);
  Task<void> send_reports();
  Task<Result<void>> send_incremental_report();
  Task<Result<void>> send_corrupt();
  Task<Result<void>> send_full_report();
  void carry_out(const Command& command);
  Task<void> invalidate(hadoop::hdfs::datanode::BlockCommandProto command);
  Task<void> recover_blocks(hadoop::hdfs::datanode::BlockRecoveryCommandProto command);
  Task<Result<void>> recover(hadoop::hdfs::RecoveringBlockProto block);
  void start_copies(const hadoop::hdfs::datanode::BlockCommandProto& command);
  void give_up(Error error);

  struct State;
  boost::asio::any_io_executor executor_;
  Settings settings_;
  PendingReports& pending_;
  std::shared_ptr<State> state_;
};

// One call of InterDatanodeProtocol, to another DataNode or, by `self`, to our own replicas.
class RecoveryPeer {
 public:
  // `store` is null for another DataNode, which is called over RPC.
  RecoveryPeer(boost::asio::any_io_executor executor, ReplicaStore* store, Endpoint ipc, security::Identity user);
  ~RecoveryPeer();
  Task<Result<std::optional<ReplicaStore::RecoverySource>>> init(hadoop::hdfs::RecoveringBlockProto block);
  // The storage's id.
  Task<Result<std::string>> update(hadoop::hdfs::ExtendedBlockProto block, GenerationStamp recovery_id, BlockId new_id,
                                   uint64_t length_bytes);
  Task<void> close();

 private:
  ReplicaStore* store_;
  std::unique_ptr<rpc::Client> client_;
};

}  // namespace dfs::datanode
