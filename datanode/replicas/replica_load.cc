// Finding the replicas of a volume at start, and finishing what a crash interrupted (BlockPoolSlice.getVolumeMap).
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <map>

#include "datanode/replicas/replica_store.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {
namespace {

struct Found {
  std::optional<BlockId> data;
  std::vector<GenerationStamp> metas;  // normally one
};

Result<std::map<uint64_t, Found>> list_blocks(Disk& disk, const std::string& directory) {
  DFS_TRY(std::vector<DirectoryEntry> entries, disk.list(directory));
  std::map<uint64_t, Found> found;
  for (const DirectoryEntry& entry : entries) {
    if (entry.is_directory) continue;
    if (auto id = parse_block_file_name(entry.name)) found[raw(*id)].data = id;
    if (auto meta = parse_meta_file_name(entry.name)) found[raw(meta->id)].metas.push_back(meta->generation);
  }
  for (auto& [id, files] : found) std::ranges::sort(files.metas);
  return found;
}

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

Task<Result<void>> ReplicaStore::load(PoolIdentity pool) {
  pool_ = pool;
  for (auto& volume : volumes_) {
    DFS_CO_TRY_OK(co_await run_on(volume->executor(), [&] { return volume->open_pool(pool_); }));
  }
  // All volumes at once; the first error counts.
  std::mutex mutex;
  Result<void> outcome;
  TaskGroup group(co_await asio::this_coro::executor);
  for (auto& volume : volumes_) {
    group.spawn([](ReplicaStore& store, Volume& one, std::mutex& lock_of, Result<void>& first) -> Task<void> {
      auto loaded = co_await run_on(one.executor(), [&] { return store.load_volume(one); });
      std::lock_guard lock(lock_of);
      if (!loaded && first) first = std::move(loaded);
    }(*this, *volume, mutex, outcome));
  }
  co_await group.join();
  loaded_ = outcome.has_value();
  co_return outcome;
}

Result<void> ReplicaStore::load_volume(Volume& volume) {
  Disk& disk = volume.disk();
  const Layout& layout = volume.layout();
  DFS_TRY(auto writing, list_blocks(disk, layout.rbw()));
  size_t count = 0;

  for (int outer = 0; outer < 32; ++outer) {
    const std::string outer_path = fmt::format("{}/subdir{}", layout.finalized(), outer);
    DFS_TRY(bool there, disk.exists(outer_path));
    if (!there) continue;
    DFS_TRY(std::vector<DirectoryEntry> inner, disk.list(outer_path));
    for (const DirectoryEntry& entry : inner) {
      if (!entry.is_directory) continue;
      const std::string directory = outer_path + "/" + entry.name;
      DFS_TRY(auto blocks, list_blocks(disk, directory));
      for (auto& [id, files] : blocks) {
        auto being_written = writing.find(id);
        if (!files.data) {
          // Finalising was interrupted between its renames: the data is still among those being written, and belongs
          // to this meta file unless it has one there.
          if (being_written != writing.end() && being_written->second.data && being_written->second.metas.empty() &&
              !files.metas.empty()) {
            std::string name = meta_file_name(BlockId(id), files.metas.back());
            DFS_TRY_OK(disk.rename(directory + "/" + name, layout.rbw() + "/" + name));
            being_written->second.metas.push_back(files.metas.back());
          }
          continue;
        }
        // Reopening for append was interrupted: the meta file went ahead.
        if (files.metas.empty() && being_written != writing.end() && !being_written->second.data &&
            !being_written->second.metas.empty()) {
          GenerationStamp generation = being_written->second.metas.back();
          std::string name = meta_file_name(BlockId(id), generation);
          DFS_TRY_OK(disk.rename(layout.rbw() + "/" + name, directory + "/" + name));
          files.metas.push_back(generation);
          writing.erase(being_written);
        }
        Replica::View view;
        view.block.id = BlockId(id);
        // Without a meta file the generation is unknown: Hadoop's "grandfather" stamp, which the NameNode takes for
        // corrupt.
        view.block.generation = files.metas.empty() ? GenerationStamp{0} : files.metas.back();
        view.directory = directory;
        DFS_TRY(std::unique_ptr<File> data, disk.open(view.data_path(), Disk::OpenMode::kRead));
        DFS_TRY(view.block.length_bytes, data->size());
        view.on_disk_bytes = view.acknowledged_bytes = view.block.length_bytes;
        view.state = ReplicaState::kFinalized;
        DFS_TRY_OK(insert_found(std::make_shared<Replica>(volume, view)));
        ++count;
      }
    }
  }

  for (const auto& [id, files] : writing) {
    if (!files.data) continue;
    Replica::View view;
    view.block.id = BlockId(id);
    view.block.generation = files.metas.empty() ? GenerationStamp{0} : files.metas.back();
    view.directory = layout.rbw();
    view.state = ReplicaState::kRwr;
    uint64_t length = 0;
    if (!files.metas.empty()) {
      auto valid = valid_length(disk, view);
      if (!valid) log::warn("Replica blk_{} cannot be validated: {}", int64_t(id), valid.error().to_string());
      length = valid.value_or(0);
    }
    view.block.length_bytes = view.on_disk_bytes = view.acknowledged_bytes = length;
    DFS_TRY_OK(insert_found(std::make_shared<Replica>(volume, view)));
    ++count;
  }
  volume.measure();
  log::info("Volume {}: {} replicas found", volume.directory(), count);
  return {};
}

// Of two replicas of one block the newer, then the longer is served (BlockPoolSlice.selectReplicaToDelete). The other
// stays on its disk: it is not ours to delete on the strength of a look.
Result<void> ReplicaStore::insert_found(std::shared_ptr<Replica> replica) {
  Replica::View view = replica->view();
  std::lock_guard lock(mutex_);
  auto [position, inserted] = replicas_.try_emplace(raw(view.block.id), replica);
  if (!inserted) {
    Replica::View other = position->second->view();
    bool better = std::pair(view.block.generation, view.block.length_bytes) >
                  std::pair(other.block.generation, other.block.length_bytes);
    log::warn("Block blk_{} is there twice, in {} and {}: the latter is served", int64_t(raw(view.block.id)),
              better ? other.directory : view.directory, better ? view.directory : other.directory);
    if (!better) return {};
    position->second->volume().add_used(-int64_t(other.on_disk_bytes));
    position->second = replica;
  }
  replica->volume().add_used(int64_t(view.on_disk_bytes));
  return {};
}

}  // namespace dfs::datanode
