#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "proto/io/disk.h"

namespace dfs {
namespace {

std::unexpected<Error> errno_of(std::string_view operation, const std::string& path) {
  const int error_number = errno;
  return fail(Error::from_errno(error_number, fmt::format("{} {}", operation, path)));
}

// Calls again while a signal interrupts.
template <class Call>
auto uninterrupted(Call call) {
  while (true) {
    auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  Result<size_t> pread(std::span<uint8_t> to, uint64_t offset) override {
    size_t done = 0;
    while (done < to.size()) {
      const ssize_t count =
          uninterrupted([&] { return ::pread(fd_, to.data() + done, to.size() - done, off_t(offset + done)); });
      if (count < 0) return errno_of("read", path_);
      if (count == 0) break;
      done += size_t(count);
    }
    return done;
  }

  Result<void> pwrite(ByteView bytes, uint64_t offset) override {
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t count =
          uninterrupted([&] { return ::pwrite(fd_, bytes.data() + done, bytes.size() - done, off_t(offset + done)); });
      if (count < 0) return errno_of("write", path_);
      done += size_t(count);
    }
    return {};
  }

  Result<void> sync() override {
    if (uninterrupted([&] { return ::fdatasync(fd_); }) < 0) return errno_of("sync", path_);
    return {};
  }

  void start_writeback(uint64_t offset, uint64_t length) override {
    ::sync_file_range(fd_, off_t(offset), off_t(length), SYNC_FILE_RANGE_WRITE);
  }

  Result<void> truncate(uint64_t length) override {
    if (uninterrupted([&] { return ::ftruncate(fd_, off_t(length)); }) < 0) return errno_of("truncate", path_);
    return {};
  }

  Result<void> reserve(uint64_t length) override {
    if (length == 0 || uninterrupted([&] { return ::fallocate(fd_, FALLOC_FL_KEEP_SIZE, 0, off_t(length)); }) == 0) {
      return {};
    }
    // A file system without the call just finds the space later.
    if (errno == EOPNOTSUPP) return {};
    return errno_of("reserve space for", path_);
  }

  Result<uint64_t> size() override {
    struct stat status{};
    if (::fstat(fd_, &status) < 0) return errno_of("stat", path_);
    return uint64_t(status.st_size);
  }

  int descriptor() const override { return fd_; }

 private:
  int fd_;
  std::string path_;
};

Result<std::unique_ptr<File>> open_flags(const std::string& path, int flags) {
  const int fd = uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0644); });
  if (fd < 0) return errno_of("open", path);
  return std::make_unique<PosixFile>(fd, path);
}

// "4711@host", as the Java daemons write it.
std::string process_name() {
  char host[256] = {};
  if (::gethostname(host, sizeof(host) - 1) < 0) host[0] = '\0';
  return fmt::format("{}@{}", ::getpid(), host);
}

class PosixDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    switch (mode) {
      case OpenMode::kRead:
        return open_flags(path, O_RDONLY);
      case OpenMode::kReadWrite:
        return open_flags(path, O_RDWR);
      case OpenMode::kCreate:
        return open_flags(path, O_RDWR | O_CREAT);
      case OpenMode::kCreateNew:
        return open_flags(path, O_RDWR | O_CREAT | O_EXCL);
    }
    return fail(ErrorCode::kInvalidArgument, "open " + path + ": unknown mode");
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) < 0) return errno_of("rename", from + " to " + to);
    return {};
  }

  Result<void> link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) < 0) return errno_of("link", from + " to " + to);
    return {};
  }

  Result<void> remove(const std::string& path) override {
    if (::remove(path.c_str()) < 0) return errno_of("remove", path);
    return {};
  }

  Result<void> remove_tree(const std::string& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) return fail(Error::from_errno(error.value(), "remove " + path));
    return {};
  }

  Result<void> make_directories(const std::string& path, uint32_t mode) override {
    for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
      const std::string part = path.substr(0, slash);
      if (::mkdir(part.c_str(), mode_t(mode)) < 0) {
        // The error of mkdir on what exists may as well be "no permission" or "read-only file system".
        const int error_number = errno;
        struct stat status{};
        if (::stat(part.c_str(), &status) < 0) return fail(Error::from_errno(error_number, "make directory " + part));
        if (!S_ISDIR(status.st_mode)) return fail(Error::from_errno(ENOTDIR, "make directory " + part));
      }
      if (slash == std::string::npos) return {};
    }
  }

  Result<std::vector<DirectoryEntry>> list(const std::string& path) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
    if (!directory) return errno_of("list", path);
    std::vector<DirectoryEntry> entries;
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(directory.get());
      if (!entry) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      bool is_directory = entry->d_type == DT_DIR;
      if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK) {
        struct stat status{};
        is_directory = ::fstatat(::dirfd(directory.get()), entry->d_name, &status, 0) == 0 && S_ISDIR(status.st_mode);
      }
      entries.push_back({.name = std::string(name), .is_directory = is_directory});
    }
    if (errno != 0) return errno_of("list", path);
    return entries;
  }

  Result<bool> exists(const std::string& path) override {
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return errno_of("stat", path);
  }

  Result<uint64_t> size_of(const std::string& path) override {
    struct stat status{};
    if (::stat(path.c_str(), &status) < 0) return errno_of("stat", path);
    return uint64_t(status.st_size);
  }

  Result<void> sync_directory(const std::string& path) override {
    const int fd = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return errno_of("open", path);
    const PosixFile directory(fd, path);
    if (uninterrupted([&] { return ::fsync(fd); }) < 0) return errno_of("sync", path);
    return {};
  }

  Result<DiskSpace> space(const std::string& path) override {
    struct statvfs status{};
    if (uninterrupted([&] { return ::statvfs(path.c_str(), &status); }) < 0) return errno_of("find the space of", path);
    return DiskSpace{.capacity_bytes = uint64_t(status.f_blocks) * status.f_frsize,
                     .available_bytes = uint64_t(status.f_bavail) * status.f_frsize};
  }

  // A lock of the open file description: it excludes this process too, and the POSIX locks that Java takes.
  Result<std::unique_ptr<File>> lock(const std::string& path) override {
    DFS_TRY(std::unique_ptr<File> file, open(path, OpenMode::kCreate));
    struct flock whole{};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (uninterrupted([&] { return ::fcntl(file->descriptor(), F_OFD_SETLK, &whole); }) < 0) {
      if (errno != EAGAIN && errno != EACCES) return errno_of("lock", path);
      uint8_t holder[256];
      DFS_TRY(const size_t length, file->pread(holder, 0));
      return fail(ErrorCode::kIllegalState,
                  fmt::format("{} is locked by another process ({})", path, as_text(ByteView(holder, length))));
    }
    DFS_TRY_OK(file->truncate(0));
    DFS_TRY_OK(file->pwrite(as_bytes(process_name()), 0));
    return file;
  }
};

}  // namespace

Disk& Disk::posix() {
  static PosixDisk disk;
  return disk;
}

}  // namespace dfs
