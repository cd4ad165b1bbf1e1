#include "datanode/node/datanode.h"

#include <fmt/format.h>
#include <unistd.h>

#include "datanode/node/datanode_state.h"
#include "proto/base/log.h"
#include "proto/io/disk.h"
#include "proto/security/process_user.h"

namespace dfs::datanode {
namespace {

std::string machine_name() {
  char buffer[256] = {};
  if (gethostname(buffer, sizeof(buffer) - 1) != 0 || buffer[0] == '\0') return "localhost";
  return buffer;
}

}  // namespace

DataNode::State::State(Settings given) : settings(std::move(given)) {
  if (!settings.disk) settings.disk = &Disk::posix();
  if (settings.user.empty()) settings.user = security::process_user();
  const std::string& host = settings.data.host;
  const bool local = host == "localhost" || host == "::1" || host.starts_with("127.");
  // The machine's own name often resolves to another loopback address than the one we listen on.
  if (settings.host_name.empty()) settings.host_name = local ? "localhost" : machine_name();
}

namespace {
// No groups: nobody may act for another user towards a DataNode.
class NoGroups final : public security::GroupMapping {
 public:
  std::vector<std::string> groups_of(const std::string&) const override { return {}; }
  void refresh() override {}
};
}  // namespace

Volume::Settings DataNode::State::volume_settings(const Directory& directory) const {
  return {.directory = directory.path,
          .type = directory.type,
          .reserved = directory.reserved,
          .threads = settings.volume_threads,
          .disk = settings.disk};
}

size_t DataNode::State::failures_max(size_t directories) const {
  return settings.failed_volumes_tolerated.value_or(directories - 1);
}

Result<OpenedVolumes> DataNode::State::open_directories() {
  const size_t count = settings.directories.size();
  if (count != 0 && failures_max(count) >= count) {
    return fail(ErrorCode::kConfiguration,
                fmt::format("Invalid value configured for dfs.datanode.failed.volumes.tolerated - {}. Value configured "
                            "is >= to the number of configured volumes ({}).",
                            failures_max(count), count));
  }
  std::vector<Volume::Settings> wanted;
  for (const Directory& directory : settings.directories) wanted.push_back(volume_settings(directory));
  return open_volumes(std::move(wanted), {.accept_new = settings.accept_new_volumes,
                                          .failures_max = count == 0 ? 0 : failures_max(count)});
}

Result<void> DataNode::State::format_new(std::vector<std::unique_ptr<Volume>>& volumes, const PoolIdentity& pool) {
  for (auto& volume : volumes) {
    if (volume->is_formatted()) uuid = volume->node().uuid;
  }
  if (uuid.empty()) uuid = random_uuid();
  cluster_id = pool.cluster_id;
  // A cluster that is not ours is noticed before anything is written.
  for (auto& volume : volumes) {
    if (volume->is_formatted() && volume->node().cluster_id != pool.cluster_id) return volume->open_pool(pool);
  }
  for (auto& volume : volumes) {
    if (!volume->is_formatted()) DFS_TRY_OK(volume->format({.uuid = uuid, .cluster_id = pool.cluster_id}));
  }
  return {};
}

Task<Result<void>> DataNode::State::begin() {
  DFS_CO_TRY_OK(check_enough_volumes());
  link->start([this](Error error) { fail_later(std::move(error)); });
  orders = std::make_unique<TaskGroup>(loop(0));
  VolumeKeeper::Settings care{.measure_interval = settings.heartbeat_interval,
                              .stall_deadline = settings.disk_stall_deadline,
                              .hang_deadline = settings.disk_deadline};
  if (settings.scan_period.count() > 0) {
    care.scan = {.period = settings.scan_period, .bytes_per_second = settings.scan_bytes_per_second};
  }
  if (settings.directory_scan.interval.count() > 0) care.directory_scan = settings.directory_scan;
  keeper = std::make_unique<VolumeKeeper>(
      loop(0), *store, care, [this](const Volume& volume) { orders->spawn(volume_failed(volume.directory())); });
  for (const auto& volume : store->volumes()) keeper->start(*volume);
  co_return Result<void>{};
}

Task<void> DataNode::State::end() {
  if (orders) {
    orders->cancel();
    co_await orders->join();
  }
  if (keeper) co_await keeper->stop();
}

void DataNode::State::spawn(Task<void> task) {
  asio::post(loop(0), [this, shared = std::make_shared<Task<void>>(std::move(task))] {
    if (orders) orders->spawn(std::move(*shared));
  });
}

void DataNode::State::fail_later(Error error) {
  log::error("The DataNode cannot go on: {}", error.to_string());
  if (settings.on_failure) settings.on_failure(std::move(error));
}

Result<void> DataNode::State::serve(OpenedVolumes opened) {
  store = std::make_unique<ReplicaStore>(ReplicaStore::Settings{.writer_stop_deadline = settings.writer_stop_deadline,
                                                                .block_bytes_estimate = settings.block_bytes_estimate,
                                                                .choice = settings.volume_choice,
                                                                .restore_trash = settings.rollback},
                                         std::move(opened.volumes), pending, std::move(opened.lost));
  context.reset(
      new TransferContext{.store = *store,
                          .idle_deadline = settings.transfer_idle_deadline,
                          .write_deadline = settings.transfer_write_deadline,
                          .sync_on_close = settings.sync_on_close,
                          .connect_by_host_name = settings.connect_by_host_name,
                          .balance_throttle{settings.balance_bytes_per_second},
                          .movers_max = settings.balance_moves_max,
                          .report_remote_corrupt = [this](const Block& block, const pb::DatanodeInfoProto& source) {
                            pending.remote_corrupt(block, source.id());
                          }});
  transfers =
      std::make_unique<TransferServer>(TransferServer::Settings{.listen = settings.data,
                                                                .transfers_max = settings.transfers_max,
                                                                .idle_deadline = settings.transfer_idle_deadline,
                                                                .keep_alive = settings.keep_alive},
                                       executors(), *context);
  DFS_TRY_OK(transfers->open());
  ReconfigurationService::Owner owner{.superuser = settings.user,
                                      .reread = [this] { return reread(); },
                                      .apply = [this](std::string name) { return apply(std::move(name)); },
                                      .spawn = [this](Task<void> task) { spawn(std::move(task)); }};
  reconfiguration = std::make_unique<ReconfigurationService>(std::move(owner), settings.properties);
  client_service = std::make_unique<ClientDatanodeService>(
      *context, ClientDatanodeService::Owner{
                    .trigger_report =
                        [this](bool incremental) {
                          asio::post(loop(0), [this, incremental] { link->trigger_report(incremental); });
                        },
                    .shut_down = [this] { fail_later(Error(ErrorCode::kCancelled, "told to shut down")); },
                    .superuser = settings.user,
                    .reconfiguration = reconfiguration.get()});
  inter_service = std::make_unique<InterDatanodeService>(*store);
  groups = std::make_unique<NoGroups>();
  proxy_users = std::make_unique<security::ProxyUsers>(std::map<std::string, std::string>{}, *groups);
  rpc = std::make_unique<rpc::Server>(
      rpc::Server::Settings{.listen = settings.ipc}, executors(),
      std::vector<rpc::Protocol*>{client_service.get(), inter_service.get(), reconfiguration.get()}, *proxy_users);
  return rpc->start();
}

DataNode::DataNode(Settings settings) : state_(std::make_unique<State>(std::move(settings))) {}

DataNode::~DataNode() = default;

Result<void> DataNode::start() {
  State& state = *state_;
  for (size_t i = 0; i < std::max<size_t>(state.settings.network_threads, 1); ++i) {
    state.loops.push_back(std::make_unique<EventLoop>("dn-net-" + std::to_string(i)));
    state.loops.back()->start();
  }
  state.administration.start();
  DFS_TRY(OpenedVolumes opened, state.open_directories());
  {
    std::lock_guard lock(state.stop_mutex);
    if (state.stopped) return fail(ErrorCode::kCancelled, "stopped while starting");
    state.link = std::make_unique<NamenodeLink>(
        state.loop(0),
        NamenodeLink::Settings{.namenode = state.settings.namenode,
                               .user = {.user = state.settings.user, .real_user = ""},
                               .host_name = state.settings.host_name,
                               .address = state.settings.data.host,
                               .data_port = 0,
                               .info_port = state.settings.info_port,
                               .ipc_port = 0,
                               .uuid = "",
                               .heartbeat_interval = state.settings.heartbeat_interval,
                               .block_report_interval = state.settings.block_report_interval,
                               .connect_by_host_name = state.settings.connect_by_host_name},
        state.pending);
  }
  DFS_TRY(PoolIdentity pool, state.on_loop(state.link->handshake()));
  DFS_TRY_OK(state.format_new(opened.volumes, pool));
  DFS_TRY_OK(state.serve(std::move(opened)));
  DFS_TRY_OK(state.on_loop(state.store->load(pool)));
  state.transfers->serve();
  state.link->set_ports(state.transfers->port(), state.rpc->port());
  DFS_TRY_OK(state.on_loop(state.link->join(state.uuid, pool, *state.store, *state.transfers, *state.context)));
  return state.on_loop(state.begin());
}

void DataNode::stop() {
  State& state = *state_;
  {
    std::lock_guard lock(state.stop_mutex);
    if (std::exchange(state.stopped, true)) return;
  }
  if (state.loops.empty()) return;
  if (state.link) state.on_loop(state.link->stop());
  if (state.rpc) state.rpc->stop();
  state.on_loop(state.end());
  if (state.transfers) state.transfers->stop();
  state.administration.stop();
  for (auto& loop : state.loops) loop->stop();
}

uint16_t DataNode::data_port() const {
  return state_->transfers->port();
}
uint16_t DataNode::ipc_port() const {
  return state_->rpc->port();
}
std::string DataNode::uuid() const {
  return state_->uuid;
}

}  // namespace dfs::datanode
