#include "datanode/reporting/namenode_link.h"

#include <fmt/format.h>

#include <random>

#include "datanode/reporting/block_report.h"
#include "datanode/reporting/namenode_link_state.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {
namespace dp = hadoop::hdfs::datanode;
using namespace std::chrono_literals;

namespace {
// What stock NameNodes compare our version with (dfs.namenode.min.supported.datanode.version).
constexpr const char* kSoftwareVersion = "3.4.1";
// dfs.blockreport.split.threshold: beyond it, one call for each storage.
constexpr size_t kReportSplitBlocks = 1'000'000;
constexpr size_t kReportBufferBytes = 1u << 20;
// How long events wait that nobody waits for.
constexpr std::chrono::milliseconds kGatherEvents = 50ms;
// The NameNode may hold a heartbeat so long: well within the deadline of a call. While we copy blocks it is to hear
// soon that there is room for more.
constexpr std::chrono::milliseconds kHeldMax = 30s, kHeldMaxCopying = 100ms;
// Between heartbeats, whatever the NameNode says.
constexpr std::chrono::milliseconds kHeartbeatPause = 5ms;
constexpr std::chrono::milliseconds kFirstPause = 200ms, kLongestPause = 5s;

class Backoff {
 public:
  std::chrono::milliseconds next() { return std::exchange(pause_, std::min(pause_ * 2, kLongestPause)); }
  void reset() { pause_ = kFirstPause; }

 private:
  std::chrono::milliseconds pause_ = kFirstPause;
};

// Whether the NameNode refuses us for good, so that trying again is of no use (BPServiceActor.run).
bool is_final(const Error& error) {
  return error.code() == ErrorCode::kDisallowedDatanode || error.code() == ErrorCode::kIncorrectVersion ||
         error.code() == ErrorCode::kCancelled;
}
}  // namespace

NamenodeLink::NamenodeLink(asio::any_io_executor executor, Settings settings, PendingReports& pending)
    : executor_(executor),
      settings_(std::move(settings)),
      pending_(pending),
      state_(
          std::make_shared<State>(executor, rpc::Client::Settings{
                                                .server = settings_.namenode,
                                                .protocol = "org.apache.hadoop.hdfs.server.protocol.DatanodeProtocol",
                                                .protocol_version = 1,
                                                .user = settings_.user,
                                                .client_id = "",
                                            })) {
  pending_.set_wake([executor, weak = std::weak_ptr<State>(state_)] {
    asio::post(executor, [weak] {
      if (auto state = weak.lock()) state->report_now.notify();
    });
  });
}

NamenodeLink::~NamenodeLink() {
  pending_.set_wake(nullptr);
}

Task<Result<PoolIdentity>> NamenodeLink::handshake() {
  Backoff backoff;
  bool complained = false;
  while (!state_->stopping) {
    hadoop::hdfs::VersionRequestProto request;
    hadoop::hdfs::VersionResponseProto response;
    auto answered = co_await state_->client.call("versionRequest", request, response);
    if (answered) {
      const auto& info = response.info();
      if (int32_t(info.storageinfo().layoutversion()) > -60) {
        co_return fail(ErrorCode::kIncorrectVersion,
                       fmt::format("The NameNode at {} has layout version {}, which is too old",
                                   settings_.namenode.to_string(), int32_t(info.storageinfo().layoutversion())));
      }
      co_return PoolIdentity{.cluster_id = info.storageinfo().clusterid(),
                             .pool_id = info.blockpoolid(),
                             .namespace_id = info.storageinfo().namespceid(),
                             .created = info.storageinfo().ctime()};
    }
    if (is_final(answered.error())) co_return fail(std::move(answered).error());
    if (!std::exchange(complained, true)) {
      log::warn("Problem connecting to server: {}: {}; trying until it answers", settings_.namenode.to_string(),
                answered.error().message());
    }
    DFS_CO_TRY_OK(co_await sleep_for(backoff.next()));
  }
  co_return fail(ErrorCode::kCancelled, "stopped while waiting for the NameNode");
}

void NamenodeLink::set_ports(uint16_t data_port, uint16_t ipc_port) {
  settings_.data_port = data_port;
  settings_.ipc_port = ipc_port;
}

