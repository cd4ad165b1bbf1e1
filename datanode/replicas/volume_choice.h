#pragma once

#include <array>
#include <random>
#include <vector>

#include "datanode/replicas/volume.h"

namespace dfs::datanode {

// Which of several volumes takes a new replica (VolumeChoosingPolicy). Not thread-safe.
class VolumeChoice {
 public:
  enum class Policy { kRoundRobin, kAvailableSpace };
  struct Settings {
    Policy policy = Policy::kRoundRobin;
    // Of kAvailableSpace: volumes whose free space differs by at most so much take turns; otherwise each replica goes
    // with this likelihood to one of those that have more than the emptiest by that much.
    uint64_t balanced_bytes = 10ull << 30;
    double preference = 0.75;
    uint64_t seed = 0;  // 0: a random one
  };
  explicit VolumeChoice(Settings settings);

  // One of `candidates` with room for `bytes`; null if none has it.
  Volume* choose(const std::vector<Volume*>& candidates, uint64_t bytes);

 private:
  struct Candidate {
    Volume* volume;
    uint64_t available_bytes;
  };
  static Volume* next(const std::vector<Candidate>& candidates, uint64_t bytes, size_t& turn);

  struct Turns {
    size_t all = 0, high = 0, low = 0;
  };

  const Settings settings_;
  std::mt19937_64 random_;
  std::array<Turns, 8> turns_;  // by the candidates' type, 0 for mixed ones
};

}  // namespace dfs::datanode
