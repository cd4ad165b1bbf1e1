#include "datanode/node/datanode.h"

#include <unistd.h>

#include <future>
#include <mutex>

#include "datanode/replicas/scanner.h"
#include "datanode/reporting/namenode_link.h"
#include "datanode/reporting/pending_reports.h"
#include "datanode/reporting/services.h"
#include "datanode/transfer/operation.h"
#include "datanode/transfer/server.h"
#include "proto/base/event_loop.h"
#include "proto/base/log.h"
#include "proto/base/task.h"
#include "proto/io/disk.h"
#include "proto/rpc/server.h"
#include "proto/security/identity.h"
#include "proto/security/process_user.h"

namespace dfs::datanode {
namespace {

std::string machine_name() {
  char buffer[256] = {};
  if (gethostname(buffer, sizeof(buffer) - 1) != 0 || buffer[0] == '\0') return "localhost";
  return buffer;
}

}  // namespace

struct DataNode::State {
  explicit State(Settings given) : settings(std::move(given)) {
    if (!settings.disk) settings.disk = &Disk::posix();
    if (settings.user.empty()) settings.user = security::process_user();
    const std::string& host = settings.data.host;
    const bool local = host == "localhost" || host == "::1" || host.starts_with("127.");
    // The machine's own name often resolves to another loopback address than the one we listen on.
    if (settings.host_name.empty()) settings.host_name = local ? "localhost" : machine_name();
  }

  Settings settings;
  std::vector<std::unique_ptr<EventLoop>> loops;
  PendingReports pending;
  std::unique_ptr<NamenodeLink> link;
  std::unique_ptr<ReplicaStore> store;
  std::unique_ptr<TransferContext> context;
  std::unique_ptr<TransferServer> transfers;
  std::unique_ptr<ClientDatanodeService> client_service;
  std::unique_ptr<InterDatanodeService> inter_service;
  std::unique_ptr<security::GroupMapping> groups;
  std::unique_ptr<security::ProxyUsers> proxy_users;
  std::unique_ptr<rpc::Server> rpc;
  std::unique_ptr<TaskGroup> scanners;
  std::string uuid;
  std::mutex stop_mutex;
  bool stopped = false;

  asio::any_io_executor loop(size_t i) { return loops[i % loops.size()]->executor(); }
  std::vector<asio::any_io_executor> executors() {
    std::vector<asio::any_io_executor> all;
    for (auto& one : loops) all.push_back(one->executor());
    return all;
  }
  template <class T>
  T on_loop(Task<T> task) {
    return asio::co_spawn(loop(0), without_cancellation_exceptions(std::move(task)), asio::use_future).get();
  }

