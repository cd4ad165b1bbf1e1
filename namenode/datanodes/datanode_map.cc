#include "namenode/datanodes/datanode_map.h"

#include <algorithm>
#include <unordered_set>

#include "proto/base/bytes.h"
#include "proto/base/check.h"
#include "proto/base/log.h"

namespace dfs::namenode {
namespace {

std::string both(const std::string& datanode_uuid, const std::string& storage_uuid) {
  return datanode_uuid + "/" + storage_uuid;
}

uint64_t millis(TimePoint time) {
  return uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

bool is_in_service(const Datanode& datanode) {
  return datanode.admin_state == AdminState::kNormal && datanode.admitted;
}

// DatanodeManager.getDatanodeListForReport: what it listens on can only be guessed.
DatanodeStatus status_of_absent(const HostEntry& entry) {
  DatanodeStatus status;
  status.ip_address = status.host_name = entry.host;
  status.transfer_port = entry.transfer_port == 0 ? 9866 : entry.transfer_port;
  status.http_port = 9864;
  status.https_port = 9865;
  status.ipc_port = 9867;
  status.liveness = DatanodeLiveness::kDead;
  if (entry.wanted == AdminState::kDecommissioned) status.admin_state = AdminState::kDecommissioned;
  return status;
}

}  // namespace

DatanodeMap::DatanodeMap(Timing timing, HostLists hosts)
    : timing_(timing), hosts_(std::move(hosts)), absent_(hosts_.admitted()) {}

Result<void> DatanodeMap::load(const View& view, TimePoint now) {
  awaited_until_ = now + timing_.dead_interval();
  Result<void> decoded;
  DFS_TRY_OK(view.scan(Table::kStorages, "", [&](std::string_view key, std::string_view value) {
    Result<StorageRow> row = decode<StorageRow>(value);
    if (!row || key.size() != sizeof(uint32_t)) {
      decoded = row ? fail(ErrorCode::kCorruptFormat, "storages: a key of the wrong length")
                    : Result<void>(std::unexpected(std::move(row).error()));
      return false;
    }
    uint32_t number = load_big_endian<uint32_t>(key.data());
    Storage& storage = storages_[number];
    storage.number = StorageNumber(number);
    storage.uuid = row->storage_uuid;
    storage.datanode_uuid = row->datanode_uuid;
    storage.last_report.storage_type = row->storage_type;
    number_by_uuids_[both(row->datanode_uuid, row->storage_uuid)] = number;
    last_number_ = std::max(last_number_, number);
    return true;
  }));
  DFS_TRY_OK(std::move(decoded));
  DFS_TRY(uint64_t counted, counter(view, Counter::kLastStorageNumber));
  last_number_ = std::max(last_number_, uint32_t(counted));
  settled_.reset();
  return {};
}

Result<void> DatanodeMap::register_datanode(Registration registration, WallTime wall, TimePoint now) {
  if (registration.datanode_uuid.empty()) {
    return fail(ErrorCode::kDisallowedDatanode,
                "Datanode denied communication with namenode because it has no uuid: " + registration.to_string());
  }
  const HostWish wish = hosts_.wish_for(registration, wall);
  if (!wish.admitted) {
    return fail(ErrorCode::kDisallowedDatanode,
                "Datanode denied communication with namenode because the host is not in the include-list: " +
                    registration.to_string());
  }
  log::info("BLOCK* registerDatanode: from {} storage {}", registration.to_string(), registration.datanode_uuid);
  std::string address = registration.transfer_address();
  if (auto holder = uuid_by_address_.find(address);
      holder != uuid_by_address_.end() && holder->second != registration.datanode_uuid) {
    auto former = datanodes_.find(holder->second);
    DFS_CHECK(former != datanodes_.end());
    log::info("BLOCK* registerDatanode: {} takes the place of {}", registration.to_string(),
              former->second->registration.to_string());
    former->second->admin_state = AdminState::kNormal;  // nobody waits for it any more
    end(*former->second);
    datanodes_.erase(former);
    uuid_by_address_.erase(holder);
  }
  std::unique_ptr<Datanode>& datanode = datanodes_[registration.datanode_uuid];
  const bool is_new = !datanode;
  if (!is_new) {
    std::string former_address = datanode->registration.transfer_address();
    if (former_address != address) {
      log::info("BLOCK* registerDatanode: {} is replaced by {} with the same storageID {}",
                datanode->registration.to_string(), registration.to_string(), registration.datanode_uuid);
      uuid_by_address_.erase(former_address);
    }
  } else {
    datanode = std::make_unique<Datanode>();
    for (const auto& [number, storage] : storages_) {
      if (storage.datanode_uuid == registration.datanode_uuid) datanode->storages.push_back(storage.number);
    }
    std::ranges::sort(datanode->storages);
  }
  uuid_by_address_[address] = registration.datanode_uuid;
  // What it holds may have changed while it was away: its rows are believed again when its next report confirms them.
  for (StorageNumber number : datanode->storages) change(number).confirmed = false;
  settled_.reset();
  if (!is_new && datanode->location() != registration.network_location)
    changes_.turned.push_back(registration.datanode_uuid);
  datanode->status.reset();
  datanode->registration = std::move(registration);
  datanode->alive = true;
  datanode->admitted = true;
  datanode->last_heartbeat = now;
  datanode->last_heartbeat_wall = wall;
  datanode->transfers_in_progress = 0;
  std::erase_if(absent_, [&](const HostEntry& entry) { return entry.stands_for(datanode->registration); });
  follow(*datanode, wish);
  list_alive();
  return {};
}

void DatanodeMap::set_hosts(HostLists hosts, WallTime wall) {
  hosts_ = std::move(hosts);
  absent_ = hosts_.admitted();
  std::erase_if(absent_, [&](const HostEntry& entry) {
    return std::ranges::any_of(datanodes_,
                               [&](const auto& item) { return entry.stands_for(item.second->registration); });
  });
  for (auto& [uuid, datanode] : datanodes_) {
    const HostWish wish = hosts_.wish_for(datanode->registration, wall);
    datanode->admitted = wish.admitted;
    datanode->status.reset();
    if (wish.admitted) follow(*datanode, wish);
  }
  list_alive();
}

// HeartbeatManager.startDecommission, startMaintenance and their opposites: one that is dead has nothing to wait for.
void DatanodeMap::follow(Datanode& datanode, const HostWish& wish) {
  datanode.upgrade_domain = wish.upgrade_domain;
  datanode.status.reset();
  const AdminState state = datanode.admin_state;
  switch (wish.state) {
    case AdminState::kInMaintenance:
      datanode.maintenance_until_ms = wish.maintenance_until_ms;
      if (is_maintenance(state)) return;
      turn(datanode, !datanode.alive || state == AdminState::kDecommissioned ? AdminState::kInMaintenance
                                                                             : AdminState::kEnteringMaintenance);
      return;
    case AdminState::kDecommissioned:
      if (is_decommission(state)) return;
      turn(datanode, datanode.alive ? AdminState::kDecommissionInProgress : AdminState::kDecommissioned);
      return;
    default:
      turn(datanode, AdminState::kNormal);
  }
}

void DatanodeMap::turn(Datanode& datanode, AdminState state) {
  if (datanode.admin_state == state) return;
  constexpr std::string_view kNames[] = {"Normal", "Decommission In Progress", "Decommissioned", "Entering Maintenance",
                                         "In Maintenance"};
  log::info("DataNode {}: {} after {}", datanode.registration.transfer_address(), kNames[size_t(state)],
            kNames[size_t(datanode.admin_state)]);
  datanode.admin_state = state;
  datanode.status.reset();
  changes_.turned.push_back(datanode.registration.datanode_uuid);
  if (datanode.alive || is_maintenance(state)) return;
  for (StorageNumber number : datanode.storages) {
    if (Storage& storage = change(number); storage.standing == Standing::kResting) stand(storage, Standing::kGone);
  }
}

void DatanodeMap::finish_leaving(const std::string& datanode_uuid) {
  auto found = datanodes_.find(datanode_uuid);
  if (found == datanodes_.end()) return;
  const AdminState state = found->second->admin_state;
  if (state == AdminState::kDecommissionInProgress) turn(*found->second, AdminState::kDecommissioned);
  if (state == AdminState::kEnteringMaintenance) turn(*found->second, AdminState::kInMaintenance);
}

void DatanodeMap::check_maintenance(WallTime wall) {
  bool ended = false;
  for (auto& [uuid, datanode] : datanodes_) {
    if (!is_maintenance(datanode->admin_state) || to_millis(wall) < datanode->maintenance_until_ms) continue;
    turn(*datanode, AdminState::kNormal);
    ended = true;
  }
  if (ended) list_alive();
}

bool DatanodeMap::is_registered(const std::string& datanode_uuid) const {
  const Datanode* datanode = find(datanode_uuid);
  return datanode && datanode->alive;
}

void DatanodeMap::heartbeat(Batch& batch, const std::string& datanode_uuid, const Heartbeat& heartbeat, WallTime wall,
                            TimePoint now) {
  DFS_CHECK(is_registered(datanode_uuid));
  Datanode& datanode = *datanodes_.at(datanode_uuid);
  datanode.status.reset();
  datanode.last_heartbeat = now;
  datanode.last_heartbeat_wall = wall;
  if (is_in_service(datanode)) {
    xceivers_ = xceivers_ - datanode.xceiver_count + heartbeat.xceiver_count;
  }
  datanode.xceiver_count = heartbeat.xceiver_count;
  datanode.transfers_in_progress = heartbeat.transfers_in_progress;
  std::unordered_set<uint32_t> listed;
  for (const StorageReport& report : heartbeat.storages) {
    StorageNumber number = storage_of(batch, datanode_uuid, report.storage_uuid, report.storage_type);
    listed.insert(uint32_t(number));
    Storage& storage = storages_.at(uint32_t(number));
    storage.last_report = report;
    storage.scheduled = 0;
    stand(storage, report.failed ? Standing::kGone : Standing::kLive);
  }
  for (StorageNumber number : datanode.storages) {
    if (!listed.contains(uint32_t(number))) stand(storages_.at(uint32_t(number)), Standing::kGone);
  }
}

StorageNumber DatanodeMap::storage_of(Batch& batch, const std::string& datanode_uuid, const std::string& storage_uuid,
                                      uint8_t storage_type) {
  auto [entry, is_new] = number_by_uuids_.try_emplace(both(datanode_uuid, storage_uuid), last_number_ + 1);
  StorageNumber number{entry->second};
  if (!is_new) return number;
  ++last_number_;
  new_storages_ = true;
  batch.put(Table::kStorages, storage_key(number), encode(StorageRow{storage_uuid, datanode_uuid, storage_type}));
  batch.put(Table::kMeta, counter_key(Counter::kLastStorageNumber), encode_counter(last_number_));
  Storage& storage = storages_[last_number_];
  storage.number = number;
  storage.uuid = storage_uuid;
  storage.datanode_uuid = datanode_uuid;
  storage.last_report.storage_type = storage_type;
  storage.standing = Standing::kLive;
  settled_.reset();
  changes_.appeared.push_back(number);
  Datanode& datanode = *datanodes_.at(datanode_uuid);
  datanode.storages.push_back(number);
  datanode.status.reset();
  return number;
}

void DatanodeMap::block_report_taken(StorageNumber number, uint32_t block_count, WallTime wall, TimePoint now) {
  Storage& storage = change(number);
  storage.confirmed = true;
  settled_.reset();
  storage.block_count = block_count;
  Datanode& datanode = *datanodes_.at(storage.datanode_uuid);
  datanode.last_block_report = now;
  datanode.last_block_report_wall = wall;
}

void DatanodeMap::declare_dead(const std::string& datanode_uuid) {
  auto found = datanodes_.find(datanode_uuid);
  if (found != datanodes_.end()) end(*found->second);
}

void DatanodeMap::check_liveness(TimePoint now) {
  for (auto& [uuid, datanode] : datanodes_) {
    if (!datanode->alive || now - datanode->last_heartbeat < timing_.dead_interval()) continue;
    log::info("BLOCK* removeDeadDatanode: lost heartbeat from {}", datanode->registration.transfer_address());
    end(*datanode);
  }
  if (now < awaited_until_) return;
  for (auto& [number, storage] : storages_) {
    if (storage.standing == Standing::kAwaited && !is_registered(storage.datanode_uuid))
      stand(storage, Standing::kGone);
  }
}

DatanodeMap::Changes DatanodeMap::take_changes() {
  return std::exchange(changes_, {});
}

Standing DatanodeMap::standing(StorageNumber number) const {
  const Storage* storage = find(number);
  return storage ? storage->standing : Standing::kGone;
}

bool DatanodeMap::confirmed(StorageNumber number) const {
  const Storage* storage = find(number);
  return storage && storage->confirmed;
}

const Storage* DatanodeMap::find(StorageNumber number) const {
  auto found = storages_.find(uint32_t(number));
  return found == storages_.end() ? nullptr : &found->second;
}

Storage& DatanodeMap::change(StorageNumber number) {
  Storage& storage = storages_.at(uint32_t(number));
  if (auto datanode = datanodes_.find(storage.datanode_uuid); datanode != datanodes_.end()) {
    datanode->second->status.reset();
  }
  return storage;
}

const Datanode* DatanodeMap::find(const std::string& datanode_uuid) const {
  auto found = datanodes_.find(datanode_uuid);
  return found == datanodes_.end() ? nullptr : found->second.get();
}

const Datanode* DatanodeMap::datanode_of(StorageNumber number) const {
  const Storage* storage = find(number);
  return storage ? find(storage->datanode_uuid) : nullptr;
}

StorageNumber DatanodeMap::number_of(const std::string& datanode_uuid, const std::string& storage_uuid) const {
  auto found = number_by_uuids_.find(both(datanode_uuid, storage_uuid));
  return found == number_by_uuids_.end() ? StorageNumber{} : StorageNumber(found->second);
}

bool DatanodeMap::settled() const {
  if (!settled_) {
    settled_ = std::ranges::all_of(storages_, [](const auto& entry) {
      return entry.second.standing == Standing::kGone || entry.second.standing == Standing::kResting ||
             (entry.second.standing == Standing::kLive && entry.second.confirmed);
    });
  }
  return *settled_;
}

double DatanodeMap::average_xceivers() const {
  return in_service_.empty() ? 0 : double(xceivers_) / double(in_service_.size());
}

const std::vector<const Datanode*>& DatanodeMap::in_service_in(const std::string& rack) const {
  static const std::vector<const Datanode*> kNone;
  auto found = racks_.find(rack);
  return found == racks_.end() ? kNone : found->second;
}

bool DatanodeMap::is_stale(const Datanode& datanode, TimePoint now) const {
  return now - datanode.last_heartbeat >= timing_.stale_interval;
}

DatanodeStatuses DatanodeMap::statuses(TimePoint now) {
  DatanodeStatuses statuses;
  statuses.reserve(datanodes_.size() + absent_.size());
  for (const auto& [uuid, datanode] : datanodes_) {
    if (!datanode->status || datanode->status->liveness != liveness(*datanode, now)) {
      datanode->status = std::make_shared<const DatanodeStatus>(status(*datanode, now));
    }
    statuses.push_back(datanode->status);
  }
  for (const HostEntry& entry : absent_) statuses.push_back(status_of_absent(entry));
  return statuses;
}

DatanodeLiveness DatanodeMap::liveness(const Datanode& datanode, TimePoint now) const {
  if (!datanode.alive) return DatanodeLiveness::kDead;
  return is_stale(datanode, now) ? DatanodeLiveness::kStale : DatanodeLiveness::kLive;
}

DatanodeStatus DatanodeMap::status(const Datanode& datanode, TimePoint now) const {
  const Registration& registration = datanode.registration;
  DatanodeStatus status;
  status.uuid = registration.datanode_uuid;
  status.ip_address = registration.ip_address;
  status.host_name = registration.host_name;
  status.software_version = registration.software_version;
  status.transfer_port = registration.transfer_port;
  status.http_port = registration.http_port;
  status.https_port = registration.https_port;
  status.ipc_port = registration.ipc_port;
  status.network_location = datanode.location();
  status.liveness = liveness(datanode, now);
  status.admin_state = datanode.admin_state;
  status.admitted = datanode.admitted;
  status.upgrade_domain = datanode.upgrade_domain;
  status.last_update_ms = to_millis(datanode.last_heartbeat_wall);
  status.last_update_monotonic_ms = millis(datanode.last_heartbeat);
  status.last_block_report_ms = to_millis(datanode.last_block_report_wall);
  status.last_block_report_monotonic_ms = millis(datanode.last_block_report);
  status.xceiver_count = datanode.xceiver_count;
  for (StorageNumber number : datanode.storages) {
    const Storage& storage = *find(number);
    // Storages of a dead DataNode stay listed: their numbers must lead readers to a DataNode that is dead.
    if (datanode.alive && storage.standing == Standing::kGone && !storage.last_report.failed) continue;
    const StorageReport& report = storage.last_report;
    status.storages.push_back({number, storage.uuid, report.storage_type, report.failed, storage.confirmed,
                               report.capacity_bytes, report.dfs_used_bytes, report.remaining_bytes,
                               report.block_pool_used_bytes, report.non_dfs_used_bytes});
    status.block_count += storage.block_count;
  }
  return status;
}

void DatanodeMap::stand(Storage& storage, Standing standing) {
  if (storage.standing == standing) return;
  change(storage.number).standing = standing;
  if (standing != Standing::kLive) storage.confirmed = false;
  settled_.reset();
  (standing == Standing::kLive ? changes_.came : changes_.went).push_back(storage.number);
}

void DatanodeMap::list_alive() {
  alive_.clear();
  in_service_.clear();
  racks_.clear();
  xceivers_ = 0;
  for (const auto& [uuid, datanode] : datanodes_) {
    if (!datanode->alive) continue;
    alive_.push_back(datanode.get());
  }
  std::ranges::sort(
      alive_, {}, [](const Datanode* datanode) -> const std::string& { return datanode->registration.datanode_uuid; });
  for (const Datanode* datanode : alive_) {
    if (!is_in_service(*datanode)) continue;
    in_service_.push_back(datanode);
    racks_[datanode->location()].push_back(datanode);
    xceivers_ += datanode->xceiver_count;
  }
  if (racks_.size() > 1 && !std::exchange(ever_had_racks_, true)) changes_.racks_appeared = true;
}

// What a DataNode in maintenance holds is still there when it goes silent, as was to be expected.
void DatanodeMap::end(Datanode& datanode) {
  datanode.alive = false;
  datanode.status.reset();
  list_alive();
  const bool rests = is_maintenance(datanode.admin_state);
  for (StorageNumber number : datanode.storages) {
    Storage& storage = storages_.at(uint32_t(number));
    if (rests && storage.standing == Standing::kResting) continue;
    stand(storage, rests && storage.standing == Standing::kLive ? Standing::kResting : Standing::kGone);
  }
}

}  // namespace dfs::namenode
