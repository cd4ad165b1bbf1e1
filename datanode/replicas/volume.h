#pragma once

#include <algorithm>
#include <atomic>
#include <bitset>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "datanode/replicas/block.h"
#include "datanode/replicas/layout.h"
#include "proto/base/clock.h"
#include "proto/base/task_fwd.h"
#include "proto/io/disk.h"

namespace dfs::datanode {

// Who a DataNode is, kept in every VERSION file of its volumes.
struct NodeIdentity {
  std::string uuid;        // empty: not known yet
  std::string cluster_id;  // empty: not known yet
};

// A volume that has failed, or could not be opened at all.
struct LostVolume {
  std::string directory;
  WallTime at{};
  uint64_t capacity_bytes = 0;  // as far as it is known
};

// What of a volume is not for replicas (ReservedSpaceCalculator).
struct ReservedSpace {
  enum class Rule { kBytes, kPercent, kMore, kLess };  // of the two, where it is not one of them
  Rule rule = Rule::kBytes;
  uint64_t bytes = 0;
  uint64_t percent = 0;  // of the disk's capacity

  uint64_t of(uint64_t capacity_bytes) const;
};

// One storage directory with threads of its own, so that a slow or dead disk delays only what lives on it.
//
// Thread-safe. Whatever blocks runs on executor() and nowhere else.
class Volume {
 public:
  struct Settings {
    std::string directory;
    StorageType type = StorageType::kDisk;
    ReservedSpace reserved{};
    size_t threads = 4;
    Disk* disk = nullptr;
  };

  // Locks the directory (made if missing) and reads its VERSION, if there is one. Blocks. kIllegalState if another
  // process has the directory; kCorruptFormat if it holds something that is not a DataNode's.
  static Result<std::unique_ptr<Volume>> open(Settings settings);
  // Ends the threads after the work in hand.
  ~Volume();
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  // Whether the directory has a VERSION; without one it must be formatted before use.
  bool is_formatted() const { return formatted_; }
  const NodeIdentity& node() const { return node_; }
  const std::string& storage_id() const { return storage_id_; }
  StorageType type() const { return settings_.type; }
  const std::string& directory() const { return settings_.directory; }
  Disk& disk() const { return *settings_.disk; }
  boost::asio::any_io_executor executor() const;
  size_t threads() const { return settings_.threads; }
  // Leave to hold one of the threads for moments of waiting: all may but one, so that work never waits for idlers.
  class IdleThread {
   public:
    explicit IdleThread(Volume& volume)
        : volume_(volume), allowed_(++volume.idle_threads_ < volume.settings_.threads) {}
    ~IdleThread() { --volume_.idle_threads_; }
    IdleThread(const IdleThread&) = delete;
    IdleThread& operator=(const IdleThread&) = delete;
    bool allowed() const { return allowed_; }

   private:
    Volume& volume_;
    const bool allowed_;
  };

  // Durable VERSION with a new storage id. Requires: not formatted.
  Result<void> format(const NodeIdentity& node);
  // Makes the directories of the pool durable and empties tmp. kIllegalState where the pool on disk is of another
  // namespace, or the cluster is another.
  Result<void> open_pool(const PoolIdentity& pool);
  const Layout& layout() const { return layout_; }
  // The directory for a finalized block, made durable if it is not there yet.
  Result<std::string> finalized_directory(BlockId id);

  // Space. What replicas use is counted by us, as counting by du would read all directories.
  struct Space {
    uint64_t capacity_bytes = 0;   // without what is reserved
    uint64_t used_bytes = 0;       // by replicas
    uint64_t remaining_bytes = 0;  // for new replicas
    uint64_t other_bytes = 0;      // used by others than us
  };
  // Asks the disk: blocks.
  void measure();
  // As it was last measured, with what is used and promised now.
  Space space() const;
  // The last measured remaining space less what has been promised since.
  uint64_t available_bytes() const;
  void add_used(int64_t bytes) { used_bytes_ += bytes; }
  uint64_t used_bytes() const { return uint64_t(std::max<int64_t>(used_bytes_, 0)); }
  uint64_t reserved_bytes() const;
  uint64_t promised_bytes() const { return uint64_t(std::max<int64_t>(promised_bytes_, 0)); }
  // Room set aside for a replica that is being written.
  void promise(int64_t bytes) { promised_bytes_ += bytes; }

  // After an error of the disk: whether it still takes and returns a small file, as one bad sector is not a bad disk.
  // If not, the volume has failed: it takes no more replicas and is reported. Blocks. Requires: the pool is open.
  bool check();
  bool failed() const { return failed_; }
  // From now on it has failed.
  void declare_failed(const Error& error);
  // Its disk does not answer at the moment: others are preferred for new replicas.
  bool stalled() const { return stalled_; }
  void set_stalled(bool stalled) { stalled_ = stalled; }
  // Requires: failed.
  LostVolume failure() const;
  // Lets others use the directory. Requires: nothing of it is written any more.
  void give_up_lock() { lock_.reset(); }

 private:
  struct Threads;
  explicit Volume(Settings settings);
  Result<void> read_version();
  Result<void> remove_stale_files();
  Result<void> probe();
  Space split(const DiskSpace& measured) const;

  Settings settings_;
  Layout layout_;
  std::unique_ptr<Threads> threads_;
  std::atomic<size_t> idle_threads_ = 0;
  std::unique_ptr<File> lock_;
  bool formatted_ = false;
  std::string storage_id_;
  NodeIdentity node_;
  std::atomic<int64_t> used_bytes_ = 0, promised_bytes_ = 0, remaining_bytes_ = 0;
  mutable std::mutex measured_mutex_;
  DiskSpace measured_;
  std::atomic<bool> failed_ = false, stalled_ = false;
  LostVolume failure_;  // guarded by measured_mutex_
  std::mutex check_mutex_;
  std::chrono::steady_clock::time_point checked_at_{};
  std::mutex directories_mutex_;
  std::bitset<32 * 32> directories_;  // known to exist
};

// Opens all directories of a DataNode and decides whether they belong together and may be used; the errors say what
// to do. Formats nothing yet.
struct OpenedVolumes {
  std::vector<std::unique_ptr<Volume>> volumes;  // at least one
  std::vector<LostVolume> lost;
};
struct OpenRules {
  bool accept_new = false;  // empty directories beside formatted ones are meant, and no disks that are not mounted
  size_t failures_max = 0;  // how many directories may be left out because their disks fail
};
Result<OpenedVolumes> open_volumes(std::vector<Volume::Settings> settings, OpenRules rules);
// Whether `error` says that a disk does not do its work, rather than that something is configured wrongly.
bool is_disk_failure(const Error& error);
// A random (version 4) UUID.
std::string random_uuid();

}  // namespace dfs::datanode
