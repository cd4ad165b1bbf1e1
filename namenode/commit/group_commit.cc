#include "namenode/commit/group_commit.h"

#include <pthread.h>

#include <utility>

#include "namenode/blocks/blocks.h"
#include "namenode/commit/absorb.h"
#include "namenode/journal/edit_codec.h"
#include "namenode/journal/journal.h"
#include "namenode/leases/lease_table.h"
#include "proto/base/check.h"
#include "proto/base/log.h"

namespace dfs::namenode {

class GroupCommit::Roll final : public Step {
 public:
  Roll() { ends_segment = true; }
  void plan(const PlanContext&, std::vector<EditRecord>&, Batch&) override { DFS_CHECK(false); }
  void fail(Error error) override { outcome = std::unexpected(std::move(error)); }
  Result<TransactionId> outcome = kNoTransaction;
};

GroupCommit::GroupCommit(Settings settings, Parts parts, Periodic periodic)
    : settings_(settings), parts_(parts), periodic_(std::move(periodic)) {}

GroupCommit::~GroupCommit() {
  DFS_CHECK(!namespace_thread_.joinable());
}

Result<void> GroupCommit::start() {
  DFS_CHECK(parts_.tables.last_applied() == parts_.journal.last());
  DFS_TRY_OK(parts_.journal.start_segment());
  last_ = parts_.journal.last();
  in_segment_ = 1;
  DFS_TRY_OK(parts_.tables.write(Batch{}, last_));
  {
    std::lock_guard lock(durable_mutex_);
    durable_ = last_;
  }
  published_ = std::make_shared<const Moment>(Moment{parts_.tables.snapshot(), last_});
  periodic_due_ = parts_.clock.now();
  namespace_thread_ = std::thread([this] { run_namespace(); });
  journal_thread_ = std::thread([this] { run_journal(); });
  return {};
}

void GroupCommit::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  if (!namespace_thread_.joinable()) return;
  namespace_thread_.join();
  journal_thread_.join();
  if (failure()) return;
  if (Result<void> closed = parts_.journal.close(); !closed)
    log::error("closing the edit log: {}", closed.error().message());
}

NamespaceThread::Moment GroupCommit::published() const {
  return *published_.load();
}

std::optional<Error> GroupCommit::failure() const {
  std::lock_guard lock(durable_mutex_);
  return failure_;
}

bool GroupCommit::wait_durable(TransactionId transaction) {
  std::unique_lock lock(durable_mutex_);
  durable_changed_.wait(lock, [&] { return failure_.has_value() || durable_ >= transaction; });
  return durable_ >= transaction;
}

Task<void> GroupCommit::submit(Step& step) {
  co_await wait_in([this, &step](std::unique_ptr<Waiting> waiting) { enqueue(step, std::move(waiting)); });
}

void GroupCommit::enqueue(Step& step, std::unique_ptr<Waiting> waiting) {
  std::optional<Error> refused;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) {
      refused = Error(ErrorCode::kCancelled, "The NameNode is shutting down");
    } else if (queue_.size() >= settings_.queue_max) {
      refused = Error(ErrorCode::kRetriable, "Server too busy: too many mutations are waiting");
    } else {
      queue_.push_back({&step, std::move(waiting)});
      if (queue_.size() > 1) return;
    }
  }
  if (refused) {
    step.fail(*std::move(refused));
    waiting->resume();
    return;
  }
  work_.notify_one();
}

Task<Result<TransactionId>> GroupCommit::roll() {
  Roll roll;
  co_await submit(roll);
  co_return std::move(roll.outcome);
}

