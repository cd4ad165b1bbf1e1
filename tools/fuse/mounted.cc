#include "tools/fuse/mounted.h"

#include <fcntl.h>
#include <linux/fs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "proto/base/log.h"
#include "proto/base/utf8.h"
#include "tools/fuse/attributes.h"

namespace dfs::fuse {
namespace {

constexpr size_t kCallersMax = 256;

// What a program asked for and could not have is its own affair; what hints at trouble is logged.
bool is_trouble(int error_number) {
  return error_number == EIO || error_number == ETIMEDOUT || error_number == EOPNOTSUPP || error_number == ESTALE;
}

fs::Error error_of(fs::ErrorCode code, int error_number, std::string message) {
  return fs::Error(code, error_number, "java.io.IOException", std::move(message));
}

std::optional<fs::Time> time_of(const timespec& time) {
  if (time.tv_nsec == UTIME_OMIT) return std::nullopt;
  if (time.tv_nsec == UTIME_NOW)
    return std::chrono::time_point_cast<fs::Time::duration>(std::chrono::system_clock::now());
  return fs::Time(std::chrono::milliseconds(int64_t(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000));
}

template <class T>
fs::Result<void> discard(const fs::Result<T>& result) {
  if (!result) return std::unexpected(result.error());
  return {};
}

// Only the owner may change these, which POSIX says with EPERM; cp -p and tar rely on it.
fs::Result<void> not_owner_is_eperm(fs::Result<void> result) {
  if (result || result.error().code() != fs::ErrorCode::kAccessDenied) return result;
  return std::unexpected(error_of(fs::ErrorCode::kInvalidArgument, EPERM, result.error().message()));
}

}  // namespace

Mounted::Mounted(std::string root, Access access, Callers::Connect connect)
    : root_(root == "/" ? std::string() : std::move(root)),
      access_(access),
      callers_(std::move(connect), kCallersMax) {}

fs::Result<std::string> Mounted::path_of(const char* path) const {
  if (path == nullptr) return std::unexpected(error_of(fs::ErrorCode::kNotFound, ENOENT, "the file has been removed"));
  if (!is_utf8(path)) {
    return std::unexpected(error_of(fs::ErrorCode::kInvalidArgument, EILSEQ, "names in HDFS are UTF-8"));
  }
  std::string full = root_ + path;
  if (full.size() > 1 && full.back() == '/') full.pop_back();
  return full;
}

fs::Result<fs::FileSystem> Mounted::caller() {
  return callers_.file_system_of(fuse_get_context()->uid);
}

fs::Result<void> Mounted::check_writable(const std::string& path) const {
  if (access_ == Access::kReadWrite) return {};
  return std::unexpected(error_of(fs::ErrorCode::kReadOnly, EROFS, path + ": mounted read-only"));
}

int Mounted::answer(const char* operation, const char* path, const fs::Result<void>& result) const {
  if (result) return 0;
  int error_number = errno_of(result.error());
  if (is_trouble(error_number)) {
    log::warn("{} {}: {} ({})", operation, path == nullptr ? "(removed)" : path, result.error().message(),
              std::strerror(error_number));
  }
  return -error_number;
}

std::vector<std::shared_ptr<Writer>> Mounted::writers_at(fs::FileSystem& file_system, const std::string& path) {
  if (writers_.empty()) return {};
  auto status = file_system.status(path);
  return status ? writers_.writing(status->inode) : std::vector<std::shared_ptr<Writer>>();
}

void Mounted::observe(const std::string& path, fs::FileStatus& status) {
  if (!status.is_file()) return;
  writers_.overlay(status);
  shown_.show(path, status.length);
}

int Mounted::getattr(const char* path, struct stat* to) {
  auto look = [&]() -> fs::Result<void> {
    auto full = path_of(path);
    if (!full) return discard(full);
    auto file_system = caller();
    if (!file_system) return discard(file_system);
    auto status = file_system->status(*full);
    if (!status) return discard(status);
    observe(*full, *status);
    *to = stat_of(*status, accounts_);
    return {};
  };
  return answer("stat", path, look());
}

int Mounted::readlink(const char* path, char* to, size_t size) {
  auto look = [&]() -> fs::Result<void> {
    auto full = path_of(path);
    if (!full) return discard(full);
    auto file_system = caller();
    if (!file_system) return discard(file_system);
    auto status = file_system->status(*full);
    if (!status) return discard(status);
    size_t count = std::min(size - 1, status->symlink_target.size());
    status->symlink_target.copy(to, count);
    to[count] = '\0';
    return {};
  };
  return answer("readlink", path, look());
}

int Mounted::mkdir(const char* path, mode_t mode) {
  auto make = [&]() -> fs::Result<void> {
    auto full = path_of(path);
    if (!full) return discard(full);
    if (auto writable = check_writable(*full); !writable) return writable;
    auto file_system = caller();
    if (!file_system) return discard(file_system);
    return file_system->mkdir(*full, mode & 01777);
  };
  return answer("mkdir", path, make());
}

fs::Result<void> Mounted::remove(const char* path) {
  auto full = path_of(path);
  if (!full) return discard(full);
  if (auto writable = check_writable(*full); !writable) return writable;
  auto file_system = caller();
  if (!file_system) return discard(file_system);
  auto writers = writers_at(*file_system, *full);
  auto removed = file_system->remove(*full);
  if (!removed) return discard(removed);
  if (!*removed) return std::unexpected(error_of(fs::ErrorCode::kNotFound, ENOENT, *full + " does not exist"));
  for (const auto& writer : writers) writer->removed();
  return {};
}

int Mounted::unlink(const char* path) {
  return answer("unlink", path, remove(path));
}
int Mounted::rmdir(const char* path) {
  return answer("rmdir", path, remove(path));
}

int Mounted::rename(const char* from, const char* to, unsigned flags) {
  return answer("rename", from, rename_file(from, to, flags));
}

fs::Result<void> Mounted::rename_file(const char* from, const char* to, unsigned flags) {
  auto full_from = path_of(from), full_to = path_of(to);
  if (!full_from) return discard(full_from);
  if (!full_to) return discard(full_to);
  if ((flags & ~unsigned(RENAME_NOREPLACE)) != 0) {
    return std::unexpected(error_of(fs::ErrorCode::kInvalidArgument, EINVAL, "HDFS cannot exchange two files"));
  }
  if (auto writable = check_writable(*full_from); !writable) return writable;
  auto file_system = caller();
  if (!file_system) return discard(file_system);
  bool overwrite = (flags & RENAME_NOREPLACE) == 0;
  auto replaced = overwrite ? writers_at(*file_system, *full_to) : std::vector<std::shared_ptr<Writer>>();
  auto renamed = file_system->rename(*full_from, *full_to, overwrite);
  if (!renamed) return std::unexpected(explain_rename(*file_system, *full_from, *full_to, std::move(renamed).error()));
  for (const auto& writer : replaced) writer->removed();
  shown_.renamed(*full_from, *full_to);
  return {};
}

// Hadoop refuses several different things with a bare IOException; programs want to know which.
fs::Error Mounted::explain_rename(fs::FileSystem& file_system, const std::string& from, const std::string& to,
                                  fs::Error error) {
  if (error.code() != fs::ErrorCode::kIo) return error;
  auto source = file_system.status(from), target = file_system.status(to);
  if (!source || !target) return error;
  if (target->is_directory() && !source->is_directory()) {
    return error_of(fs::ErrorCode::kIsDirectory, EISDIR, error.message());
  }
  if (!target->is_directory() && source->is_directory()) {
    return error_of(fs::ErrorCode::kNotDirectory, ENOTDIR, error.message());
  }
  if (target->is_directory()) {
    auto entries = file_system.list(to);
    if (entries) {
      auto first = entries->next();
      if (first && *first) return error_of(fs::ErrorCode::kNotEmpty, ENOTEMPTY, error.message());
    }
  }
  return error;
}

int Mounted::chmod(const char* path, mode_t mode) {
  auto change = [&]() -> fs::Result<void> {
    auto full = path_of(path);
    if (!full) return discard(full);
    if (auto writable = check_writable(*full); !writable) return writable;
    auto file_system = caller();
    if (!file_system) return discard(file_system);
    return not_owner_is_eperm(file_system->set_permission(*full, mode & 01777));
  };
  return answer("chmod", path, change());
}

int Mounted::chown(const char* path, uid_t user, gid_t group) {
  return answer("chown", path, change_owner(path, user, group));
}

fs::Result<void> Mounted::change_owner(const char* path, uid_t user, gid_t group) {
  auto full = path_of(path);
  if (!full) return discard(full);
  if (auto writable = check_writable(*full); !writable) return writable;
  auto file_system = caller();
  if (!file_system) return discard(file_system);
  std::optional<std::string> owner = "", owning_group = "";
  if (user != uid_t(-1)) owner = accounts_.user_name(user);
  if (group != gid_t(-1)) owning_group = accounts_.group_name(group);
  if (!owner || !owning_group) {
    return std::unexpected(error_of(fs::ErrorCode::kInvalidArgument, EINVAL, "no such user or group on this machine"));
  }
  if (owner->empty() && owning_group->empty()) return {};
  return not_owner_is_eperm(file_system->set_owner(*full, *owner, *owning_group));
}

int Mounted::truncate(const char* path, off_t length, fuse_file_info* info) {
  auto* handle = info == nullptr ? nullptr : reinterpret_cast<Handle*>(info->fh);
  return answer("truncate", path, truncate_file(path, uint64_t(length), handle));
}

fs::Result<void> Mounted::truncate_file(const char* path, uint64_t length, Handle* handle) {
  auto full = path_of(path);
  if (handle != nullptr && handle->writer) return handle->writer->truncate(full.value_or(std::string()), length);
  if (!full) return discard(full);
  if (auto writable = check_writable(*full); !writable) return writable;
  auto file_system = caller();
  if (!file_system) return discard(file_system);
  for (const auto& writer : writers_at(*file_system, *full)) {
    if (auto completed = writer->complete(*full); !completed) return completed;
  }
  return truncate_and_wait(*file_system, *full, length);
}

int Mounted::utimens(const char* path, const timespec times[2]) {
  return answer("utimens", path, set_times(path, times));
}

fs::Result<void> Mounted::set_times(const char* path, const timespec times[2]) {
  auto full = path_of(path);
  if (!full) return discard(full);
  if (auto writable = check_writable(*full); !writable) return writable;
  auto file_system = caller();
  if (!file_system) return discard(file_system);
  auto accessed = time_of(times[0]), modified = time_of(times[1]);
  if (!accessed && !modified) return {};
  auto status = file_system->status(*full);
  if (!status) return discard(status);
  if (status->is_directory()) accessed.reset();
  if (!accessed && !modified) return {};
  auto set = file_system->set_times(*full, modified, accessed);
  // A cluster without access times (dfs.namenode.accesstime.precision 0) still sets the other.
  if (!set && accessed && modified && set.error().code() != fs::ErrorCode::kAccessDenied) {
    set = file_system->set_times(*full, modified, std::nullopt);
  }
  if (!set) return not_owner_is_eperm(std::move(set));
  for (const auto& writer : writers_.writing(status->inode)) writer->set_times(modified, accessed);
  return {};
}

int Mounted::statfs(struct statvfs* to) {
  auto look = [&]() -> fs::Result<void> {
    auto file_system = caller();
    if (!file_system) return discard(file_system);
    auto stats = file_system->stats();
    if (!stats) return discard(stats);
    *to = statvfs_of(*stats);
    return {};
  };
  return answer("statfs", "/", look());
}

int Mounted::opendir(const char* path, fuse_file_info* info) {
  auto open_listing = [&]() -> fs::Result<void> {
    auto full = path_of(path);
    if (!full) return discard(full);
    auto file_system = caller();
    if (!file_system) return discard(file_system);
    auto listing = file_system->list(*full);
    if (!listing) return discard(listing);
    info->fh =
        reinterpret_cast<uint64_t>(new DirectoryHandle(*std::move(file_system), *std::move(full), *std::move(listing)));
    return {};
  };
  return answer("opendir", path, open_listing());
}

int Mounted::readdir(void* buffer, fuse_fill_dir_t fill, off_t offset, fuse_file_info* info) {
  auto* directory = reinterpret_cast<DirectoryHandle*>(info->fh);
  return answer("readdir", "", directory->read(offset, buffer, fill, accounts_, [this](fs::FileStatus& status) {
    observe(status.path, status);
  }));
}

int Mounted::releasedir(fuse_file_info* info) {
  delete reinterpret_cast<DirectoryHandle*>(info->fh);
  return 0;
}

}  // namespace dfs::fuse
