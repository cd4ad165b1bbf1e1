#include "namenode/operator_view.h"

#include <filesystem>

#include "namenode/namespace/inode_path.h"
#include "namenode/namespace/located_blocks.h"
#include "namenode/store/rows.h"
#include "namenode/web/operator_pages.h"

namespace dfs::namenode {
namespace {

uint64_t count_of(const View& view, Counter which) {
  return counter(view, which).value_or(0);
}

uint64_t objects_of(const View& view) {
  return count_of(view, Counter::kFileCount) + count_of(view, Counter::kDirectoryCount);
}

uint64_t bytes_below(const std::string& folder) {
  uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code gone;
    const uint64_t size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

// Of blocks without any good replica, those that some file still has.
std::vector<Sample::MissingFile> files_of(const View& view, const std::vector<BlockId>& blocks) {
  std::vector<Sample::MissingFile> files;
  for (BlockId block : blocks) {
    Result<std::optional<BlockOwner>> owner = find_owner(view, block);
    if (!owner || !*owner) continue;
    Result<std::optional<InodePath>> path = resolve_inode(view, (*owner)->file);
    if (!path || !*path || (*path)->last() == nullptr) continue;
    files.push_back({"blk_" + std::to_string(raw(block)), (*path)->path(), (*path)->last()->replication});
  }
  return files;
}

InstrumentationAccess access_of(const NameNodeSettings& settings, const security::GroupMapping& groups) {
  return InstrumentationAccess(settings.instrumentation, groups.groups_of(settings.instrumentation.static_user));
}

}  // namespace

OperatorView::OperatorView(Parts parts)
    : parts_(std::move(parts)),
      started_ms_(to_millis(Clock::system().wall())),
      objects_at_start_(objects_of(*parts_.commit.published().view)) {
  const InstrumentationAccess access = access_of(parts_.settings, parts_.access.groups());
  add("/jmx", access.guard([this](const http::Request& request) { return jmx_page(request, sample()); }));
  add("/conf", access.guard([this](const http::Request& request) {
    return configuration_page(request, parts_.settings.configuration, parts_.settings.redaction);
  }));
  add("/prom", [this](const http::Request&) { return prometheus_page(sample()); });
  add("/isActive", [](const http::Request&) { return is_active_page(); });
  add("/startupProgress",
      [this](const http::Request&) { return startup_progress_page(parts_.startup.view(Clock::system().now())); });
  add("/topology",
      [this](const http::Request& request) { return topology_page(request, *parts_.access.blocks().datanodes()); });
  loop_.start();
}

OperatorView::~OperatorView() {
  loop_.stop();
}

void OperatorView::add(std::string path, Page::Make make) {
  pages_.try_emplace(std::move(path), loop_.executor(), std::move(make));
}

std::map<std::string, http::Handler*> OperatorView::pages() {
  std::map<std::string, http::Handler*> handlers;
  for (auto& [path, handler] : pages_) handlers.emplace(path, &handler);
  return handlers;
}

Sample OperatorView::sample() const {
  const NamespaceThread::Moment moment = parts_.commit.published();
  const View& view = *moment.view;
  Sample sample;
  sample.wall = Clock::system().wall();
  sample.now = Clock::system().now();
  sample.started_ms = started_ms_;
  sample.host_name = parts_.settings.name_space.host_name;
  sample.rpc_address = parts_.rpc_address;
  sample.rpc_port = parts_.rpc.port();
  sample.cluster_id = parts_.version.cluster_id;
  sample.block_pool_id = parts_.version.block_pool_id;
  sample.name_folders = parts_.settings.name_directories;
  sample.edits_folders = parts_.settings.edits_directories;
  for (const auto& folders : {sample.name_folders, sample.edits_folders}) {
    for (const std::string& folder : folders) sample.folder_bytes.emplace(folder, 0);
  }
  for (auto& [folder, bytes] : sample.folder_bytes) bytes = bytes_below(folder);
  sample.objects_max = parts_.settings.name_space.objects_max;
  sample.files = count_of(view, Counter::kFileCount);
  sample.directories = count_of(view, Counter::kDirectoryCount);
  sample.blocks = count_of(view, Counter::kBlockCount);
  sample.snapshots = count_of(view, Counter::kSnapshotCount);
  sample.snapshottable_directories = count_of(view, Counter::kSnapshottableCount);
  auto as_superuser = [this, moment, datanodes = parts_.access.blocks().datanodes()](auto ask) {
    const NamespaceSettings& settings = parts_.settings.name_space;
    Caller superuser;
    superuser.identity.user = settings.superuser;
    superuser.is_superuser = true;
    return ask(Query{*moment.view, settings, superuser, *datanodes});
  };
  sample.list_snapshottable = [as_superuser]() -> Result<std::vector<SnapshottableStatus>> {
    DFS_TRY(auto listed, as_superuser([](const Query& query) { return snapshottable_listing(query); }));
    return listed ? *std::move(listed) : std::vector<SnapshottableStatus>();
  };
  sample.list_snapshots = [as_superuser](const std::string& directory) {
    return as_superuser([&](const Query& query) { return snapshot_listing(query, directory); });
  };
  const uint64_t ever = objects_at_start_ + parts_.commit.activity().inodes_created.value();
  sample.inodes_deleted = ever - std::min(ever, sample.files + sample.directories);
  sample.applied = moment.applied;
  sample.datanodes = parts_.access.blocks().datanodes();
  sample.gauges = parts_.gauges.read();
  sample.missing_files = files_of(view, sample.gauges.missing_blocks);
  sample.checkpoint = parts_.checkpoint.last_transaction();
  sample.checkpoint_ms = parts_.checkpoint.last_time_ms();
  sample.edits_failed = parts_.commit.failure().has_value();
  sample.commit = &parts_.commit.activity();
  sample.rpc = &parts_.rpc.activity();
  sample.rpc_connections = parts_.rpc.connections();
  sample.calls_waiting = parts_.commit.waiting();
  sample.client_calls = [this](std::string_view method) { return parts_.clients.calls(method); };
  sample.datanode_calls = [this](std::string_view method) { return parts_.datanodes.calls(method); };
  sample.entries_listed = parts_.access.activity().entries_listed.value();
  sample.retries_known = parts_.access.activity().retries_known.value();
  sample.retries_kept = parts_.access.activity().retries_kept.value();
  sample.block_reports = &parts_.access.activity().block_reports;
  sample.startup = parts_.startup.view(sample.now);
  sample.process = read_process();
  return sample;
}

}  // namespace dfs::namenode
