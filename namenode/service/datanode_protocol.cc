#include "namenode/service/datanode_protocol.h"

#include <atomic>
#include <unordered_map>

#include "namenode/blocks/cluster_blocks.h"
#include "namenode/namespace/operations/files.h"
#include "namenode/service/bad_replicas.h"
#include "namenode/service/datanode_conversion.h"
#include "namenode/service/namespace_access.h"
#include "namenode/service/proto_conversion.h"
#include "namenode/service/rack_mapping.h"
#include "proto/base/event_loop.h"
#include "proto/base/later_as_task.h"
#include "proto/base/log.h"
#include "proto/rpc/method_table.h"

namespace dfs::namenode {

namespace hp = hadoop::hdfs;
namespace hd = hadoop::hdfs::datanode;

namespace {

constexpr std::string_view kMinimumDataNodeVersion = "2.1.0-beta";  // dfs.namenode.min.supported.datanode.version

// How long the namespace thread works on full reports before it turns to others. Several share it.
constexpr std::chrono::microseconds kReportsAtOnce{3'000};

hd::DatanodeCommandProto register_command() {
  hd::DatanodeCommandProto command;
  command.set_cmdtype(hd::DatanodeCommandProto::RegisterCommand);
  command.mutable_registercmd();
  return command;
}

}  // namespace

struct DatanodeProtocol::Methods {
  Methods(NamespaceAccess& to, ClusterBlocks& of, RackMapping& mapping, ClusterIdentity ours)
      : access(to), blocks(of), racks(mapping), identity(std::move(ours)) {
    table.add("versionRequest", this, &Methods::version_request);
    table.add("registerDatanode", this, &Methods::register_datanode);
    table.add("sendHeartbeat", this, &Methods::send_heartbeat);
    table.add("blockReport", this, &Methods::block_report);
    table.add("cacheReport", this, &Methods::cache_report);
    table.add("blockReceivedAndDeleted", this, &Methods::block_received_and_deleted);
    table.add("errorReport", this, &Methods::error_report);
    table.add("reportBadBlocks", this, &Methods::report_bad_blocks);
    table.add("commitBlockSynchronization", this, &Methods::commit_block_synchronization);
    reports.start();
  }
  ~Methods() { reports.stop(); }

  using Context = rpc::CallContext;
  using Work = NamespaceThread::Unjournaled;

  template <class T, class F>
  auto run(F work) {
    return access.thread().template run<T>(std::move(work));
  }

  Result<Registration> identified(const hd::DatanodeRegistrationProto& sent, const Context& context) const {
    Registration registration = from_proto(sent, context.client_address);
    DFS_TRY_OK(check_identity(registration, identity));
    return registration;
  }

  // The replicas of another pool must not be compared with this namespace.
  Result<void> check_pool(const std::string& block_pool_id) const {
    if (block_pool_id == identity.block_pool_id) return {};
    return fail(ErrorCode::kIo,
                "Unexpected block pool " + block_pool_id + ": this NameNode serves " + identity.block_pool_id);
  }

  Result<hp::VersionResponseProto> version_request(const hp::VersionRequestProto&, const Context&) {
    return namespace_info(identity);
  }

  Task<Result<hd::RegisterDatanodeResponseProto>> register_datanode(const hd::RegisterDatanodeRequestProto& request,
                                                                    const Context& context) {
    Registration registration = from_proto(request.registration(), context.client_address);
    DFS_CO_TRY_OK(check_software(registration, identity, kMinimumDataNodeVersion, kSoftwareVersion));
    DFS_CO_TRY_OK(check_identity(registration, identity));
    registration.network_location = co_await racks.rack_of(registration.ip_address, registration.host_name);
    hd::RegisterDatanodeResponseProto response;
    *response.mutable_registration() = request.registration();
    response.mutable_registration()->mutable_datanodeid()->set_ipaddr(registration.ip_address);
    *response.mutable_registration()->mutable_keys() = no_block_keys();
    DFS_CO_TRY_OK(
        co_await as_task(run<Done>([this, registration = std::move(registration)](const Work& work) -> Result<Done> {
          DFS_TRY_OK(blocks.register_datanode(registration, work.wall, work.now));
          return Done();
        })));
    co_return response;
  }

