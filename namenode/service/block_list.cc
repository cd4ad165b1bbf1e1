#include "namenode/service/block_list.h"

#include <fmt/format.h>

#include <optional>

#include "proto/base/bytes.h"

namespace dfs::namenode {

namespace {

constexpr size_t kBytesOfReplicaMin = 4;
constexpr uint64_t kLengthMask = (uint64_t{1} << 48) - 1;
constexpr uint64_t kStateMask = 0xf;
constexpr size_t kLongsOfDelimiter = 3;

Result<ReportedState> state_of(uint64_t value) {
  if (value > uint64_t(ReportedState::kTemporary)) {
    return fail(ErrorCode::kCorruptFormat, fmt::format("a block report names the replica state {}", value));
  }
  return ReportedState(value);
}

int64_t decode_zigzag(uint64_t value) {
  return int64_t(value >> 1) ^ -int64_t(value & 1);
}

}  // namespace

Result<std::vector<ReportedReplica>> decode_block_buffers(uint64_t count, std::span<const std::string* const> buffers) {
  std::string joined;
  std::string_view bytes;
  if (buffers.size() == 1) {
    bytes = *buffers.front();
  } else {
    for (const std::string* buffer : buffers) joined += *buffer;
    bytes = joined;
  }
  if (count > bytes.size() / kBytesOfReplicaMin) {
    return fail(ErrorCode::kCorruptFormat,
                fmt::format("a block report announces {} blocks in {} bytes", count, bytes.size()));
  }
  ByteReader reader(bytes);
  std::vector<ReportedReplica> replicas(count);
  for (ReportedReplica& replica : replicas) {
    DFS_TRY(uint64_t id, reader.varint());
    DFS_TRY(uint64_t length, reader.varint());
    DFS_TRY(uint64_t stamp, reader.varint());
    DFS_TRY(uint64_t state, reader.varint());
    replica.block = BlockId(decode_zigzag(id));
    replica.length = length & kLengthMask;
    replica.generation_stamp = GenerationStamp{stamp};
    DFS_TRY(replica.state, state_of(state & kStateMask));
  }
  return replicas;
}

Result<std::vector<ReportedReplica>> decode_block_longs(std::span<const uint64_t> longs) {
  auto malformed = [&] {
    return fail(ErrorCode::kCorruptFormat, fmt::format("a block report of {} numbers does not add up", longs.size()));
  };
  if (longs.empty()) return std::vector<ReportedReplica>();
  if (longs.size() < 2) return malformed();
  const uint64_t finalized = longs[0], others = longs[1];
  std::span<const uint64_t> rest = longs.subspan(2);
  if (finalized > rest.size() / 3 || others > rest.size() / 4) return malformed();
  // Hadoop writes the delimiter also where nothing follows; its empty list has none.
  const size_t needed = finalized * 3 + (others > 0 ? kLongsOfDelimiter + others * 4 : 0);
  if (rest.size() < needed) return malformed();

  std::vector<ReportedReplica> replicas;
  replicas.reserve(finalized + others);
  auto take = [&](size_t at) {
    return ReportedReplica{BlockId{rest[at]}, rest[at + 1], GenerationStamp{rest[at + 2]}, ReportedState::kFinalized};
  };
  for (uint64_t i = 0; i < finalized; ++i) replicas.push_back(take(i * 3));
  for (uint64_t i = 0; i < others; ++i) {
    const size_t at = finalized * 3 + kLongsOfDelimiter + i * 4;
    ReportedReplica replica = take(at);
    DFS_TRY(replica.state, state_of(rest[at + 3]));
    replicas.push_back(replica);
  }
  return replicas;
}

}  // namespace dfs::namenode
