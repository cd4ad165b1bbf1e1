#include "datanode/node/volume_keeper.h"

#include <fmt/format.h>

#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {

struct VolumeKeeper::Kept {
  Kept(const asio::any_io_executor& executor, Volume& kept) : volume(kept), tasks(executor) {}
  Volume& volume;
  TaskGroup tasks;
  std::optional<TimePoint> measuring_since;
};

VolumeKeeper::VolumeKeeper(asio::any_io_executor executor, ReplicaStore& store, Settings settings,
                           std::function<void(Volume&)> on_failure)
    : executor_(std::move(executor)), store_(store), settings_(settings), on_failure_(std::move(on_failure)) {}

VolumeKeeper::~VolumeKeeper() = default;

void VolumeKeeper::start(Volume& volume) {
  Kept& kept = *kept_.emplace_back(std::make_unique<Kept>(executor_, volume));
  kept.tasks.spawn(measure(kept));
  kept.tasks.spawn(watch(kept));
  if (settings_.scan) kept.tasks.spawn(scan_volume(store_, volume, *settings_.scan));
  if (settings_.directory_scan) kept.tasks.spawn(scan_directories(store_, volume, *settings_.directory_scan));
}

void VolumeKeeper::end(const Volume& volume) {
  for (auto& kept : kept_) {
    if (&kept->volume == &volume) kept->tasks.cancel();
  }
}

Task<void> VolumeKeeper::stop() {
  for (auto& kept : kept_) kept->tasks.cancel();
  for (auto& kept : kept_) co_await kept->tasks.join();
  kept_.clear();
}

// Heartbeats say what was measured last: a disk that hangs is no reason for the NameNode to think that all of us is
// dead.
Task<void> VolumeKeeper::measure(Kept& kept) {
  while (!co_await cancelled()) {
    kept.measuring_since = Clock::system().now();
    co_await run_on(kept.volume.executor(), [&] { kept.volume.measure(); });
    kept.measuring_since.reset();
    kept.volume.set_stalled(false);
    if (co_await cancelled()) co_return;
    if (!co_await sleep_for(settings_.measure_interval)) co_return;
  }
}

Task<void> VolumeKeeper::watch(Kept& kept) {
  while (true) {
    const auto silent_for =
        kept.measuring_since ? Clock::system().now() - *kept.measuring_since : std::chrono::nanoseconds(0);
    if (silent_for > settings_.stall_deadline && !kept.volume.stalled()) {
      log::warn("Volume {} does not answer and gets no new replicas until it does", kept.volume.directory());
      kept.volume.set_stalled(true);
      store_.end_writers(kept.volume);
    }
    if (silent_for > settings_.hang_deadline) {
      kept.volume.declare_failed(Error(
          ErrorCode::kTimeout, fmt::format("its disk has not answered for {} ms", settings_.hang_deadline.count())));
    }
    if (kept.volume.failed()) co_return on_failure_(kept.volume);
    if (!co_await sleep_for(settings_.measure_interval)) co_return;
  }
}

}  // namespace dfs::datanode
