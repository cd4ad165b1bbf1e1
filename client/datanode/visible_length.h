#pragma once

#include "client/datanode/transfer_settings.h"
#include "proto/base/task_fwd.h"
#include "proto/security/identity.h"

namespace hadoop::hdfs {
class LocatedBlockProto;
}

namespace dfs::client {

// How much of a block that is being written its readers may see: asks the DataNodes that hold it, one after the other,
// until one answers (DFSInputStream.readBlockLength). 0 where none of them has the replica yet. kIo if nobody answers.
Task<Result<uint64_t>> visible_length(const hadoop::hdfs::LocatedBlockProto& block, security::Identity user,
                                      const TransferSettings& settings);

}  // namespace dfs::client
