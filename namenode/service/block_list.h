#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "namenode/blocks/replica_rules.h"
#include "proto/base/error.h"

// The two forms in which DataNodes list their replicas (BlockListAsLongs). Lists are hostile: an announced count is
// checked against the bytes that are there, and what does not fit is kCorruptFormat.
namespace dfs::namenode {

// A replica is sint64 id | varint length (48 bits count) | varint generation stamp | varint state (4 bits count); the
// list may be cut anywhere between `buffers`.
Result<std::vector<ReportedReplica>> decode_block_buffers(uint64_t count, std::span<const std::string* const> buffers);

// finalized count | other count | (id, length, stamp) of each finalized | -1, -1, -1 | (id, length, stamp, state) of
// the others.
Result<std::vector<ReportedReplica>> decode_block_longs(std::span<const uint64_t> longs);

}  // namespace dfs::namenode
