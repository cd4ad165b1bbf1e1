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
// What is open has a holder, or was open when it was deleted, of which a snapshot knows.
struct ImageInode {
  std::string name{};  // empty for the root
  InodeRow row{};
  std::vector<BlockRow> blocks{};
  std::optional<OpenFileRow> open{};
};

// kUnsupported names a feature of the inode that we do not have; kCorruptFormat what makes no sense.
Result<ImageInode> from_image(const hadoop::hdfs::fsimage::INodeSection::INode& inode, const ImageNames& names);
Result<void> to_image(const ImageInode& inode, ImageNumbers& numbers, hadoop::hdfs::fsimage::INodeSection::INode& out);

// The attributes alone, as they were in a snapshot: of a file without its length and blocks, of a directory without
// how many children it had.
Result<InodeRow> attributes_from(const hadoop::hdfs::fsimage::INodeSection::INodeFile& copy, const ImageNames& names);
Result<InodeRow> attributes_from(InodeId id, const hadoop::hdfs::fsimage::INodeSection::INodeDirectory& copy,
                                 const ImageNames& names);
Result<void> attributes_to(const InodeRow& file, ImageNumbers& numbers,
                           hadoop::hdfs::fsimage::INodeSection::INodeFile& out);
Result<void> attributes_to(const InodeRow& directory, ImageNumbers& numbers,
                           hadoop::hdfs::fsimage::INodeSection::INodeDirectory& out);

}  // namespace dfs::namenode
