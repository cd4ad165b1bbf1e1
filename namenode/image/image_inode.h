#pragma once

#include <optional>
#include <string>
#include <vector>

#include "namenode/image/string_table.h"
#include "namenode/store/rows.h"
#include "proto/base/error.h"
#include "proto/hadoop/fsimage.pb.h"

namespace dfs::namenode {

// An inode as its image has it, in the terms of our rows. How many children a directory has is elsewhere in the image.
struct ImageInode {
  std::string name{};  // empty for the root
  InodeRow row{};
  std::vector<BlockRow> blocks{};
  std::optional<OpenFileRow> open{};
};

// kUnsupported names a feature of the inode that we do not have; kCorruptFormat what makes no sense.
Result<ImageInode> from_image(const hadoop::hdfs::fsimage::INodeSection::INode& inode, const ImageNames& names);
Result<void> to_image(const ImageInode& inode, ImageNumbers& numbers, hadoop::hdfs::fsimage::INodeSection::INode& out);

}  // namespace dfs::namenode
