#include "namenode/namenode.h"

#include <fmt/format.h>
#include <unistd.h>

#include <list>
#include <optional>
#include <random>

#include "namenode/blocks/cluster_blocks.h"
#include "namenode/commit/absorb.h"
#include "namenode/commit/checkpoint.h"
#include "namenode/commit/group_commit.h"
#include "namenode/commit/replay.h"
#include "namenode/journal/journal.h"
#include "namenode/leases/lease_table.h"
#include "namenode/metrics/gauges.h"
#include "namenode/metrics/startup_progress.h"
#include "namenode/namespace/operations/files.h"
#include "namenode/operator_requests.h"
#include "namenode/operator_view.h"
#include "namenode/service/client_protocol.h"
#include "namenode/service/datanode_protocol.h"
#include "namenode/service/namenode_protocol.h"
#include "namenode/service/namespace_access.h"
#include "namenode/service/rpc_methods.h"
#include "namenode/space_watch.h"
#include "namenode/storage_folders.h"
#include "namenode/trash_emptier.h"
#include "namenode/web/by_path.h"
#include "namenode/web/fsck_page.h"
#include "namenode/web/image_transfer.h"
#include "namenode/web/webhdfs.h"
#include "proto/base/event_loop.h"
#include "proto/base/log.h"
#include "proto/http/server.h"
#include "proto/rpc/server.h"
#include "proto/security/system_groups.h"

namespace dfs::namenode {
namespace {

// Some milliseconds of the namespace thread.
constexpr size_t kSweptAtOnce = 200;
constexpr std::chrono::microseconds kBlockChecksAtOnce{2'000};

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "localhost";
}

ClusterIdentity identity_of(const StorageVersion& version) {
  ClusterIdentity identity;
  identity.namespace_id = uint32_t(version.namespace_id);
  identity.cluster_id = version.cluster_id;
  identity.block_pool_id = version.block_pool_id;
  identity.creation_time_ms = version.creation_time_ms;
  identity.layout_version = version.layout_version;
  return identity;
}

}  // namespace

struct NameNode::Parts {
  Parts(NameNodeSettings given, Disk& of_the_log, OpenTables how)
      : settings(std::move(given)), disk(of_the_log), open_in(std::move(how)) {}

  NameNodeSettings settings;
  Disk& disk;
  OpenTables open_in;
  std::unique_ptr<security::SystemGroups> groups;
  std::unique_ptr<AuditLog> audit;  // none: off
  std::optional<security::ProxyUsers> proxy_users;
  std::unique_ptr<Journal> journal;
  std::atomic<GroupCommit*> gate{nullptr};  // what the tables ask before a flush, once it runs
  std::atomic<bool> ended = false;          // after it no flush passes
  StartupProgress startup;
  Gauges gauges;
  std::string tables_at;
  std::optional<LeaseTable> leases;
  std::optional<ClusterBlocks> blocks;
  std::optional<SpaceWatch> space;
  std::optional<GroupCommit> commit;
  std::optional<Checkpoint> checkpoint;
  std::optional<TrashEmptier> trash;
  std::unique_ptr<Tables> tables;  // goes first: its thread asks the gate
  std::optional<NamespaceAccess> access;
  std::optional<RackMapping> racks;
  std::optional<DatanodeProtocol> datanode_protocol;
  std::optional<OperatorRequests> requests;
  std::optional<ClientProtocol> client_protocol;
  std::optional<NamenodeProtocol> namenode_protocol;
  std::optional<RefreshUserMappingsProtocol> refresh_protocol;
  std::optional<GetUserMappingsProtocol> groups_protocol;
  std::optional<WebHdfs> web_hdfs;
  std::optional<ImageTransfer> image_transfer;
  std::list<EventLoop> loops;
  std::optional<rpc::Server> rpc;
  std::optional<OperatorView> operator_view;
  std::optional<FsckPage> fsck;
  std::optional<ByPath> pages;
  std::optional<http::Server> http;
  Endpoint rpc_endpoint, http_endpoint;
  bool running = false;
  bool sweeps = false;  // whether periodic() began with deleted trees; it does every other time
  DetachedTreeSweep deleted_trees;
  bool in_start = true;  // of the namespace thread: safe mode of the start has not ended

