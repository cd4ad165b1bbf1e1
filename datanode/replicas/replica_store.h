#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "datanode/replicas/replica.h"
#include "datanode/replicas/replica_map.h"
#include "datanode/replicas/replica_writer.h"
#include "datanode/replicas/volume.h"
#include "datanode/replicas/volume_choice.h"

namespace dfs::datanode {

class ReplicaReader;

// What happens to replicas and the NameNode is to hear of. Called on any thread, must not block.
class ReplicaEvents {
 public:
  virtual ~ReplicaEvents() = default;
  virtual void receiving(const Block& block, const std::string& storage_id) = 0;
  // Finalised and durable. `delete_hint`: the uuid of the DataNode whose copy is now one too many, or empty.
  virtual void received(const Block& block, const std::string& storage_id, const std::string& delete_hint) = 0;
  virtual void deleted(const Block& block, const std::string& storage_id) = 0;
  // A replica of ours that failed verification.
  virtual void corrupt(const Block& block, const std::string& storage_id) = 0;
};

// All replicas of one block pool on the volumes of one DataNode, and every change of state they go through
// (FsDatasetImpl). Nothing is deleted because of an error.
//
// Thread-safe. What is marked [volume] blocks and belongs on the executor of the replica's volume; the rest never
// blocks.
class ReplicaStore {
 public:
  struct Settings {
    // How long a writer may take to give way to a recovery (dfs.datanode.xceiver.stop.timeout.millis).
    std::chrono::milliseconds writer_stop_deadline{60000};
    uint64_t block_bytes_estimate = 64u << 20;
    VolumeChoice::Settings choice{};
    bool restore_trash = false;  // load() brings back what was deleted during a rolling upgrade
  };
  // Requires: every volume is formatted. `events` outlives the store. `lost`: those that could not be opened.
  ReplicaStore(Settings settings, std::vector<std::unique_ptr<Volume>> volumes, ReplicaEvents& events,
               std::vector<LostVolume> lost = {});
  // Waits for what runs on the volumes' threads.
  ~ReplicaStore();
  ReplicaStore(const ReplicaStore&) = delete;
  ReplicaStore& operator=(const ReplicaStore&) = delete;

  // Opens the pool on every volume and finds the replicas: each volume on its own threads.
  Task<Result<void>> load(PoolIdentity pool);
  // Whether load() has succeeded: before, nothing is known of any block, not even the pool.
  bool is_loaded() const { return loaded_; }
  const std::string& pool_id() const { return pool_.pool_id; }
  // Those in use. A volume lives as long as the store, also when it has been removed from it.
  std::vector<std::shared_ptr<Volume>> volumes() const;
  ReplicaEvents& events() const { return events_; }

  // Takes `volume`, which is formatted, into use once all its replicas are known, and tells of each. Requires: loaded.
  Task<Result<void>> add_volume(std::unique_ptr<Volume> volume);
  // Ends what is written to the volume of that directory, and forgets its replicas: each is reported deleted, its files
  // stay. kInvalidArgument if there is no such volume, or no other that has not failed.
  Task<Result<void>> remove_volume(std::string directory);
  // Those that have failed and are not removed, among them those that could not be opened when the DataNode started.
  std::vector<LostVolume> lost_volumes() const;

  // kReplicaNotFound with Hadoop's words. `exact`: of this generation stamp, otherwise of any.
  Result<std::shared_ptr<Replica>> find(const Block& block, bool exact) const;
  // Null if there is none.
  std::shared_ptr<Replica> lookup(BlockId id) const { return replicas_->find(id); }
  const ReplicaMap& replicas() const { return *replicas_; }

  // --- Writing. `stop` ends the writer when another takes its place: see ReplicaClaim.

  struct Creation {
    Block block;
    ReplicaState state = ReplicaState::kRbw;  // or kTemporary
    StorageType storage_type = StorageType::kDisk;
    checksum::Checksum checksum;
    // A copy asked for by a client's pipeline recovery may take the place of an older replica of any state, others only
    // of one that was not finished.
    bool replaces_older = false;
  };
  Task<Result<std::unique_ptr<ReplicaWriter>>> create(Creation creation, std::function<void()> stop);

