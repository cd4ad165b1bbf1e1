// What changes while the DataNode runs: settings that are read again, and volumes that fail.
#include <fmt/format.h>

#include <algorithm>

#include "datanode/node/datanode_state.h"
#include "proto/base/log.h"

namespace dfs::datanode {

// FsDatasetImpl.hasEnoughResource
Result<void> DataNode::State::check_enough_volumes() const {
  const auto volumes = store->volumes();
  const size_t sound = size_t(std::ranges::count_if(volumes, [](const auto& volume) { return !volume->failed(); }));
  const size_t lost = store->lost_volumes().size();
  if (sound > 0 && lost <= settings.failed_volumes_tolerated.value_or(lost)) return {};
  return fail(
      ErrorCode::kDiskError,
      fmt::format("Too many failed volumes - current valid volumes: {}, volumes failed: {}, volume failures "
                  "tolerated: {}",
                  sound, lost,
                  settings.failed_volumes_tolerated ? std::to_string(*settings.failed_volumes_tolerated) : "-1"));
}

Task<void> DataNode::State::volume_failed(std::string directory) {
  auto enough = check_enough_volumes();
  link->trigger_report(false);
  co_await link->report_disk_error("DataNode failed volumes:" + directory + ";", !enough);
  if (!enough) fail_later(std::move(enough).error());
}

Result<ReconfigurationService::Values> DataNode::State::reread() {
  if (!settings.reread) return fail(ErrorCode::kIo, "This DataNode was started without files that could be read again");
  DFS_TRY(next, settings.reread());
  return next.properties;
}

Task<ReconfigurationService::Applied> DataNode::State::apply(std::string name) {
  ReconfigurationService::Applied applied{.value = next.properties[name], .error = {}};
  if (name == "dfs.datanode.data.dir") {
    auto changed = co_await change_directories(next.directories);
    link->trigger_report(false);
    if (!changed) {
      applied.error = changed.error().message();
      // What is in effect, so that the next attempt sees what is still to do.
      std::string effective;
      for (const Directory& one : settings.directories) effective += (effective.empty() ? "" : ",") + one.text;
      applied.value = effective;
    }
  } else if (name == "dfs.blockreport.intervalMsec") {
    link->set_block_report_interval(next.block_report_interval);
  } else if (name == "dfs.datanode.balance.max.concurrent.moves") {
    context->movers_max = next.balance_moves_max;
  } else if (name == "dfs.datanode.max.transfer.threads") {
    transfers->set_transfers_max(next.transfers_max);
  } else if (name == "dfs.datanode.balance.bandwidthPerSec") {
    context->balance_throttle.set(next.balance_bytes_per_second);
  }
  co_return applied;
}

// First come, then go (DataNode.refreshVolumes): a replica may be on both. What cannot be done does not keep the rest
// from being done.
Task<Result<void>> DataNode::State::change_directories(std::vector<Directory> wanted) {
  std::vector<Directory>& present = settings.directories;
  auto listed = [](const std::vector<Directory>& in, const Directory& one) {
    return std::ranges::find(in, one.path, &Directory::path);
  };
  std::vector<Directory> added, removed;
  for (const Directory& one : wanted) {
    auto known = listed(present, one);
    if (known == present.end()) {
      added.push_back(one);
    } else if (known->type != one.type) {
      co_return fail(ErrorCode::kIo, "Changing storage type is not allowed.");
    }
  }
  for (const Directory& one : present) {
    if (listed(wanted, one) == wanted.end()) removed.push_back(one);
  }
  std::string problems;
  for (const Directory& one : added) {
    auto done = co_await add_directory(one);
    if (done) {
      present.push_back(one);
    } else {
      problems += fmt::format("FAILED TO ADD: {}: {}\n", one.text, done.error().message());
    }
  }
  for (const Directory& one : removed) {
    const auto volumes = store->volumes();
    auto done = co_await store->remove_volume(one.path);
    if (!done) {
      problems += fmt::format("FAILED TO REMOVE: {}: {}\n", one.text, done.error().message());
      continue;
    }
    for (const auto& volume : volumes) {
      if (volume->directory() == one.path) keeper->end(*volume);
    }
    std::erase_if(present, [&](const Directory& known) { return known.path == one.path; });
  }
  if (!problems.empty()) co_return fail(ErrorCode::kIo, problems);
  co_return Result<void>{};
}

Task<Result<void>> DataNode::State::add_directory(Directory directory) {
  auto opened = co_await run_on(administration.executor(), [&]() -> Result<std::unique_ptr<Volume>> {
    DFS_TRY(std::unique_ptr<Volume> volume, Volume::open(volume_settings(directory)));
    // Here an empty directory is meant: somebody has just asked for it.
    if (!volume->is_formatted()) DFS_TRY_OK(volume->format({.uuid = uuid, .cluster_id = cluster_id}));
    if (volume->node().uuid != uuid) {
      return fail(ErrorCode::kIllegalState,
                  fmt::format("Root {}: DatanodeUuid={}, does not match {}: it belongs to another DataNode",
                              directory.path, volume->node().uuid, uuid));
    }
    return volume;
  });
  DFS_CO_TRY(std::unique_ptr<Volume> volume, std::move(opened));
  Volume& added = *volume;
  DFS_CO_TRY_OK(co_await store->add_volume(std::move(volume)));
  keeper->start(added);
  co_return Result<void>{};
}

}  // namespace dfs::datanode
