#include "client/namenode/convert.h"

#include "proto/hadoop/hdfs.pb.h"

namespace dfs::client {

using namespace hadoop::hdfs;

namespace {
fs::Time time_of(uint64_t millis) {
  return fs::Time(std::chrono::milliseconds(int64_t(millis)));
}
std::string transfer_address(const DatanodeIDProto& id) {
  return id.ipaddr() + ":" + std::to_string(id.xferport());
}
}  // namespace

fs::FileStatus to_status(const HdfsFileStatusProto& from) {
  fs::FileStatus to;
  to.path = from.path();
  switch (from.filetype()) {
    case HdfsFileStatusProto::IS_DIR:
      to.type = fs::FileType::kDirectory;
      break;
    case HdfsFileStatusProto::IS_SYMLINK:
      to.type = fs::FileType::kSymlink;
      break;
    case HdfsFileStatusProto::IS_FILE:
      to.type = fs::FileType::kFile;
      break;
  }
  to.length = from.length();
  to.replication = uint16_t(from.block_replication());
  to.block_size = from.blocksize();
  to.modification_time = time_of(from.modification_time());
  to.access_time = time_of(from.access_time());
  to.permission = uint16_t(from.permission().perm() & 01777);
  to.owner = from.owner();
  to.group = from.group();
  to.symlink_target = from.symlink();
  to.inode = from.fileid();
  to.children = from.childrennum();
  to.has_acl = from.flags() & HdfsFileStatusProto::HAS_ACL;
  to.encrypted = from.flags() & HdfsFileStatusProto::HAS_CRYPT;
  to.erasure_coded = (from.flags() & HdfsFileStatusProto::HAS_EC) || from.has_ecpolicy();
  return to;
}

fs::Datanode to_datanode(const DatanodeInfoProto& from) {
  fs::Datanode to;
  to.uuid = from.id().datanodeuuid();
  to.address = from.id().ipaddr();
  to.host = from.id().hostname();
  to.transfer_port = uint16_t(from.id().xferport());
  to.http_port = uint16_t(from.id().infoport());
  to.ipc_port = uint16_t(from.id().ipcport());
  to.capacity = from.capacity();
  to.used = from.dfsused();
  to.remaining = from.remaining();
  to.last_contact = time_of(from.lastupdate());
  to.rack = from.location();
  to.admin_state = DatanodeInfoProto::AdminState_Name(from.adminstate());
  return to;
}

fs::BlockLocation to_location(const LocatedBlockProto& from) {
  fs::BlockLocation to;
  to.offset = from.offset();
  to.length = from.b().numbytes();
  to.corrupt = from.corrupt();
  for (const DatanodeInfoProto& node : from.locs()) {
    to.hosts.push_back(node.id().hostname());
    to.names.push_back(transfer_address(node.id()));
    to.topology_paths.push_back(node.location() + "/" + transfer_address(node.id()));
  }
  to.storage_ids.assign(from.storageids().begin(), from.storageids().end());
  for (int type : from.storagetypes()) to.storage_types.push_back(StorageTypeProto_Name(StorageTypeProto(type)));
  return to;
}

}  // namespace dfs::client