Task<Result<void>> NamenodeLink::join(std::string uuid, PoolIdentity pool, ReplicaStore& store,
                                      TransferServer& transfers, TransferContext& context) {
  settings_.uuid = std::move(uuid);
  state_->store = &store;
  state_->transfers = &transfers;
  state_->context = &context;
  dp::DatanodeRegistrationProto& registration = state_->registration;
  auto& id = *registration.mutable_datanodeid();
  id.set_ipaddr(settings_.address);
  id.set_hostname(settings_.host_name);
  id.set_datanodeuuid(settings_.uuid);
  id.set_xferport(settings_.data_port);
  id.set_infoport(settings_.info_port);
  id.set_ipcport(settings_.ipc_port);
  auto& storage = *registration.mutable_storageinfo();
  storage.set_layoutversion(uint32_t(kLayoutVersion));
  storage.set_namespceid(pool.namespace_id);
  storage.set_clusterid(pool.cluster_id);
  storage.set_ctime(pool.created);
  auto& keys = *registration.mutable_keys();
  keys.set_isblocktokenenabled(false);
  keys.set_keyupdateinterval(0);
  keys.set_tokenlifetime(0);
  keys.mutable_currentkey()->set_keyid(0);
  keys.mutable_currentkey()->set_expirydate(0);
  registration.set_softwareversion(kSoftwareVersion);
  co_return co_await register_until_accepted();
}

Task<Result<void>> NamenodeLink::register_until_accepted() {
  Backoff backoff;
  while (!state_->stopping) {
    dp::RegisterDatanodeRequestProto request;
    *request.mutable_registration() = state_->registration;
    dp::RegisterDatanodeResponseProto response;
    auto answered = co_await state_->client.call("registerDatanode", request, response);
    if (answered) {
      // The NameNode tells us under which address it knows us.
      *state_->registration.mutable_datanodeid() = response.registration().datanodeid();
      log::info("Registered with {} as {}:{} ({})", settings_.namenode.to_string(),
                state_->registration.datanodeid().ipaddr(), settings_.data_port, settings_.uuid);
      state_->registered = true;
      state_->full_report_due = std::chrono::steady_clock::now();
      state_->first_report = true;
      state_->lease = 0;
      co_return Result<void>{};
    }
    if (is_final(answered.error())) co_return answered;
    log::warn("Registering with {}: {}", settings_.namenode.to_string(), answered.error().to_string());
    DFS_CO_TRY_OK(co_await sleep_for(backoff.next()));
  }
  co_return fail(ErrorCode::kCancelled, "stopped while registering");
}

void NamenodeLink::start(std::function<void(Error)> on_failure) {
  state_->on_failure = std::move(on_failure);
  state_->tasks.spawn(send_heartbeats());
  state_->tasks.spawn(send_reports());
}

Task<void> NamenodeLink::stop() {
  state_->stopping = true;
  state_->tasks.cancel();
  state_->report_now.notify();
  co_await state_->client.close();
  co_await state_->tasks.join();
}

void NamenodeLink::give_up(Error error) {
  if (auto told = std::exchange(state_->on_failure, nullptr)) told(std::move(error));
}

void NamenodeLink::trigger_report(bool incremental) {
  if (!incremental) state_->full_report_due = std::chrono::steady_clock::now();
  state_->report_all = true;
  state_->report_now.notify();
}

// ---- Heartbeats

void NamenodeLink::note_rolling_upgrade(const dp::HeartbeatResponseProto& response) {
  using State = ReplicaStore::RollingUpgrade;
  // Older NameNodes say only that one is in progress.
  const bool is_new = response.has_rollingupgradestatusv2();
  if (!is_new && !response.has_rollingupgradestatus()) return;
  const auto& status = is_new ? response.rollingupgradestatusv2() : response.rollingupgradestatus();
  if (status.blockpoolid() != state_->store->pool_id()) return;
  if (state_->store->note_rolling_upgrade(status.finalized() ? State::kFinalized : State::kInProgress)) {
    state_->tasks.spawn(state_->store->clear_trash());
  }
}

Task<void> NamenodeLink::report_disk_error(std::string message, bool fatal) {
  dp::ErrorReportRequestProto request;
  *request.mutable_registartion() = state_->registration;
  request.set_errorcode(fatal ? dp::ErrorReportRequestProto::FATAL_DISK_ERROR
                              : dp::ErrorReportRequestProto::DISK_ERROR);
  request.set_msg(std::move(message));
  dp::ErrorReportResponseProto response;
  auto told = co_await with_deadline(10s, "errorReport", state_->client.call("errorReport", request, response));
  if (!told) log::warn("Telling {}: {}", settings_.namenode.to_string(), told.error().to_string());
}

