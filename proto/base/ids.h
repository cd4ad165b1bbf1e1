#pragma once

#include <cstdint>

namespace dfs {

// Identifiers that cannot be passed for one another. Values and ranges are Hadoop's (INodeId, BlockIdManager).
enum class InodeId : uint64_t {};
enum class BlockId : uint64_t {};
enum class GenerationStamp : uint64_t {};
// Position of an edit in the log; the first is 1, 0 is "none".
enum class TransactionId : uint64_t {};

inline constexpr InodeId kRootInode{16385};
inline constexpr InodeId kNoInode{0};
// The last id that Hadoop keeps for itself (BlockIdManager): allocation starts at the next.
inline constexpr BlockId kLastReservedBlock{1024ull * 1024 * 1024};
inline constexpr GenerationStamp kLastReservedGenerationStamp{1000};
inline constexpr TransactionId kNoTransaction{0};

template <class Id>
constexpr uint64_t raw(Id id) {
  return static_cast<uint64_t>(id);
}
template <class Id>
constexpr Id next(Id id) {
  return Id(raw(id) + 1);
}

}  // namespace dfs
