#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "tools/shell/store.h"

namespace dfs::tools {
namespace {

std::unexpected<Failure> errno_at(const std::string& path) {
  return failed_at(path, std::strerror(errno));
}

std::string user_name(uid_t id) {
  const passwd* entry = getpwuid(id);
  return entry ? entry->pw_name : std::to_string(id);
}
std::string group_name(gid_t id) {
  const group* entry = getgrgid(id);
  return entry ? entry->gr_name : std::to_string(id);
}
fs::Time time_of(const timespec& time) {
  return fs::Time(std::chrono::milliseconds(int64_t(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000));
}

fs::FileStatus status_of(const std::string& path, const struct stat& from) {
  fs::FileStatus status;
  status.path = path;
  status.type = S_ISDIR(from.st_mode) ? fs::FileType::kDirectory : fs::FileType::kFile;
  status.length = S_ISDIR(from.st_mode) ? 0 : uint64_t(from.st_size);
  status.replication = 1;
  status.block_size = 32 << 20;
  status.modification_time = time_of(from.st_mtim);
  status.access_time = time_of(from.st_atim);
  status.permission = uint16_t(from.st_mode & 01777);
  status.owner = user_name(from.st_uid);
  status.group = group_name(from.st_gid);
  return status;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

class LocalSource : public Source {
 public:
  LocalSource(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  Outcome<size_t> read(void* to, size_t length) override {
    while (true) {
      const ssize_t count = ::read(descriptor_.get(), to, length);
      if (count >= 0) return size_t(count);
      if (errno != EINTR) return errno_at(path_);
    }
  }
  Outcome<> seek(uint64_t offset) override {
    if (lseek(descriptor_.get(), off_t(offset), SEEK_SET) < 0) return errno_at(path_);
    return {};
  }

 private:
  std::string path_;
  Descriptor descriptor_;
};

class LocalSink : public Sink {
 public:
  LocalSink(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  Outcome<> write(const void* from, size_t length) override {
    const char* next = static_cast<const char*>(from);
    while (length > 0) {
      const ssize_t count = ::write(descriptor_.get(), next, length);
      if (count < 0) {
        if (errno == EINTR) continue;
        return errno_at(path_);
      }
      next += count;
      length -= size_t(count);
    }
    return {};
  }
  Outcome<> close() override {
    if (::close(descriptor_.release()) != 0) return errno_at(path_);
    return {};
  }

 private:
  std::string path_;
  Descriptor descriptor_;
};

class LocalStore : public Store {
 public:
  std::string uri() const override { return "file:///"; }
  std::string working_directory() const override {
    std::error_code error;
    std::string here = std::filesystem::current_path(error).string();
    return error ? "/" : here;
  }

  Outcome<std::optional<fs::FileStatus>> find(const std::string& path) override {
    struct stat found;
    if (stat(path.c_str(), &found) == 0) return status_of(path, found);
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return errno_at(path);
  }
  Outcome<std::vector<fs::FileStatus>> list(const std::string& path) override {
    std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
    if (!directory) return errno_at(path);
    std::vector<fs::FileStatus> entries;
    while (const dirent* entry = readdir(directory.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      const std::string child = (path == "/" ? "" : path) + "/" + name;
      struct stat found;
      if (stat(child.c_str(), &found) == 0) entries.push_back(status_of(child, found));
    }
    std::ranges::sort(entries, {}, &fs::FileStatus::path);
    return entries;
  }
  Outcome<std::unique_ptr<Source>> open(const std::string& path) override {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return errno_at(path);
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    return std::make_unique<LocalSource>(path, descriptor);
  }
  Outcome<std::unique_ptr<Sink>> create(const std::string& path) override {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) return errno_at(path);
    return std::make_unique<LocalSink>(path, descriptor);
  }
  Outcome<> make_directories(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return failed_at(path, error.message());
    return {};
  }
  Outcome<bool> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return errno_at(from);
    return true;
  }
  Outcome<bool> remove(const std::string& path, bool recursive) override {
    std::error_code error;
    const bool removed =
        recursive ? std::filesystem::remove_all(path, error) > 0 : std::filesystem::remove(path, error);
    if (error) return failed_at(path, error.message());
    return removed;
  }
  Outcome<> set_permission(const std::string& path, uint16_t permission) override {
    if (chmod(path.c_str(), permission) != 0) return errno_at(path);
    return {};
  }
  Outcome<> set_owner(const std::string& path, const std::string& owner, const std::string& group) override {
    uid_t user_id = uid_t(-1);
    gid_t group_id = gid_t(-1);
    if (!owner.empty()) {
      const passwd* entry = getpwnam(owner.c_str());
      if (!entry) return failed_at(path, "there is no user " + owner);
      user_id = entry->pw_uid;
    }
    if (!group.empty()) {
      const struct group* entry = getgrnam(group.c_str());
      if (!entry) return failed_at(path, "there is no group " + group);
      group_id = entry->gr_gid;
    }
    if (chown(path.c_str(), user_id, group_id) != 0) return errno_at(path);
    return {};
  }
  Outcome<> set_times(const std::string& path, fs::Time modified, fs::Time accessed) override {
    const auto spec = [](fs::Time time) {
      const int64_t millis = time.time_since_epoch().count();
      return timespec{time_t(millis / 1000), long(millis % 1000) * 1'000'000};
    };
    const timespec times[2] = {spec(accessed), spec(modified)};
    if (utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) return errno_at(path);
    return {};
  }
  Outcome<fs::ContentSummary> content_summary(const std::string& path) override {
    fs::ContentSummary summary;
    std::vector<std::string> left = {path};
    while (!left.empty()) {
      const std::string at = std::move(left.back());
      left.pop_back();
      auto status = find(at);
      if (!status) return std::unexpected(std::move(status).error());
      if (!*status) continue;
      if (!(*status)->is_directory()) {
        ++summary.file_count;
        summary.length += (*status)->length;
        continue;
      }
      ++summary.directory_count;
      auto children = list(at);
      if (!children) return std::unexpected(std::move(children).error());
      for (fs::FileStatus& child : *children) left.push_back(std::move(child.path));
    }
    summary.space_consumed = summary.length;
    return summary;
  }
  Outcome<fs::FsStats> stats(const std::string& path) override {
    struct statvfs found;
    if (statvfs(path.c_str(), &found) != 0) return errno_at(path);
    fs::FsStats stats;
    stats.capacity = uint64_t(found.f_blocks) * found.f_frsize;
    stats.remaining = uint64_t(found.f_bavail) * found.f_frsize;
    stats.used = stats.capacity - uint64_t(found.f_bfree) * found.f_frsize;
    return stats;
  }
};

}  // namespace

std::unique_ptr<Store> make_local_store() {
  return std::make_unique<LocalStore>();
}

}  // namespace dfs::tools
