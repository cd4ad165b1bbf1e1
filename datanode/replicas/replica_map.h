#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "datanode/replicas/replica.h"
#include "datanode/replicas/replica_rows.h"

namespace dfs::datanode {

// All replicas of a DataNode, by block id.
//
// A replica that is finalized and that nobody uses is a row of 24 bytes. A Replica is made of it when somebody asks,
// and is the only one of its block for as long as anybody has it; whoever gives back its claim has the row brought up
// to date. A replica in any other state stays a Replica. Thread-safe; owned by a shared_ptr.
class ReplicaMap : public std::enable_shared_from_this<ReplicaMap> {
 public:
  // From now on replicas of `volume` are taken, which outlives the map and all replicas. At most 65,535 in a life.
  void attach(Volume& volume);
  // Takes out every replica of the volume, in whatever state.
  std::vector<Block> detach(const Volume& volume);

  // Null if there is none.
  std::shared_ptr<Replica> find(BlockId id);
  // The replica of that block, made now, of `view`, if there was none.
  struct Inserted {
    std::shared_ptr<Replica> replica;  // null: the volume has just been removed
    ReplicaClaim claim;                // of the new one, which nobody has seen unclaimed; empty: there was one already
  };
  Inserted insert(Volume& volume, Replica::View view, std::function<void()> stop);
  // The same without a Replica to hand out: the view of the one that is there already.
  std::optional<std::pair<Volume*, Replica::View>> add(Volume& volume, const Replica::View& view);
  // Takes out this very replica; whoever has it keeps it.
  void erase(const Replica& replica);
  // Its claim is held: from here on it is found as it is now.
  void settle(const Replica& replica);

  // A replica as reports list it: one under recovery stands as what it was.
  struct Listed {
    Block block;
    ReplicaState state;
  };
  // Of each replica of a volume, under a lock: `visit` must be quick. What changes meanwhile may be seen before or
  // after.
  void visit(const Volume& volume, const std::function<void(const Listed&)>& visit) const;
  // The finalized ones with the lowest ids after `last`, at most so many, in their order.
  std::vector<BlockId> finalized_after(const Volume& volume, BlockId last, size_t count_max) const;
  size_t size() const;
  size_t size(const Volume& volume) const;
  // Those that there is a Replica of.
  std::vector<std::shared_ptr<Replica>> in_use(const Volume& volume) const;
  size_t live() const;

 private:
  struct Live {
    std::weak_ptr<Replica> replica;
    std::shared_ptr<Replica> pinned;  // set exactly if there is no row
  };
  struct Shard {
    mutable std::mutex mutex;
    ReplicaRows rows;
    std::unordered_map<uint64_t, Live> live;
    size_t sweep_at = 16;
    std::vector<Volume*> volumes;  // by the numbers in the rows; null once detached
  };
  static constexpr size_t kShards = 64;

  Shard& shard(BlockId id) { return shards_[hash_of(id) >> 58]; }
  std::shared_ptr<Replica> make(Shard& shard, Volume& volume, Replica::View view);
  static std::optional<uint16_t> number_of(const Shard& shard, const Volume& volume);
  // Nothing for what does not fit a row.
  static std::optional<ReplicaRow> row_of(const Shard& shard, const Volume& volume, const Replica::View& view);
  static Replica::View view_of(const Shard& shard, const ReplicaRow& row);
  static std::optional<std::pair<Volume*, Replica::View>> present(const Shard& shard, BlockId id);

  std::array<Shard, kShards> shards_;
};

}  // namespace dfs::datanode
