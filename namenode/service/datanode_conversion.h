#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "namenode/blocks/cluster_blocks.h"
#include "namenode/datanodes/registration.h"
#include "proto/hadoop/DatanodeProtocol.pb.h"

// Between the messages of DatanodeProtocol and our values (PBHelper).
namespace dfs::namenode {

// Of Hadoop, whose behaviour ours is.
inline constexpr std::string_view kSoftwareVersion = "3.4.1";

Registration from_proto(const hadoop::hdfs::datanode::DatanodeRegistrationProto& registration, std::string address);
Heartbeat from_proto(const hadoop::hdfs::datanode::HeartbeatRequestProto& request);
// The replicas of each storage may come in either form.
Result<FullReport> from_proto(const hadoop::hdfs::datanode::BlockReportRequestProto& request,
                              const std::string& datanode_uuid);
std::vector<ReplicaEvent> from_proto(const hadoop::hdfs::datanode::StorageReceivedDeletedBlocksProto& report);

// At most one message a kind: Hadoop's DataNodes take many blocks in one.
void to_proto(const Commands& commands, const std::string& pool, hadoop::hdfs::datanode::HeartbeatResponseProto& out);
void to_proto(const ClusterIdentity& identity, hadoop::hdfs::StorageInfoProto& out);
// ExportedBlockKeys.DUMMY_KEYS: block tokens are off.
hadoop::hdfs::ExportedBlockKeysProto no_block_keys();
// What a NameNode says of itself to DataNodes and other NameNodes.
hadoop::hdfs::VersionResponseProto namespace_info(const ClusterIdentity& identity);

}  // namespace dfs::namenode