void GroupCommit::run_namespace() {
  pthread_setname_np(pthread_self(), "namespace");
  std::vector<Queued> batch;
  while (true) {
    bool ending = false;
    {
      std::unique_lock lock(mutex_);
      auto wait = periodic_due_ - parts_.clock.now();
      if (queue_.empty() && !stopping_ && wait.count() > 0) {
        work_.wait_for(lock, wait, [&] { return stopping_ || !queue_.empty(); });
      }
      while (!queue_.empty() && batch.size() < settings_.batch_max) {
        batch.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      ending = stopping_ && queue_.empty();
    }
    if (!batch.empty()) work_through(std::move(batch));
    batch.clear();
    if (ending) break;
    if (parts_.clock.now() >= periodic_due_) run_periodic();
  }
  std::lock_guard lock(handed_mutex_);
  namespace_ended_ = true;
  handed_changed_.notify_one();
}

PlanContext GroupCommit::context(const Caller& caller) const {
  return {parts_.tables,       parts_.settings,   caller, parts_.blocks, parts_.leases,
          parts_.clock.wall(), parts_.clock.now()};
}

// Tables that cannot be written leave nothing to go on with: replay restores them at the next start.
void GroupCommit::write_locations(const Batch& locations) {
  if (locations.empty()) return;
  Result<void> written = parts_.tables.write(locations, kNoTransaction);
  if (!written) log::error("the tables cannot be written: {}", written.error().to_string());
  DFS_CHECK(written.has_value());
  changed_ = true;
}

// What is encoded but does not apply is taken back. That cannot happen to a planned record, so it is our mistake: the
// caller gets the error if nothing of its call has changed the tables yet, otherwise the process ends.
Result<void> GroupCommit::apply_records(std::vector<EditRecord> records, Handed& handed) {
  TransactionId before = last_;
  for (EditRecord& record : records) {
    Edit edit{next(last_), std::move(record)};
    size_t encoded = handed.bytes.size();
    Result<void> applied = encode_edit(edit, handed.bytes);
    if (applied) {
      applied = apply_and_absorb(edit, parts_.tables, parts_.blocks, parts_.leases, parts_.clock.now());
    }
    if (!applied) {
      log::error("a planned {} does not apply: {}", name_of(code_of(edit.record)), applied.error().to_string());
      DFS_CHECK(last_ == before);
      handed.bytes.resize(encoded);
      return applied;
    }
    if (handed.first == kNoTransaction) handed.first = edit.id;
    last_ = edit.id;
    ++in_segment_;
    changed_ = true;
  }
  return {};
}

void GroupCommit::work_through(std::vector<Queued> batch) {
  Handed handed;
  std::optional<Error> failed = failure();
  for (Queued& queued : batch) {
    Step& step = *queued.step;
    if (failed) {
      step.fail(*failed);
    } else if (step.ends_segment) {
      handed.callers.push_back(std::move(queued));
      count_roll(handed);
      static_cast<Roll&>(step).outcome = last_;
      hand_over(std::exchange(handed, Handed{}));
      continue;
    } else {
      std::vector<EditRecord> records;
      Batch locations;
      step.plan(context(step.caller), records, locations);
      write_locations(locations);
      Result<void> applied = apply_records(std::move(records), handed);
      if (!applied) step.fail(std::move(applied).error());
    }
    handed.callers.push_back(std::move(queued));
  }
  hand_over(std::move(handed));
}

void GroupCommit::run_periodic() {
  periodic_due_ = parts_.clock.now() + settings_.periodic_interval;
  if (failure()) return;
  static const Caller nobody;
  std::vector<EditRecord> records;
  Batch locations;
  Handed handed;
  if (periodic_(context(nobody), records, locations)) periodic_due_ = parts_.clock.now();
  write_locations(locations);
  (void)apply_records(std::move(records), handed);  // logged; tried again next time
  bool roll_due = settings_.transactions_per_segment != 0 && in_segment_ >= settings_.transactions_per_segment;
  if (roll_due) count_roll(handed);
  if (changed_) hand_over(std::move(handed));
}

// OP_END_LOG_SEGMENT and OP_START_LOG_SEGMENT, which the journal writes itself, take a transaction each.
void GroupCommit::count_roll(Handed& handed) {
  handed.roll = true;
  last_ = next(next(last_));
  in_segment_ = 1;
  Result<void> noted = parts_.tables.write(Batch{}, last_);
  DFS_CHECK(noted.has_value());
  changed_ = true;
}

void GroupCommit::hand_over(Handed handed) {
  handed.last = last_;
  if (changed_) handed.moment = std::make_shared<const Moment>(Moment{parts_.tables.snapshot(), last_});
  changed_ = false;
  std::lock_guard lock(handed_mutex_);
  handed_.push_back(std::move(handed));
  handed_changed_.notify_one();
}

void GroupCommit::run_journal() {
  pthread_setname_np(pthread_self(), "journal");
  std::vector<Handed> group;
  while (true) {
    {
      std::unique_lock lock(handed_mutex_);
      handed_changed_.wait(lock, [&] { return namespace_ended_ || !handed_.empty(); });
      if (handed_.empty()) return;
      group.swap(handed_);
    }
    std::optional<Error> failed = failure();
    if (!failed) {
      if (Result<void> durable = make_durable(group); !durable) {
        failed = std::move(durable).error().within("The edit log failed, restart the NameNode after mending its disk");
        log::error("{}", failed->message());
        std::lock_guard lock(durable_mutex_);
        failure_ = failed;
        durable_changed_.notify_all();
      }
    }
    for (Handed& handed : group) {
      for (Queued& caller : handed.callers) {
        if (failed) caller.step->fail(*failed);
        caller.waiting->resume();
      }
    }
    group.clear();
  }
}

Result<void> GroupCommit::make_durable(std::vector<Handed>& group) {
  bool unsynced = false;
  for (Handed& handed : group) {
    if (!handed.bytes.empty()) {
      TransactionId last = handed.roll ? TransactionId{raw(handed.last) - 2} : handed.last;
      DFS_TRY_OK(parts_.journal.append(handed.bytes, handed.first, last));
      unsynced = true;
    }
    if (handed.roll) {
      DFS_TRY_OK(parts_.journal.roll());
      unsynced = false;
      Result<void> purged = parts_.journal.purge(parts_.tables.durable_applied());
      if (!purged) log::warn("old edits stay: {}", purged.error().message());
    }
  }
  if (unsynced) DFS_TRY_OK(parts_.journal.sync());
  TransactionId last = group.back().last;
  std::shared_ptr<const Moment> newest;
  for (Handed& handed : group) {
    if (handed.moment) newest = std::move(handed.moment);
  }
  if (newest) published_ = std::move(newest);
  std::lock_guard lock(durable_mutex_);
  durable_ = last;
  durable_changed_.notify_all();
  return {};
}

}  // namespace dfs::namenode
