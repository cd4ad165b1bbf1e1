#pragma once

#include "dfs/types.h"

namespace hadoop::hdfs {
class DatanodeInfoProto;
class HdfsFileStatusProto;
class LocatedBlockProto;
}  // namespace hadoop::hdfs

namespace dfs::client {

// `path` becomes the path as the message has it: the name alone in listings, empty for getFileInfo.
fs::FileStatus to_status(const hadoop::hdfs::HdfsFileStatusProto& from);
fs::Datanode to_datanode(const hadoop::hdfs::DatanodeInfoProto& from);
fs::BlockLocation to_location(const hadoop::hdfs::LocatedBlockProto& from);

}  // namespace dfs::client