  struct Continuation {
    Block block;  // with the generation stamp that the replica has
    GenerationStamp generation{};
    uint64_t received_bytes_min = 0;
    uint64_t received_bytes_max = 0;
    checksum::Checksum checksum;
  };
  // PIPELINE_SETUP_APPEND: a finalized replica is written again.
  Task<Result<std::unique_ptr<ReplicaWriter>>> append(Continuation request, std::function<void()> stop);
  // PIPELINE_SETUP_APPEND_RECOVERY: the same after a pipeline that failed while it was set up.
  Task<Result<std::unique_ptr<ReplicaWriter>>> recover_append(Continuation request, std::function<void()> stop);
  // PIPELINE_SETUP_STREAMING_RECOVERY: what was not acknowledged is cut off.
  Task<Result<std::unique_ptr<ReplicaWriter>>> recover_rbw(Continuation request, std::function<void()> stop);
  // PIPELINE_CLOSE_RECOVERY: gives the replica its last generation stamp and finalises it; nothing more is written.
  Task<Result<std::shared_ptr<Replica>>> recover_close(Continuation request);

  // Durable when it returns: data, sums and names (HDFS-5042); with `sync` false only renamed. Reports it received. A
  // temporary copy that cannot be finalised is removed. [volume]
  Result<void> finalise(std::unique_ptr<ReplicaWriter> writer, bool sync, const std::string& delete_hint);
  // A copy made for a client's pipeline becomes part of it; `visible_bytes` may be read. [volume]
  Result<void> convert_to_rbw(std::unique_ptr<ReplicaWriter> writer, uint64_t visible_bytes);
  // Removes an unfinished copy, for example when its sender went away. [volume]
  void discard(std::unique_ptr<ReplicaWriter> writer);

  // --- Deleting, at the NameNode's word only.

  // kReplicaNotFound or kIo where Hadoop refuses. Ends a writer that is there.
  Task<Result<void>> invalidate(Block block);

  // What the NameNode says of a rolling upgrade: while it is in progress what is invalidated goes to the trash, from
  // where a rollback brings it back. Whether it has just ended, so that the trash is of no more use.
  enum class RollingUpgrade { kUnknown, kInProgress, kFinalized };
  bool note_rolling_upgrade(RollingUpgrade state);
  Task<void> clear_trash();

  // --- Block recovery (InterDatanodeProtocol).

  struct RecoverySource {
    Block block;
    ReplicaState state = ReplicaState::kFinalized;  // before the recovery
  };
  // Nothing if we have no such replica.
  Task<Result<std::optional<RecoverySource>>> init_recovery(Block block, GenerationStamp recovery_id);
  // Cuts the replica to `length_bytes`, gives it the recovery's generation stamp and finalises it. With another
  // `new_id` it is copied to a block of that id instead (truncate of a file in a snapshot). The storage's id.
  Task<Result<std::string>> update_under_recovery(Block old, GenerationStamp recovery_id, BlockId new_id,
                                                  uint64_t length_bytes);

  // A volume for a new replica of about `bytes`: of `type` if there is room, else of any type but in memory. A NameNode
  // names a storage of that type, of which Hadoop's DataNodes take no notice either: it knows less of the space.
  // kDiskOutOfSpace.
  Result<Volume*> choose_volume(StorageType type, uint64_t bytes);

  // --- Comparing with the disk.

  // The files of one block in a directory.
  struct FoundBlock {
    BlockId id{};
    bool data = false;
    std::optional<GenerationStamp> meta;  // normally there is one; the newest
  };
  // In the order of their ids. [volume]
  static Result<std::vector<FoundBlock>> list_blocks(Disk& disk, const std::string& directory);
  enum class Difference { kNone, kAdopted, kForgotten, kMoved, kCorrupt };
  // Looks at the files of one block, of which `directory` seemed to show something else than is known, while nobody
  // changes them; only then is it believed. What is there is taken, what is gone is forgotten if its volume is sound,
  // what differs is reported corrupt. Nothing is done on an error, and no file is touched. [volume]
  Difference reconcile(Volume& volume, BlockId id, const std::string& directory);

