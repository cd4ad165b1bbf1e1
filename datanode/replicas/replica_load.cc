// Finding the replicas of a volume at start, and finishing what a crash interrupted (BlockPoolSlice.getVolumeMap).
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <map>

#include "datanode/replicas/replica_store.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {

Result<std::vector<ReplicaStore::FoundBlock>> ReplicaStore::list_blocks(Disk& disk, const std::string& directory) {
  DFS_TRY(std::vector<DirectoryEntry> entries, disk.list(directory));
  std::vector<FoundBlock> found;
  found.reserve(entries.size());
  for (const DirectoryEntry& entry : entries) {
    if (entry.is_directory) continue;
    if (auto id = parse_block_file_name(entry.name)) found.push_back({.id = *id, .data = true, .meta = {}});
    if (auto meta = parse_meta_file_name(entry.name)) found.push_back({.id = meta->id, .meta = meta->generation});
  }
  std::ranges::sort(found, {}, [](const FoundBlock& one) { return raw(one.id); });
  size_t last = 0;
  for (size_t i = 1; i < found.size(); ++i) {
    if (found[i].id != found[last].id) {
      found[++last] = found[i];
      continue;
    }
    found[last].data |= found[i].data;
    found[last].meta = std::max(found[last].meta, found[i].meta);
  }
  if (!found.empty()) found.resize(last + 1);
  return found;
}

namespace {

// How many bytes of a chunk `sum` was made of: data is written before its sum, so that more of it may be there. 0 if it
// fits no beginning of the chunk.
size_t summed_bytes(const checksum::Checksum& checksum, ByteView chunk, uint32_t sum) {
  if (checksum.update(0, chunk) == sum) return chunk.size();
  size_t longest = 0;
  uint32_t crc = 0;
  for (size_t i = 0; i < chunk.size(); ++i) {
    crc = checksum.update(crc, chunk.subspan(i, 1));
    if (crc == sum) longest = i + 1;
  }
  return longest;
}

// How much of a replica that was being written agrees with its sums (BlockPoolSlice.validateIntegrityAndSetLength):
// the last chunk that has a sum is checked, bytes after what that sum covers are cut off. 0 where nothing can be relied
// on.
Result<uint64_t> valid_length(Disk& disk, const Replica::View& view) {
  DFS_TRY(std::unique_ptr<File> data, disk.open(view.data_path(), Disk::OpenMode::kReadWrite));
  DFS_TRY(std::unique_ptr<File> meta, disk.open(view.meta_path(), Disk::OpenMode::kRead));
  DFS_TRY(uint64_t data_bytes, data->size());
  DFS_TRY(uint64_t meta_bytes, meta->size());
  if (data_bytes == 0 || meta_bytes < kMetaHeaderBytes) return 0;
  DFS_TRY(checksum::Checksum checksum, read_meta_header(*meta));
  if (checksum.type == checksum::Type::kNull) return data_bytes;
  uint64_t chunks = std::min(checksum.chunks(data_bytes), (meta_bytes - kMetaHeaderBytes) / checksum.sum_bytes());
  if (chunks == 0) return 0;
  const uint64_t last = (chunks - 1) * checksum.chunk_bytes;
  std::vector<uint8_t> chunk(std::min<uint64_t>(checksum.chunk_bytes, data_bytes - last));
  std::array<uint8_t, 4> sum{};
  DFS_TRY(size_t read, data->pread(chunk, last));
  DFS_TRY(size_t sum_read, meta->pread(sum, kMetaHeaderBytes + (chunks - 1) * 4));
  uint64_t valid = last;
  if (read == chunk.size() && sum_read == sum.size()) {
    valid += summed_bytes(checksum, chunk, load_big_endian<uint32_t>(sum.data()));
  }
  if (data_bytes > valid) DFS_TRY_OK(data->truncate(valid));
  return valid;
}

}  // namespace

