#include "dfs/filesystem.h"

#include "client/core/directory_pages.h"
#include "client/core/path.h"
#include "client/core/public_error.h"
#include "client/core/session.h"
#include "client/namenode/convert.h"

namespace dfs::fs {

using client::normal_path;
using client::to_public;

namespace {

// Normalises `path`, runs what `call` makes of it on the client's thread, and translates the error.
template <class Call>
auto on_path(client::Session& session, std::string_view path, Call call) -> decltype(to_public(session.run(call("")))) {
  auto normal = normal_path(path, session.settings().home);
  if (!normal) return std::unexpected(to_public(std::move(normal).error()));
  return to_public(session.run(call(*std::move(normal))));
}

int64_t millis_or_unset(std::optional<Time> time) {
  return time ? time->time_since_epoch().count() : -1;
}

}  // namespace

Listing::Listing(std::unique_ptr<client::DirectoryPages> pages) : pages_(std::move(pages)) {}
Listing::Listing(Listing&&) noexcept = default;
Listing& Listing::operator=(Listing&&) noexcept = default;
Listing::~Listing() = default;
Result<std::optional<FileStatus>> Listing::next() {
  return to_public(pages_->next());
}

FileSystem::FileSystem(std::shared_ptr<client::Session> session) : session_(std::move(session)) {}
FileSystem::FileSystem(const FileSystem&) = default;
FileSystem& FileSystem::operator=(const FileSystem&) = default;
FileSystem::FileSystem(FileSystem&&) noexcept = default;
FileSystem& FileSystem::operator=(FileSystem&&) noexcept = default;
FileSystem::~FileSystem() = default;

Result<FileSystem> FileSystem::connect(std::string_view uri, ConnectOptions options) {
  auto configuration = client::load_configuration(options);
  if (!configuration) return std::unexpected(to_public(std::move(configuration).error()));
  auto settings = client::read_settings(uri, options, *configuration);
  if (!settings) return std::unexpected(to_public(std::move(settings).error()));
  return FileSystem(client::Session::make(*std::move(configuration), *std::move(settings)));
}

const std::string& FileSystem::uri() const {
  return session_->settings().uri;
}
const std::string& FileSystem::user() const {
  return session_->settings().namenode.user.user;
}
const std::string& FileSystem::home_directory() const {
  return session_->settings().home;
}
uint16_t FileSystem::umask() const {
  return session_->settings().umask;
}
std::optional<std::string> FileSystem::property(const std::string& key) const {
  return session_->configuration().find(key).value_or(std::nullopt);
}

Result<InputFile> FileSystem::open(std::string_view path) {
  auto normal = normal_path(path, home_directory());
  if (!normal) return std::unexpected(to_public(std::move(normal).error()));
  auto stream = to_public(session_->open(*std::move(normal)));
  if (!stream) return std::unexpected(std::move(stream).error());
  return InputFile(*std::move(stream));
}

Result<OutputFile> FileSystem::create(std::string_view path, const CreateOptions& options) {
  auto normal = normal_path(path, home_directory());
  if (!normal) return std::unexpected(to_public(std::move(normal).error()));
  auto stream = to_public(session_->create(*std::move(normal), options));
  if (!stream) return std::unexpected(std::move(stream).error());
  return OutputFile(*std::move(stream));
}

Result<OutputFile> FileSystem::append(std::string_view path, const AppendOptions& options) {
  auto normal = normal_path(path, home_directory());
  if (!normal) return std::unexpected(to_public(std::move(normal).error()));
  auto stream = to_public(session_->append(*std::move(normal), options));
  if (!stream) return std::unexpected(std::move(stream).error());
  return OutputFile(*std::move(stream));
}

Result<FileStatus> FileSystem::status(std::string_view path) {
  std::string normal;
  auto found = on_path(*session_, path, [&](std::string at) {
    normal = at;
    return session_->namenode().status(std::move(at));
  });
  if (!found) return std::unexpected(std::move(found).error());
  if (!*found)
    return std::unexpected(to_public(dfs::Error(dfs::ErrorCode::kFileNotFound, "File does not exist: " + normal)));
  return **std::move(found);
}

Result<bool> FileSystem::exists(std::string_view path) {
  auto found = on_path(*session_, path, [&](std::string at) { return session_->namenode().status(std::move(at)); });
  if (!found) return std::unexpected(std::move(found).error());
  return found->has_value();
}

Result<Listing> FileSystem::list(std::string_view path) {
  auto normal = normal_path(path, home_directory());
  if (!normal) return std::unexpected(to_public(std::move(normal).error()));
  auto pages = to_public(client::DirectoryPages::open(session_, *std::move(normal)));
  if (!pages) return std::unexpected(std::move(pages).error());
  return Listing(*std::move(pages));
}

Result<std::vector<FileStatus>> FileSystem::list_all(std::string_view path) {
  auto listing = list(path);
  if (!listing) return std::unexpected(std::move(listing).error());
  std::vector<FileStatus> all;
  while (true) {
    auto entry = listing->next();
    if (!entry) return std::unexpected(std::move(entry).error());
    if (!*entry) return all;
    all.push_back(**std::move(entry));
  }
}

Result<bool> FileSystem::access(std::string_view path, int mode) {
  if (mode < 0 || mode > 7)
    return std::unexpected(to_public(dfs::Error(dfs::ErrorCode::kInvalidArgument, "an access mode is 0 to 7")));
  auto granted =
      on_path(*session_, path, [&](std::string at) { return session_->namenode().check_access(std::move(at), mode); });
  if (granted) return true;
  if (granted.error().code() == ErrorCode::kAccessDenied || granted.error().code() == ErrorCode::kNotFound)
    return false;
  return std::unexpected(std::move(granted).error());
}

Result<ContentSummary> FileSystem::content_summary(std::string_view path) {
  return on_path(*session_, path, [&](std::string at) { return session_->namenode().content_summary(std::move(at)); });
}

Result<std::vector<BlockLocation>> FileSystem::block_locations(std::string_view path, uint64_t offset,
                                                               uint64_t length) {
  auto located = on_path(*session_, path, [&](std::string at) {
    return session_->namenode().block_locations(std::move(at), offset, length);
  });
  if (!located) return std::unexpected(std::move(located).error());
  std::vector<BlockLocation> locations;
  for (const auto& block : located->blocks()) locations.push_back(client::to_location(block));
  return locations;
}

Result<void> FileSystem::mkdirs(std::string_view path, uint16_t permission) {
  return on_path(*session_, path,
                 [&](std::string at) { return session_->namenode().mkdirs(std::move(at), permission, true); });
}

Result<void> FileSystem::mkdir(std::string_view path, uint16_t permission) {
  return on_path(*session_, path,
                 [&](std::string at) { return session_->namenode().mkdirs(std::move(at), permission, false); });
}

Result<bool> FileSystem::rename_into(std::string_view from, std::string_view to) {
  auto target = normal_path(to, home_directory());
  if (!target) return std::unexpected(to_public(std::move(target).error()));
  return on_path(*session_, from, [&](std::string at) { return session_->namenode().rename(std::move(at), *target); });
}

Result<void> FileSystem::rename(std::string_view from, std::string_view to, bool overwrite) {
  auto target = normal_path(to, home_directory());
  if (!target) return std::unexpected(to_public(std::move(target).error()));
  return on_path(*session_, from,
                 [&](std::string at) { return session_->namenode().rename2(std::move(at), *target, overwrite); });
}

Result<bool> FileSystem::remove(std::string_view path, bool recursive) {
  return on_path(*session_, path,
                 [&](std::string at) { return session_->namenode().remove(std::move(at), recursive); });
}

Result<void> FileSystem::set_permission(std::string_view path, uint16_t permission) {
  return on_path(*session_, path,
                 [&](std::string at) { return session_->namenode().set_permission(std::move(at), permission); });
}

Result<void> FileSystem::set_owner(std::string_view path, std::string_view owner, std::string_view group) {
  return on_path(*session_, path, [&](std::string at) {
    return session_->namenode().set_owner(std::move(at), std::string(owner), std::string(group));
  });
}

Result<bool> FileSystem::set_replication(std::string_view path, uint16_t replication) {
  return on_path(*session_, path,
                 [&](std::string at) { return session_->namenode().set_replication(std::move(at), replication); });
}

Result<void> FileSystem::set_times(std::string_view path, std::optional<Time> modified, std::optional<Time> accessed) {
  return on_path(*session_, path, [&](std::string at) {
    return session_->namenode().set_times(std::move(at), millis_or_unset(modified), millis_or_unset(accessed));
  });
}

Result<bool> FileSystem::truncate(std::string_view path, uint64_t length) {
  return on_path(*session_, path, [&](std::string at) { return session_->namenode().truncate(std::move(at), length); });
}

Result<void> FileSystem::concat(std::string_view target, const std::vector<std::string>& sources) {
  std::vector<std::string> normal;
  for (const std::string& source : sources) {
    auto path = normal_path(source, home_directory());
    if (!path) return std::unexpected(to_public(std::move(path).error()));
    normal.push_back(*std::move(path));
  }
  return on_path(*session_, target, [&](std::string at) { return session_->namenode().concat(std::move(at), normal); });
}

Result<bool> FileSystem::recover_lease(std::string_view path) {
  return on_path(*session_, path, [&](std::string at) { return session_->namenode().recover_lease(std::move(at)); });
}

Result<ServerDefaults> FileSystem::server_defaults() {
  auto server = to_public(session_->server_settings());
  if (!server) return std::unexpected(std::move(server).error());
  return server->defaults;
}

Result<FsStats> FileSystem::stats() {
  return to_public(session_->run(session_->namenode().stats()));
}
Result<bool> FileSystem::in_safe_mode() {
  return to_public(session_->run(session_->namenode().in_safe_mode()));
}
Result<std::vector<Datanode>> FileSystem::datanodes(DatanodeState which) {
  return to_public(session_->run(session_->namenode().datanodes(which)));
}

}  // namespace dfs::fs