  // Tells the NameNode that a finalized replica is corrupt, unless somebody changes it or has since `seen`, which is
  // what it was when its files were looked at.
  void report_corrupt(const std::shared_ptr<Replica>& replica, const Replica::View& seen);
  // After a failure to read a replica that was `seen` so when it was opened: if its files are at fault it is reported
  // corrupt, unless the whole volume turns out to have failed.
  void note_read_error(const std::shared_ptr<Replica>& replica, const Replica::View& seen, const Error& error);
  // The volume's disk does not answer: its writers are ended, so that their clients go on without us.
  void end_writers(Volume& volume);
  // Has the volume checked if `error` came from its disk.
  void note_error(Volume& volume, const Error& error);

 private:
  enum class Removal { kForGood, kToTrash };
  struct VolumeLoad;
  Task<Result<void>> load_volume(Volume& volume);
  // The steps of it. [volume]
  Result<void> find_directories(VolumeLoad& load);
  void load_directories(VolumeLoad& load);
  Result<void> load_directory(VolumeLoad& load, const std::string& directory);
  Result<void> finish_rename(VolumeLoad& load, const std::string& directory, FoundBlock& files);
  Result<void> load_unfinished(VolumeLoad& load);
  bool add_found(Volume& volume, const Replica::View& view);
  Difference adopt(Volume& volume, BlockId id, const std::string& directory);
  Result<Difference> look_again(const std::shared_ptr<Replica>& replica, const Replica::View& view,
                                const std::string& directory);
  Difference forget_missing(ReplicaClaim claim);
  Task<Result<ReplicaClaim>> claim_for_recovery(Block block, GenerationStamp generation, uint64_t length_bytes,
                                                std::function<void()> stop);
  Result<ReplicaClaim> create_files(Volume& volume, const Creation& creation, std::function<void()> stop);
  Result<std::unique_ptr<ReplicaWriter>> create_on(Volume& volume, const Creation& creation,
                                                   std::function<void()> stop);
  Result<std::unique_ptr<ReplicaWriter>> reopen(ReplicaClaim claim, const Continuation& request);
  // Each moves or renames the files of the claimed replica and then says so in it. [volume]
  Result<void> move_to_rbw(Replica& replica, GenerationStamp generation);
  Result<void> move_to_finalized(Replica& replica, bool sync);
  Result<void> set_generation(Replica& replica, GenerationStamp generation);
  Result<void> truncate(Replica& replica, uint64_t length_bytes);
  Result<void> remove_files(Replica& replica, Removal removal);
  // From here on it is not found, then its files go. Its claim is held.
  Result<void> remove(Replica& replica, Removal removal);
  Result<void> restore_trash(Volume& volume);
  void drop_unfinished_copy(Replica& replica);
  Result<void> copy_truncated(const std::shared_ptr<Replica>& replica, GenerationStamp generation, BlockId new_id,
                              uint64_t length_bytes);
  // Verified on the way.
  static Result<void> copy_data(ReplicaReader& from, ReplicaWriter& to, uint64_t length_bytes);
  // Sums and length on disk agree with what we believe. [volume]
  Result<void> check_files(Replica& replica);
  template <class T>
  Result<T> noted(Volume& volume, Result<T> outcome) {
    if (!outcome) note_error(volume, outcome.error());
    return outcome;
  }

  const Settings settings_;
  const std::shared_ptr<ReplicaMap> replicas_ = std::make_shared<ReplicaMap>();
  ReplicaEvents& events_;
  PoolIdentity pool_;
  std::atomic<bool> loaded_ = false;
  std::atomic<RollingUpgrade> rolling_upgrade_ = RollingUpgrade::kUnknown;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Volume>> volumes_;
  std::vector<std::shared_ptr<Volume>> removed_;  // replicas that somebody still has refer to them
  std::vector<LostVolume> lost_;                  // when the DataNode started
  VolumeChoice choice_;
  std::set<BlockId> removing_;  // no longer known, and still on disk
};

}  // namespace dfs::datanode
