#include "namenode/trash_emptier.h"

#include <utility>

#include "namenode/namespace/operations/tree.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::namenode {
namespace {

// The records of an operation whose answer nobody waits for.
template <class T>
Result<Planned<Done>> unanswered(Result<Planned<T>> planned, std::string_view done, std::string_view path) {
  if (!planned) {
    log::warn("Trash caught: {}. Skipping {}.", planned.error().message(), path);
    return fail(std::move(planned).error());
  }
  log::info("{}: {}", done, path);
  return Planned<Done>{
      .value = Done{}, .records = std::move(planned->records), .locations = std::move(planned->locations)};
}

}  // namespace

TrashEmptier::TrashEmptier(NamespaceThread& thread, TrashSettings settings, const std::string& superuser)
    : namespace_thread_(thread), settings_(settings) {
  superuser_.identity.user = superuser;
  superuser_.is_superuser = true;
}

void TrashEmptier::start() {
  if (settings_.deletion_interval.count() <= 0) return;
  log::info("Namenode trash configuration: Deletion interval = {} minutes, Emptier interval = {} minutes.",
            std::chrono::floor<std::chrono::minutes>(settings_.deletion_interval).count(),
            std::chrono::floor<std::chrono::minutes>(settings_.between_runs()).count());
  thread_.start();
  thread_.spawn([this] { return repeat(); });
}

Task<void> TrashEmptier::repeat() {
  while (true) {
    const std::chrono::milliseconds now = Clock::system().wall().time_since_epoch(),
                                    interval = settings_.between_runs();
    (void)co_await sleep_for((now / interval + 1) * interval - now);
    if (co_await cancelled()) co_return;
    if (Result<void> emptied = empty(Clock::system().wall()); !emptied) {
      log::warn("the trash is not emptied: {}", emptied.error().message());
    }
  }
}

Result<void> TrashEmptier::empty(WallTime now) {
  DFS_TRY(TrashWork work, trash_work(*namespace_thread_.published().view, settings_, now));
  for (std::string& path : work.expired) {
    namespace_thread_.write_unawaited(
        superuser_, [op = operations::Delete{.path = std::move(path), .recursive = true}](const PlanContext& context) {
          return unanswered(operations::remove(context, op), "Deleted trash checkpoint", op.path);
        });
  }
  for (TrashWork::Checkpoint& made : work.made) {
    namespace_thread_.write_unawaited(
        superuser_,
        [op = operations::RenameWithOptions{.source = std::move(made.current),
                                            .destination = std::move(made.checkpoint)}](const PlanContext& context) {
          return unanswered(operations::rename(context, op), "Created trash checkpoint", op.destination);
        });
  }
  return {};
}

}  // namespace dfs::namenode
