#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "dfs/filesystem.h"
#include "tools/fuse/accounts.h"
#include "tools/fuse/callers.h"
#include "tools/fuse/directory_handle.h"
#include "tools/fuse/fuse_api.h"
#include "tools/fuse/read_window.h"
#include "tools/fuse/shown_lengths.h"
#include "tools/fuse/writer.h"

namespace dfs::fuse {

// The file system as the kernel sees it: what each of libfuse's operations means in HDFS.
//
// Built on libfuse's high-level interface, since both it and libdfs name files by path: it keeps the kernel's nodes and
// their paths together under renames. Called on libfuse's threads, many at a time; every call is made in the name of
// the process it comes from, calls on an open file in the name of who opened it. Methods return 0 (or a count) or a
// negative errno.
class Mounted {
 public:
  enum class Access : uint8_t { kReadWrite, kReadOnly };

  // `root`: the HDFS folder that is mounted, "/" or without a slash at its end.
  Mounted(std::string root, Access access, Callers::Connect connect);

  static const fuse_operations& operations();

  int getattr(const char* path, struct stat* to);
  int readlink(const char* path, char* to, size_t size);
  int mkdir(const char* path, mode_t mode);
  int unlink(const char* path);
  int rmdir(const char* path);
  int rename(const char* from, const char* to, unsigned flags);
  int chmod(const char* path, mode_t mode);
  int chown(const char* path, uid_t user, gid_t group);
  int truncate(const char* path, off_t length, fuse_file_info* info);
  int utimens(const char* path, const timespec times[2]);
  int create(const char* path, mode_t mode, fuse_file_info* info);
  int open(const char* path, fuse_file_info* info);
  int read(const char* path, char* to, size_t size, off_t offset, fuse_file_info* info);
  int write(const char* path, const char* from, size_t size, off_t offset, fuse_file_info* info);
  int flush(const char* path, fuse_file_info* info);
  int fsync(fuse_file_info* info);
  int release(const char* path, fuse_file_info* info);
  int opendir(const char* path, fuse_file_info* info);
  int readdir(void* buffer, fuse_fill_dir_t fill, off_t offset, fuse_file_info* info);
  int releasedir(fuse_file_info* info);
  int statfs(struct statvfs* to);
  // Ends what is still being written; the mount is going away.
  void finish() { writers_.complete_all(); }

 private:
  // What fuse_file_info::fh points to.
  struct Handle {
    explicit Handle(fs::FileSystem owner) : file_system(std::move(owner)) {}
    fs::FileSystem file_system;
    std::shared_ptr<Writer> writer;  // if opened for writing
    std::mutex mutex;                // guards the making of the rest
    std::unique_ptr<ReadWindow<>> reader;
    std::shared_ptr<const ShownLengths::Shown> shown;
  };

  // kNotFound for the null that libfuse passes where a file has lost its name.
  fs::Result<std::string> path_of(const char* path) const;
  fs::Result<fs::FileSystem> caller();
  fs::Result<void> check_writable(const std::string& path) const;
  int answer(const char* operation, const char* path, const fs::Result<void>& result) const;

  fs::Result<void> remove(const char* path);
  fs::Result<void> rename_file(const char* from, const char* to, unsigned flags);
  fs::Error explain_rename(fs::FileSystem& file_system, const std::string& from, const std::string& to,
                           fs::Error error);
  fs::Result<void> change_owner(const char* path, uid_t user, gid_t group);
  fs::Result<void> truncate_file(const char* path, uint64_t length, Handle* handle);
  fs::Result<void> set_times(const char* path, const timespec times[2]);
  fs::Result<std::unique_ptr<Handle>> create_file(const char* path, mode_t mode);
  fs::Result<std::unique_ptr<Handle>> open_file(const char* path, int flags);
  fs::Result<std::unique_ptr<Handle>> open_for_writing(fs::FileSystem file_system, const std::string& path, int flags);
  fs::Result<size_t> read_file(Handle& handle, const std::string& path, char* to, size_t size, uint64_t offset);
  fs::Result<void> open_reader(Handle& handle, const std::string& path);
  fs::Result<void> catch_up(Handle& handle, const std::string& path);
  // Corrects what the NameNode says about a file, and notes what the kernel will hear.
  void observe(const std::string& path, fs::FileStatus& status);
  // The writers of the file at `path`, asked for before it goes away.
  std::vector<std::shared_ptr<Writer>> writers_at(fs::FileSystem& file_system, const std::string& path);

  const std::string root_;
  const Access access_;
  Callers callers_;
  Accounts accounts_;
  Writers writers_;
  ShownLengths shown_;
};

}  // namespace dfs::fuse
