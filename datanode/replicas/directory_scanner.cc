#include "datanode/replicas/directory_scanner.h"

#include <algorithm>
#include <random>

#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {
namespace {

// The ids that are to be looked at one by one, as they differ, or may, between `known` and the files in `directory`.
std::vector<BlockId> suspects(Volume& volume, const std::string& directory,
                              const std::vector<ReplicaStore::FoundBlock>& found, std::span<const Block> known) {
  std::vector<BlockId> ids;
  size_t k = 0;
  for (const ReplicaStore::FoundBlock& one : found) {
    for (; k < known.size() && raw(known[k].id) < raw(one.id); ++k) ids.push_back(known[k].id);
    const bool is_known = k < known.size() && known[k].id == one.id;
    if (!is_known) {
      if (one.data) ids.push_back(one.id);
      continue;
    }
    const Block& block = known[k++];
    auto length = volume.disk().size_of(directory + "/" + block_file_name(one.id));
    if (!one.data || one.meta != block.generation || !length || *length != block.length_bytes) ids.push_back(one.id);
  }
  for (; k < known.size(); ++k) ids.push_back(known[k].id);
  return ids;
}

uint64_t place_of(BlockId id) {
  return (raw(id) >> 8) & 0x1f1f;  // of its directory
}

// The finalized replicas that are known, by the directories where their ids belong.
std::vector<Block> known_replicas(const ReplicaStore& store, const Volume& volume) {
  std::vector<Block> known;
  store.replicas().visit(volume, [&](const ReplicaMap::Listed& listed) {
    if (listed.state == ReplicaState::kFinalized) known.push_back(listed.block);
  });
  std::ranges::sort(known, {}, [](const Block& block) { return std::pair(place_of(block.id), raw(block.id)); });
  return known;
}

void count(DirectoryDifferences& differences, ReplicaStore::Difference difference) {
  switch (difference) {
    case ReplicaStore::Difference::kNone:
      return;
    case ReplicaStore::Difference::kAdopted:
      ++differences.adopted;
      return;
    case ReplicaStore::Difference::kForgotten:
      ++differences.forgotten;
      return;
    case ReplicaStore::Difference::kMoved:
      ++differences.moved;
      return;
    case ReplicaStore::Difference::kCorrupt:
      ++differences.corrupt;
      return;
  }
}

void compare_directory(ReplicaStore& store, Volume& volume, const std::string& directory, std::span<const Block> known,
                       DirectoryDifferences& differences) {
  auto found = ReplicaStore::list_blocks(volume.disk(), directory);
  if (!found && found.error().code() != ErrorCode::kFileNotFound) {
    log::warn("Scanning {}: {}", directory, found.error().to_string());
    store.note_error(volume, found.error());
    ++differences.unreadable;
    return;
  }
  const std::vector<ReplicaStore::FoundBlock> files =
      found ? *std::move(found) : std::vector<ReplicaStore::FoundBlock>{};
  for (BlockId id : suspects(volume, directory, files, known)) {
    count(differences, store.reconcile(volume, id, directory));
  }
}

// Those that were found in another place than their ids say may be back in the right one.
void compare_misplaced(ReplicaStore& store, Volume& volume, DirectoryDifferences& differences) {
  for (const auto& replica : store.replicas().in_use(volume)) {
    const std::string place = volume.layout().finalized_directory(replica->id());
    const Replica::View view = replica->view();
    if (view.state == ReplicaState::kFinalized && view.directory != place) {
      count(differences, store.reconcile(volume, replica->id(), place));
    }
  }
}

}  // namespace

Task<DirectoryDifferences> compare_directories(ReplicaStore& store, Volume& volume, uint32_t busy_ms_per_second) {
  DirectoryDifferences differences;
  co_await run_on(volume.executor(), [&] { compare_misplaced(store, volume, differences); });
  const std::vector<Block> known = co_await run_on(volume.executor(), [&] { return known_replicas(store, volume); });
  size_t next = 0;
  for (uint64_t place = 0; place <= 0x1f1f; ++place) {
    if ((place & ~uint64_t(0x1f1f)) != 0) continue;
    const size_t begin = next;
    while (next < known.size() && place_of(known[next].id) == place) ++next;
    const std::string directory = volume.layout().finalized_directory(BlockId(place << 8));
    const auto began = std::chrono::steady_clock::now();
    co_await run_on(volume.executor(), [&] {
      compare_directory(store, volume, directory, std::span(known).subspan(begin, next - begin), differences);
    });
    if (co_await cancelled() || volume.failed()) co_return differences;
    if (busy_ms_per_second >= 1000) continue;
    const auto busy = std::chrono::steady_clock::now() - began;
    if (!co_await sleep_for(busy / busy_ms_per_second * (1000 - busy_ms_per_second))) co_return differences;
  }
  co_return differences;
}

Task<void> scan_directories(ReplicaStore& store, Volume& volume, DirectoryScanSettings settings) {
  std::random_device device;
  std::uniform_int_distribution<int64_t> delay(0, settings.interval.count());
  if (!co_await sleep_for(std::chrono::milliseconds(delay(device)))) co_return;
  while (!co_await cancelled() && !volume.failed()) {
    const DirectoryDifferences found = co_await compare_directories(store, volume, settings.busy_ms_per_second);
    if (found != DirectoryDifferences{}) {
      log::warn(
          "Volume {} is not as it was: {} replicas found, {} gone, {} moved, {} of another length or without meta "
          "file, "
          "{} directories could not be read",
          volume.directory(), found.adopted, found.forgotten, found.moved, found.corrupt, found.unreadable);
    }
    if (!co_await sleep_for(settings.interval)) co_return;
  }
}

}  // namespace dfs::datanode
