#include "client/core/session.h"

#include "proto/base/log.h"

namespace dfs::client {

namespace {
// LeaseRenewer: half of the soft limit after which another client may take a file over.
constexpr std::chrono::seconds kLeaseRenewalInterval{30};
}  // namespace

// Keeps the session alive and its lease renewed while a file is open for writing.
class Session::OpenForWriting {
 public:
  explicit OpenForWriting(std::shared_ptr<Session> session) : session_(std::move(session)) {
    std::lock_guard lock(session_->mutex_);
    ++session_->writers_;
    if (std::exchange(session_->renewing_, true)) return;
    asio::post(session_->thread_.executor(),
               [session = session_.get()] { session->tasks_.spawn(session->renew_leases()); });
  }
  ~OpenForWriting() {
    std::lock_guard lock(session_->mutex_);
    --session_->writers_;
  }

 private:
  std::shared_ptr<Session> session_;
};

Session::Session(Configuration configuration, SessionSettings settings)
    : configuration_(std::move(configuration)),
      settings_(std::move(settings)),
      proxy_(thread_.executor(), settings_.namenode),
      namenode_(proxy_, settings_.transfer.client_name),
      connections_(settings_.transfer),
      tasks_(thread_.executor()) {}

Session::~Session() {
  (void)thread_.run(close());
}

std::shared_ptr<Session> Session::make(Configuration configuration, SessionSettings settings) {
  return std::shared_ptr<Session>(new Session(std::move(configuration), std::move(settings)), [](Session* session) {
    // In a child of fork() its tasks can neither run nor end, so it stays as it is.
    if (session->thread_.usable()) delete session;
  });
}

Task<Result<void>> Session::close() {
  tasks_.cancel();
  co_await tasks_.join();
  connections_.close();
  co_await proxy_.close();
  co_return Result<void>{};
}

Task<void> Session::renew_leases() {
  while (co_await sleep_for(kLeaseRenewalInterval)) {
    {
      std::lock_guard lock(mutex_);
      if (writers_ == 0) continue;
    }
    Result<void> renewed = co_await namenode_.renew_lease();
    if (!renewed && !(co_await cancelled()))
      log::warn("the lease could not be renewed: {}", renewed.error().to_string());
  }
}

Result<ServerSettings> Session::server_settings() {
  {
    std::lock_guard lock(mutex_);
    if (server_settings_) return *server_settings_;
  }
  DFS_TRY(ServerSettings fetched, run(namenode_.server_defaults()));
  std::lock_guard lock(mutex_);
  server_settings_ = fetched;
  return fetched;
}

Result<std::shared_ptr<InputStream>> Session::open(std::string path) {
  return InputStream::open({.session = shared_from_this(),
                            .thread = thread_,
                            .namenode = namenode_,
                            .connections = connections_,
                            .user = settings_.namenode.user,
                            .settings = settings_.transfer},
                           std::move(path));
}

std::shared_ptr<void> Session::count_writer() {
  return std::make_shared<OpenForWriting>(shared_from_this());
}

Result<BlockStreamer::Settings> Session::streamer_settings(std::string path, const OpenedFile& file) {
  DFS_TRY(ServerSettings server, server_settings());
  const int type = settings_.checksum_type ? int(*settings_.checksum_type) : server.checksum_type;
  DFS_TRY(checksum::Checksum checksum,
          checksum::Checksum::make(type, settings_.bytes_per_checksum.value_or(server.defaults.bytes_per_checksum)));
  return BlockStreamer::Settings{.transfer = settings_.transfer,
                                 .checksum = checksum,
                                 .path = std::move(path),
                                 .file = file,
                                 .replace_datanodes = settings_.replace_datanodes,
                                 .replace_always = settings_.replace_always,
                                 .replace_best_effort = settings_.replace_best_effort};
}

Result<std::shared_ptr<OutputStream>> Session::create(std::string path, const fs::CreateOptions& options) {
  DFS_TRY(ServerSettings server, server_settings());
  if (server.encrypts_transfer)
    return fail(ErrorCode::kUnsupported, "the cluster encrypts data transfer, which is not supported");
  const uint64_t block_size = options.block_size.value_or(settings_.block_size.value_or(server.defaults.block_size));
  const uint16_t replication =
      options.replication.value_or(settings_.replication.value_or(server.defaults.replication));
  std::shared_ptr<void> writer = count_writer();
  DFS_TRY(OpenedFile file, run(namenode_.create(path, options.permission, options.overwrite, options.create_parents,
                                                replication, block_size)));
  DFS_TRY(BlockStreamer::Settings settings, streamer_settings(std::move(path), file));
  return std::make_shared<OutputStream>(
      OutputStream::Environment{.session = std::move(writer), .thread = thread_, .namenode = namenode_},
      std::move(settings), options.sync_on_close, std::nullopt);
}

Result<std::shared_ptr<OutputStream>> Session::append(std::string path, const fs::AppendOptions& options) {
  std::shared_ptr<void> writer = count_writer();
  hadoop::hdfs::LocatedBlockProto last;
  DFS_TRY(OpenedFile file, run(namenode_.append(path, options.new_block, last)));
  DFS_TRY(BlockStreamer::Settings settings, streamer_settings(std::move(path), file));
  std::optional<OutputStream::Tail> tail;
  if (!last.b().poolid().empty()) tail = {.block = std::move(last), .fill = !options.new_block};
  return std::make_shared<OutputStream>(
      OutputStream::Environment{.session = std::move(writer), .thread = thread_, .namenode = namenode_},
      std::move(settings), options.sync_on_close, std::move(tail));
}

}  // namespace dfs::client
