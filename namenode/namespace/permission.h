#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "namenode/namespace/inode_path.h"
#include "namenode/namespace/plan.h"
#include "namenode/namespace/settings.h"

namespace dfs::namenode {

// FsAction: what is wanted of an inode.
enum class Access : uint8_t {
  kExecute = 1,
  kWrite = 2,
  kWriteExecute = 3,
  kRead = 4,
  kReadExecute = 5,
  kReadWrite = 6,
  kAll = 7
};

// "rwxr-xr-t", as FsPermission.toString has it.
std::string permission_text(uint16_t permission);

// May this caller do that? The rules and texts of FSPermissionChecker, for one caller and one moment of the tables.
class PermissionChecker {
 public:
  // All outlive the checker. `operation`: Hadoop's name of it, for messages.
  PermissionChecker(const View& view, const NamespaceSettings& settings, const Caller& caller,
                    std::string_view operation = "null")
      : view_(view), settings_(settings), caller_(caller), operation_(operation) {}

  // Resolves `path` and checks that the caller may go along it (FSDirectory.resolvePath).
  Result<InodePath> resolve(std::string_view path, ResolveFor wanted) const;
  // The same, where "/.reserved" is a name as any other (FSDirectory.getINodesInPath).
  Result<InodePath> resolve_literal(std::string_view path, ResolveFor wanted) const;
  // The file of an open stream: by id, which a rename does not change; by path where the client gave no id. The path of
  // an inode that is gone is `path` with no inode at its end.
  Result<InodePath> resolve_open(std::string_view path, InodeId file) const;

  struct Wanted {
    std::optional<Access> ancestor{};  // of the last inode before the last name that is there
    std::optional<Access> parent{};
    std::optional<Access> last{};
    std::optional<Access> below{};  // of each directory below the last
    bool ignore_empty = false;      // with `below`: not of empty directories
  };
  Result<void> check(const InodePath& path, const Wanted& wanted) const;
  Result<void> check_last(const InodePath& path, Access access) const { return check(path, {.last = access}); }
  // kFileNotFound where the path leads nowhere. This and check_superuser() hold also where permissions are not
  // enforced: chmod and chown always check.
  Result<void> check_owner(const InodePath& path) const;
  // Of one inode alone, for walks. `path` is for the message.
  Result<void> check_inode(const InodeRow& inode, std::string_view path, Access access) const;
  // `operation`: Hadoop's name of it, for the message.
  Result<void> check_superuser(std::string_view operation) const;

  bool is_member_of(std::string_view group) const;
  const Caller& caller() const { return caller_; }

 private:
  bool enforced() const { return settings_.permissions_enabled && !caller_.is_superuser; }
  Result<bool> allows(const InodeRow& inode, Access access) const;
  Result<void> check_at(const InodePath& path, size_t position, Access access) const;
  // What is at the end of the path is of the wanted kind.
  Result<InodePath> usable(InodePath path, ResolveFor wanted) const;
  Result<void> check_traverse(const InodePath& path) const;
  Result<void> check_sticky(const InodePath& path) const;
  Result<void> check_below(const InodePath& path, Access access, bool ignore_empty) const;
  std::string denied(const InodeRow& inode, std::string_view path, Access access) const;
  std::string sticky(const InodeRow& inode, std::string_view path, const InodeRow& parent,
                     std::string_view parent_path) const;

  const View& view_;
  const NamespaceSettings& settings_;
  const Caller& caller_;
  std::string_view operation_;
};

}  // namespace dfs::namenode
