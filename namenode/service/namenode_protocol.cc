#include "namenode/service/namenode_protocol.h"

#include <fmt/format.h>

#include <random>

#include "namenode/blocks/blocks_of_datanode.h"
#include "namenode/service/administration.h"
#include "namenode/service/client_methods.h"
#include "namenode/service/datanode_conversion.h"
#include "namenode/service/namespace_access.h"
#include "proto/base/event_loop.h"
#include "proto/base/log.h"
#include "proto/hadoop/NamenodeProtocol.pb.h"
#include "proto/rpc/method_table.h"

namespace dfs::namenode {

namespace hp = hadoop::hdfs;
namespace hn = hadoop::hdfs::namenode;

namespace {

constexpr std::string_view kNoImages =
    "This NameNode keeps its namespace in tables and has no image for others to make: dfsadmin -fetchImage gets one.";

}  // namespace

struct NamenodeProtocol::Methods {
  Methods(NamespaceAccess& to, Administration& of, ClusterIdentity ours)
      : access(to), administration(of), identity(std::move(ours)) {
    table.add("getBlocks", this, &Methods::get_blocks);
    table.add("getBlockKeys", this, &Methods::get_block_keys);
    table.add("getTransactionId", this, &Methods::get_transaction_id);
    table.add("getMostRecentCheckpointTxId", this, &Methods::get_most_recent_checkpoint);
    table.add("rollEditLog", this, &Methods::roll_edit_log);
    table.add("versionRequest", this, &Methods::version_request);
    table.add("errorReport", this, &Methods::error_report);
    table.add("registerSubordinateNamenode", this, &Methods::register_subordinate);
    table.add("startCheckpoint", this, &Methods::start_checkpoint);
    table.add("endCheckpoint", this, &Methods::end_checkpoint);
    table.add("getEditLogManifest", this, &Methods::get_manifest);
    table.add("isUpgradeFinalized", this, &Methods::is_upgrade_finalized);
    table.add("isRollingUpgrade", this, &Methods::is_rolling_upgrade);
    table.add("getNextSPSPath", this, &Methods::get_next_sps_path);
    walking.start();
  }
  ~Methods() { walking.stop(); }

  using Context = rpc::CallContext;

  Result<void> privileged(const Context& context, std::string_view operation) const {
    return require_superuser(access, context, operation);
  }

  // The walk may be a long one, so it has a thread of its own.
  Task<Result<hn::GetBlocksResponseProto>> get_blocks(const hn::GetBlocksRequestProto& request,
                                                      const Context& context) {
    if (int64_t(request.size()) <= 0 || int64_t(request.minblocksize()) < 0) {
      co_return fail(ErrorCode::kInvalidArgument,
                     fmt::format("Unexpected not positive size: {}", int64_t(request.size())));
    }
    DFS_CO_TRY_OK(privileged(context, "getBlocks"));
    const NamespaceAccess::Reading reading = read(access, context);
    if (reading.datanodes->safe_mode) {
      co_return fail(ErrorCode::kSafeMode, "Cannot execute getBlocks. Name node is in safe mode.\n" +
                                               reading.datanodes->safe_mode_reason +
                                               " NamenodeHostName:" + reading.settings.host_name);
    }
    BlocksOfDatanode wanted;
    wanted.datanode_uuid = request.datanode().datanodeuuid();
    wanted.bytes = request.size();
    wanted.block_bytes_min = request.minblocksize();
    if (request.has_storagetype()) wanted.storage_type = uint8_t(request.storagetype());
    if (request.timeinterval() > 0) {
      const uint64_t now_ms = to_millis(Clock::system().wall());
      wanted.hot_since_ms = now_ms - std::min(now_ms, request.timeinterval());
    }
    co_return co_await run_on(walking.executor(), [&] { return blocks_of(reading, wanted); });
  }

  Result<hn::GetBlocksResponseProto> blocks_of(const NamespaceAccess::Reading& reading, BlocksOfDatanode& wanted) {
    // Somewhere else each time, so that a mover does not meet the same blocks again.
    DFS_TRY(uint64_t last, counter(*reading.view, Counter::kLastBlockId));
    const uint64_t first = raw(kLastReservedBlock);
    wanted.begin_at = BlockId(first + (last > first ? random() % (last - first) : 0));
    DFS_TRY(std::vector<BlockWithStorages> found, blocks_of_datanode(*reading.view, *reading.datanodes, wanted));
    hn::GetBlocksResponseProto response;
    response.mutable_blocks();
    for (const BlockWithStorages& block : found) {
      hp::BlockWithLocationsProto& out = *response.mutable_blocks()->add_blocks();
      out.mutable_block()->set_blockid(raw(block.block.id));
      out.mutable_block()->set_genstamp(raw(block.block.generation_stamp));
      out.mutable_block()->set_numbytes(block.block.length);
      for (StorageNumber number : block.storages) {
        const DatanodeView::Place place = reading.datanodes->by_storage.at(uint32_t(number));
        const DatanodeStatus& datanode = reading.datanodes->datanodes[place.datanode];
        const StorageStatus& storage = datanode.storages[place.storage];
        out.add_datanodeuuids(datanode.uuid);
        out.add_storageuuids(storage.uuid);
        out.add_storagetypes(hp::StorageTypeProto(storage.storage_type));
      }
    }
    return response;
  }

  Result<hn::GetBlockKeysResponseProto> get_block_keys(const hn::GetBlockKeysRequestProto&, const Context& context) {
    DFS_TRY_OK(privileged(context, "getBlockKeys"));
    hn::GetBlockKeysResponseProto response;
    *response.mutable_keys() = no_block_keys();
    return response;
  }

