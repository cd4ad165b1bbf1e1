#include "namenode/blocks/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "namenode/blocks/storage_policy.h"

namespace dfs::namenode {
namespace {

bool is_at(const Datanode& datanode, const std::string& address) {
  const Registration& registration = datanode.registration;
  return address == registration.transfer_address() ||
         address == fmt::format("{}:{}", registration.host_name, registration.transfer_port);
}

// The order of Java's enum StorageType, in which Hadoop tries the types that a policy asks for.
int rank_of(uint8_t storage_type) {
  constexpr int kRanks[] = {7, 2, 1, 3, 0, 4, 5};  // by StorageTypeProto
  return storage_type < std::size(kRanks) ? kRanks[storage_type] : 7;
}

const StoragePolicy& policy_or_default(uint8_t id) {
  const StoragePolicy* policy = find_storage_policy(id == 0 ? kDefaultPolicy : id);
  return policy ? *policy : *find_storage_policy(kDefaultPolicy);
}

}  // namespace

int rack_distance(std::string_view one, std::string_view other) {
  auto depth = [](std::string_view path) { return int(std::ranges::count(path, '/')); };
  const size_t shorter = std::min(one.size(), other.size());
  size_t same = 0;
  for (size_t i = 0; i <= shorter; ++i) {
    const bool ends = (i == one.size() || one[i] == '/') && (i == other.size() || other[i] == '/');
    if (ends) same = i;
    if (i == shorter || one[i] != other[i]) break;
  }
  const int common = depth(one.substr(0, same));
  return depth(one) + depth(other) - 2 * common + 2;
}

struct Placement::Attempt {
  Attempt(const PlacementRequest& what, TimePoint when)
      : request(what), policy(policy_or_default(what.storage_policy)), now(when) {}

  struct Replica {
    StorageNumber storage;
    const Datanode* datanode;
    uint8_t type;
  };

  const PlacementRequest& request;
  const StoragePolicy& policy;
  TimePoint now;
  const Datanode* writer = nullptr;
  std::unordered_set<std::string> taken;  // DataNodes, by uuid
  std::vector<Replica> replicas;          // those there are, then those chosen
  size_t present = 0;                     // of the former
  size_t total = 0;
  size_t per_rack_max = 0;
  std::vector<uint8_t> types;  // still wanted, one for each replica, in Hadoop's order
  Care care = Care::kEverything;

