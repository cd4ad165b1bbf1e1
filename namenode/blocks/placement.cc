#include "namenode/blocks/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>

namespace dfs::namenode {
namespace {

// StorageTypeProto
constexpr uint8_t kDisk = 1, kSsd = 2, kArchive = 3, kRamDisk = 4, kNvdimm = 6;

// The storage type that the policy (BlockStoragePolicySuite) wants for the replica of this index.
uint8_t wanted_type(uint8_t policy, size_t index) {
  switch (policy) {
    case 2:
      return kArchive;  // COLD
    case 5:
      return index == 0 ? kDisk : kArchive;  // WARM
    case 10:
      return index == 0 ? kSsd : kDisk;  // ONE_SSD
    case 12:
      return kSsd;  // ALL_SSD
    case 14:
      return kNvdimm;  // ALL_NVDIMM
    case 15:
      return index == 0 ? kRamDisk : kDisk;  // LAZY_PERSIST
    default:
      return kDisk;  // HOT, and inherited
  }
}

bool is_at(const Datanode& datanode, const std::string& address) {
  const Registration& registration = datanode.registration;
  return address == registration.transfer_address() ||
         address == fmt::format("{}:{}", registration.host_name, registration.transfer_port);
}

}  // namespace

struct Placement::Attempt {
  Attempt(const PlacementRequest& what, TimePoint when) : request(what), now(when) {}
  const PlacementRequest& request;
  TimePoint now;
  std::unordered_set<std::string> taken;  // DataNodes, by uuid
  std::vector<std::string> racks;         // of the replicas there are and those chosen, in order
  std::vector<StorageNumber> chosen;
  size_t per_rack_max = 0;
  bool is_new_block = true;
};

size_t Placement::random_below(size_t limit) {
  return limit <= 1 ? 0 : size_t(random_() % limit);
}

std::vector<StorageNumber> Placement::choose(const PlacementRequest& request, TimePoint now) {
  Attempt attempt(request, now);
  attempt.taken.insert(request.excluded.begin(), request.excluded.end());
  for (StorageNumber storage : request.present) {
    const Storage* held = datanodes_.find(storage);
    if (held) attempt.taken.insert(held->datanode_uuid);
    if (const Datanode* datanode = datanodes_.datanode_of(storage)) attempt.racks.push_back(datanode->location);
  }
  attempt.is_new_block = request.present.empty();
  const std::vector<const Datanode*>& alive = datanodes_.alive();
  std::unordered_set<std::string_view> racks;
  for (const Datanode* datanode : alive) racks.insert(datanode->location);
  size_t total = request.count + attempt.racks.size();
  attempt.per_rack_max = racks.size() <= 1 ? total : (total - 1) / racks.size() + 2;
  for (const std::string& favored : request.favored) {
    if (attempt.chosen.size() >= request.count) break;
    for (const Datanode* datanode : alive) {
      if (is_at(*datanode, favored)) choose_from(attempt, Care::kSpaceOnly, {datanode});
    }
  }
  while (attempt.chosen.size() < request.count && choose_one(attempt)) {
  }
  return std::move(attempt.chosen);
}

bool Placement::choose_one(Attempt& attempt) {
  const std::vector<const Datanode*>& alive = datanodes_.alive();
  if (attempt.racks.empty() && !attempt.request.no_local_write && !attempt.request.client_address.empty()) {
    std::vector<const Datanode*> local;
    for (const Datanode* datanode : alive) {
      if (datanode->registration.ip_address == attempt.request.client_address) local.push_back(datanode);
    }
    if (!local.empty() && choose_from(attempt, Care::kEverything, local)) return true;
  }
  for (Care care : {Care::kEverything, Care::kAnyRack, Care::kSpaceOnly}) {
    if (choose_from(attempt, care, alive)) return true;
  }
  return false;
}

bool Placement::choose_from(Attempt& attempt, Care care, const std::vector<const Datanode*>& from) {
  double load_max = 2.0 * datanodes_.average_xceivers();
  std::vector<const Datanode*> left = from;
  for (size_t i = 0; i < left.size(); ++i) {
    std::swap(left[i], left[i + random_below(left.size() - i)]);
    const Datanode& datanode = *left[i];
    if (!datanode.alive || datanode.admin_state != AdminState::kNormal) continue;
    if (attempt.taken.contains(datanode.registration.datanode_uuid)) continue;
    if (care != Care::kSpaceOnly) {
      if (datanodes_.is_stale(datanode, attempt.now)) continue;
      if (left.size() > 1 && load_max > 0 && datanode.xceiver_count > load_max) continue;
    }
    if (care == Care::kEverything && !rack_suits(attempt, datanode)) continue;
    StorageNumber storage = storage_on(attempt, datanode, care);
    if (storage == StorageNumber{}) continue;
    attempt.chosen.push_back(storage);
    attempt.taken.insert(datanode.registration.datanode_uuid);
    attempt.racks.push_back(datanode.location);
    return true;
  }
  return false;
}

bool Placement::rack_suits(const Attempt& attempt, const Datanode& datanode) const {
  const std::vector<std::string>& racks = attempt.racks;
  if (size_t(std::ranges::count(racks, datanode.location)) >= attempt.per_rack_max) return false;
  if (racks.size() == 1) return datanode.location != racks[0];
  if (racks.size() == 2) {
    if (racks[0] == racks[1]) return datanode.location != racks[0];
    return datanode.location == (attempt.is_new_block ? racks[1] : racks[0]);
  }
  return true;
}

StorageNumber Placement::storage_on(const Attempt& attempt, const Datanode& datanode, Care care) {
  uint64_t size = std::max<uint64_t>(attempt.request.block_size, 1);
  uint8_t wanted = wanted_type(attempt.request.storage_policy, attempt.racks.size());
  std::vector<StorageNumber> fitting;
  for (StorageNumber number : datanode.storages) {
    const Storage& storage = *datanodes_.find(number);
    if (storage.standing != Standing::kLive || storage.last_report.read_only) continue;
    if (care != Care::kSpaceOnly && storage.last_report.storage_type != wanted) continue;
    if (storage.last_report.remaining_bytes / size < uint64_t(storage.scheduled) + 1) continue;
    fitting.push_back(number);
  }
  return fitting.empty() ? StorageNumber{} : fitting[random_below(fitting.size())];
}

}  // namespace dfs::namenode
