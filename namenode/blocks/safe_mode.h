#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "namenode/datanodes/datanode_map.h"
#include "namenode/store/tables.h"
#include "proto/base/clock.h"
#include "proto/base/ids.h"

namespace dfs::namenode {

// Whether the NameNode refuses changes: after a start until enough blocks can be read, or because somebody said so
// (BlockManagerSafeMode).
//
// Blocks are counted by walking through them beside the remembered locations, a bounded number of rows at a time; a
// block counts once a finalized replica lies in a storage whose DataNode has registered. A walk ends early when too
// many blocks are missing, and begins anew when storages or rows have changed, so that nothing is kept per block.
// Blocks under construction have nothing to wait for and count as safe. Lives on the namespace thread.
class SafeMode {
 public:
  struct Limits {
    double threshold = 0.999;                // dfs.namenode.safemode.threshold-pct
    uint32_t datanodes_min = 0;              // dfs.namenode.safemode.min.datanodes
    std::chrono::milliseconds extension{0};  // dfs.namenode.safemode.extension: ours deletes nothing unconfirmed,
                                             // so it need not wait for late reports
  };
  explicit SafeMode(Limits limits) : limits_(limits) {}

  // Before this it is active. An empty namespace with enough DataNodes leaves at once.
  void start(uint64_t block_count, size_t live_datanodes);
  // Storages came or went, or replicas were reported: count again.
  void note_change() { changed_ = true; }
  Result<void> update(const View& view, const DatanodeMap& datanodes, TimePoint now, size_t rows_max);

  // update() has more rows to look at.
  bool counting() const { return phase_ == Phase::kCounting && walk_.running; }
  bool active() const { return manual_ || resources_low_ || phase_ != Phase::kOff; }
  // Since the start; not by hand.
  bool starting() const { return phase_ != Phase::kOff; }
  void enter() { manual_ = true; }
  // Also that of the start; not that of low resources, which ends when they are there again.
  void leave();
  void set_resources_low(bool low);

  // Why, as FSNamesystem.getSafeModeTip words it; empty when off.
  std::string tip(size_t live_datanodes, TimePoint now) const;

 private:
  enum class Phase : uint8_t { kCounting, kExtension, kOff };
  struct Walk {
    bool running = false;
    std::string from;  // next key in kBlockIndex
    uint64_t seen = 0, missing = 0;
  };
  uint64_t needed(uint64_t total) const { return uint64_t(double(total) * limits_.threshold); }
  Result<void> walk_on(const View& view, const DatanodeMap& datanodes, size_t blocks_max);
  Result<uint64_t> count_missing(const View& view, const DatanodeMap& datanodes, const std::vector<BlockId>& blocks);

  Limits limits_;
  Phase phase_ = Phase::kCounting;
  bool manual_ = false;
  bool resources_low_ = false;
  bool changed_ = true;
  bool reached_ = false;
  Walk walk_;
  uint64_t total_ = 0;
  uint64_t safe_ = 0;  // as of the last walk
  TimePoint extension_ends_{};
};

}  // namespace dfs::namenode