  Result<void> open_state();
  void wire();
  Result<void> serve();
  bool periodic(const PlanContext& context, std::vector<EditRecord>& records, Batch& locations);
};

Result<void> NameNode::Parts::open_state() {
  DFS_TRY(bool formatted, Journal::is_formatted(disk, journal_settings(settings)));
  if (!formatted) {
    return fail(ErrorCode::kIllegalState,
                "NameNode is not formatted: " + settings.edits_directories.front() +
                    " holds no namespace. Run `tusk namenode -format` for a new one, or correct dfs.namenode.name.dir");
  }
  DFS_TRY(journal, open_journal(settings, disk));
  settings.name_space.block_pool_id = journal->version().block_pool_id;
  settings.name_space.creation_time_ms = journal->version().creation_time_ms;
  settings.name_space.host_name = host_name();

  Clock& clock = Clock::system();
  using Phase = StartupProgress::Phase;
  startup.begin(Phase::kLoadingFsImage, clock.now());
  DFS_TRY(tables_at, tables_directory(settings));
  startup.set_file(Phase::kLoadingFsImage, tables_at);
  Tables::DurableGate durable = [this](TransactionId id) {
    if (ended) return false;
    GroupCommit* running_commit = gate.load();
    return running_commit == nullptr || running_commit->wait_durable(id);
  };
  DFS_TRY(tables, open_tables(settings, tables_at, *journal, std::move(durable), disk, open_in));

  leases.emplace(settings.leases);
  DFS_TRY(HostLists hosts, read_host_lists(settings.host_files));
  blocks.emplace(settings.blocks, std::move(hosts), std::random_device{}());
  startup.end(Phase::kLoadingFsImage, clock.now());
  startup.begin(Phase::kLoadingEdits, clock.now());
  TransactionId before = tables->last_applied();
  DFS_TRY_OK(replay(*journal, *tables, {*blocks, *leases, settings.name_space, clock.wall(), clock.now()}));
  const uint64_t replayed = raw(tables->last_applied()) - raw(before);
  log::info("replayed {} edits after transaction {}", replayed, raw(before));
  startup.set_step(Phase::kLoadingEdits, {.count = replayed, .total = replayed});
  startup.end(Phase::kLoadingEdits, clock.now());
  // Never needed to go on.
  startup.begin(Phase::kSavingCheckpoint, clock.now());
  startup.end(Phase::kSavingCheckpoint, clock.now());
  startup.begin(Phase::kSafeMode, clock.now());
  return blocks->start(*tables, clock.now());
}

void NameNode::Parts::wire() {
  GroupCommit::Settings commit_settings;
  commit_settings.transactions_per_segment = settings.transactions_per_segment;
  space.emplace(disk, SpaceWatch::Settings{.directories = watched_directories(settings),
                                           .reserved_bytes = settings.reserved_bytes,
                                           .interval = settings.space_check_interval});
  commit.emplace(commit_settings,
                 GroupCommit::Parts{*tables, *journal, *blocks, *leases, settings.name_space, Clock::system()},
                 [this](const PlanContext& context, std::vector<EditRecord>& records, Batch& locations) {
                   return periodic(context, records, locations);
                 });
  TablesCopies copies(Disk::posix(), all_tables_directories(settings), tables_at);
  // Until the copies have been renewed the edits since the last ones stay.
  if (copies.none()) commit->allow_purging(tables->durable_applied());
  checkpoint.emplace(*commit, *tables, settings.checkpoint_period, std::move(copies));
  trash.emplace(*commit, settings.trash, settings.name_space.superuser);
  access.emplace(*commit, *blocks, *groups, settings.name_space, Audit(audit.get(), settings.audit));
  racks.emplace(settings.racks);
  datanode_protocol.emplace(*access, *blocks, *racks, identity_of(journal->version()));
  requests.emplace(OperatorRequests::Parts{*commit, *checkpoint, *blocks, *datanode_protocol, *racks,
                                           settings.host_files, settings.log_directory, settings.edits_directories});
  client_protocol.emplace(*access, *requests);
  namenode_protocol.emplace(*access, *requests, identity_of(journal->version()));
  refresh_protocol.emplace(*access, *requests);
  groups_protocol.emplace(*access);
}

// On the namespace thread. True: there is more to do at once.
bool NameNode::Parts::periodic(const PlanContext& context, std::vector<EditRecord>& records, Batch& locations) {
  space->check(*blocks, context.now);
  gauges.update(*blocks, context.leases, context.now);
  if (in_start && !blocks->starting()) {
    in_start = false;
    startup.end(StartupProgress::Phase::kSafeMode, context.now);
  }
  // Where replicas lie is lost in a crash up to the last flush; who holds any must not be, or nobody waits for them.
  if (blocks->take_new_storages()) checkpoint->flush_soon();
  sweeps = !sweeps;
  if (sweeps) {
    Result<bool> swept = sweep_and_absorb(deleted_trees, context.view, kSweptAtOnce, locations, *blocks, *leases);
    if (!swept) log::error("taking deleted trees away: {}", swept.error().to_string());
    if (swept && *swept) return true;
  }
  Result<bool> more = blocks->periodic(context.view, locations, context.wall, context.now,
                                       TimeSlice(Clock::system(), kBlockChecksAtOnce));
  if (!more) log::error("checking blocks: {}", more.error().to_string());
  Result<Planned<bool>> released = operations::release_expired_lease(context);
  if (!released) {
    log::error("releasing an expired lease: {}", released.error().to_string());
    return false;
  }
  records = std::move(released->records);
  return (released->value && *released->value) || (more && *more);
}

Result<void> NameNode::Parts::serve() {
  std::vector<boost::asio::any_io_executor> executors;
  for (size_t i = 0; i < settings.network_threads; ++i) {
    loops.emplace_back(fmt::format("network-{}", i)).start();
    executors.push_back(loops.back().executor());
  }
  rpc::Server::Settings rpc_settings;
  rpc_settings.listen = settings.rpc;
  rpc_settings.frame_bytes_max = settings.frame_bytes_max;
  rpc_settings.measured_methods = rpc_methods();
  rpc_settings.held_methods = {"sendHeartbeat"};
  rpc_settings.frame_bytes_max_before_context = settings.frame_bytes_max_before_context;
  rpc.emplace(rpc_settings, executors,
              std::vector<rpc::Protocol*>{&*client_protocol, &*datanode_protocol, &*namenode_protocol,
                                          &*refresh_protocol, &*groups_protocol},
              *proxy_users);
  DFS_TRY_OK(rpc->start());
  rpc_endpoint = {settings.rpc.host, rpc->port()};

  WebHdfs::Settings web;
  web.rpc_address = rpc_endpoint.to_string();
  web.superuser = settings.name_space.superuser;
  web.replication = settings.name_space.replication_default;
  web_hdfs.emplace(std::move(web), *client_protocol, *proxy_users);
  image_transfer.emplace(
      ImageTransfer::Settings{.directory = settings.name_directories.front() + "/current/image_transfer",
                              .version = journal->version(),
                              .published = [this] { return commit->published(); }});
  operator_view.emplace(OperatorView::Parts{settings, journal->version(), *commit, *checkpoint, *access,
                                            *client_protocol, *datanode_protocol, *rpc, startup, gauges,
                                            rpc_endpoint.to_string()});
  std::map<std::string, http::Handler*> by_path = operator_view->pages();
  by_path.emplace("/imagetransfer", &*image_transfer);
  fsck.emplace(FsckPage::Parts{
      .thread = *commit,
      .settings = settings.name_space,
      .clients = *client_protocol,
      .proxy_users = *proxy_users,
      .caller = [this](const security::Identity& who, const std::string& at) { return access->caller(who, at); },
      .datanodes = [this] { return blocks->datanodes(); },
      .audit =
          [this](const rpc::CallContext& context, const std::string& source) {
            (void)access->audit().of(Result<Done>(Done()), context, "fsck", source);
          },
      .missing = [this](BlockId from, size_t count) { return blocks->corrupt_blocks(from, count); },
      .recheck = [this](const std::vector<BlockId>& misplaced) { blocks->recheck(misplaced); }});
  by_path.emplace("/fsck", &*fsck);
  pages.emplace(*web_hdfs, std::move(by_path));
  http::Server::Settings http_settings;
  http_settings.listen = settings.http;
  http.emplace(http_settings, executors, *pages);
  DFS_TRY_OK(http->start());
  http_endpoint = {settings.http.front().host, http->ports().front()};
  return {};
}

NameNode::NameNode(NameNodeSettings settings, Disk& disk, OpenTables open_tables)
    : parts_(std::make_unique<Parts>(std::move(settings), disk, std::move(open_tables))) {}
NameNode::~NameNode() {
  stop();
}

Result<bool> NameNode::is_formatted(const NameNodeSettings& settings) {
  return Journal::is_formatted(Disk::posix(), journal_settings(settings));
}

Result<void> NameNode::format(const NameNodeSettings& settings, std::string cluster_id, Format how) {
  std::random_device random;
  StorageVersion version = StorageVersion::generate(
      std::move(cluster_id), "127.0.0.1", to_millis(Clock::system().wall()), uint64_t{random()} << 32 | random());
  bool over = how == Format::kOverWhatIsThere;
  DFS_TRY_OK(Journal::format(Disk::posix(), journal_settings(settings), version,
                             over ? Journal::Existing::kRemove : Journal::Existing::kRefuse));
  for (const std::string& left : all_tables_directories(settings)) {
    DFS_TRY(bool left_over, Disk::posix().exists(left));
    if (left_over && over) DFS_TRY_OK(Disk::posix().remove_tree(left));
    if (left_over && !over) {
      return fail(ErrorCode::kIllegalState, left +
                                                " holds the tables of another namespace; remove it or name another "
                                                "folder in dfs.namenode.name.dir");
    }
  }
  const std::string directory = all_tables_directories(settings).front();
  DFS_TRY_OK(make_tables_directory(Disk::posix(), directory));
  DFS_TRY(auto tables, Tables::open_rocksdb(directory, 8 << 20, [](TransactionId) { return true; }));
  DFS_TRY_OK(claim_tables(*tables, version));
  DFS_TRY_OK(make_root(*tables, settings.name_space));
  DFS_TRY_OK(tables->flush());
  for (const std::string& formatted : settings.edits_directories) {
    log::info("Storage directory {} has been successfully formatted, cluster id {}", formatted, version.cluster_id);
  }
  return {};
}

Result<void> NameNode::start() {
  Parts& parts = *parts_;
  DFS_TRY(parts.groups, security::SystemGroups::create({.overrides = parts.settings.static_groups,
                                                        .file = parts.settings.groups_file,
                                                        .lifetime = parts.settings.groups_cache},
                                                       Clock::system()));
  if (parts.settings.audit_enabled) {
    DFS_TRY(parts.audit, AuditLog::open(parts.settings.audit));
  }
  parts.proxy_users.emplace(parts.settings.proxy_users, *parts.groups);
  DFS_TRY_OK(parts.open_state());
  parts.wire();
  parts.gate = &*parts.commit;
  DFS_TRY_OK(parts.commit->start());
  parts.running = true;
  parts.checkpoint->start();
  parts.trash->start();
  Result<void> serving = parts.serve();
  if (!serving) stop();
  return serving;
}

void NameNode::stop() {
  Parts& parts = *parts_;
  if (!parts.running) return;
  parts.running = false;
  parts.commit->end_patience();
  if (parts.http) parts.http->stop();
  if (parts.rpc) parts.rpc->stop();
  parts.trash->stop();
  parts.checkpoint->stop();
  parts.commit->stop();
  // So that the next start has nothing to replay. After a failure the tables must not reach the disk.
  if (!parts.commit->failure()) {
    if (Result<void> flushed = parts.tables->flush(); !flushed) log::error("{}", flushed.error().message());
  }
  parts.ended = true;
  for (EventLoop& loop : parts.loops) loop.stop();
}

Endpoint NameNode::rpc_endpoint() const {
  return parts_->rpc_endpoint;
}
Endpoint NameNode::http_endpoint() const {
  return parts_->http_endpoint;
}

}  // namespace dfs::namenode
