#include "proto/config/deprecated_keys.h"

#include <unordered_map>

namespace dfs {

std::string_view current_key(std::string_view name) {
  static const auto* const names = new std::unordered_map<std::string_view, std::string_view>{
      {"fs.default.name", "fs.defaultFS"},
      {"dfs.umaskmode", "fs.permissions.umask-mode"},
      {"topology.script.file.name", "net.topology.script.file.name"},
      {"dfs.name.dir", "dfs.namenode.name.dir"},
      {"dfs.name.edits.dir", "dfs.namenode.edits.dir"},
      {"dfs.data.dir", "dfs.datanode.data.dir"},
      {"dfs.http.address", "dfs.namenode.http-address"},
      {"dfs.https.address", "dfs.namenode.https-address"},
      {"dfs.block.size", "dfs.blocksize"},
      {"dfs.replication.min", "dfs.namenode.replication.min"},
      {"dfs.safemode.extension", "dfs.namenode.safemode.extension"},
      {"dfs.safemode.threshold.pct", "dfs.namenode.safemode.threshold-pct"},
      {"dfs.socket.timeout", "dfs.client.socket-timeout"},
      {"heartbeat.recheck.interval", "dfs.namenode.heartbeat.recheck-interval"},
      {"slave.host.name", "dfs.datanode.hostname"},
      {"dfs.access.time.precision", "dfs.namenode.accesstime.precision"},
      {"dfs.replication.considerLoad", "dfs.namenode.redundancy.considerLoad"},
      {"dfs.namenode.replication.considerLoad", "dfs.namenode.redundancy.considerLoad"},
      {"dfs.replication.interval", "dfs.namenode.redundancy.interval.seconds"},
      {"dfs.namenode.replication.interval", "dfs.namenode.redundancy.interval.seconds"},
      {"dfs.replication.pending.timeout.sec", "dfs.namenode.reconstruction.pending.timeout-sec"},
      {"dfs.namenode.replication.pending.timeout-sec", "dfs.namenode.reconstruction.pending.timeout-sec"},
      {"dfs.max-repl-streams", "dfs.namenode.replication.max-streams"},
      {"dfs.permissions", "dfs.permissions.enabled"},
      {"dfs.permissions.supergroup", "dfs.permissions.superusergroup"},
      {"dfs.write.packet.size", "dfs.client-write-packet-size"},
      {"dfs.datanode.max.xcievers", "dfs.datanode.max.transfer.threads"},
      {"io.bytes.per.checksum", "dfs.bytes-per-checksum"},
      {"dfs.federation.nameservices", "dfs.nameservices"},
      {"dfs.federation.nameservice.id", "dfs.nameservice.id"},
      {"fs.checkpoint.period", "dfs.namenode.checkpoint.period"},
  };
  auto found = names->find(name);
  return found == names->end() ? name : found->second;
}

}  // namespace dfs
