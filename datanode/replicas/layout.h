#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "datanode/replicas/block.h"
#include "proto/base/error.h"
#include "proto/checksum/checksum.h"
#include "proto/io/disk.h"

// Where and how Hadoop's DataNode keeps things below a storage directory (DataStorage, BlockPoolSliceStorage):
//
//   in_use.lock
//   current/VERSION                                          whose storage this is
//   current/BP-…/current/VERSION                             which namespace the blocks belong to
//   current/BP-…/current/finalized/subdirN/subdirM/blk_ID    complete blocks, by bits 16-20 and 8-12 of the id
//   current/BP-…/current/finalized/subdirN/subdirM/blk_ID_GENERATION.meta
//   current/BP-…/current/rbw/                                blocks being written
//   current/BP-…/tmp/                                        blocks being copied; emptied at start
//   current/BP-…/trash/finalized/subdirN/subdirM/            what was deleted during a rolling upgrade
namespace dfs::datanode {

// DataNodeLayoutVersion: directories by block id, 32 by 32.
inline constexpr int kLayoutVersion = -57;

// A file of Java properties, e.g. VERSION: comment lines, then key=value with \ before ':', '=', '#', '!' and '\'.
using Properties = std::map<std::string, std::string>;
Properties parse_properties(std::string_view text);
std::string format_properties(const Properties& properties);
// kCorruptFormat that names `file` where the key is missing.
Result<std::string> require(const Properties& properties, const std::string& key, const std::string& file);

struct Layout {
  std::string root;
  std::string pool_id;

  std::string version() const { return root + "/current/VERSION"; }
  std::string pool() const { return root + "/current/" + pool_id; }
  std::string pool_version() const { return pool() + "/current/VERSION"; }
  std::string finalized() const { return pool() + "/current/finalized"; }
  std::string rbw() const { return pool() + "/current/rbw"; }
  std::string temporary() const { return pool() + "/tmp"; }
  std::string trash() const { return pool() + "/trash"; }
  // DatanodeUtil.idToBlockDir
  std::string finalized_directory(BlockId id) const;
};

std::string block_file_name(BlockId id);
std::string meta_file_name(BlockId id, GenerationStamp generation);
std::optional<BlockId> parse_block_file_name(std::string_view name);
struct MetaFileName {
  BlockId id;
  GenerationStamp generation;
};
std::optional<MetaFileName> parse_meta_file_name(std::string_view name);

// A meta file begins with u16 version (1) and the checksum's header (u8 type, u32 bytes per chunk); the sums follow.
inline constexpr size_t kMetaHeaderBytes = 2 + checksum::Checksum::kHeaderBytes;
std::string encode_meta_header(const checksum::Checksum& checksum);
// kCorruptFormat for a header that is short or broken.
Result<checksum::Checksum> read_meta_header(File& meta);

}  // namespace dfs::datanode
