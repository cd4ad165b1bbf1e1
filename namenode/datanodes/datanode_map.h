#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "namenode/datanodes/datanode_view.h"
#include "namenode/datanodes/host_lists.h"
#include "namenode/datanodes/registration.h"
#include "namenode/store/rows.h"
#include "proto/base/clock.h"

namespace dfs::namenode {

// What the replicas in a storage are worth now.
enum class Standing : uint8_t {
  kLive,     // its DataNode is registered, sends heartbeats and lists it
  kAwaited,  // remembered from before the restart; its DataNode has not been heard of yet and has time left
  kResting,  // its DataNode went silent while in maintenance: it counts, and cannot be reached
  kGone,     // its DataNode is dead or lists it no more, or its volume has failed
};

struct Storage {
  StorageNumber number{};
  std::string uuid;
  std::string datanode_uuid;
  Standing standing = Standing::kAwaited;
  // A full block report has come since its DataNode registered: its replica rows are what it holds.
  bool confirmed = false;
  StorageReport last_report;
  // Blocks placed here since the last heartbeat, which did not count them yet, and not yet reported as whole. (What is
  // scheduled counts with the full size of a block, which small files are far from.)
  uint32_t scheduled = 0;
  bool take_scheduled() { return scheduled > 0 && scheduled-- > 0; }
  uint32_t block_count = 0;  // finalized replicas, known once confirmed
};

struct Datanode {
  Registration registration;
  AdminState admin_state = AdminState::kNormal;
  uint64_t maintenance_until_ms = 0;  // wall time
  std::string upgrade_domain;
  bool admitted = true;  // by the host lists; else it is turned away with its next heartbeat
  bool alive = true;
  const std::string& location() const { return registration.network_location; }
  TimePoint last_heartbeat{};
  WallTime last_heartbeat_wall{};
  TimePoint last_block_report{};
  WallTime last_block_report_wall{};
  uint32_t xceiver_count = 0;
  uint32_t transfers_in_progress = 0;
  std::vector<StorageNumber> storages;
  std::shared_ptr<const DatanodeStatus> status;  // as of its last change; null: it has changed since
};

// The DataNodes that registered, their storages, and who is alive. Storages outlive a restart (kStorages); DataNodes
// register anew. Lives on the namespace thread; time is passed in.
class DatanodeMap {
 public:
  struct Timing {
    std::chrono::milliseconds heartbeat_interval{3'000};  // dfs.heartbeat.interval
    std::chrono::milliseconds recheck_interval{300'000};  // dfs.namenode.heartbeat.recheck-interval
    std::chrono::milliseconds stale_interval{30'000};     // dfs.namenode.stale.datanode.interval
    // Without a heartbeat for this long a DataNode is dead.
    std::chrono::milliseconds dead_interval() const { return 2 * recheck_interval + 10 * heartbeat_interval; }
  };
  DatanodeMap(Timing timing, HostLists hosts);

  // Takes over the storages that the tables remember. Their DataNodes have the dead interval from `now` to register.
  Result<void> load(const View& view, TimePoint now);

  // DatanodeManager.registerDatanode: a known uuid is the same DataNode, perhaps at a new address; another DataNode
  // that had this address is gone for good. kDisallowedDatanode where the host lists do not admit it.
  Result<void> register_datanode(Registration registration, WallTime wall, TimePoint now);
  // DatanodeManager.refreshDatanodes: what the lists want of the DataNodes that are known. One that is not admitted any
  // more is turned away by its next heartbeat.
  void set_hosts(HostLists hosts, WallTime wall);
  // The DataNode has nothing that others lack: kDecommissioned or kInMaintenance from now on.
  void finish_leaving(const std::string& datanode_uuid);
  // Ends maintenance whose time is over.
  void check_maintenance(WallTime wall);
  // Registered and not dead; every other DataNode is to be told to register.
  bool is_registered(const std::string& datanode_uuid) const;
  // Requires: is_registered. New storages get their numbers; storages that are not listed are gone.
  void heartbeat(Batch& batch, const std::string& datanode_uuid, const Heartbeat& heartbeat, WallTime wall,
                 TimePoint now);
  // The storage of a registered DataNode by uuid; gets a number if it is new.
  StorageNumber storage_of(Batch& batch, const std::string& datanode_uuid, const std::string& storage_uuid,
                           uint8_t storage_type);
  void block_report_taken(StorageNumber storage, uint32_t block_count, WallTime wall, TimePoint now);
  void declare_dead(const std::string& datanode_uuid);
  // Declares dead who has been silent for the dead interval, and gives up those awaited in vain.
  void check_liveness(TimePoint now);

  // Since the last call: storages that nobody knew, and those whose standing changed, DataNodes whose admin state or
  // rack did, and whether there is more than one rack for the first time.
  struct Changes {
    std::vector<StorageNumber> appeared, came, went;
    std::vector<std::string> turned;
    bool racks_appeared = false;
  };
  Changes take_changes();

  // Whether a storage got its number since the last call.
  bool take_new_storages() { return std::exchange(new_storages_, false); }

  Standing standing(StorageNumber storage) const;  // kGone where the number is not known
  bool confirmed(StorageNumber storage) const;
  const Storage* find(StorageNumber storage) const;
  // To count in it. Requires: it is known.
  Storage& change(StorageNumber storage);
  const Datanode* find(const std::string& datanode_uuid) const;
  // Null where the DataNode has not registered, or its place was taken by another.
  const Datanode* datanode_of(StorageNumber storage) const;
  StorageNumber number_of(const std::string& datanode_uuid, const std::string& storage_uuid) const;  // 0: unknown
  const std::unordered_map<std::string, std::unique_ptr<Datanode>>& datanodes() const { return datanodes_; }
  const std::unordered_map<uint32_t, Storage>& storages() const { return storages_; }
  // No storage is awaited, and each that is live has been confirmed: what no row says does not exist.
  bool settled() const;
  size_t live_count() const { return alive_.size(); }
  // By uuid.
  const std::vector<const Datanode*>& alive() const { return alive_; }
  // Those of them where new replicas may go: nobody wants them to leave.
  const std::vector<const Datanode*>& in_service() const { return in_service_; }
  const std::vector<const Datanode*>& in_service_in(const std::string& rack) const;
  size_t rack_count() const { return racks_.size(); }  // with DataNodes in service
  bool ever_had_racks() const { return ever_had_racks_; }
  double average_xceivers() const;  // of those in service
  bool is_stale(const Datanode& datanode, TimePoint now) const;
  // For readers: in no particular order, storages that are gone left out. Hosts that are admitted by name and never
  // registered are among them, as dead. Of DataNodes that have not changed they are those of the last call.
  DatanodeStatuses statuses(TimePoint now);
  DatanodeStatus status(const Datanode& datanode, TimePoint now) const;

 private:
  DatanodeLiveness liveness(const Datanode& datanode, TimePoint now) const;
  void stand(Storage& storage, Standing standing);
  void end(Datanode& datanode);
  void list_alive();
  void follow(Datanode& datanode, const HostWish& wish);
  void turn(Datanode& datanode, AdminState state);

  Timing timing_;
  HostLists hosts_;
  std::vector<HostEntry> absent_;  // admitted, and never heard of
  TimePoint awaited_until_{};
  uint32_t last_number_ = 0;
  bool new_storages_ = false;
  std::unordered_map<std::string, std::unique_ptr<Datanode>> datanodes_;
  std::vector<const Datanode*> alive_, in_service_;
  std::map<std::string, std::vector<const Datanode*>> racks_;
  bool ever_had_racks_ = false;
  uint64_t xceivers_ = 0;  // of all in service
  std::unordered_map<std::string, std::string> uuid_by_address_;
  std::unordered_map<uint32_t, Storage> storages_;
  std::unordered_map<std::string, uint32_t> number_by_uuids_;  // "DATANODE/STORAGE"
  Changes changes_;
  mutable std::optional<bool> settled_;  // since the storages changed last
};

}  // namespace dfs::namenode
