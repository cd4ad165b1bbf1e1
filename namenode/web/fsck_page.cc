#include "namenode/web/fsck_page.h"

#include <fmt/format.h>

#include <charconv>
#include <ctime>

#include "namenode/blocks/stored_block.h"
#include "namenode/fsck/block_id_report.h"
#include "namenode/fsck/fsck_walk.h"
#include "namenode/namespace/inode_path.h"
#include "namenode/web/client_calls.h"
#include "namenode/web/page.h"
#include "proto/base/later_as_task.h"
#include "proto/base/log.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"
#include "proto/webhdfs/request.h"

namespace dfs::namenode {
namespace {

constexpr size_t kCorruptPage = 100;  // dfs.corruptfilesreturned.max
constexpr size_t kSkippedAtOnce = 10'000;

// java.util.Date.toString: "Sun Nov 22 17:39:28 UTC 2026"
std::string date_now() {
  const std::time_t seconds = std::time(nullptr);
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, "%a %b %d %H:%M:%S %Z %Y", &local));
}

security::Identity identity_in(const http::Fields& query) {
  auto parameter = [&](std::string_view name) { return std::string(query.find(name).value_or("")); };
  std::string user = parameter("user.name");
  if (user.empty()) {
    user = parameter("ugi");
    user.resize(std::min(user.size(), user.find(',')));
  }
  if (user.empty()) user = webhdfs::kNobody;
  const std::string other = parameter("doas");
  if (other.empty() || other == user) return {std::move(user), ""};
  return {other, std::move(user)};
}

// FSNamesystem.isParentEntry
bool is_below(std::string_view path, std::string_view directory) {
  if (!path.starts_with(directory)) return false;
  return path.size() == directory.size() || directory == "/" || path[directory.size()] == '/';
}

}  // namespace

FsckOptions fsck_options(const http::Fields& query) {
  FsckOptions options;
  auto given = [&](std::string_view name) { return query.find(name).has_value(); };
  if (auto path = query.find("path")) options.path = *path;
  options.move = given("move");
  options.delete_corrupt = given("delete");
  options.replicate = given("replicate");
  options.files = given("files");
  options.blocks = given("blocks");
  options.locations = given("locations");
  options.racks = given("racks");
  options.replica_details = given("replicadetails");
  options.upgrade_domains = given("upgradedomains");
  options.maintenance = given("maintenance");
  options.storage_policies = given("storagepolicies");
  options.show_progress = given("showprogress");
  options.open_for_write = given("openforwrite");
  options.list_corrupt = given("listcorruptfileblocks");
  options.include_snapshots = given("includeSnapshots");
  if (auto skip = query.find("startblockafter")) {
    std::from_chars(skip->data(), skip->data() + skip->size(), options.corrupt_to_skip);
  }
  if (auto ids = query.find("blockId")) {
    options.block_ids.emplace();
    for (std::string_view rest = *ids; !rest.empty();) {
      const std::string_view first = rest.substr(0, rest.find(' '));
      if (!first.empty()) options.block_ids->emplace_back(first);
      rest.remove_prefix(std::min(rest.size(), first.size() + 1));
    }
  }
  return options;
}

// One request while it is answered: its moment, and what it has found.
class FsckPage::Check {
 public:
  Check(const Parts& parts, const boost::asio::any_io_executor& executor, FsckOptions options,
        security::Identity identity, std::string address, http::ResponseWriter& writer)
      : parts_(parts),
        executor_(executor),
        options_(std::move(options)),
        identity_(std::move(identity)),
        address_(std::move(address)),
        writer_(writer),
        caller_(parts.caller(identity_, address_)),
        view_(parts.thread.published().view),
        datanodes_(parts.datanodes()),
        query_{*view_, parts.settings, caller_, *datanodes_},
        begun_(Clock::system().now()) {}

  Task<Result<void>> run();

 private:
  Task<Result<void>> check_tree();
  Task<Result<void>> list_corrupt();
  Task<Result<void>> report_blocks();
  Task<Result<std::vector<BlockId>>> missing_after(BlockId from, size_t count);
  Task<Result<void>> act_on_findings(FsckWalk& walk);
  Task<Result<void>> recheck(std::vector<BlockId> blocks);
  Result<std::string> corrupt_line(BlockId block) const;
  std::string summary(FsckWalk& walk) const;
  std::string ended() const;
  Task<Result<void>> send(std::string text);
  Result<void> require_superuser(std::string_view operation) const {
    if (!query_.settings.permissions_enabled) return {};
    return query_.permissions().check_superuser(operation);
  }

  const Parts& parts_;
  const boost::asio::any_io_executor executor_;
  const FsckOptions options_;
  const security::Identity identity_;
  const std::string address_;
  http::ResponseWriter& writer_;
  const Caller caller_;
  const std::shared_ptr<const View> view_;
  const std::shared_ptr<const DatanodeView> datanodes_;
  const Query query_;
  const TimePoint begun_;
  bool internal_error_ = false;
  bool client_gone_ = false;
};