dp::HeartbeatRequestProto NamenodeLink::heartbeat(bool wants_lease) {
  dp::HeartbeatRequestProto request;
  *request.mutable_registration() = state_->registration;
  for (const auto& volume : state_->store->volumes()) {
    const Volume::Space space = volume->space();
    auto& report = *request.add_reports();
    report.set_storageuuid(volume->storage_id());
    report.set_failed(volume->failed());
    report.set_capacity(space.capacity_bytes);
    report.set_dfsused(space.used_bytes);
    report.set_remaining(volume->failed() ? 0 : space.remaining_bytes);
    report.set_blockpoolused(space.used_bytes);
    report.set_nondfsused(space.other_bytes);
    report.mutable_storage()->set_storageuuid(volume->storage_id());
    report.mutable_storage()->set_storagetype(hadoop::hdfs::StorageTypeProto(int(volume->type())));
  }
  request.set_xmitsinprogress(state_->context->copies_in_progress);
  request.set_xceivercount(state_->transfers->active());
  const std::vector<LostVolume> lost = state_->store->lost_volumes();
  request.set_failedvolumes(uint32_t(lost.size()));
  if (!lost.empty()) {
    auto& summary = *request.mutable_volumefailuresummary();
    uint64_t last = 0, capacity = 0;
    for (const LostVolume& volume : lost) {
      summary.add_failedstoragelocations(volume.directory);
      last = std::max(last, to_millis(volume.at));
      capacity += volume.capacity_bytes;
    }
    summary.set_lastvolumefailuredate(last);
    summary.set_estimatedcapacitylosttotal(capacity);
  }
  request.set_requestfullblockreportlease(wants_lease);
  const bool copying = request.xmitsinprogress() > 0;
  request.set_maybeheldmillis(
      uint32_t(std::min(settings_.heartbeat_interval, copying ? kHeldMaxCopying : kHeldMax).count()));
  return request;
}

Task<void> NamenodeLink::send_heartbeats() {
  while (!co_await cancelled()) {
    const auto begun = std::chrono::steady_clock::now();
    auto next = begun + settings_.heartbeat_interval;
    bool wants_lease = state_->lease == 0 && !state_->full_report_running &&
                       std::chrono::steady_clock::now() >= state_->full_report_due;
    dp::HeartbeatRequestProto request = heartbeat(wants_lease);
    dp::HeartbeatResponseProto response;
    auto answered = co_await state_->client.call("sendHeartbeat", request, response);
    if (co_await cancelled()) co_return;
    if (!answered) {
      if (is_final(answered.error())) co_return give_up(std::move(answered).error());
      if (answered.error().code() == ErrorCode::kUnregisteredNode) co_return give_up(std::move(answered).error());
      if (!std::exchange(state_->away, true)) {
        log::warn("Heartbeat to {}: {}", settings_.namenode.to_string(), answered.error().message());
      }
    } else {
      if (std::exchange(state_->away, false)) {
        log::info("The NameNode at {} answers again", settings_.namenode.to_string());
      }
      if (std::exchange(state_->reports_held, false)) state_->report_now.notify();
      if (response.nextisheld()) next = begun + kHeartbeatPause;
      const bool active = response.hastatus().state() == hadoop::hdfs::NNHAStatusHeartbeatProto::ACTIVE;
      if (uint64_t lease = response.fullblockreportleaseid(); lease != 0 && wants_lease) {
        state_->lease = lease;
        state_->report_now.notify();
      }
      note_rolling_upgrade(response);
      for (const Command& command : response.cmds()) {
        bool always = command.cmdtype() == Command::RegisterCommand || command.cmdtype() == Command::KeyUpdateCommand;
        // A standby may not order anything (BPOfferService.processCommandFromStandby).
        if (!active && !always) continue;
        if (command.cmdtype() == Command::RegisterCommand) {
          log::info("The NameNode at {} asks us to register", settings_.namenode.to_string());
          state_->registered = false;
          auto registered = co_await register_until_accepted();
          if (!registered) {
            if (!state_->stopping) give_up(std::move(registered).error());
            co_return;
          }
          // Soon the lease for the full report.
          next = std::chrono::steady_clock::now();
        } else {
          carry_out(command);
        }
      }
    }
    // The first full report is not to wait for a whole interval.
    if (state_->lease == 0 && answered && state_->first_report)
      next = std::min(next, std::chrono::steady_clock::now() + 100ms);
    auto now = std::chrono::steady_clock::now();
    if (next > now && !co_await sleep_for(next - now)) co_return;
  }
}

// ---- Reports

