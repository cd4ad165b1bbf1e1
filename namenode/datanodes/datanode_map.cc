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

}  // namespace

DatanodeMap::DatanodeMap(Timing timing, Topology topology, HostLists hosts)
    : timing_(timing), topology_(std::move(topology)), hosts_(std::move(hosts)) {}

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
  return {};
}

Result<void> DatanodeMap::register_datanode(Registration registration, WallTime wall, TimePoint now) {
  if (registration.datanode_uuid.empty()) {
    return fail(ErrorCode::kDisallowedDatanode,
                "Datanode denied communication with namenode because it has no uuid: " + registration.to_string());
  }
  if (!hosts_.is_included(registration.ip_address, registration.host_name, registration.transfer_port)) {
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
    end(*former->second);
    datanodes_.erase(former);
    uuid_by_address_.erase(holder);
  }
  std::unique_ptr<Datanode>& datanode = datanodes_[registration.datanode_uuid];
  if (datanode) {
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
  for (StorageNumber number : datanode->storages) find(number)->confirmed = false;
  datanode->location = topology_.location_of(registration.ip_address, registration.host_name);
  datanode->admin_state =
      hosts_.is_excluded(registration.ip_address, registration.host_name, registration.transfer_port)
          ? AdminState::kDecommissionInProgress
          : AdminState::kNormal;
  datanode->registration = std::move(registration);
  datanode->alive = true;
  datanode->last_heartbeat = now;
  datanode->last_heartbeat_wall = wall;
  datanode->transfers_in_progress = 0;
  list_alive();
  return {};
}

bool DatanodeMap::is_registered(const std::string& datanode_uuid) const {
  const Datanode* datanode = find(datanode_uuid);
  return datanode && datanode->alive;
}

void DatanodeMap::heartbeat(Batch& batch, const std::string& datanode_uuid, const Heartbeat& heartbeat, WallTime wall,
                            TimePoint now) {
  DFS_CHECK(is_registered(datanode_uuid));
  Datanode& datanode = *datanodes_.at(datanode_uuid);
  datanode.last_heartbeat = now;
  datanode.last_heartbeat_wall = wall;
  xceivers_ = xceivers_ - datanode.xceiver_count + heartbeat.xceiver_count;
  datanode.xceiver_count = heartbeat.xceiver_count;
  datanode.transfers_in_progress = heartbeat.transfers_in_progress;
  std::unordered_set<uint32_t> listed;
  for (const StorageReport& report : heartbeat.storages) {
    StorageNumber number = storage_of(batch, datanode_uuid, report.storage_uuid, report.storage_type);
    listed.insert(uint32_t(number));
    Storage& storage = *find(number);
    storage.last_report = report;
    storage.scheduled = 0;
    stand(storage, report.failed ? Standing::kGone : Standing::kLive);
  }
  for (StorageNumber number : datanode.storages) {
    if (!listed.contains(uint32_t(number))) stand(*find(number), Standing::kGone);
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
  stand(storage, Standing::kLive);
  datanodes_.at(datanode_uuid)->storages.push_back(number);
  return number;
}

void DatanodeMap::block_report_taken(StorageNumber number, uint32_t block_count, WallTime wall, TimePoint now) {
  Storage& storage = *find(number);
  storage.confirmed = true;
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

Storage* DatanodeMap::find(StorageNumber number) {
  return const_cast<Storage*>(std::as_const(*this).find(number));
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
  return std::ranges::all_of(storages_, [](const auto& entry) {
    return entry.second.standing == Standing::kGone ||
           (entry.second.standing == Standing::kLive && entry.second.confirmed);
  });
}

double DatanodeMap::average_xceivers() const {
  return alive_.empty() ? 0 : double(xceivers_) / double(alive_.size());
}

bool DatanodeMap::is_stale(const Datanode& datanode, TimePoint now) const {
  return now - datanode.last_heartbeat >= timing_.stale_interval;
}

std::vector<DatanodeStatus> DatanodeMap::statuses(TimePoint now) const {
  std::vector<DatanodeStatus> statuses;
  for (const auto& [uuid, datanode] : datanodes_) statuses.push_back(status(*datanode, now));
  return statuses;
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
  status.network_location = datanode.location;
  status.liveness = !datanode.alive           ? DatanodeLiveness::kDead
                    : is_stale(datanode, now) ? DatanodeLiveness::kStale
                                              : DatanodeLiveness::kLive;
  status.admin_state = datanode.admin_state;
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
    status.storages.push_back({number, storage.uuid, report.storage_type, report.failed, report.capacity_bytes,
                               report.dfs_used_bytes, report.remaining_bytes, report.block_pool_used_bytes,
                               report.non_dfs_used_bytes});
    status.block_count += storage.block_count;
  }
  return status;
}

void DatanodeMap::stand(Storage& storage, Standing standing) {
  if (storage.standing == standing) return;
  storage.standing = standing;
  if (standing == Standing::kGone) storage.confirmed = false;
  (standing == Standing::kLive ? changes_.came : changes_.went).push_back(storage.number);
}

void DatanodeMap::list_alive() {
  alive_.clear();
  xceivers_ = 0;
  for (const auto& [uuid, datanode] : datanodes_) {
    if (!datanode->alive) continue;
    alive_.push_back(datanode.get());
    xceivers_ += datanode->xceiver_count;
  }
  std::ranges::sort(
      alive_, {}, [](const Datanode* datanode) -> const std::string& { return datanode->registration.datanode_uuid; });
}

void DatanodeMap::end(Datanode& datanode) {
  datanode.alive = false;
  list_alive();
  for (StorageNumber number : datanode.storages) stand(*find(number), Standing::kGone);
}

}  // namespace dfs::namenode
