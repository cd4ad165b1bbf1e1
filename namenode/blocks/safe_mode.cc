#include "namenode/blocks/safe_mode.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "namenode/blocks/stored_block.h"
#include "proto/base/bytes.h"
#include "proto/base/log.h"

namespace dfs::namenode {
namespace {

constexpr size_t kBlocksPerStep = 1000;

BlockId block_of_replica_key(std::string_view key) {
  return BlockId(load_big_endian<uint64_t>(key.data()));
}

}  // namespace

void SafeMode::start(uint64_t block_count, size_t live_datanodes) {
  total_ = block_count;
  reached_ = needed(total_) == 0;
  if (reached_ && live_datanodes >= limits_.datanodes_min) phase_ = Phase::kOff;
}

void SafeMode::leave() {
  const bool was_active = active();
  manual_ = false;
  phase_ = Phase::kOff;
  if (was_active && !active()) log::info("STATE* Safe mode is OFF");
}

void SafeMode::set_resources_low(bool low) {
  if (low == resources_low_) return;
  resources_low_ = low;
  log::info("STATE* Safe mode is {}", active() ? "ON" : "OFF");
}

Result<void> SafeMode::update(const View& view, const DatanodeMap& datanodes, TimePoint now, size_t rows_max) {
  if (phase_ == Phase::kOff) return {};
  if (phase_ == Phase::kCounting) {
    if (!reached_) {
      if (!walk_.running && changed_) {
        changed_ = false;
        walk_ = Walk{};
        walk_.running = true;
        DFS_TRY(total_, counter(view, Counter::kBlockCount));
      }
      for (size_t blocks = 0; walk_.running && blocks < rows_max; blocks += kBlocksPerStep) {
        DFS_TRY_OK(walk_on(view, datanodes, kBlocksPerStep));
      }
    }
    if (!reached_ || datanodes.live_count() < limits_.datanodes_min) return {};
    phase_ = Phase::kExtension;
    extension_ends_ = now + limits_.extension;
  }
  if (now >= extension_ends_) {
    phase_ = Phase::kOff;
    if (!active()) log::info("STATE* Safe mode is OFF");
  }
  return {};
}

Result<void> SafeMode::walk_on(const View& view, const DatanodeMap& datanodes, size_t blocks_max) {
  std::vector<BlockId> blocks;
  bool more = false;
  DFS_TRY_OK(view.scan(Table::kBlockIndex, "", walk_.from, [&](std::string_view key, std::string_view) {
    if (blocks.size() == blocks_max) {
      walk_.from = std::string(key);
      more = true;
      return false;
    }
    blocks.push_back(BlockId(load_big_endian<uint64_t>(key.data())));
    return true;
  }));
  DFS_TRY(uint64_t missing, count_missing(view, datanodes, blocks));
  walk_.seen += blocks.size();
  walk_.missing += missing;
  uint64_t total = std::max(total_, walk_.seen);
  bool hopeless = walk_.missing > total - needed(total);
  if (more && !hopeless) return {};
  walk_.running = false;
  total_ = more ? total : walk_.seen;
  safe_ = walk_.seen - walk_.missing;
  reached_ = !more && safe_ >= needed(total_);
  return {};
}

Result<uint64_t> SafeMode::count_missing(const View& view, const DatanodeMap& datanodes,
                                         const std::vector<BlockId>& blocks) {
  if (blocks.empty()) return 0;
  std::unordered_set<BlockId> located;
  Result<void> decoded;
  DFS_TRY_OK(
      view.scan(Table::kReplicas, "", block_key(blocks.front()), [&](std::string_view key, std::string_view value) {
        BlockId block = block_of_replica_key(key);
        if (block > blocks.back()) return false;
        if (datanodes.datanode_of(storage_of_replica_key(key)) == nullptr ||
            datanodes.standing(storage_of_replica_key(key)) == Standing::kGone) {
          return true;
        }
        Result<ReplicaRow> row = decode<ReplicaRow>(value);
        if (!row) {
          decoded = std::unexpected(std::move(row).error());
          return false;
        }
        if (row->state == ReplicaRowState::kFinalized) located.insert(block);
        return true;
      }));
  DFS_TRY_OK(std::move(decoded));
  std::vector<BlockId> others;
  std::ranges::remove_copy_if(blocks, std::back_inserter(others),
                              [&](BlockId block) { return located.contains(block); });
  DFS_TRY(std::vector<std::optional<StoredBlock>> stored, find_blocks(view, others));
  return uint64_t(std::ranges::count_if(stored, [](const std::optional<StoredBlock>& block) {
    return block && block->row.state == BlockState::kComplete;
  }));
}

std::string SafeMode::tip(size_t live_datanodes, TimePoint now) const {
  if (!active()) return {};
  if (resources_low_) {
    return "Resources are low on NN. Please add or free up more resources: safe mode is turned off by itself when "
           "there "
           "is room again.";
  }
  if (manual_) {
    return "It was turned on manually. Use \"hdfs dfsadmin -safemode leave\" to turn safe mode off.";
  }
  std::string tip;
  uint64_t threshold = needed(total_);
  if (!reached_) {
    uint64_t safe = std::min(safe_, threshold);
    tip = fmt::format(
        "The reported blocks {} needs additional {} blocks to reach the threshold {:.4f} of total blocks {}.\n", safe,
        threshold - safe, limits_.threshold, total_);
  } else {
    tip = fmt::format("The reported blocks {} has reached the threshold {:.4f} of total blocks {}. ", safe_,
                      limits_.threshold, total_);
  }
  if (limits_.datanodes_min == 0) {
    tip += "The minimum number of live datanodes is not required. ";
  } else if (!reached_) {
    tip += "The number of live datanodes is not calculated since reported blocks hasn't reached the threshold. ";
  } else if (live_datanodes < limits_.datanodes_min) {
    tip += fmt::format(
        "The number of live datanodes {} needs an additional {} live datanodes to reach the minimum number {}.\n",
        live_datanodes, limits_.datanodes_min - live_datanodes, limits_.datanodes_min);
  } else {
    tip += fmt::format("The number of live datanodes {} has reached the minimum number {}. ", live_datanodes,
                       limits_.datanodes_min);
  }
  if (phase_ == Phase::kExtension) {
    auto left =
        std::chrono::duration_cast<std::chrono::seconds>(std::max(extension_ends_ - now, TimePoint::duration{}));
    return tip + fmt::format("In safe mode extension. Safe mode will be turned off automatically in {} seconds.",
                             left.count());
  }
  return tip + "Safe mode will be turned off automatically once the thresholds have been reached.";
}

}  // namespace dfs::namenode