  Result<std::vector<std::unique_ptr<Volume>>> open_directories();
  Result<void> format_new(std::vector<std::unique_ptr<Volume>>& volumes, const PoolIdentity& pool);
  Result<void> serve(std::vector<std::unique_ptr<Volume>> volumes);
  // Reports and scanners, once everything is there.
  Task<void> begin();
  Task<void> end_scanners();
  void fail_later(Error error);
};

namespace {
// No groups: nobody may act for another user towards a DataNode.
class NoGroups final : public security::GroupMapping {
 public:
  std::vector<std::string> groups_of(const std::string&) const override { return {}; }
  void refresh() override {}
};
}  // namespace

Result<std::vector<std::unique_ptr<Volume>>> DataNode::State::open_directories() {
  std::vector<Volume::Settings> wanted;
  for (const Directory& directory : settings.directories) {
    wanted.push_back({.directory = directory.path,
                      .type = directory.type,
                      .reserved_bytes = settings.reserved_bytes,
                      .threads = settings.volume_threads,
                      .disk = settings.disk});
  }
  return open_volumes(std::move(wanted), settings.accept_new_volumes);
}

Result<void> DataNode::State::format_new(std::vector<std::unique_ptr<Volume>>& volumes, const PoolIdentity& pool) {
  for (auto& volume : volumes) {
    if (volume->is_formatted()) uuid = volume->node().uuid;
  }
  if (uuid.empty()) uuid = random_uuid();
  // A cluster that is not ours is noticed before anything is written.
  for (auto& volume : volumes) {
    if (volume->is_formatted() && volume->node().cluster_id != pool.cluster_id) return volume->open_pool(pool);
  }
  for (auto& volume : volumes) {
    if (!volume->is_formatted()) DFS_TRY_OK(volume->format({.uuid = uuid, .cluster_id = pool.cluster_id}));
  }
  return {};
}

Task<void> DataNode::State::begin() {
  link->start([this](Error error) { fail_later(std::move(error)); });
  scanners = std::make_unique<TaskGroup>(loop(0));
  if (settings.scan_period.count() > 0) {
    for (const auto& volume : store->volumes()) {
      scanners->spawn(scan_volume(
          *store, *volume, {.period = settings.scan_period, .bytes_per_second = settings.scan_bytes_per_second}));
    }
  }
  co_return;
}

Task<void> DataNode::State::end_scanners() {
  scanners->cancel();
  co_await scanners->join();
}

void DataNode::State::fail_later(Error error) {
  log::error("The DataNode cannot go on: {}", error.to_string());
  if (settings.on_failure) settings.on_failure(std::move(error));
}

Result<void> DataNode::State::serve(std::vector<std::unique_ptr<Volume>> volumes) {
  store = std::make_unique<ReplicaStore>(ReplicaStore::Settings{.block_bytes_estimate = settings.block_bytes_estimate},
                                         std::move(volumes), pending);
  context.reset(
      new TransferContext{.store = *store,
                          .idle_deadline = settings.transfer_idle_deadline,
                          .write_deadline = settings.transfer_write_deadline,
                          .sync_on_close = settings.sync_on_close,
                          .connect_by_host_name = settings.connect_by_host_name,
                          .balance_throttle{settings.balance_bytes_per_second},
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
  client_service = std::make_unique<ClientDatanodeService>(
      *context, ClientDatanodeService::Owner{
                    .trigger_report =
                        [this](bool incremental) {
                          asio::post(loop(0), [this, incremental] { link->trigger_report(incremental); });
                        },
                    .shut_down = [this] { fail_later(Error(ErrorCode::kCancelled, "told to shut down")); },
                    .superuser = settings.user});
  inter_service = std::make_unique<InterDatanodeService>(*store);
  groups = std::make_unique<NoGroups>();
  proxy_users = std::make_unique<security::ProxyUsers>(std::map<std::string, std::string>{}, *groups);
  rpc = std::make_unique<rpc::Server>(rpc::Server::Settings{.listen = settings.ipc}, executors(),
                                      std::vector<rpc::Protocol*>{client_service.get(), inter_service.get()},
                                      *proxy_users);
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
  DFS_TRY(auto volumes, state.open_directories());
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
  DFS_TRY_OK(state.format_new(volumes, pool));
  DFS_TRY_OK(state.serve(std::move(volumes)));
  DFS_TRY_OK(state.on_loop(state.store->load(pool)));
  state.transfers->serve();
  state.link->set_ports(state.transfers->port(), state.rpc->port());
  DFS_TRY_OK(state.on_loop(state.link->join(state.uuid, pool, *state.store, *state.transfers, *state.context)));
  state.on_loop(state.begin());
  return {};
}

void DataNode::stop() {
  State& state = *state_;
  {
    std::lock_guard lock(state.stop_mutex);
    if (std::exchange(state.stopped, true)) return;
  }
  if (state.loops.empty()) return;
  if (state.link) state.on_loop(state.link->stop());
  if (state.scanners) state.on_loop(state.end_scanners());
  if (state.rpc) state.rpc->stop();
  if (state.transfers) state.transfers->stop();
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
