#include "namenode/commit/checkpoint.h"

#include "namenode/commit/group_commit.h"
#include "proto/base/clock.h"
#include "proto/base/later_as_task.h"
#include "proto/base/log.h"

namespace dfs::namenode {

Checkpoint::Checkpoint(GroupCommit& commit, Tables& tables, std::chrono::milliseconds period, TablesCopies copies)
    : commit_(commit),
      tables_(tables),
      period_(period),
      copies_(std::move(copies)),
      transaction_(raw(tables.durable_applied())),
      time_ms_(to_millis(Clock::system().wall())) {}

void Checkpoint::start() {
  thread_.start();
  thread_.spawn([this] { return repeat(); });
}

Task<void> Checkpoint::repeat() {
  while (true) {
    (void)co_await sleep_for(period_);
    if (co_await cancelled()) co_return;
    if (Result<void> done = co_await run(); !done) log::error("checkpoint: {}", done.error().message());
  }
}

Task<Result<void>> Checkpoint::run() {
  DFS_CO_TRY_OK(co_await as_task(commit_.roll()));
  DFS_CO_TRY_OK(tables_.flush());
  const TransactionId held = tables_.durable_applied();
  DFS_CO_TRY_OK(copies_.renew(tables_));
  commit_.allow_purging(held);
  transaction_ = raw(held);
  time_ms_ = to_millis(Clock::system().wall());
  co_return Result<void>{};
}

void Checkpoint::flush_soon() {
  thread_.spawn([this] { return flush_once(); });
}

Task<void> Checkpoint::flush_once() {
  if (Result<void> flushed = tables_.flush(); !flushed) log::error("flush: {}", flushed.error().message());
  co_return;
}

Task<Result<void>> Checkpoint::save() {
  co_return co_await asio::co_spawn(thread_.executor(), run(),
                                    asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
}

}  // namespace dfs::namenode