Task<void> NamenodeLink::send_reports() {
  std::optional<std::chrono::steady_clock::time_point> gather_until;
  while (!co_await cancelled()) {
    using Urgency = PendingReports::Urgency;
    const Urgency urgency = pending_.urgency();
    if (!state_->registered || state_->reports_held || (state_->lease == 0 && urgency == Urgency::kNone)) {
      co_await state_->report_now.wait();
      continue;
    }
    if (state_->lease == 0 && urgency == Urgency::kLater && !std::exchange(state_->report_all, false)) {
      const auto now = std::chrono::steady_clock::now();
      if (!gather_until) gather_until = now + kGatherEvents;
      if (now < *gather_until) {
        co_await state_->report_now.wait_until(*gather_until);
        continue;
      }
    }
    gather_until.reset();
    Result<void> sent = co_await send_incremental_report();
    if (sent) sent = co_await send_corrupt();
    if (sent && state_->lease != 0) {
      state_->full_report_running = true;
      sent = co_await send_full_report();
      state_->full_report_running = false;
      if (!sent) state_->full_report_due = std::chrono::steady_clock::now();
    }
    if (sent) continue;
    if (co_await cancelled()) co_return;
    log::warn("Reporting to {}: {}", settings_.namenode.to_string(), sent.error().to_string());
    // What failed is pending again.
    state_->reports_held = true;
  }
}

Task<Result<void>> NamenodeLink::send_incremental_report() {
  auto blocks = pending_.take();
  dp::BlockReceivedAndDeletedRequestProto request;
  *request.mutable_registration() = state_->registration;
  request.set_blockpoolid(state_->store->pool_id());
  for (const auto& [storage_id, reports] : blocks) {
    if (reports.empty()) continue;
    auto& storage = *request.add_blocks();
    storage.set_storageuuid(storage_id);
    storage.mutable_storage()->set_storageuuid(storage_id);
    for (const auto& volume : state_->store->volumes()) {
      if (volume->storage_id() != storage_id) continue;
      storage.mutable_storage()->set_storagetype(hadoop::hdfs::StorageTypeProto(int(volume->type())));
    }
    for (const auto& [id, report] : reports) *storage.add_blocks() = report;
  }
  if (request.blocks_size() == 0) co_return Result<void>{};
  dp::BlockReceivedAndDeletedResponseProto response;
  auto sent = co_await state_->client.call("blockReceivedAndDeleted", request, response);
  if (!sent) pending_.put_back(std::move(blocks));
  co_return sent;
}

Task<Result<void>> NamenodeLink::send_corrupt() {
  auto corrupt = pending_.take_corrupt();
  if (corrupt.empty()) co_return Result<void>{};
  dp::ReportBadBlocksRequestProto request;
  for (const auto& one : corrupt) {
    auto& located = *request.add_blocks();
    to_proto(one.block, state_->store->pool_id(), *located.mutable_b());
    located.set_offset(0);
    located.set_corrupt(false);
    located.mutable_blocktoken()->set_identifier("");
    located.mutable_blocktoken()->set_password("");
    located.mutable_blocktoken()->set_kind("");
    located.mutable_blocktoken()->set_service("");
    auto& node = *located.add_locs()->mutable_id();
    node = state_->registration.datanodeid();
    if (one.source.empty()) {
      located.add_storagetypes(hadoop::hdfs::DISK);
      located.add_storageids(one.storage_id);
    } else if (!node.ParseFromString(one.source)) {
      continue;
    }
    located.add_iscached(false);
    log::warn("Reporting {} as corrupt on {}", to_string(state_->store->pool_id(), one.block), node.datanodeuuid());
  }
  dp::ReportBadBlocksResponseProto response;
  auto sent = co_await state_->client.call("reportBadBlocks", request, response);
  if (!sent) pending_.put_back(std::move(corrupt));
  co_return sent;
}