  bool complete() const { return replicas.size() >= total; }
  bool is_new_block() const { return present == 0; }
};

size_t Placement::random_below(size_t limit) {
  return limit <= 1 ? 0 : size_t(random_() % limit);
}

std::vector<StorageNumber> Placement::choose(const PlacementRequest& request, TimePoint now) {
  Attempt attempt(request, now);
  attempt.taken.insert(request.excluded.begin(), request.excluded.end());
  for (StorageNumber number : request.present) {
    const Storage* storage = datanodes_.find(number);
    const Datanode* datanode = datanodes_.datanode_of(number);
    if (storage) attempt.taken.insert(storage->datanode_uuid);
    if (datanode) attempt.replicas.push_back({number, datanode, storage->last_report.storage_type});
  }
  attempt.present = attempt.replicas.size();
  // BlockPlacementPolicyDefault.getMaxNodesPerRack
  attempt.total = std::min(attempt.present + request.count, std::max(datanodes_.live_count(), attempt.present));
  const size_t racks = datanodes_.rack_count();
  attempt.per_rack_max = attempt.total;
  if (racks > 1 && attempt.total > 1) {
    attempt.per_rack_max = (attempt.total - 1) / racks + 2;
    if (attempt.per_rack_max == attempt.total) --attempt.per_rack_max;
  }
  if (!request.source.empty()) {
    attempt.writer = datanodes_.find(request.source);
  } else if (!request.client_address.empty()) {
    std::vector<const Datanode*> local;
    for (const Datanode* datanode : datanodes_.alive()) {
      if (datanode->registration.ip_address == request.client_address) local.push_back(datanode);
    }
    if (!local.empty()) attempt.writer = local[random_below(local.size())];
  }

  for (const std::string& favored : request.favored) {
    if (attempt.complete()) break;
    attempt.types = missing_storage_types(attempt.policy, request.count, {}, {}, true);
    for (const Datanode* datanode : datanodes_.in_service()) {
      if (!is_at(*datanode, favored) || !is_good(attempt, *datanode, false)) continue;
      for (uint8_t type : attempt.types) {
        if (place_on(attempt, *datanode, type)) break;
      }
    }
  }
  const bool keeps_away = request.no_local_write && attempt.writer &&
                          attempt.taken.insert(attempt.writer->registration.datanode_uuid).second;
  place(attempt);
  if (keeps_away && !attempt.complete()) {
    attempt.taken.erase(attempt.writer->registration.datanode_uuid);
    place(attempt);
  }

  // The shortest way from the writer over all of them (getPipeline).
  std::vector<Attempt::Replica> chosen(attempt.replicas.begin() + ptrdiff_t(attempt.present), attempt.replicas.end());
  const Datanode* from = attempt.writer ? attempt.writer : chosen.empty() ? nullptr : chosen.front().datanode;
  std::vector<StorageNumber> pipeline;
  while (!chosen.empty()) {
    auto next = std::ranges::min_element(chosen, {}, [&](const Attempt::Replica& replica) {
      return replica.datanode == from ? 0 : rack_distance(replica.datanode->location(), from->location());
    });
    pipeline.push_back(next->storage);
    from = next->datanode;
    chosen.erase(next);
  }
  return pipeline;
}

void Placement::place(Attempt& attempt) {
  for (Care care : {Care::kEverything, Care::kStaleToo, Care::kBusyToo}) {
    attempt.care = care;
    std::set<uint8_t> unavailable;
    while (!attempt.complete()) {
      std::vector<uint8_t> chosen;
      for (const Attempt::Replica& replica : attempt.replicas) chosen.push_back(replica.type);
      attempt.types = missing_storage_types(attempt.policy, attempt.total, chosen, unavailable, attempt.is_new_block());
      std::ranges::sort(attempt.types, {}, rank_of);
      while (!attempt.complete() && !attempt.types.empty() && place_next(attempt)) {
      }
      if (attempt.complete() || attempt.types.empty() || care == Care::kEverything) break;
      const size_t before = unavailable.size();
      unavailable.insert(attempt.types.begin(), attempt.types.end());
      if (unavailable.size() == before) break;
    }
    if (attempt.complete()) return;
  }
}

// BlockPlacementPolicyDefault.chooseTargetInOrder
bool Placement::place_next(Attempt& attempt) {
  const std::vector<Attempt::Replica>& replicas = attempt.replicas;
  const auto anywhere = [&] { return place_among(attempt, datanodes_.in_service(), nullptr); };
  if (replicas.empty()) {
    if (!attempt.writer) return anywhere();
    if (is_good(attempt, *attempt.writer, false)) {
      for (uint8_t type : attempt.types) {
        if (place_on(attempt, *attempt.writer, type)) return true;
      }
    }
    return place_in_rack_of(attempt, *attempt.writer);
  }
  const Datanode& first = *replicas[0].datanode;
  if (replicas.size() == 1) return place_away_from(attempt, first);
  if (replicas.size() == 2) {
    const Datanode& second = *replicas[1].datanode;
    if (first.location() == second.location()) return place_away_from(attempt, first);
    if (attempt.is_new_block()) return place_in_rack_of(attempt, second);
    return place_in_rack_of(attempt, attempt.writer ? *attempt.writer : first);
  }
  return anywhere();
}

// In this rack, else in that of another replica, else anywhere (chooseLocalRack).
bool Placement::place_in_rack_of(Attempt& attempt, const Datanode& datanode) {
  if (place_among(attempt, datanodes_.in_service_in(datanode.location()), nullptr)) return true;
  for (const Attempt::Replica& replica : attempt.replicas) {
    if (replica.datanode == &datanode) continue;
    if (place_among(attempt, datanodes_.in_service_in(replica.datanode->location()), nullptr)) return true;
    break;
  }
  return place_among(attempt, datanodes_.in_service(), nullptr);
}

// In another rack, else in this one (chooseRemoteRack).
bool Placement::place_away_from(Attempt& attempt, const Datanode& datanode) {
  return place_among(attempt, datanodes_.in_service(), &datanode.location()) ||
         place_among(attempt, datanodes_.in_service_in(datanode.location()), nullptr);
}

bool Placement::place_among(Attempt& attempt, const std::vector<const Datanode*>& datanodes,
                            const std::string* not_in_rack) {
  std::vector<const Datanode*> left = datanodes;
  const std::vector<uint8_t> types = attempt.types;
  for (size_t t = 0; t < types.size(); ++t) {
    if (t > 0 && types[t] == types[t - 1]) continue;
    for (size_t i = 0; i < left.size(); ++i) {
      std::swap(left[i], left[i + random_below(left.size() - i)]);
      const Datanode& datanode = *left[i];
      if (not_in_rack && datanode.location() == *not_in_rack) continue;
      if (is_good(attempt, datanode, datanodes.size() > 1) && place_on(attempt, datanode, types[t])) return true;
    }
  }
  return false;
}

bool Placement::is_good(const Attempt& attempt, const Datanode& datanode, bool consider_load) const {
  if (!datanode.alive || datanode.admin_state != AdminState::kNormal || !datanode.admitted) return false;
  if (attempt.taken.contains(datanode.registration.datanode_uuid)) return false;
  if (attempt.care == Care::kEverything && datanodes_.is_stale(datanode, attempt.now)) return false;
  if (attempt.care == Care::kBusyToo) return true;
  const double load_max = 2.0 * datanodes_.average_xceivers();
  if (consider_load && load_max > 0 && datanode.xceiver_count > load_max) return false;
  const auto in_rack = std::ranges::count_if(attempt.replicas, [&](const Attempt::Replica& replica) {
    return replica.datanode->location() == datanode.location();
  });
  return size_t(in_rack) < attempt.per_rack_max;
}

bool Placement::place_on(Attempt& attempt, const Datanode& datanode, uint8_t type) {
  const uint64_t size = std::max<uint64_t>(attempt.request.block_size, 1);
  std::vector<StorageNumber> fitting;
  for (StorageNumber number : datanode.storages) {
    const Storage& storage = *datanodes_.find(number);
    if (storage.standing != Standing::kLive || storage.last_report.read_only) continue;
    if (storage.last_report.storage_type != type) continue;
    if (storage.last_report.remaining_bytes / size < uint64_t(storage.scheduled) + 1) continue;
    fitting.push_back(number);
  }
  if (fitting.empty()) return false;
  attempt.replicas.push_back({fitting[random_below(fitting.size())], &datanode, type});
  attempt.taken.insert(datanode.registration.datanode_uuid);
  attempt.types.erase(std::ranges::find(attempt.types, type));
  return true;
}

}  // namespace dfs::namenode
