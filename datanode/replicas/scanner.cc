#include "datanode/replicas/scanner.h"

#include <algorithm>

#include "datanode/replicas/replica_reader.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {
namespace {
constexpr size_t kPieceBytes = 256u << 10;

bool is_same(const Replica& replica, const Replica::View& before) {
  Replica::View now = replica.view();
  return now.state == ReplicaState::kFinalized && now.block == before.block && now.directory == before.directory;
}
}  // namespace

Task<Result<bool>> verify_replica(std::shared_ptr<Replica> replica, uint64_t bytes_per_second) {
  const Replica::View before = replica->view();
  if (before.state != ReplicaState::kFinalized) co_return true;
  auto executor = replica->volume().executor();
  auto reader = co_await run_on(executor, [&] { return ReplicaReader::open(replica); });
  if (!reader) {
    bool says_corrupt = reader.error().code() == ErrorCode::kCorruptFormat;
    if (!is_same(*replica, before)) co_return true;
    if (says_corrupt) co_return false;
    co_return fail(std::move(reader).error());
  }
  const checksum::Checksum& checksum = (*reader)->checksum();
  const size_t piece = std::max<size_t>(kPieceBytes / checksum.chunk_bytes, 1) * checksum.chunk_bytes;
  std::vector<uint8_t> data, sums;
  for (uint64_t offset = 0; offset < before.block.length_bytes; offset += piece) {
    data.resize(std::min<uint64_t>(piece, before.block.length_bytes - offset));
    sums.resize(checksum.sums_bytes(data.size()));
    auto matches = co_await run_on(executor, [&]() -> Result<bool> {
      DFS_TRY_OK((*reader)->read(offset, data, sums));
      return !(*reader)->first_mismatch(offset, data, sums);
    });
    if (!matches || !*matches) {
      // An appender or a deletion, not a fault.
      if (!is_same(*replica, before)) co_return true;
      co_return matches;
    }
    if (bytes_per_second == 0) continue;
    auto pause = std::chrono::nanoseconds(uint64_t(double(data.size()) * 1e9 / double(bytes_per_second)));
    DFS_CO_TRY_OK(co_await sleep_for(pause));
  }
  co_return true;
}

Task<void> scan_volume(ReplicaStore& store, Volume& volume, ScanSettings settings) {
  while (!co_await cancelled()) {
    auto begin = std::chrono::steady_clock::now();
    auto replicas = store.of_volume(volume);
    std::ranges::sort(replicas, {}, [](const auto& replica) { return raw(replica->id()); });
    for (const auto& replica : replicas) {
      if (volume.failed()) co_return;
      auto intact = co_await verify_replica(replica, settings.bytes_per_second);
      if (co_await cancelled()) co_return;
      Block block = replica->view().block;
      if (!intact) {
        log::warn("Scanning {}: {}", to_string(store.pool_id(), block), intact.error().to_string());
        store.note_error(volume, intact.error());
      } else if (!*intact && store.lookup(block.id) == replica) {
        log::warn("Scanning {}: it does not match its checksums", to_string(store.pool_id(), block));
        store.events().corrupt(block, volume.storage_id());
      }
    }
    auto rest = begin + settings.period - std::chrono::steady_clock::now();
    if (!co_await sleep_for(std::max<std::chrono::nanoseconds>(rest, std::chrono::seconds(1)))) co_return;
  }
}

}  // namespace dfs::datanode
