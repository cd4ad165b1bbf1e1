#include "datanode/replicas/volume_choice.h"

#include <algorithm>

namespace dfs::datanode {

VolumeChoice::VolumeChoice(Settings settings)
    : settings_(settings), random_(settings.seed != 0 ? settings.seed : std::random_device()()) {}

Volume* VolumeChoice::choose(const std::vector<Volume*>& candidates, uint64_t bytes) {
  // The free space changes while we look at it.
  std::vector<Candidate> all;
  for (Volume* volume : candidates) all.push_back({volume, volume->available_bytes()});
  if (all.empty()) return nullptr;
  const StorageType type = candidates.front()->type();
  const bool is_mixed = !std::ranges::all_of(candidates, [&](const Volume* volume) { return volume->type() == type; });
  Turns& turns = turns_[is_mixed ? 0 : size_t(type)];
  if (settings_.policy == Policy::kRoundRobin) return next(all, bytes, turns.all);

  auto [least, most] = std::ranges::minmax(all, {}, &Candidate::available_bytes);
  if (most.available_bytes - least.available_bytes <= settings_.balanced_bytes) return next(all, bytes, turns.all);
  std::vector<Candidate> low, high;
  uint64_t most_of_low = 0;
  for (const Candidate& one : all) {
    const bool is_low = one.available_bytes <= least.available_bytes + settings_.balanced_bytes;
    (is_low ? low : high).push_back(one);
    if (is_low) most_of_low = std::max(most_of_low, one.available_bytes);
  }
  const double high_share = double(high.size()) * settings_.preference;
  const double low_share = double(low.size()) * (1 - settings_.preference);
  std::bernoulli_distribution takes_high(std::clamp(high_share / (high_share + low_share), 0.0, 1.0));
  if (most_of_low < bytes || takes_high(random_)) return next(high, bytes, turns.high);
  return next(low, bytes, turns.low);
}

Volume* VolumeChoice::next(const std::vector<Candidate>& candidates, uint64_t bytes, size_t& turn) {
  for (size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& one = candidates[(turn + i) % candidates.size()];
    if (one.available_bytes < bytes) continue;
    turn = (turn + i + 1) % candidates.size();
    return one.volume;
  }
  return nullptr;
}

}  // namespace dfs::datanode
