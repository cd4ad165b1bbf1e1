#include "client/namenode/convert.h"
#include "client/namenode/invoke.h"
#include "client/namenode/namenode.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"

namespace dfs::client {

using namespace hadoop::hdfs;

Task<Result<ServerSettings>> Namenode::server_defaults() {
  DFS_CO_TRY(auto response, co_await invoke<GetServerDefaultsResponseProto>(proxy_, "getServerDefaults",
                                                                            GetServerDefaultsRequestProto()));
  const FsServerDefaultsProto& from = response.serverdefaults();
  ServerSettings to;
  to.defaults.block_size = from.blocksize();
  to.defaults.replication = uint16_t(from.replication());
  to.defaults.bytes_per_checksum = from.bytesperchecksum();
  to.defaults.write_packet_size = from.writepacketsize();
  to.defaults.trash_interval = std::chrono::minutes(from.trashinterval());
  to.checksum_type = from.checksumtype();
  to.encrypts_transfer = from.encryptdatatransfer();
  co_return to;
}

Task<Result<fs::FsStats>> Namenode::stats() {
  DFS_CO_TRY(auto from, co_await invoke<GetFsStatsResponseProto>(proxy_, "getFsStats", GetFsStatusRequestProto()));
  fs::FsStats to;
  to.capacity = from.capacity();
  to.used = from.used();
  to.remaining = from.remaining();
  to.under_replicated = from.under_replicated();
  to.corrupt_blocks = from.corrupt_blocks();
  to.missing_blocks = from.missing_blocks();
  co_return to;
}

Task<Result<bool>> Namenode::in_safe_mode() {
  SetSafeModeRequestProto request;
  request.set_action(SAFEMODE_GET);
  DFS_CO_TRY(auto response, co_await invoke<SetSafeModeResponseProto>(proxy_, "setSafeMode", std::move(request)));
  co_return response.result();
}

Task<Result<std::vector<fs::Datanode>>> Namenode::datanodes(fs::DatanodeState which) {
  GetDatanodeReportRequestProto request;
  switch (which) {
    case fs::DatanodeState::kAll:
      request.set_type(DatanodeReportTypeProto::ALL);
      break;
    case fs::DatanodeState::kLive:
      request.set_type(DatanodeReportTypeProto::LIVE);
      break;
    case fs::DatanodeState::kDead:
      request.set_type(DatanodeReportTypeProto::DEAD);
      break;
    case fs::DatanodeState::kDecommissioning:
      request.set_type(DatanodeReportTypeProto::DECOMMISSIONING);
      break;
  }
  DFS_CO_TRY(auto response,
             co_await invoke<GetDatanodeReportResponseProto>(proxy_, "getDatanodeReport", std::move(request)));
  std::vector<fs::Datanode> nodes;
  for (const DatanodeInfoProto& node : response.di()) nodes.push_back(to_datanode(node));
  co_return nodes;
}

}  // namespace dfs::client