  // One of our own DataNodes is answered when there is something to tell it, or at the end of its time.
  Later<Result<hd::HeartbeatResponseProto>> send_heartbeat(const hd::HeartbeatRequestProto& request,
                                                           const Context& context) {
    DFS_CO_TRY(Registration registration, identified(request.registration(), context));
    hd::HeartbeatResponseProto response;
    const bool wants_lease = request.requestfullblockreportlease();
    uint64_t ticket = 0;  // of the heartbeat, once it was held
    DFS_CO_TRY_OK(co_await run<Done>([&](const Work& work) -> Result<Done> {
      const std::string& uuid = registration.datanode_uuid;
      const bool is_first = ticket == 0;
      DFS_TRY(Commands commands,
              is_first ? blocks.heartbeat(work.view, work.batch, uuid, from_proto(request), work.wall, work.now)
                       : blocks.held(work.view, uuid, ticket, work.now));
      if (commands.held && work.patience != nullptr) {
        ticket = commands.held->ticket;
        work.patience->wait_for({Awaited::Kind::kCommands, ticket}, commands.held->until);
        return Done();
      }
      to_proto(commands, identity.block_pool_id, response);
      if (!commands.must_register && !commands.overtaken) {
        if (is_first && wants_lease) response.set_fullblockreportleaseid(blocks.request_report_lease(uuid, work.now));
        add_bandwidth(uuid, response);
      }
      const bool was_held = !is_first || !commands.empty() || response.fullblockreportleaseid() != 0;
      // One that waits for leave to report comes by the clock.
      const bool waits_for_lease = wants_lease && response.fullblockreportleaseid() == 0;
      if (request.maybeheldmillis() > 0) response.set_nextisheld(was_held && !waits_for_lease);
      return Done();
    }));
    response.mutable_hastatus()->set_state(hp::NNHAStatusHeartbeatProto::ACTIVE);
    response.mutable_hastatus()->set_txid(raw(access.thread().published().applied));
    co_return response;
  }

  Task<Result<hd::BlockReportResponseProto>> block_report(const hd::BlockReportRequestProto& request,
                                                          const Context& context) {
    DFS_CO_TRY(Registration registration, identified(request.registration(), context));
    DFS_CO_TRY_OK(check_pool(request.blockpoolid()));
    // A DataNode waits for the answer before it says anything else, so the report may take its time.
    DFS_CO_TRY(FullReport report,
               co_await run_on(reports.executor(), [&] { return from_proto(request, registration.datanode_uuid); }));
    const TimePoint begun = Clock::system().now();
    Result<bool> more = true;
    ++reports_in_progress;
    while (more && *more) {
      more = co_await as_task(run<bool>([&](const Work& work) -> Result<bool> {
        const TimeSlice slice(Clock::system(), kReportsAtOnce / reports_in_progress.load());
        return blocks.full_report(work.view, work.batch, report, work.wall, work.now, slice);
      }));
    }
    --reports_in_progress;
    access.activity().block_reports.add(Clock::system().now() - begun);
    hd::BlockReportResponseProto response;
    if (!more && more.error().code() == ErrorCode::kUnregisteredNode) {
      *response.mutable_cmd() = register_command();
      co_return response;
    }
    if (!more) co_return fail(std::move(more).error());
    // Stock answers FinalizeCommand once an upgrade is finalized. None ever runs here, and the `previous` folders of a
    // cluster that came to us in the middle of one are not ours to delete.
    co_return response;
  }

  // There is no cache to keep: what a stock NameNode without directives answers.
  Result<hd::CacheReportResponseProto> cache_report(const hd::CacheReportRequestProto&, const Context&) {
    return hd::CacheReportResponseProto();
  }

  Later<Result<hd::BlockReceivedAndDeletedResponseProto>> block_received_and_deleted(
      const hd::BlockReceivedAndDeletedRequestProto& request, const Context& context) {
    DFS_CO_TRY(Registration registration, identified(request.registration(), context));
    DFS_CO_TRY_OK(check_pool(request.blockpoolid()));
    DFS_CO_TRY_OK(co_await run<Done>([&](const Work& work) -> Result<Done> {
      for (const hd::StorageReceivedDeletedBlocksProto& report : request.blocks()) {
        const std::string& storage = report.has_storage() ? report.storage().storageuuid() : report.storageuuid();
        DFS_TRY_OK(blocks.incremental_report(work.view, work.batch, registration.datanode_uuid, storage,
                                             uint8_t(report.storage().storagetype()), from_proto(report)));
      }
      return Done();
    }));
    co_return hd::BlockReceivedAndDeletedResponseProto();
  }

