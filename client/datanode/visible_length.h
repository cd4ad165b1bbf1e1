#pragma once

#include "client/datanode/transfer_settings.h"
#include "proto/base/task_fwd.h"
#include "proto/security/identity.h"

namespace hadoop::hdfs {
class LocatedBlockProto;
}

namespace dfs::client {

// How much of a block that is being written its readers may see: asks the DataNodes that hold it, one after the other,
// until one answers (DFSInputStream.readBlockLength). 0 only where all of them say that they have no replica yet.
// CannotObtainBlockLengthException if nobody knows, as after a restart of all of them: the length of such a block is
// settled by the recovery of its lease, and what it will be cannot be guessed.
Task<Result<uint64_t>> visible_length(const hadoop::hdfs::LocatedBlockProto& block, security::Identity user,
                                      const TransferSettings& settings);

}  // namespace dfs::client