Task<Result<void>> NamenodeLink::send_full_report() {
  const uint64_t lease = std::exchange(state_->lease, 0);
  // What asks for a report from here on may concern what this one does not say any more.
  state_->full_report_due = std::chrono::steady_clock::now() + settings_.block_report_interval;
  std::random_device device;
  const int64_t report_id = int64_t((uint64_t(device()) << 32) | device());
  std::vector<dp::StorageBlockReportProto> reports;
  size_t total = 0;
  for (const auto& volume : state_->store->volumes()) {
    if (volume->failed()) continue;
    auto& report = reports.emplace_back();
    report.mutable_storage()->set_storageuuid(volume->storage_id());
    report.mutable_storage()->set_storagetype(hadoop::hdfs::StorageTypeProto(int(volume->type())));
    list_replicas(state_->store->replicas(), *volume, kReportBufferBytes, report);
    total += report.numberofblocks();
  }
  const size_t calls = total < kReportSplitBlocks ? 1 : reports.size();
  for (size_t i = 0; i < calls; ++i) {
    dp::BlockReportRequestProto request;
    *request.mutable_registration() = state_->registration;
    request.set_blockpoolid(state_->store->pool_id());
    if (calls == 1) {
      for (auto& report : reports) request.add_reports()->Swap(&report);
    } else {
      request.add_reports()->Swap(&reports[i]);
    }
    request.mutable_context()->set_totalrpcs(int32_t(calls));
    request.mutable_context()->set_currpc(int32_t(i));
    request.mutable_context()->set_id(report_id);
    request.mutable_context()->set_leaseid(lease);
    dp::BlockReportResponseProto response;
    // A report that fails is due again as a whole: a part of it says nothing about the rest (HDFS-12914).
    DFS_CO_TRY_OK(co_await state_->client.call("blockReport", request, response));
    if (response.has_cmd()) carry_out(response.cmd());
  }
  state_->first_report = false;
  log::info("Reported {} replicas on {} volumes in {} calls", total, reports.size(), calls);
  co_return Result<void>{};
}

// ---- Commands

void NamenodeLink::carry_out(const Command& command) {
  switch (command.cmdtype()) {
    case Command::BlockCommand:
      if (command.blkcmd().blockpoolid() != state_->store->pool_id()) return;
      switch (command.blkcmd().action()) {
        case dp::BlockCommandProto::TRANSFER:
          return start_copies(command.blkcmd());
        case dp::BlockCommandProto::INVALIDATE:
          return state_->tasks.spawn(invalidate(command.blkcmd()));
        default:
          return log::warn("The NameNode sent an unknown block command {}", int(command.blkcmd().action()));
      }
    case Command::BlockRecoveryCommand:
      return state_->tasks.spawn(recover_blocks(command.recoverycmd()));
    case Command::BalancerBandwidthCommand:
      if (uint64_t bandwidth = command.balancercmd().bandwidth(); bandwidth > 0) {
        state_->context->balance_throttle.set(bandwidth);
      }
      return;
    case Command::FinalizeCommand:   // there is no upgrade of ours to finalise
    case Command::KeyUpdateCommand:  // block tokens are not in use
    case Command::BlockIdCommand:    // nothing is cached
    case Command::NullDatanodeCommand:
    case Command::RegisterCommand:
      return;
    default:
      return log::warn("The NameNode sent a command that is not supported: {}", int(command.cmdtype()));
  }
}

void NamenodeLink::start_copies(const dp::BlockCommandProto& command) {
  for (int i = 0; i < command.blocks_size() && i < command.targets_size(); ++i) {
    Copy copy;
    copy.block = {.id = BlockId(command.blocks(i).blockid()),
                  .generation = GenerationStamp(command.blocks(i).genstamp()),
                  .length_bytes = command.blocks(i).numbytes()};
    const auto& targets = command.targets(i).datanodes();
    copy.targets.assign(targets.begin(), targets.end());
    if (copy.targets.empty()) continue;
    if (i < command.targetstoragetypes_size()) {
      for (int type : command.targetstoragetypes(i).storagetypes()) {
        copy.storage_types.push_back(hadoop::hdfs::StorageTypeProto(type));
      }
    }
    if (i < command.targetstorageuuids_size()) {
      const auto& ids = command.targetstorageuuids(i).storageuuids();
      copy.storage_ids.assign(ids.begin(), ids.end());
    }
    copy.storage_types.resize(std::min(copy.storage_types.size(), copy.targets.size()));
    copy.storage_ids.resize(std::min(copy.storage_ids.size(), copy.targets.size()));
    state_->transfers->start_copy(std::move(copy));
  }
}

Task<void> NamenodeLink::invalidate(dp::BlockCommandProto command) {
  for (const auto& proto : command.blocks()) {
    if (co_await cancelled()) co_return;
    Block block{.id = BlockId(proto.blockid()), .generation = GenerationStamp(proto.genstamp())};
    if (auto deleted = co_await state_->store->invalidate(block); !deleted) {
      log::warn("Deleting {}: {}", to_string(state_->store->pool_id(), block), deleted.error().message());
    }
  }
}

}  // namespace dfs::datanode