  Later<Result<hd::ErrorReportResponseProto>> error_report(const hd::ErrorReportRequestProto& request,
                                                           const Context& context) {
    DFS_CO_TRY(Registration registration, identified(request.registartion(), context));
    log::warn("error report of DataNode {}: {}", registration.to_string(), request.msg());
    if (request.errorcode() == hd::ErrorReportRequestProto::FATAL_DISK_ERROR) {
      DFS_CO_TRY_OK(co_await run<Done>([&](const Work&) -> Result<Done> {
        blocks.datanode_failed(registration.datanode_uuid);
        return Done();
      }));
    }
    co_return hd::ErrorReportResponseProto();
  }

  Later<Result<hd::ReportBadBlocksResponseProto>> report_bad_blocks(const hd::ReportBadBlocksRequestProto& request,
                                                                    const Context&) {
    DFS_CO_TRY_OK(co_await report_bad_replicas(access.thread(), blocks, request.blocks()));
    co_return hd::ReportBadBlocksResponseProto();
  }

  Later<Result<hd::CommitBlockSynchronizationResponseProto>> commit_block_synchronization(
      const hd::CommitBlockSynchronizationRequestProto& request, const Context& context) {
    operations::CommitBlockSynchronization commit;
    commit.block = from_proto(request.block());
    commit.new_generation_stamp = GenerationStamp{request.newgenstamp()};
    commit.new_length = request.newlength();
    commit.close_file = request.closefile();
    commit.delete_block = request.deleteblock();
    for (int i = 0; i < request.newtaragets_size(); ++i) {
      commit.storages.push_back({request.newtaragets(i).datanodeuuid(),
                                 i < request.newtargetstorages_size() ? request.newtargetstorages(i) : std::string()});
    }
    Caller caller = access.caller(context.user, context.client_address, context.client_id, context.call_id);
    DFS_CO_TRY_OK(
        co_await access.write(std::move(caller), operations::commit_block_synchronization, std::move(commit)));
    co_return hd::CommitBlockSynchronizationResponseProto();
  }

  void add_bandwidth(const std::string& uuid, hd::HeartbeatResponseProto& out) {
    const uint64_t wanted = bandwidth.load();
    if (wanted == 0 || std::exchange(bandwidth_told[uuid], wanted) == wanted) return;
    hd::DatanodeCommandProto& command = *out.add_cmds();
    command.set_cmdtype(hd::DatanodeCommandProto::BalancerBandwidthCommand);
    command.mutable_balancercmd()->set_bandwidth(wanted);
  }

  NamespaceAccess& access;
  ClusterBlocks& blocks;
  EventLoop reports{"reports"};                  // where full reports are decoded
  std::atomic<uint32_t> reports_in_progress{0};  // that the namespace thread takes over
  RackMapping& racks;
  const ClusterIdentity identity;
  rpc::MethodTable table;
  std::atomic<uint64_t> bandwidth{0};                          // 0: never set
  std::unordered_map<std::string, uint64_t> bandwidth_told{};  // by DataNode; of the namespace thread
};

DatanodeProtocol::DatanodeProtocol(NamespaceAccess& access, ClusterBlocks& blocks, RackMapping& racks,
                                   ClusterIdentity identity)
    : methods_(std::make_unique<Methods>(access, blocks, racks, std::move(identity))) {}
DatanodeProtocol::~DatanodeProtocol() = default;

rpc::Reply DatanodeProtocol::call(std::string_view method, ByteView request, const rpc::CallContext& context) {
  return methods_->table.call(method, request, context);
}

uint64_t DatanodeProtocol::calls(std::string_view method) const {
  return methods_->table.calls(method);
}

void DatanodeProtocol::set_balancer_bandwidth(uint64_t bytes_per_second) {
  methods_->bandwidth = bytes_per_second;
}

}  // namespace dfs::namenode
