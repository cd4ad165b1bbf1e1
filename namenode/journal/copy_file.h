#pragma once

#include <string>

#include "proto/io/disk.h"

namespace dfs::namenode {

// Makes or replaces `to` with the bytes of `from`: whole or not at all, and durable but for its name.
Result<void> copy_file(Disk& disk, const std::string& from, const std::string& to);

}  // namespace dfs::namenode
