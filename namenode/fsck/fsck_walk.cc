#include "namenode/fsck/fsck_walk.h"

#include <fmt/format.h>

namespace dfs::namenode {
namespace {

// One part of a walk: whichever is reached first.
constexpr size_t kBytesAtOnce = 64 << 10;
constexpr size_t kEntriesAtOnce = 500;
constexpr size_t kBlocksAtOnce = 2000;

std::string below(const std::string& directory, const std::string& name) {
  return directory == "/" ? "/" + name : directory + "/" + name;
}

}  // namespace

FsckWalk::FsckWalk(const FsckOptions& options, const Query& query) : options_(options), query_(query) {
  if (options_.storage_policies) policies_.emplace();
}

Result<bool> FsckWalk::begin() {
  DFS_TRY(top_, file_status(query_, options_.path, FollowLink::kYes, WithLocations::kYes));
  return top_.has_value();
}

Result<bool> FsckWalk::advance(std::string& out) {
  if (top_) {
    const FileStatus top = *std::exchange(top_, std::nullopt);
    DFS_TRY_OK(check(options_.path, top, out));
  }
  blocks_looked_at_ = 0;
  for (size_t i = 0; i < kEntriesAtOnce && out.size() < kBytesAtOnce && blocks_looked_at_ < kBlocksAtOnce; ++i) {
    if (levels_.empty()) return false;
    DFS_TRY(bool more, check_level(out));
    if (!more) levels_.pop_back();
  }
  return true;
}

// The next entry of the innermost directory; false when it has no more.
Result<bool> FsckWalk::check_level(std::string& out) {
  Level& level = levels_.back();
  if (!std::exchange(level.begun, true)) {
    if (options_.files) out += level.path + " <dir>\n";
    ++result_.directories;
  }
  if (level.next == level.entries.size()) {
    if (!level.more) return false;
    DFS_TRY(std::optional<Listing> listing, list(query_, level.path, level.start_after, WithLocations::kYes));
    if (!listing || listing->entries.empty()) return false;
    level.more = listing->remaining > 0;
    level.entries = std::move(listing->entries);
    level.start_after = level.entries.back().name;
    level.next = 0;
  }
  // A copy: what it leads to may be a level of its own, for which the levels move.
  const FileStatus status = std::move(level.entries[level.next++]);
  DFS_TRY_OK(check(below(level.path, status.name), status, out));
  return true;
}

Result<void> FsckWalk::check(const std::string& path, const FileStatus& status, std::string& out) {
  if ((result_.directories + result_.symlinks + result_.files) % 1000 == 0) out += "\n";
  switch (status.inode->type) {
    case InodeType::kDirectory:
      levels_.push_back({.path = path});
      // Before what it has now.
      if (options_.include_snapshots && status.snapshottable) levels_.push_back({.path = below(path, ".snapshot")});
      return {};
    case InodeType::kSymlink:
      if (options_.files) out += path + " <symlink>\n";
      ++result_.symlinks;
      return {};
    case InodeType::kFile:
      break;
  }
  return check_file(path, status, out);
}

Result<void> FsckWalk::check_file(const std::string& path, const FileStatus& status, std::string& out) {
  DFS_TRY_OK(query_.permissions().check_inode(*status.inode, path, Access::kRead));
  if (!status.locations) return fail(ErrorCode::kIllegalState, path + " was listed without its blocks");
  const LocatedBlocks& blocks = *status.locations;
  if (!summarize(path, status, blocks, out)) return {};
  OfFile file;
  size_t number = 0;
  const bool unfinished = !blocks.last_complete && blocks.last;
  for (const LocatedBlock& located : blocks.blocks) {
    if (unfinished && located.id == blocks.last->id) continue;
    DFS_TRY_OK(check_block(path, status, located, number++, file, out));
  }
  if (unfinished) DFS_TRY_OK(show_unfinished(blocks, number, file));
  if (file.missing > 0 || file.corrupt > 0) {
    if (!options_.files) {
      if (file.missing > 0) {
        out += fmt::format("\n{}: MISSING {} blocks of total size {} B.", path, file.missing, file.missing_bytes);
      }
      if (file.corrupt > 0) {
        out += fmt::format("\n{}: CORRUPT {} blocks of total size {} B.", path, file.corrupt, file.corrupt_bytes);
      }
    }
    ++result_.corrupt_files;
    if (!blocks.under_construction) damaged_.push_back(path);
  }
  if (!options_.files) return {};
  if (file.missing > 0) {
    out += fmt::format(" MISSING {} blocks of total size {} B\n", file.missing, file.missing_bytes);
  }
  if (file.corrupt > 0) {
    out += fmt::format(" CORRUPT {} blocks of total size {} B\n", file.corrupt, file.corrupt_bytes);
  }
  if (file.missing + file.corrupt + file.under_replicated + file.mis_replicated == 0) out += " OK\n";
  if (options_.blocks) out += file.report + "\n";
  return {};
}

// False for an open file that is passed over.
bool FsckWalk::summarize(const std::string& path, const FileStatus& status, const LocatedBlocks& blocks,
                         std::string& out) {
  const uint64_t length = status.inode->length;
  const size_t count = blocks.blocks.size();
  const bool open = blocks.under_construction;
  if (open && !options_.open_for_write) {
    result_.open_bytes += length;
    result_.open_blocks += count;
    ++result_.open_files;
    return false;
  }
  ++result_.files;
  result_.bytes += length;
  result_.blocks += count;
  if (open || options_.files) {
    out += fmt::format("{} {} bytes, replicated: replication={}, {} block(s){}: ", path, length,
                       status.inode->replication, count, open ? ", OPENFORWRITE" : "");
  } else if (result_.files % 100 == 0) {
    out += '.';
  }
  return true;
}

Result<void> FsckWalk::check_block(const std::string& path, const FileStatus& status, const LocatedBlock& located,
                                   size_t number, OfFile& file, std::string& out) {
  ++blocks_looked_at_;
  const BlockRow row{.id = located.id,
                     .generation_stamp = located.generation_stamp,
                     .length = located.length,
                     .state = BlockState::kComplete};
  DFS_TRY(BlockHealth health, health_of(query_, row));
  const uint32_t total = health.total(), wanted = status.inode->replication;
  const std::string name = name_of(located);
  result_.decommissioned += health.decommissioned;
  result_.decommissioning += health.decommissioning;
  result_.entering_maintenance += health.entering_maintenance;
  result_.in_maintenance += health.in_maintenance;
  result_.replicas += total;
  result_.expected_replicas += wanted;
  const bool missing = total == 0, corrupt = located.corrupt;
  if (total < query_.settings.replication_min) ++result_.under_minimum;
  if (health.live > wanted) ++result_.over_replicated;
  if (corrupt) {
    ++result_.corrupt_blocks;
    result_.corrupt_bytes += located.length;
    ++file.corrupt;
    file.corrupt_bytes += located.length;
    out +=
        fmt::format("\n{}: CORRUPT blockpool {} block blk_{}\n", path, query_.settings.block_pool_id, raw(located.id));
  }
  if (total >= query_.settings.replication_min) ++result_.minimally_replicated;
  if (total < wanted && !missing) {
    result_.missing_replicas += wanted - total;
    ++result_.under_replicated;
    ++file.under_replicated;
    if (!options_.files) out += "\n" + path + ": ";
    out += fmt::format(
        " Under replicated {}. Target Replicas is {} but found {} live replica(s), {} decommissioned replica(s), {} "
        "decommissioning replica(s)",
        name, wanted, health.live, health.decommissioned, health.decommissioning);
    out += options_.maintenance ? fmt::format("{}, entering maintenance replica(s) and {} in maintenance replica(s).\n",
                                              health.entering_maintenance, health.in_maintenance)
                                : ".\n";
  }
  const RackSpread spread = rack_spread(query_.datanodes, health, uint16_t(wanted));
  if (!spread.is_satisfied()) {
    ++result_.mis_replicated;
    ++file.mis_replicated;
    if (!options_.files) out += (file.under_replicated == 0 ? "\n" : "") + path + ": ";
    out += fmt::format(
        " Replica placement policy is violated for {}. Block should be additionally replicated on {} more rack(s). "
        "Total number of racks in the cluster: {}\n",
        name, spread.required - spread.racks, spread.in_cluster);
    misplaced_.push_back(located.id);
  }
  if (policies_) {
    std::vector<uint8_t> types;
    for (const ReplicaHealth& replica : health.replicas) {
      if (!replica.corrupt || corrupt) types.push_back(replica.storage->storage_type);
    }
    policies_->add(std::move(types), status.storage_policy);
  }
  file.report += fmt::format("{}. {} len={}", number, name, located.length);
  if (missing && !corrupt) {
    file.report += " MISSING!";
    ++result_.missing_blocks;
    result_.missing_bytes += located.length;
    ++file.missing;
    file.missing_bytes += located.length;
  } else {
    file.report += fmt::format(" Live_repl={}", health.live);
    const std::string replicas = replica_list(options_, health);
    if (!replicas.empty()) file.report += " " + replicas;
  }
  file.report += '\n';
  return {};
}

// The last block while it is being written: where its pipeline is.
Result<void> FsckWalk::show_unfinished(const LocatedBlocks& blocks, size_t number, OfFile& file) {
  const LocatedBlock& last = *blocks.last;
  const BlockRow row{.id = last.id,
                     .generation_stamp = last.generation_stamp,
                     .length = last.length,
                     .state = BlockState::kUnderConstruction};
  DFS_TRY(BlockHealth health, health_of(query_, row));
  file.report += fmt::format("\nUnder Construction Block:\n{}. {} len={} Expected_repl={}", number, name_of(last),
                             last.length, health.replicas.size());
  const std::string replicas = replica_list(options_, health);
  if (!replicas.empty()) file.report += " " + replicas;
  return {};
}

std::string FsckWalk::name_of(const LocatedBlock& block) const {
  return query_.settings.block_pool_id + ":" + block_name(block.id, block.generation_stamp);
}

std::string FsckWalk::policy_summary() const {
  return policies_ ? policies_->to_string() : "";
}

}  // namespace dfs::namenode
