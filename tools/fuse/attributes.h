#pragma once

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "dfs/error.h"
#include "dfs/types.h"
#include "tools/fuse/accounts.h"

namespace dfs::fuse {

// The errno that a program expects from a file system. Connection trouble is EIO or ETIMEDOUT: ECONNREFUSED and EAGAIN
// mean something else to a program that reads a file.
int errno_of(const fs::Error& error);

fs::Error unsupported(std::string message);

struct stat stat_of(const fs::FileStatus& status, Accounts& accounts);

// Never more free than there is altogether: while DataNodes come and go the two sums are not of one moment (HDFS-857).
struct statvfs statvfs_of(const fs::FsStats& stats);

}  // namespace dfs::fuse
