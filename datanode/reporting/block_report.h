#pragma once

#include "datanode/replicas/replica_map.h"
#include "proto/hadoop/DatanodeProtocol.pb.h"

namespace dfs::datanode {

// The replicas of one volume as a full block report lists them (BlockListAsLongs.BufferDecoder): for each, one after
// the other,
//   zigzag varint block id | varint length | varint generation stamp | varint replica state
// in buffers of at most so many bytes, each with whole entries. Unfinished copies are left out, and a replica under
// recovery stands as what it was.
void list_replicas(const ReplicaMap& replicas, const Volume& volume, size_t buffer_bytes,
                   hadoop::hdfs::datanode::StorageBlockReportProto& report);

}  // namespace dfs::datanode
