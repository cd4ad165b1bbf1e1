#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "datanode/replicas/block.h"
#include "datanode/replicas/layout.h"
#include "datanode/replicas/volume.h"

namespace dfs::datanode {

class ReplicaMap;

// One replica: what is known of it, and who may change it. Thread-safe; made by ReplicaMap.
//
// Whoever changes a replica's files, state or generation holds its claim (see ReplicaClaim); everybody may look.
class Replica {
 public:
  struct View {
    Block block;  // its length counts every byte received, also those not yet on disk
    ReplicaState state = ReplicaState::kFinalized;
    ReplicaState state_before_recovery = ReplicaState::kFinalized;
    uint64_t on_disk_bytes = 0;
    uint64_t acknowledged_bytes = 0;
    // The sum of the last chunk as of on_disk_bytes, if that chunk is not full and the sum is known. A writer may
    // overwrite it in the meta file while a reader is under way.
    std::optional<uint32_t> last_sum;
    GenerationStamp recovery_id{};
    std::string directory;
    uint64_t promised_bytes = 0;
    uint64_t cuts = 0;  // how often written bytes were taken away again

    std::string data_path() const { return directory + "/" + block_file_name(block.id); }
    std::string meta_path() const { return directory + "/" + meta_file_name(block.id, block.generation); }
    // How much of it a reader may see, or nothing if it may not be read (Replica.getVisibleLength).
    std::optional<uint64_t> visible_bytes() const;
  };

  // `map` finds it; see there.
  Replica(Volume& volume, View view, std::weak_ptr<ReplicaMap> map)
      : volume_(volume), view_(std::move(view)), id_(view_.block.id), map_(std::move(map)) {}

  BlockId id() const { return id_; }
  Volume& volume() const { return volume_; }
  View view() const;
  // Whether what was found in the files at `before` still says something about the replica: nobody has changed it since
  // or is about to.
  bool is_unchanged_since(const View& before) const;
  uint64_t cuts() const;
  // Changes fields under the lock; `change` takes View& and must not block.
  template <class F>
  void update(F change) {
    std::lock_guard lock(mutex_);
    change(view_);
  }

 private:
  friend class ReplicaClaim;

  Volume& volume_;
  mutable std::mutex mutex_;
  View view_;
  const BlockId id_;
  const std::weak_ptr<ReplicaMap> map_;
  bool claimed_ = false;
  std::function<void()> stop_;
};

// The right to change one replica, held by at most one at a time and given back at destruction.
class ReplicaClaim {
 public:
  ReplicaClaim() = default;
  ReplicaClaim(ReplicaClaim&&) = default;
  ReplicaClaim& operator=(ReplicaClaim&& other);
  ~ReplicaClaim() { release(); }

  // Empty if someone else holds it. `stop` asks the holder to give it back: called on any thread, under no lock,
  // possibly several times and until release().
  static ReplicaClaim attempt(std::shared_ptr<Replica> replica, std::function<void()> stop);
  // Asks whoever holds the claim to give it back.
  static void ask_to_stop(Replica& replica);
  // Waits up to `deadline` for the claim, asking its holder to stop.
  static Task<Result<ReplicaClaim>> obtain(std::shared_ptr<Replica> replica, std::function<void()> stop,
                                           std::chrono::milliseconds deadline);

  explicit operator bool() const { return replica_ != nullptr; }
  Replica& replica() const { return *replica_; }
  const std::shared_ptr<Replica>& shared() const { return replica_; }
  void release();

 private:
  std::shared_ptr<Replica> replica_;
};

}  // namespace dfs::datanode
