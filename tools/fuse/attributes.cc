#include "tools/fuse/attributes.h"

#include <algorithm>
#include <cerrno>

namespace dfs::fuse {
namespace {

constexpr uint64_t kTransferBytes = 1u << 20;  // what cp and its like read and write at a time
constexpr uint64_t kSectorBytes = 512;         // the unit of st_blocks, whatever st_blksize says
constexpr uint64_t kFragmentBytes = 64u << 10;
constexpr uint64_t kNameBytesMax = 255;

timespec timespec_of(fs::Time time) {
  auto millis = time.time_since_epoch().count();
  auto seconds = millis / 1000, rest = millis % 1000;
  if (rest < 0) --seconds, rest += 1000;
  return {.tv_sec = time_t(seconds), .tv_nsec = long(rest * 1'000'000)};
}

mode_t type_of(fs::FileType type) {
  switch (type) {
    case fs::FileType::kDirectory:
      return S_IFDIR;
    case fs::FileType::kSymlink:
      return S_IFLNK;
    case fs::FileType::kFile:
      return S_IFREG;
  }
  return S_IFREG;
}

}  // namespace

int errno_of(const fs::Error& error) {
  switch (error.code()) {
    case fs::ErrorCode::kNotFound:
      return ENOENT;
    case fs::ErrorCode::kAlreadyExists:
      return EEXIST;
    case fs::ErrorCode::kNotDirectory:
      return ENOTDIR;
    case fs::ErrorCode::kIsDirectory:
      return EISDIR;
    case fs::ErrorCode::kNotEmpty:
      return ENOTEMPTY;
    case fs::ErrorCode::kAccessDenied:
      return EACCES;
    case fs::ErrorCode::kReadOnly:
      return EROFS;
    case fs::ErrorCode::kBusy:
      return EBUSY;
    case fs::ErrorCode::kQuota:
      return EDQUOT;
    case fs::ErrorCode::kNoSpace:
      return ENOSPC;
    case fs::ErrorCode::kUnsupported:
      return EOPNOTSUPP;
    case fs::ErrorCode::kTimeout:
      return ETIMEDOUT;
    case fs::ErrorCode::kInvalidArgument:  // EINVAL, ENAMETOOLONG, EILSEQ
      return error.error_number();
    case fs::ErrorCode::kIo:
    case fs::ErrorCode::kLeaseLost:
    case fs::ErrorCode::kBlockMissing:
    case fs::ErrorCode::kChecksum:
    case fs::ErrorCode::kConnect:
    case fs::ErrorCode::kCancelled:
    case fs::ErrorCode::kClosed:
      return EIO;
  }
  return EIO;
}

fs::Error unsupported(std::string message) {
  return fs::Error(fs::ErrorCode::kUnsupported, EOPNOTSUPP, "java.lang.UnsupportedOperationException",
                   std::move(message));
}

struct stat stat_of(const fs::FileStatus& status, Accounts& accounts) {
  struct stat result = {};
  result.st_ino = status.inode;
  result.st_mode = type_of(status.type) | (status.permission & 01777);
  result.st_nlink = status.is_directory() ? 2 : 1;
  result.st_uid = accounts.uid_of(status.owner);
  result.st_gid = accounts.gid_of(status.group);
  result.st_size = off_t(status.type == fs::FileType::kSymlink ? status.symlink_target.size() : status.length);
  result.st_blksize = blksize_t(kTransferBytes);
  result.st_blocks = blkcnt_t((status.length + kSectorBytes - 1) / kSectorBytes);
  result.st_mtim = result.st_ctim = timespec_of(status.modification_time);
  // HDFS keeps no access time of directories.
  result.st_atim = status.access_time == fs::Time{} ? result.st_mtim : timespec_of(status.access_time);
  return result;
}

struct statvfs statvfs_of(const fs::FsStats& stats) {
  struct statvfs result = {};
  result.f_bsize = kTransferBytes;
  result.f_frsize = kFragmentBytes;
  result.f_blocks = stats.capacity / kFragmentBytes;
  result.f_bfree = result.f_bavail = std::min(stats.remaining, stats.capacity) / kFragmentBytes;
  result.f_namemax = kNameBytesMax;
  return result;
}

}  // namespace dfs::fuse
