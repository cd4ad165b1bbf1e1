#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dfs/error.h"
#include "dfs/file.h"
#include "dfs/types.h"

namespace dfs::client {
class Session;
class DirectoryPages;
}  // namespace dfs::client

namespace dfs::fs {

// Entries of a directory in byte order of their names, fetched page by page. One thread at a time.
class Listing {
 public:
  Listing(Listing&&) noexcept;
  Listing& operator=(Listing&&) noexcept;
  ~Listing();

  // The next entry; nullopt after the last.
  Result<std::optional<FileStatus>> next();

 private:
  friend class FileSystem;
  explicit Listing(std::unique_ptr<client::DirectoryPages> pages);
  std::unique_ptr<client::DirectoryPages> pages_;
};

// An HDFS file system for one user: Tusk's or stock Hadoop's.
//
// Owns a background thread and the connections to the NameNode; no state is shared between two FileSystems.
// Thread-safe; copies are handles to the same one. Open files keep it alive. A child of fork() must connect for itself:
// calls on the parent's FileSystem answer kIo there.
//
// Paths are absolute ("/a/b") or relative to home_directory(); "." and empty components are dropped.
class FileSystem {
 public:
  // `uri`: "hdfs://HOST[:PORT]" or "hdfs://NAMESERVICE"; empty: fs.defaultFS, then hdfs://localhost:8020. Reads the
  // configuration but does not talk to the NameNode yet, so a wrong address shows at the first call.
  static Result<FileSystem> connect(std::string_view uri = {}, ConnectOptions options = {});

  FileSystem(const FileSystem&);
  FileSystem& operator=(const FileSystem&);
  FileSystem(FileSystem&&) noexcept;
  FileSystem& operator=(FileSystem&&) noexcept;
  ~FileSystem();

  // "hdfs://localhost:8020", without a path.
  const std::string& uri() const;
  const std::string& user() const;
  // "/user/NAME".
  const std::string& home_directory() const;
  // A key of the configuration, or nullopt where neither files nor properties set it.
  std::optional<std::string> property(const std::string& key) const;
  // fs.permissions.umask-mode, 022 by default. The caller applies it: mode & ~umask().
  uint16_t umask() const;

  Result<InputFile> open(std::string_view path);
  Result<OutputFile> create(std::string_view path, const CreateOptions& options = {});
  // kBusy while another client writes the file.
  Result<OutputFile> append(std::string_view path, const AppendOptions& options = {});

  // kNotFound if there is nothing. Links are not followed.
  Result<FileStatus> status(std::string_view path);
  Result<bool> exists(std::string_view path);
  // A file lists as itself.
  Result<Listing> list(std::string_view path);
  // All pages at once, for directories known to be of moderate size.
  Result<std::vector<FileStatus>> list_all(std::string_view path);
  // Whether the user may do what `mode` asks for: 4 read, 2 write, 1 execute, or their sum. False where it is denied or
  // there is nothing.
  Result<bool> access(std::string_view path, int mode);
  Result<ContentSummary> content_summary(std::string_view path);
  Result<std::vector<BlockLocation>> block_locations(std::string_view path, uint64_t offset, uint64_t length);

  // Makes the parents too; a directory that is there already is fine, a file is kAlreadyExists.
  Result<void> mkdirs(std::string_view path, uint16_t permission = 0755);
  // Without parents: kNotFound where the parent is missing.
  Result<void> mkdir(std::string_view path, uint16_t permission = 0755);
  // Hadoop's first rename: false where it is refused (the target exists, the source does not, ...); an existing
  // directory as `to` is moved into.
  Result<bool> rename_into(std::string_view from, std::string_view to);
  // Hadoop's rename2: `to` is the new name itself; an existing file (or empty directory) is replaced only with
  // `overwrite`.
  Result<void> rename(std::string_view from, std::string_view to, bool overwrite = false);
  // False if there was nothing. kNotEmpty for a directory with entries unless `recursive`.
  Result<bool> remove(std::string_view path, bool recursive = false);
  Result<void> set_permission(std::string_view path, uint16_t permission);
  // An empty name leaves that one as it is.
  Result<void> set_owner(std::string_view path, std::string_view owner, std::string_view group);
  // False for a directory.
  Result<bool> set_replication(std::string_view path, uint16_t replication);
  Result<void> set_times(std::string_view path, std::optional<Time> modified, std::optional<Time> accessed);
  // True if the file has its new length now, false if the last block is still being cut.
  Result<bool> truncate(std::string_view path, uint64_t length);
  // Moves the blocks of `sources` to the end of `target` and removes the sources.
  Result<void> concat(std::string_view target, const std::vector<std::string>& sources);
  // Takes the file away from a writer that is gone; true once it is closed.
  Result<bool> recover_lease(std::string_view path);

  Result<ServerDefaults> server_defaults();
  Result<FsStats> stats();
  Result<bool> in_safe_mode();
  Result<std::vector<Datanode>> datanodes(DatanodeState which = DatanodeState::kAll);

 private:
  explicit FileSystem(std::shared_ptr<client::Session> session);
  std::shared_ptr<client::Session> session_;
};

}  // namespace dfs::fs
