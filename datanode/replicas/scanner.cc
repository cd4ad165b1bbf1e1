#include "datanode/replicas/scanner.h"

#include <algorithm>

#include "datanode/replicas/replica_reader.h"
#include "datanode/replicas/scan_cursor.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {
namespace {
constexpr size_t kPieceBytes = 256u << 10;
}  // namespace

Task<Result<bool>> verify_replica(std::shared_ptr<Replica> replica, uint64_t bytes_per_second) {
  const Replica::View before = replica->view();
  if (before.state != ReplicaState::kFinalized) co_return true;
  auto executor = replica->volume().executor();
  // What is wrong while somebody appends or deletes is no fault.
  auto judge = [&](Error error) -> Result<bool> {
    if (!replica->is_unchanged_since(before)) return true;
    if (error.code() == ErrorCode::kCorruptFormat) return false;
    return fail(std::move(error));
  };
  auto reader = co_await run_on(executor, [&] { return ReplicaReader::open(replica); });
  if (!reader) co_return judge(std::move(reader).error());
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
    if (!matches) co_return judge(std::move(matches).error());
    if (!*matches) co_return !replica->is_unchanged_since(before);
    if (bytes_per_second == 0) continue;
    auto pause = std::chrono::nanoseconds(uint64_t(double(data.size()) * 1e9 / double(bytes_per_second)));
    DFS_CO_TRY_OK(co_await sleep_for(pause));
  }
  co_return true;
}

namespace {

constexpr std::chrono::minutes kSavePeriod{1};

Task<void> save(const ScanCursor& cursor, Volume& volume) {
  auto saved = co_await run_on(volume.executor(), [&] { return cursor.save(volume); });
  if (!saved) log::warn("Volume {}: {}", volume.directory(), saved.error().message());
}

// How many ids are looked up at once: each time all replicas are gone through.
constexpr size_t kBatch = 4096;

Task<void> scan_replica(ReplicaStore& store, const std::shared_ptr<Replica>& replica, uint64_t bytes_per_second) {
  const Replica::View seen = replica->view();
  auto intact = co_await verify_replica(replica, bytes_per_second);
  if (co_await cancelled()) co_return;
  if (!intact) {
    log::warn("Scanning {}: {}", to_string(store.pool_id(), seen.block), intact.error().to_string());
    store.note_read_error(replica, seen, intact.error());
  } else if (!*intact) {
    store.report_corrupt(replica, seen);
  }
}

}  // namespace

Task<void> scan_volume(ReplicaStore& store, Volume& volume, ScanSettings settings) {
  const Clock& clock = Clock::system();
  ScanCursor cursor = co_await run_on(volume.executor(), [&] { return ScanCursor::load(volume, clock.wall()); });
  while (!co_await cancelled()) {
    TimePoint saved_at = clock.now();
    while (true) {
      const auto ids = store.replicas().finalized_after(volume, cursor.last, kBatch);
      if (ids.empty()) break;
      for (BlockId id : ids) {
        if (volume.failed()) co_return;
        if (auto replica = store.lookup(id)) co_await scan_replica(store, replica, settings.bytes_per_second);
        if (co_await cancelled()) co_return co_await save(cursor, volume);
        cursor.last = id;
        if (clock.now() - saved_at < kSavePeriod) continue;
        co_await save(cursor, volume);
        saved_at = clock.now();
      }
    }
    // What is stored from now on was verified on its way here.
    cursor.last = BlockId(UINT64_MAX);
    co_await save(cursor, volume);
    if (co_await cancelled()) co_return;
    auto rest = cursor.round_began + settings.period - clock.wall();
    if (!co_await sleep_for(std::max<std::chrono::nanoseconds>(rest, std::chrono::seconds(1)))) co_return;
    cursor = {.round_began = clock.wall()};
  }
}

}  // namespace dfs::datanode
