#include "namenode/blocks/excess.h"

#include <algorithm>
#include <map>

namespace dfs::namenode {
namespace {

using Racks = std::map<std::string_view, size_t>;

Racks count_racks(const std::vector<ExcessCandidate>& replicas) {
  Racks racks;
  for (const ExcessCandidate& replica : replicas) ++racks[replica.rack];
  return racks;
}

// useDelHint: the mover chose a target that makes up for it.
bool may_move(const std::vector<ExcessCandidate>& replicas, const ExcessCandidate& from, const ReplicaMove& move) {
  Racks racks = count_racks(replicas);
  if (racks[from.rack] > 1) return true;
  auto to = std::ranges::find(replicas, move.to, &ExcessCandidate::datanode_uuid);
  return to != replicas.end() && racks[to->rack] == 1;
}

}  // namespace

std::vector<StorageNumber> choose_excess(std::vector<ExcessCandidate> replicas, size_t keep,
                                         std::vector<uint8_t> excess_types, const ReplicaMove& move,
                                         TimePoint silent_since) {
  std::vector<StorageNumber> chosen;
  auto is_excess = [&](const ExcessCandidate& replica) {
    return std::ranges::find(excess_types, replica.storage_type) != excess_types.end();
  };
  while (replicas.size() > keep) {
    auto victim = replicas.end();
    if (chosen.empty() && !move.from.empty()) {
      auto from = std::ranges::find(replicas, move.from, &ExcessCandidate::datanode_uuid);
      if (from != replicas.end() && is_excess(*from) && may_move(replicas, *from, move)) victim = from;
    }
    if (victim == replicas.end()) {
      Racks racks = count_racks(replicas);
      const bool spare_single_ones =
          racks.size() == 2 && std::ranges::any_of(racks, [](const auto& rack) { return rack.second > 1; });
      auto rank = [&](const ExcessCandidate& replica) {
        const bool silent = replica.last_heartbeat < silent_since;
        return std::tuple(!silent, silent ? replica.last_heartbeat : TimePoint(), replica.remaining_bytes);
      };
      for (auto replica = replicas.begin(); replica != replicas.end(); ++replica) {
        if (!is_excess(*replica) || (spare_single_ones && racks[replica->rack] < 2)) continue;
        if (victim == replicas.end() || rank(*replica) < rank(*victim)) victim = replica;
      }
    }
    if (victim == replicas.end()) break;
    chosen.push_back(victim->storage);
    excess_types.erase(std::ranges::find(excess_types, victim->storage_type));
    replicas.erase(victim);
  }
  return chosen;
}

}  // namespace dfs::namenode