Task<Result<void>> FsckPage::Check::send(std::string text) {
  if (text.empty()) co_return Result<void>();
  Result<void> written = co_await writer_.write(as_bytes(text));
  if (!written) client_gone_ = true;
  co_return written;
}

std::string FsckPage::Check::ended() const {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::system().now() - begun_);
  return fmt::format("FSCK ended at {} in {} milliseconds\n", date_now(), took.count());
}

Task<Result<void>> FsckPage::Check::run() {
  Result<void> done;
  if (options_.show_progress) {
    DFS_CO_TRY_OK(co_await send(
        "The fsck switch -showprogress is deprecated and no longer has any effect. Progress is now shown by "
        "default.\n"));
  }
  if (options_.block_ids) {
    done = co_await report_blocks();
  } else {
    DFS_CO_TRY_OK(co_await send(fmt::format("FSCK started by {} from /{} for path {} at {}\n", identity_.to_string(),
                                            address_, options_.path, date_now())));
    done = options_.list_corrupt ? co_await list_corrupt() : co_await check_tree();
  }
  if (done || client_gone_) co_return done;
  log::warn("Fsck on path '{}' FAILED: {}", options_.path, done.error().to_string());
  co_return co_await send(
      fmt::format("{}{}\n\n\nFsck on path '{}' FAILED", ended(), done.error().message(), options_.path));
}

Task<Result<void>> FsckPage::Check::check_tree() {
  if (options_.move) {
    co_return fail(ErrorCode::kUnsupported,
                   "-move is not supported: copy what can be read of the files, then use -delete");
  }
  auto walk = std::make_shared<FsckWalk>(options_, query_);
  DFS_CO_TRY(bool exists, co_await run_on(executor_, [walk] { return walk->begin(); }));
  if (!exists) co_return co_await send(fmt::format("\n\nPath '{}' does not exist", options_.path));
  for (bool more = true; more;) {
    auto text = std::make_shared<std::string>();
    Result<bool> advanced = co_await run_on(executor_, [walk, text] { return walk->advance(*text); });
    DFS_CO_TRY_OK(co_await send(std::move(*text)));
    if (!advanced) co_return fail(std::move(advanced).error());
    more = *advanced;
    DFS_CO_TRY_OK(co_await act_on_findings(*walk));
  }
  DFS_CO_TRY_OK(co_await send(summary(*walk) + ended()));
  if (internal_error_) co_return fail(ErrorCode::kIo, "fsck encountered internal errors!");
  co_return co_await send(fmt::format("\n\nThe filesystem under path '{}' is {}", options_.path,
                                      walk->result().is_healthy() ? "HEALTHY" : "CORRUPT"));
}

std::string FsckPage::Check::summary(FsckWalk& walk) const {
  const FsckResult& result = walk.result();
  uint64_t live = 0;
  for (const DatanodeStatus& datanode : query_.datanodes.datanodes) {
    live += datanode.liveness != DatanodeLiveness::kDead;
  }
  return fmt::format(
      "\nStatus: {}\n Number of data-nodes:\t{}\n Number of racks:\t\t{}\n Total dirs:\t\t\t{}\n Total "
      "symlinks:\t\t{}\n"
      "\nReplicated Blocks:\n{}\n\nErasure Coded Block Groups:\n{}\n{}",
      result.is_healthy() ? "HEALTHY" : "CORRUPT", live, rack_count(query_.datanodes), result.directories,
      result.symlinks, replicated_summary(result, query_.settings.replication_default, query_.settings.replication_min),
      erasure_coded_summary(), walk.policy_summary());
}

Task<Result<void>> FsckPage::Check::act_on_findings(FsckWalk& walk) {
  std::vector<std::string> damaged = walk.take_damaged();
  std::vector<BlockId> misplaced = walk.take_misplaced();
  if (options_.delete_corrupt) {
    ClientCalls calls(parts_.clients, identity_, address_);
    for (const std::string& path : damaged) {
      hadoop::hdfs::DeleteRequestProto request;
      request.set_src(path);
      request.set_recursive(true);
      auto deleted = co_await calls.call<hadoop::hdfs::DeleteResponseProto>("delete", std::move(request));
      if (deleted) {
        log::info("Fsck: deleted corrupt file {}", path);
      } else {
        log::error("Fsck: error deleting corrupted file {}: {}", path, deleted.error().to_string());
        internal_error_ = true;
      }
    }
  }
  if (options_.replicate && !misplaced.empty()) {
    const size_t count = misplaced.size();
    DFS_CO_TRY_OK(co_await recheck(std::move(misplaced)));
    walk.result().queued_for_replication += count;
  }
  co_return Result<void>();
}

Task<Result<void>> FsckPage::Check::recheck(std::vector<BlockId> blocks) {
  auto work = [this, blocks = std::move(blocks)](const NamespaceThread::Unjournaled&) -> Result<Done> {
    parts_.recheck(blocks);
    return Done();
  };
  DFS_CO_TRY_OK(co_await as_task(parts_.thread.run<Done>(std::move(work))));
  co_return Result<void>();
}

