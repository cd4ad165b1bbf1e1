#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "namenode/namespace/path.h"
#include "namenode/namespace/retries.h"
#include "namenode/service/client_methods.h"
#include "proto/base/later_as_task.h"

namespace dfs::namenode {

using namespace hadoop::hdfs;

namespace {

bool is_wanted(const DatanodeStatus& datanode, DatanodeReportTypeProto type) {
  if (!datanode.admitted) return false;
  const bool dead = datanode.liveness == DatanodeLiveness::kDead;
  switch (type) {
    case ALL:
      return true;
    case LIVE:
      return !dead;
    case DEAD:
      return dead;
    case DECOMMISSIONING:
      return datanode.admin_state == AdminState::kDecommissionInProgress;
    case ENTERING_MAINTENANCE:
      return datanode.admin_state == AdminState::kEnteringMaintenance;
    case IN_MAINTENANCE:
      return datanode.admin_state == AdminState::kInMaintenance;
  }
  return false;
}

// What both answers say of blocks.
template <class Response>
void count_blocks(const DatanodeView& view, Response& response) {
  response.set_corrupt_blocks(view.corrupt);
  response.set_missing_blocks(view.missing);
  response.set_missing_repl_one_blocks(view.missing_replication_one);
  response.set_blocks_in_future(0);
  response.set_pending_deletion_blocks(view.pending_deletion);
}

Later<Result<std::vector<BlockId>>> corrupt_blocks(NamespaceAccess& access, BlockId after, size_t count_max) {
  Blocks& blocks = access.blocks();
  co_return co_await access.thread().run<std::vector<BlockId>>(
      [&blocks, after, count_max](const NamespaceThread::Unjournaled&) -> Result<std::vector<BlockId>> {
        return blocks.corrupt_blocks(after, count_max);
      });
}

}  // namespace

void ClientAdministration::add_to(rpc::MethodTable& table) {
  table.add("getFsStats", this, &ClientAdministration::get_fs_stats);
  table.add("getFsReplicatedBlockStats", this, &ClientAdministration::get_replicated_block_stats);
  table.add("getDatanodeReport", this, &ClientAdministration::get_datanode_report);
  table.add("getDatanodeStorageReport", this, &ClientAdministration::get_datanode_storage_report);
  table.add("listCorruptFileBlocks", this, &ClientAdministration::list_corrupt_file_blocks);
  table.add("getCurrentEditLogTxid", this, &ClientAdministration::get_current_edit_log_txid);
  table.add("setSafeMode", this, &ClientAdministration::set_safe_mode);
  table.add("saveNamespace", this, &ClientAdministration::save_namespace);
  table.add("rollEdits", this, &ClientAdministration::roll_edits);
  table.add("refreshNodes", this, &ClientAdministration::refresh_nodes);
  table.add("metaSave", this, &ClientAdministration::meta_save);
  table.add("setBalancerBandwidth", this, &ClientAdministration::set_balancer_bandwidth);
}

Result<GetFsStatsResponseProto> ClientAdministration::get_fs_stats(const GetFsStatusRequestProto&, const Context&) {
  std::shared_ptr<const DatanodeView> view = access_.blocks().datanodes();
  GetFsStatsResponseProto response;
  response.set_capacity(view->capacity_bytes);
  response.set_used(view->used_bytes);
  response.set_remaining(view->remaining_bytes);
  response.set_under_replicated(view->under_replicated);
  count_blocks(*view, response);
  return response;
}

Result<GetFsReplicatedBlockStatsResponseProto> ClientAdministration::get_replicated_block_stats(
    const GetFsReplicatedBlockStatsRequestProto&, const Context&) {
  std::shared_ptr<const DatanodeView> view = access_.blocks().datanodes();
  GetFsReplicatedBlockStatsResponseProto response;
  response.set_low_redundancy(view->low_redundancy);
  response.set_highest_prio_low_redundancy_blocks(view->one_replica_left);
  count_blocks(*view, response);
  return response;
}

Result<GetDatanodeReportResponseProto> ClientAdministration::get_datanode_report(
    const GetDatanodeReportRequestProto& request, const Context& context) {
  DFS_TRY_OK(require_superuser(access_, context, "datanodeReport"));
  std::shared_ptr<const DatanodeView> view = access_.blocks().datanodes();
  GetDatanodeReportResponseProto response;
  for (const DatanodeStatus& datanode : view->datanodes) {
    if (is_wanted(datanode, request.type())) to_proto(datanode, *response.add_di());
  }
  return response;
}

Result<GetDatanodeStorageReportResponseProto> ClientAdministration::get_datanode_storage_report(
    const GetDatanodeStorageReportRequestProto& request, const Context& context) {
  DFS_TRY_OK(require_superuser(access_, context, "getDatanodeStorageReport"));
  std::shared_ptr<const DatanodeView> view = access_.blocks().datanodes();
  GetDatanodeStorageReportResponseProto response;
  for (const DatanodeStatus& datanode : view->datanodes) {
    if (!is_wanted(datanode, request.type())) continue;
    DatanodeStorageReportProto& report = *response.add_datanodestoragereports();
    to_proto(datanode, *report.mutable_datanodeinfo());
    for (const StorageStatus& storage : datanode.storages) to_proto(storage, *report.add_storagereports());
  }
  return response;
}

Task<Result<ListCorruptFileBlocksResponseProto>> ClientAdministration::list_corrupt_file_blocks(
    const ListCorruptFileBlocksRequestProto& request, const Context& context) {
  constexpr size_t kPage = 100;  // dfs.corruptfilesreturned.max
  DFS_CO_TRY_OK(require_superuser(access_, context, "listCorruptFileBlocks"));
  // The cookie is the last block that was shown; one that is no number stands for none.
  const std::string& cookie = request.cookie();
  uint64_t after = 0;
  if (std::from_chars(cookie.data(), cookie.data() + cookie.size(), after).ptr != cookie.data() + cookie.size())
    after = 0;
  DFS_CO_TRY(std::vector<BlockId> corrupt, co_await as_task(corrupt_blocks(access_, BlockId(after), kPage)));
  NamespaceAccess::Reading reading = read(access_, context);
  ListCorruptFileBlocksResponseProto response;
  for (BlockId block : corrupt) {
    after = raw(block);
    DFS_CO_TRY(std::optional<BlockOwner> owner, find_owner(*reading.view, block));
    if (!owner) continue;
    DFS_CO_TRY(std::optional<InodePath> path, resolve_inode(*reading.view, owner->file));
    if (path && is_at_or_below(path->path(), request.path())) response.mutable_corrupt()->add_files(path->path());
  }
  response.mutable_corrupt()->set_cookie(std::to_string(after));
  co_return response;
}

Result<GetCurrentEditLogTxidResponseProto> ClientAdministration::get_current_edit_log_txid(
    const GetCurrentEditLogTxidRequestProto&, const Context& context) {
  DFS_TRY_OK(require_superuser(access_, context, "getCurrentEditLogTxid"));
  GetCurrentEditLogTxidResponseProto response;
  response.set_txid(int64_t(raw(access_.thread().published().applied)));
  return response;
}

Task<Result<SetSafeModeResponseProto>> ClientAdministration::set_safe_mode(const SetSafeModeRequestProto& request,
                                                                           const Context& context) {
  SafeModeAction action = SafeModeAction::kGet;
  const char* operation = "";
  switch (request.action()) {
    case SAFEMODE_LEAVE:
      action = SafeModeAction::kLeave;
      operation = "safemode_leave";
      break;
    case SAFEMODE_ENTER:
      action = SafeModeAction::kEnter;
      operation = "safemode_enter";
      break;
    case SAFEMODE_FORCE_EXIT:
      action = SafeModeAction::kForceExit;
      operation = "safemode_force_exit";
      break;
    case SAFEMODE_GET:
      break;
  }
  if (action != SafeModeAction::kGet) DFS_CO_TRY_OK(require_superuser(access_, context, operation));
  DFS_CO_TRY(bool on, co_await administration_.safe_mode(action));
  SetSafeModeResponseProto response;
  response.set_result(on);
  co_return response;
}

Task<Result<SaveNamespaceResponseProto>> ClientAdministration::save_namespace(const SaveNamespaceRequestProto&,
                                                                              const Context& context) {
  DFS_CO_TRY_OK(require_superuser(access_, context, "saveNamespace"));
  SaveNamespaceResponseProto response;
  response.set_saved(true);
  // It has no record to carry its ids.
  const RpcIds ids{.client_id = context.client_id, .call_id = context.call_id};
  const NamespaceSettings& settings = access_.settings();
  DFS_CO_TRY(bool repeated,
             co_await as_task(access_.thread().run<bool>([&](const NamespaceThread::Unjournaled& work) -> Result<bool> {
               DFS_TRY(auto first, find_retry(work.view, ids, kNotInLog, settings, work.wall));
               return first.has_value();
             })));
  if (repeated) co_return response;
  DFS_CO_TRY_OK(co_await administration_.save_namespace());
  DFS_CO_TRY_OK(
      co_await as_task(access_.thread().run<Done>([&](const NamespaceThread::Unjournaled& work) -> Result<Done> {
        remember_unlogged(ids, settings, work.wall, work.batch);
        return Done{};
      })));
  co_return response;
}

Task<Result<RollEditsResponseProto>> ClientAdministration::roll_edits(const RollEditsRequestProto&,
                                                                      const Context& context) {
  DFS_CO_TRY_OK(require_superuser(access_, context, "rollEditLog"));
  DFS_CO_TRY(TransactionId first, co_await administration_.roll_edits());
  RollEditsResponseProto response;
  response.set_newsegmenttxid(raw(first));
  co_return response;
}

Task<Result<RefreshNodesResponseProto>> ClientAdministration::refresh_nodes(const RefreshNodesRequestProto&,
                                                                            const Context& context) {
  DFS_CO_TRY_OK(require_superuser(access_, context, "refreshNodes"));
  DFS_CO_TRY_OK(co_await administration_.refresh_nodes());
  co_return RefreshNodesResponseProto();
}

// FSNamesystem.metaSave, in numbers; of single blocks only the corrupt ones are listed.
Task<Result<MetaSaveResponseProto>> ClientAdministration::meta_save(const MetaSaveRequestProto& request,
                                                                    const Context& context) {
  constexpr size_t kCorruptMax = 10'000;
  DFS_CO_TRY_OK(access_.audit().of(require_superuser(access_, context, "metaSave"), context, "metaSave", "null"));
  DFS_CO_TRY(std::vector<BlockId> corrupt, co_await as_task(corrupt_blocks(access_, BlockId(0), kCorruptMax)));
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_CO_TRY(uint64_t files, counter(*reading.view, Counter::kFileCount));
  DFS_CO_TRY(uint64_t directories, counter(*reading.view, Counter::kDirectoryCount));
  DFS_CO_TRY(uint64_t block_count, counter(*reading.view, Counter::kBlockCount));
  const auto dead =
      size_t(std::ranges::count(reading.datanodes->datanodes, DatanodeLiveness::kDead, &DatanodeStatus::liveness));
  std::string text = fmt::format(
      "{0} files and directories, {1} blocks = {2} total filesystem objects\nLive Datanodes: {3}\nDead Datanodes: "
      "{4}\nMetasave: Blocks waiting for reconstruction: {5}\nMetasave: Blocks currently missing: {6}\nMetasave: "
      "Blocks {7} waiting deletion\nCorrupt Blocks:\n",
      files + directories, block_count, files + directories + block_count, reading.datanodes->datanodes.size() - dead,
      dead, reading.datanodes->low_redundancy, reading.datanodes->missing, reading.datanodes->pending_deletion);
  for (BlockId block : corrupt) text += fmt::format("Block=blk_{}\n", raw(block));
  DFS_CO_TRY_OK(administration_.write_dump(request.filename(), text));
  co_return MetaSaveResponseProto();
}

Task<Result<SetBalancerBandwidthResponseProto>> ClientAdministration::set_balancer_bandwidth(
    const SetBalancerBandwidthRequestProto& request, const Context& context) {
  DFS_CO_TRY_OK(require_superuser(access_, context, "setBalancerBandwidth"));
  // A DataNode would pass over it.
  if (request.bandwidth() < 0) co_return SetBalancerBandwidthResponseProto();
  DFS_CO_TRY_OK(co_await administration_.set_balancer_bandwidth(uint64_t(request.bandwidth())));
  co_return SetBalancerBandwidthResponseProto();
}

}  // namespace dfs::namenode
