#pragma once

#include <string_view>

#include "namenode/blocks/storage_policy.h"
#include "namenode/datanodes/datanode_view.h"
#include "namenode/namespace/located_blocks.h"
#include "namenode/namespace/operations/files.h"
#include "namenode/namespace/queries.h"
#include "proto/hadoop/hdfs.pb.h"

// Between Hadoop's messages and our values, for all services (PBHelperClient).
namespace dfs::namenode {

struct ConversionContext {
  const DatanodeView& datanodes;
  std::string_view block_pool;
};

void to_proto(const DatanodeStatus& datanode, hadoop::hdfs::DatanodeIDProto& out);
void to_proto(const DatanodeStatus& datanode, hadoop::hdfs::DatanodeInfoProto& out);
void to_proto(const StorageStatus& storage, hadoop::hdfs::StorageReportProto& out);
// Replicas on storages that the view does not know are left out.
void to_proto(const LocatedBlock& block, const ConversionContext& context, hadoop::hdfs::LocatedBlockProto& out);
void to_proto(const LocatedBlocks& blocks, const ConversionContext& context, hadoop::hdfs::LocatedBlocksProto& out);
void to_proto(const FileStatus& status, const ConversionContext& context, hadoop::hdfs::HdfsFileStatusProto& out);
void to_proto(const QuotaUsage& usage, hadoop::hdfs::QuotaUsageProto& out);
void to_proto(const ContentSummary& summary, hadoop::hdfs::ContentSummaryProto& out);
void to_proto(const NamespaceSettings& settings, hadoop::hdfs::FsServerDefaultsProto& out);
void to_proto(const StoragePolicy& policy, hadoop::hdfs::BlockStoragePolicyProto& out);

operations::NamedBlock from_proto(const hadoop::hdfs::ExtendedBlockProto& block);

}  // namespace dfs::namenode