Task<Result<std::vector<BlockId>>> FsckPage::Check::missing_after(BlockId from, size_t count) {
  auto work = [this, from, count](const NamespaceThread::Unjournaled&) -> Result<std::vector<BlockId>> {
    return parts_.missing(from, count);
  };
  co_return co_await as_task(parts_.thread.run<std::vector<BlockId>>(std::move(work)));
}

// As CorruptFileBlockInfo prints itself; empty for a block that no file below the path has.
Result<std::string> FsckPage::Check::corrupt_line(BlockId block) const {
  DFS_TRY(std::optional<StoredBlock> stored, find_block(query_.view, block));
  if (!stored) return std::string();
  DFS_TRY(std::optional<InodePath> path, resolve_inode(query_.view, stored->owner.file));
  if (!path || path->last() == nullptr || !is_below(path->path(), options_.path)) return std::string();
  return fmt::format("blk_{}\t{}\t{}\n", raw(block), path->last()->replication, path->path());
}

// The cookie is how many blocks have been passed, as in stock, whose client reads it as an int.
Task<Result<void>> FsckPage::Check::list_corrupt() {
  DFS_CO_TRY(std::optional<FileStatus> there, file_status(query_, options_.path, FollowLink::kYes, WithLocations::kNo));
  if (!there) co_return co_await send(fmt::format("\n\nPath '{}' does not exist", options_.path));
  DFS_CO_TRY_OK(require_superuser("listCorruptFileBlocks"));
  BlockId last{0};
  uint64_t passed = 0;
  while (passed < options_.corrupt_to_skip) {
    const size_t wanted = std::min<uint64_t>(kSkippedAtOnce, options_.corrupt_to_skip - passed);
    DFS_CO_TRY(std::vector<BlockId> skipped, co_await missing_after(last, wanted));
    if (skipped.empty()) break;
    passed += skipped.size();
    last = skipped.back();
  }
  std::string lines;
  size_t count = 0;
  for (bool more = true; more && count < kCorruptPage;) {
    DFS_CO_TRY(std::vector<BlockId> blocks, co_await missing_after(last, kCorruptPage));
    more = !blocks.empty();
    for (BlockId block : blocks) {
      last = block;
      ++passed;
      DFS_CO_TRY(std::string line, corrupt_line(block));
      if (line.empty()) continue;
      lines += line;
      if (++count == kCorruptPage) break;
    }
  }
  const std::string how_many = count > 0 ? std::to_string(count) : passed == 0 ? "no" : "no more";
  co_return co_await send(fmt::format("Cookie:\t{}\n{}\n\nThe filesystem under path '{}' has {} CORRUPT files\n\n",
                                      passed, lines, options_.path, how_many));
}

Task<Result<void>> FsckPage::Check::report_blocks() {
  DFS_CO_TRY_OK(require_superuser("fsck"));
  DFS_CO_TRY_OK(
      co_await send(fmt::format("FSCK started by {} from /{} at {}\n", identity_.to_string(), address_, date_now())));
  for (const std::string& name : *options_.block_ids) {
    if (name.find("blk_") == std::string::npos) {
      DFS_CO_TRY_OK(co_await send(fmt::format("Incorrect blockId format: {}\n", name)));
      continue;
    }
    Result<std::string> report =
        co_await run_on(executor_, [this, name] { return block_id_report(options_, query_, name); });
    DFS_CO_TRY_OK(co_await send(
        "\n" + (report ? *report : fmt::format("{}\n\n\nFsck on blockId '{}", report.error().message(), name))));
  }
  co_return Result<void>();
}

FsckPage::FsckPage(Parts parts) : parts_(std::move(parts)) {
  loop_.start();
}
FsckPage::~FsckPage() {
  loop_.stop();
}

Task<void> FsckPage::handle(const http::Request& request, http::RequestBody&, http::ResponseWriter& writer) {
  if (request.method != "GET" && request.method != "HEAD") {
    (void)co_await writer.send(method_not_allowed(request));
    co_return;
  }
  FsckOptions options = fsck_options(request.query);
  security::Identity identity = identity_in(request.query);
  if (Result<void> allowed = parts_.proxy_users.authorize(identity, request.client_address); !allowed) {
    (void)co_await writer.send(error_page(403, allowed.error().message(), request.path));
    co_return;
  }
  rpc::CallContext context;
  context.user = identity;
  context.client_address = request.client_address;
  context.protocol = "null";
  std::string source = options.path;
  if (options.block_ids) source = fmt::format("blocksIds=[{}]", fmt::join(*options.block_ids, ", "));
  http::Fields headers;
  headers.add("Content-Type", "text/plain;charset=utf-8");
  headers.add("X-Content-Type-Options", "nosniff");
  if (!co_await writer.begin(200, std::move(headers), std::nullopt)) co_return;
  auto check = std::make_unique<Check>(parts_, loop_.executor(), std::move(options), std::move(identity),
                                       request.client_address, writer);
  Result<void> done = co_await check->run();
  // Stock logs every check as allowed, whatever became of it.
  parts_.audit(context, source);
  if (done) (void)co_await writer.finish();
}

}  // namespace dfs::namenode
