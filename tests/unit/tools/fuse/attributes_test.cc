#include "tools/fuse/attributes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace dfs::fuse {
namespace {

fs::Error error(fs::ErrorCode code, int error_number = EIO) {
  return {code, error_number, "java.io.IOException", "x"};
}

// HDFS-858: wrong return codes.
TEST(Attributes, ErrorsAreWhatProgramsExpectOfAFileSystem) {
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kNotFound)), ENOENT);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kAlreadyExists)), EEXIST);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kNotDirectory)), ENOTDIR);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kIsDirectory)), EISDIR);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kNotEmpty)), ENOTEMPTY);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kAccessDenied)), EACCES);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kReadOnly)), EROFS);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kBusy)), EBUSY);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kQuota)), EDQUOT);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kNoSpace)), ENOSPC);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kUnsupported)), EOPNOTSUPP);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kTimeout)), ETIMEDOUT);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kInvalidArgument, ENAMETOOLONG)), ENAMETOOLONG);
}

TEST(Attributes, ALostConnectionIsAnInputOutputError) {
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kConnect, ECONNREFUSED)), EIO);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kIo, EAGAIN)), EIO);
  EXPECT_EQ(errno_of(error(fs::ErrorCode::kClosed, EBADF)), EIO);
}

// HDFS-857: df showed negative numbers.
TEST(Attributes, AFullClusterHasNothingFreeAndMoreFreeThanCapacityIsNotShown) {
  fs::FsStats stats;
  stats.capacity = 9ull << 50;
  stats.remaining = 10ull << 50;
  auto shown = statvfs_of(stats);
  EXPECT_EQ(shown.f_bavail, shown.f_blocks);
  EXPECT_EQ(shown.f_blocks * shown.f_frsize, 9ull << 50);
  EXPECT_EQ(statvfs_of(fs::FsStats{}).f_bfree, 0u);
}

TEST(Attributes, AFileCarriesItsInodeSizeModeAndTimes) {
  Accounts accounts;
  fs::FileStatus status;
  status.length = 1025;
  status.inode = 16400;
  status.permission = 0640;
  status.owner = "nobody there has this name";
  status.modification_time = fs::Time(std::chrono::milliseconds(-1500));
  struct stat shown = stat_of(status, accounts);
  EXPECT_EQ(shown.st_mode, S_IFREG | 0640u);
  EXPECT_EQ(shown.st_size, 1025);
  EXPECT_EQ(shown.st_blocks, 3);
  EXPECT_EQ(shown.st_ino, 16400u);
  EXPECT_EQ(shown.st_uid, 65534u);
  EXPECT_EQ(shown.st_mtim.tv_sec, -2);
  EXPECT_EQ(shown.st_mtim.tv_nsec, 500'000'000);
  EXPECT_EQ(shown.st_atim.tv_sec, -2);
}

TEST(Attributes, DirectoriesAndLinksHaveTheirKindAndSize) {
  Accounts accounts;
  fs::FileStatus status;
  status.type = fs::FileType::kDirectory;
  status.permission = 01777;
  EXPECT_EQ(stat_of(status, accounts).st_mode, S_IFDIR | 01777u);
  status.type = fs::FileType::kSymlink;
  status.symlink_target = "/over/there";
  EXPECT_EQ(stat_of(status, accounts).st_size, 11);
}

TEST(Accounts, NamesAndNumbersOfThisMachineAgree) {
  Accounts accounts;
  auto name = accounts.user_name(getuid());
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(accounts.uid_of(*name), getuid());
  auto group = accounts.group_name(getgid());
  ASSERT_TRUE(group.has_value());
  EXPECT_EQ(accounts.gid_of(*group), getgid());
  EXPECT_FALSE(accounts.user_name(4'000'000'000).has_value());
  EXPECT_FALSE(accounts.group_name(4'000'000'000).has_value());
}

}  // namespace
}  // namespace dfs::fuse