  Result<hn::GetTransactionIdResponseProto> get_transaction_id(const hn::GetTransactionIdRequestProto&,
                                                               const Context& context) {
    DFS_TRY_OK(privileged(context, "getTransactionID"));
    hn::GetTransactionIdResponseProto response;
    response.set_txid(raw(access.thread().published().applied));
    return response;
  }

  Result<hn::GetMostRecentCheckpointTxIdResponseProto> get_most_recent_checkpoint(
      const hn::GetMostRecentCheckpointTxIdRequestProto&, const Context& context) {
    DFS_TRY_OK(privileged(context, "getMostRecentCheckpointTxId"));
    return fail(ErrorCode::kUnsupported, std::string(kNoImages));
  }

  Task<Result<hn::RollEditLogResponseProto>> roll_edit_log(const hn::RollEditLogRequestProto&, const Context& context) {
    DFS_CO_TRY_OK(privileged(context, "rollEditLog"));
    DFS_CO_TRY(TransactionId first, co_await administration.roll_edits());
    hn::RollEditLogResponseProto response;
    hp::CheckpointSignatureProto& signature = *response.mutable_signature();
    signature.set_blockpoolid(identity.block_pool_id);
    signature.set_mostrecentcheckpointtxid(0);
    signature.set_cursegmenttxid(raw(first));
    to_proto(identity, *signature.mutable_storageinfo());
    co_return response;
  }

  Result<hp::VersionResponseProto> version_request(const hp::VersionRequestProto&, const Context&) {
    return namespace_info(identity);
  }

  Result<hn::ErrorReportResponseProto> error_report(const hn::ErrorReportRequestProto& request,
                                                    const Context& context) {
    DFS_TRY_OK(privileged(context, "errorReport"));
    log::info("Error report from {}: {}", request.registration().rpcaddress(), request.msg());
    return hn::ErrorReportResponseProto();
  }

  Result<hn::RegisterResponseProto> register_subordinate(const hn::RegisterRequestProto&, const Context& context) {
    DFS_TRY_OK(privileged(context, "registerSubordinateNamenode"));
    return fail(ErrorCode::kUnsupported, std::string(kNoImages));
  }
  Result<hn::StartCheckpointResponseProto> start_checkpoint(const hn::StartCheckpointRequestProto&,
                                                            const Context& context) {
    DFS_TRY_OK(privileged(context, "startCheckpoint"));
    return fail(ErrorCode::kUnsupported, std::string(kNoImages));
  }
  Result<hn::EndCheckpointResponseProto> end_checkpoint(const hn::EndCheckpointRequestProto&, const Context& context) {
    DFS_TRY_OK(privileged(context, "endCheckpoint"));
    return fail(ErrorCode::kUnsupported, std::string(kNoImages));
  }

  Task<Result<hn::GetEditLogManifestResponseProto>> get_manifest(const hn::GetEditLogManifestRequestProto& request,
                                                                 const Context& context) {
    DFS_CO_TRY_OK(privileged(context, "getEditLogManifest"));
    DFS_CO_TRY(std::vector<SegmentName> segments, co_await administration.segments());
    hn::GetEditLogManifestResponseProto response;
    hp::RemoteEditLogManifestProto& manifest = *response.mutable_manifest();
    for (const SegmentName& segment : segments) {
      if (!segment.last || raw(*segment.last) < request.sincetxid()) continue;
      hp::RemoteEditLogProto& log = *manifest.add_logs();
      log.set_starttxid(raw(segment.first));
      log.set_endtxid(raw(*segment.last));
      log.set_isinprogress(false);
    }
    manifest.set_committedtxnid(raw(access.thread().published().applied));
    co_return response;
  }

  // None ever runs here.
  Result<hn::IsUpgradeFinalizedResponseProto> is_upgrade_finalized(const hn::IsUpgradeFinalizedRequestProto&,
                                                                   const Context& context) {
    DFS_TRY_OK(privileged(context, "isUpgradeFinalized"));
    hn::IsUpgradeFinalizedResponseProto response;
    response.set_isupgradefinalized(true);
    return response;
  }
  Result<hn::IsRollingUpgradeResponseProto> is_rolling_upgrade(const hn::IsRollingUpgradeRequestProto&,
                                                               const Context& context) {
    DFS_TRY_OK(privileged(context, "isRollingUpgrade"));
    hn::IsRollingUpgradeResponseProto response;
    response.set_isrollingupgrade(false);
    return response;
  }
  Result<hn::GetNextSPSPathResponseProto> get_next_sps_path(const hn::GetNextSPSPathRequestProto&,
                                                            const Context& context) {
    DFS_TRY_OK(privileged(context, "getNextSPSPath"));
    return hn::GetNextSPSPathResponseProto();
  }

  NamespaceAccess& access;
  Administration& administration;
  const ClusterIdentity identity;
  rpc::MethodTable table;
  std::mt19937_64 random{std::random_device{}()};  // on the thread of `walking` alone
  EventLoop walking{"get_blocks"};
};

NamenodeProtocol::NamenodeProtocol(NamespaceAccess& access, Administration& administration, ClusterIdentity identity)
    : methods_(std::make_unique<Methods>(access, administration, std::move(identity))) {}
NamenodeProtocol::~NamenodeProtocol() = default;

rpc::Reply NamenodeProtocol::call(std::string_view method, ByteView request, const rpc::CallContext& context) {
  return methods_->table.call(method, request, context);
}

}  // namespace dfs::namenode