// What several threads share that load one volume.
struct ReplicaStore::VolumeLoad {
  Volume& volume;
  std::vector<std::string> directories{};  // of finalized replicas
  std::atomic<size_t> next = 0;
  std::atomic<size_t> found = 0;
  std::mutex mutex{};
  std::map<uint64_t, FoundBlock> writing{};  // guarded by `mutex` as long as directories are left
  Result<void> outcome{};                    // guarded by `mutex`; the first error counts
};

Task<Result<void>> ReplicaStore::load(PoolIdentity pool) {
  pool_ = pool;
  // All volumes at once. One that cannot be read has failed; one that is another's is a fault of the configuration.
  std::mutex mutex;
  Result<void> outcome;
  TaskGroup group(co_await asio::this_coro::executor);
  for (const auto& volume : volumes()) {
    group.spawn([](ReplicaStore& store, Volume& one, std::mutex& lock_of, Result<void>& first) -> Task<void> {
      auto loaded = co_await store.load_volume(one);
      if (loaded) co_return;
      if (loaded.error().code() != ErrorCode::kIllegalState) co_return one.declare_failed(loaded.error());
      std::lock_guard lock(lock_of);
      if (first) first = std::move(loaded);
    }(*this, *volume, mutex, outcome));
  }
  co_await group.join();
  loaded_ = outcome.has_value();
  co_return outcome;
}

Task<Result<void>> ReplicaStore::load_volume(Volume& volume) {
  VolumeLoad load{.volume = volume};
  const auto began = std::chrono::steady_clock::now();
  DFS_CO_TRY_OK(co_await run_on(volume.executor(), [&] { return volume.open_pool(pool_); }));
  if (settings_.restore_trash) {
    DFS_CO_TRY_OK(co_await run_on(volume.executor(), [&] { return restore_trash(volume); }));
  }
  DFS_CO_TRY_OK(co_await run_on(volume.executor(), [&] { return find_directories(load); }));
  TaskGroup group(co_await asio::this_coro::executor);
  for (size_t i = 0; i < volume.threads(); ++i) {
    group.spawn([](ReplicaStore& store, VolumeLoad& shared) -> Task<void> {
      co_await run_on(shared.volume.executor(), [&] { store.load_directories(shared); });
    }(*this, load));
  }
  co_await group.join();
  DFS_CO_TRY_OK(std::move(load.outcome));
  DFS_CO_TRY_OK(co_await run_on(volume.executor(), [&] { return load_unfinished(load); }));
  co_await run_on(volume.executor(), [&] { volume.measure(); });
  log::info("Volume {}: {} replicas found in {} ms", volume.directory(), load.found.load(),
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count());
  co_return Result<void>{};
}

Result<void> ReplicaStore::find_directories(VolumeLoad& load) {
  Disk& disk = load.volume.disk();
  const Layout& layout = load.volume.layout();
  DFS_TRY(auto writing, list_blocks(disk, layout.rbw()));
  for (const FoundBlock& files : writing) load.writing.emplace(raw(files.id), files);
  DFS_TRY(std::vector<DirectoryEntry> outer, disk.list(layout.finalized()));
  for (const DirectoryEntry& one : outer) {
    if (!one.is_directory || !one.name.starts_with("subdir")) continue;
    const std::string path = layout.finalized() + "/" + one.name;
    DFS_TRY(std::vector<DirectoryEntry> inner, disk.list(path));
    for (const DirectoryEntry& entry : inner) {
      if (entry.is_directory) load.directories.push_back(path + "/" + entry.name);
    }
  }
  return {};
}

void ReplicaStore::load_directories(VolumeLoad& load) {
  while (true) {
    const size_t i = load.next++;
    if (i >= load.directories.size()) return;
    if (auto loaded = load_directory(load, load.directories[i]); !loaded) {
      load.next = load.directories.size();
      std::lock_guard lock(load.mutex);
      if (load.outcome) load.outcome = std::move(loaded);
    }
  }
}

