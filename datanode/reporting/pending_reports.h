#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "datanode/replicas/replica_store.h"
#include "proto/hadoop/DatanodeProtocol.pb.h"

namespace dfs::datanode {

// What the NameNode has yet to hear about single replicas: the latest event of each (IncrementalBlockReportManager).
// Somebody may wait for a replica that was received or is corrupt; that one is being written or was deleted is said
// along with that, or a little later. Thread-safe.
class PendingReports final : public ReplicaEvents {
 public:
  using StorageBlocks =
      std::map<std::string, std::map<uint64_t, hadoop::hdfs::datanode::ReceivedDeletedBlockInfoProto>>;
  struct Corrupt {
    Block block;
    std::string storage_id;
    std::string source;  // the serialised DatanodeIDProto of another DataNode, or empty: ours
    bool operator<(const Corrupt& other) const {
      return std::tie(block.id, storage_id, source) < std::tie(other.block.id, other.storage_id, other.source);
    }
  };

  enum class Urgency : uint8_t { kNone, kLater, kNow };

  // `wake` is called on any thread when there is something to report, and for what is more urgent once more; then not
  // before the next take().
  void set_wake(std::function<void()> wake);

  void receiving(const Block& block, const std::string& storage_id) override;
  void received(const Block& block, const std::string& storage_id, const std::string& delete_hint) override;
  void deleted(const Block& block, const std::string& storage_id) override;
  void corrupt(const Block& block, const std::string& storage_id) override;
  void remote_corrupt(const Block& block, const hadoop::hdfs::DatanodeIDProto& source);

  StorageBlocks take();
  // After a failed call: only what nothing newer has been said about.
  void put_back(StorageBlocks blocks);
  std::set<Corrupt> take_corrupt();
  void put_back(std::set<Corrupt> corrupt);
  Urgency urgency() const;

 private:
  void add(const Block& block, const std::string& storage_id,
           hadoop::hdfs::datanode::ReceivedDeletedBlockInfoProto::BlockStatus status, const std::string& delete_hint);

  // Requires: the lock. What is to be called without it, or nothing.
  std::function<void()> raise(Urgency urgency);

  mutable std::mutex mutex_;
  std::function<void()> wake_;
  StorageBlocks blocks_;
  std::set<Corrupt> corrupt_;
  Urgency urgency_ = Urgency::kNone;  // of blocks_
};

}  // namespace dfs::datanode
