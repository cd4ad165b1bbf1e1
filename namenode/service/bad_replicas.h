#pragma once

#include "namenode/commit/namespace_thread.h"
#include "proto/hadoop/hdfs.pb.h"

namespace dfs::namenode {

class Blocks;

// Marks the replicas that a reader or a DataNode found corrupt: each location of each block. Blocks that belong to no
// file, or are of another generation stamp, are passed over.
Later<Result<Done>> report_bad_replicas(NamespaceThread& writer, Blocks& blocks,
                                        google::protobuf::RepeatedPtrField<hadoop::hdfs::LocatedBlockProto> reported);

}  // namespace dfs::namenode