Result<void> ReplicaStore::load_directory(VolumeLoad& load, const std::string& directory) {
  Disk& disk = load.volume.disk();
  DFS_TRY(auto blocks, list_blocks(disk, directory));
  size_t count = 0;
  Replica::View view;
  view.directory = directory;
  for (FoundBlock& files : blocks) {
    if (!files.data || !files.meta) DFS_TRY_OK(finish_rename(load, directory, files));
    if (!files.data) continue;
    view.block.id = files.id;
    // Without a meta file the generation is unknown: Hadoop's "grandfather" stamp, which the NameNode takes for
    // corrupt.
    view.block.generation = files.meta.value_or(GenerationStamp{0});
    auto length = disk.size_of(view.data_path());
    if (!length && length.error().code() == ErrorCode::kFileNotFound) continue;
    DFS_TRY(view.block.length_bytes, std::move(length));
    view.on_disk_bytes = view.acknowledged_bytes = view.block.length_bytes;
    count += add_found(load.volume, view);
  }
  load.found += count;
  return {};
}

// What was interrupted between two renames, of which that of the meta file goes ahead.
Result<void> ReplicaStore::finish_rename(VolumeLoad& load, const std::string& directory, FoundBlock& files) {
  Disk& disk = load.volume.disk();
  const std::string& rbw = load.volume.layout().rbw();
  std::lock_guard lock(load.mutex);
  auto found = load.writing.find(raw(files.id));
  if (found == load.writing.end()) return {};
  FoundBlock& being_written = found->second;
  if (!files.data && files.meta && being_written.data && !being_written.meta) {
    // Of finalising: the data is still among those being written, and belongs to this meta file.
    const std::string name = meta_file_name(files.id, *files.meta);
    DFS_TRY_OK(disk.rename(directory + "/" + name, rbw + "/" + name));
    being_written.meta = files.meta;
  } else if (files.data && !files.meta && !being_written.data && being_written.meta) {
    // Of reopening for append.
    const std::string name = meta_file_name(files.id, *being_written.meta);
    DFS_TRY_OK(disk.rename(rbw + "/" + name, directory + "/" + name));
    files.meta = being_written.meta;
    load.writing.erase(found);
  }
  return {};
}

Result<void> ReplicaStore::load_unfinished(VolumeLoad& load) {
  for (const auto& [id, files] : load.writing) {
    if (!files.data) continue;
    Replica::View view;
    view.block.id = BlockId(id);
    view.block.generation = files.meta.value_or(GenerationStamp{0});
    view.directory = load.volume.layout().rbw();
    view.state = ReplicaState::kRwr;
    uint64_t length = 0;
    if (files.meta) {
      auto valid = valid_length(load.volume.disk(), view);
      if (!valid) log::warn("Replica blk_{} cannot be validated: {}", int64_t(id), valid.error().to_string());
      length = valid.value_or(0);
    }
    view.block.length_bytes = view.on_disk_bytes = view.acknowledged_bytes = length;
    load.found += add_found(load.volume, view);
  }
  return {};
}

// Of two replicas of one block the newer, then the longer is served (BlockPoolSlice.selectReplicaToDelete). The other
// stays on its disk: it is not ours to delete on the strength of a look.
bool ReplicaStore::add_found(Volume& volume, const Replica::View& view) {
  while (auto present = replicas_->add(volume, view)) {
    const auto& [other_volume, other] = *present;
    if (other_volume == &volume && other.directory == view.directory) return false;
    const bool better = std::pair(view.block.generation, view.block.length_bytes) >
                        std::pair(other.block.generation, other.block.length_bytes);
    log::warn("Block blk_{} is there twice, in {} and {}: the latter is served", int64_t(raw(view.block.id)),
              better ? other.directory : view.directory, better ? view.directory : other.directory);
    if (!better) return false;
    if (auto replica = lookup(view.block.id)) {
      replicas_->erase(*replica);
      other_volume->add_used(-int64_t(other.on_disk_bytes));
    }
  }
  volume.add_used(int64_t(view.on_disk_bytes));
  return true;
}

}  // namespace dfs::datanode
