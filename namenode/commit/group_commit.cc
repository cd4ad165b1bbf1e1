#include "namenode/commit/group_commit.h"

#include <fmt/format.h>
#include <pthread.h>

#include <utility>

#include "namenode/blocks/blocks.h"
#include "namenode/commit/absorb.h"
#include "namenode/journal/edit_codec.h"
#include "namenode/journal/journal.h"
#include "namenode/leases/lease_table.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/retries.h"
#include "proto/base/check.h"
#include "proto/base/log.h"

namespace dfs::namenode {
namespace {

constexpr std::string_view kTablesFailed =
    "The tables cannot be written, restart the NameNode after mending their disk";

bool creates_inode(const EditRecord& record) {
  return std::holds_alternative<AddOp>(record) || std::holds_alternative<MkdirOp>(record) ||
         std::holds_alternative<SymlinkOp>(record);
}

}  // namespace

class GroupCommit::Roll final : public Asked<TransactionId> {
 public:
  explicit Roll(GroupCommit& commit) : Asked(commit) { ends_segment = true; }
  void plan(const PlanContext&, std::vector<EditRecord>&, Batch&) override { DFS_CHECK(false); }
  void begin_segment(TransactionId first) { outcome_ = first; }
};

GroupCommit::GroupCommit(Settings settings, Parts parts, Periodic periodic)
    : settings_(settings), parts_(parts), periodic_(std::move(periodic)) {}

GroupCommit::~GroupCommit() {
  DFS_CHECK(!namespace_thread_.joinable());
}

Result<void> GroupCommit::start() {
  Result<void> begun = begin();
  if (!begun) fail_for_good(begun.error());  // nobody waits for more to be durable
  return begun;
}

Result<void> GroupCommit::begin() {
  DFS_CHECK(parts_.tables.last_applied() == parts_.journal.last());
  DFS_TRY_OK(parts_.journal.start_segment());
  last_ = parts_.journal.last();
  in_segment_ = 1;
  {
    std::lock_guard lock(durable_mutex_);
    durable_ = last_;
    durable_changed_.notify_all();
  }
  DFS_TRY_OK(parts_.tables.write(Batch{}, last_));
  note_segment();
  publish(std::make_shared<const Moment>(Moment{parts_.tables.snapshot(), last_}));
  periodic_due_ = parts_.clock.now();
  namespace_thread_ = std::thread([this] { run_namespace(); });
  journal_thread_ = std::thread([this] { run_journal(); });
  return {};
}

void GroupCommit::end_patience() {
  {
    std::lock_guard lock(mutex_);
    impatient_ = true;
  }
  work_.notify_one();
}

void GroupCommit::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = impatient_ = true;
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
  std::lock_guard lock(published_mutex_);
  return *published_;
}

void GroupCommit::publish(std::shared_ptr<const Moment> moment) {
  // What was published goes after the lock: the last to hold a moment releases a snapshot of the tables.
  std::lock_guard lock(published_mutex_);
  published_.swap(moment);
}

std::optional<Error> GroupCommit::failure() const {
  std::lock_guard lock(durable_mutex_);
  return failure_;
}

size_t GroupCommit::waiting() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

bool GroupCommit::wait_durable(TransactionId transaction) {
  std::unique_lock lock(durable_mutex_);
  durable_changed_.wait(lock, [&] { return failure_.has_value() || durable_ >= transaction; });
  return durable_ >= transaction;
}

bool GroupCommit::submit(Step& step, Suspended waiting) {
  std::optional<Error> refused = put({.step = &step, .waiting = waiting, .owned = nullptr});
  if (!refused) return true;
  step.fail(*std::move(refused));
  return false;
}

void GroupCommit::submit_unawaited(std::unique_ptr<Step> step) {
  Step* planned = step.get();
  if (std::optional<Error> refused = put({.step = planned, .waiting = {}, .owned = std::move(step)}))
    log::debug("not done: {}", refused->message());
}

// Why `queued` is not taken. One that is may be answered before this returns.
std::optional<Error> GroupCommit::put(Queued queued) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return Error(ErrorCode::kCancelled, "The NameNode is shutting down");
    if (queue_.size() >= settings_.queue_max) {
      return Error(ErrorCode::kRetriable, "Server too busy: too many mutations are waiting");
    }
    queue_.push_back(std::move(queued));
    if (queue_.size() > 1) return std::nullopt;
  }
  work_.notify_one();
  return std::nullopt;
}

Later<Result<TransactionId>> GroupCommit::roll() {
  co_return co_await Roll(*this);
}

// The first of the queue. The callers that come meanwhile wait for the lock, so all of it is taken where it may be.
void GroupCommit::take(std::vector<Queued>& batch) {
  batch.clear();
  if (queue_.size() <= settings_.batch_max) return batch.swap(queue_);
  const auto end = queue_.begin() + ptrdiff_t(settings_.batch_max);
  batch.assign(std::move_iterator(queue_.begin()), std::move_iterator(end));
  queue_.erase(queue_.begin(), end);
}

void GroupCommit::run_namespace() {
  pthread_setname_np(pthread_self(), "namespace");
  std::vector<Queued> batch;
  while (true) {
    bool ending = false;
    {
      std::unique_lock lock(mutex_);
      auto is_called = [&] { return stopping_ || impatient_ == keeps_back_ || !queue_.empty(); };
      auto wait = due() - parts_.clock.now();
      if (!is_called() && wait.count() > 0) work_.wait_for(lock, wait, is_called);
      take(batch);
      ending = stopping_ && queue_.empty();
      keeps_back_ = !impatient_;
    }
    if (!batch.empty()) work_through(batch);
    plan_due();
    if (ending) break;
    if (auto soon = parts_.blocks.next_round()) periodic_due_ = std::min(periodic_due_, parts_.clock.now() + *soon);
    if (parts_.clock.now() >= periodic_due_) run_periodic();
  }
  std::lock_guard lock(handed_mutex_);
  namespace_ended_ = true;
  handed_changed_.notify_one();
}

TimePoint GroupCommit::due() const {
  const std::optional<TimePoint> kept = kept_back_.next_due();
  return kept ? std::min(*kept, periodic_due_) : periodic_due_;
}

PlanContext GroupCommit::context(const Caller& caller, TimePoint now, Patience* patience) const {
  return {parts_.tables, parts_.settings, caller, parts_.blocks, parts_.leases, parts_.clock.wall(), now, patience};
}

void GroupCommit::fail_for_good(Error error) {
  log::error("{}", error.to_string());
  std::lock_guard lock(durable_mutex_);
  if (!failure_) failure_ = Error(ErrorCode::kIo, error.message());  // clients know no other for it
  has_failed_ = true;
  durable_changed_.notify_all();
}

// Replay restores the tables at the next start.
void GroupCommit::fail_tables(Error error) {
  fail_for_good(std::move(error).within(std::string(kTablesFailed)));
}

Result<void> GroupCommit::write_locations(Batch locations) {
  if (locations.empty()) return {};
  if (Result<void> written = parts_.tables.write(std::move(locations), kNoTransaction); !written) {
    fail_tables(std::move(written).error());
    return fail(*failure());
  }
  changed_ = true;
  return {};
}

// A plan whose records cannot all be encoded (a name that is too long for Hadoop's format, say) is refused before any
// of it has changed the tables.
Result<void> GroupCommit::apply_records(std::vector<EditRecord> records, const Caller& caller, Handed& handed) {
  if (records.empty()) return {};
  const size_t encoded = handed.bytes.size();
  std::vector<Edit> edits;
  edits.reserve(records.size());
  TransactionId id = last_;
  for (EditRecord& record : records) {
    id = next(id);
    edits.push_back({id, std::move(record)});
    if (Result<void> written = encode_edit(edits.back(), handed.bytes); !written) {
      handed.bytes.resize(encoded);
      return written;
    }
  }
  const Followers followers{parts_.blocks, parts_.leases, parts_.settings, parts_.clock.wall(), parts_.clock.now()};
  const RpcIds ids = rpc_ids(caller);
  for (const Edit& edit : edits) {
    Result<void> applied = apply_and_absorb(edit, parts_.tables, followers, ids);
    if (!applied) {
      fail_tables(std::move(applied).error().within(fmt::format("{} does not apply", name_of(code_of(edit.record)))));
      return fail(*failure());
    }
    if (handed.first == kNoTransaction) handed.first = edit.id;
    last_ = edit.id;
    if (creates_inode(edit.record)) activity_.inodes_created.add();
    ++in_segment_;
    changed_ = true;
  }
  return {};
}

void GroupCommit::work_through(std::vector<Queued>& batch) {
  Handed handed;
  for (Queued& queued : batch) {
    if (queued.step->ends_segment && !has_failed_) {
      handed.callers.push_back(std::move(queued));
      count_roll(handed);
      static_cast<Roll&>(*handed.callers.back().step).begin_segment(last_);
      hand_over(std::exchange(handed, Handed{}));
      continue;
    }
    plan(std::move(queued), handed);
    plan_arrived(handed);
  }
  hand_over(std::move(handed));
}

// Adds it to the callers that `handed` answers, or keeps it back.
void GroupCommit::plan(Queued queued, Handed& handed) {
  Step& step = *queued.step;
  if (has_failed_) {
    step.fail(*failure());
  } else {
    const TimePoint now = parts_.clock.now();
    if (queued.since == TimePoint()) queued.since = now;
    Patience patience{.since = queued.since};
    const bool may_wait = keeps_back_ && kept_back_.size() < settings_.kept_back_max;
    std::vector<EditRecord> records;
    Batch locations;
    step.plan(context(step.caller, now, may_wait ? &patience : nullptr), records, locations);
    Result<void> applied = write_locations(std::move(locations));
    if (applied && patience.awaited && patience.until > now && records.empty() &&
        !kept_back_.is_full(*patience.awaited)) {
      kept_back_.put(*patience.awaited, patience.until, std::move(queued));
      kept_back_count_ = kept_back_.size();
      return;
    }
    if (applied) applied = apply_records(std::move(records), step.caller, handed);
    if (!applied) step.fail(std::move(applied).error());
  }
  handed.callers.push_back(std::move(queued));
}

// Plans again what has waited for what has come since.
void GroupCommit::plan_arrived(Handed& handed) {
  while (true) {
    const std::vector<Awaited> arrived = parts_.blocks.take_arrived();
    if (arrived.empty()) return;
    for (Awaited awaited : arrived) kept_back_.take(awaited, again_);
    plan_again(handed);
  }
}

void GroupCommit::plan_again(Handed& handed) {
  for (Queued& queued : again_) plan(std::move(queued), handed);
  again_.clear();
  kept_back_count_ = kept_back_.size();
}

// Plans again what has waited long enough.
void GroupCommit::plan_due() {
  const std::optional<TimePoint> next = kept_back_.next_due();
  if (!next) return;
  const TimePoint now = keeps_back_ ? parts_.clock.now() : TimePoint::max();
  if (*next > now) return;
  Handed handed;
  kept_back_.take_due(now, again_);
  plan_again(handed);
  plan_arrived(handed);
  hand_over(std::move(handed));
}

void GroupCommit::forget_retries_at_times(Batch& batch) {
  if (parts_.settings.retry_expiry.count() <= 0) return;
  const WallTime wall = parts_.clock.wall();
  const uint64_t period = retry_period(parts_.settings, wall);
  if (period == std::exchange(retries_forgotten_in_, period)) return;
  forget_retries(parts_.settings, wall, batch);
}

void GroupCommit::run_periodic() {
  periodic_due_ = parts_.clock.now() + settings_.periodic_interval;
  if (failure()) return;
  static const Caller nobody;
  std::vector<EditRecord> records;
  Batch locations;
  Handed handed;
  const bool more = periodic_(context(nobody, parts_.clock.now(), nullptr), records, locations);
  forget_retries_at_times(locations);
  if (!write_locations(std::move(locations))) return;
  if (Result<void> applied = apply_records(std::move(records), nobody, handed); !applied) {
    log::error("periodic work: {}", applied.error().to_string());
  } else if (more) {
    periodic_due_ = parts_.clock.now();
  }
  plan_arrived(handed);
  if (failure() && handed.callers.empty()) return;
  bool roll_due = settings_.transactions_per_segment != 0 && in_segment_ >= settings_.transactions_per_segment;
  if (roll_due) count_roll(handed);
  if (changed_ || !handed.callers.empty()) hand_over(std::move(handed));
}

// OP_END_LOG_SEGMENT and OP_START_LOG_SEGMENT, which the journal writes itself, take a transaction each.
void GroupCommit::count_roll(Handed& handed) {
  handed.roll = true;
  last_ = next(next(last_));
  in_segment_ = 1;
  if (Result<void> noted = parts_.tables.write(Batch{}, last_); !noted) fail_tables(std::move(noted).error());
  changed_ = true;
}

void GroupCommit::hand_over(Handed handed) {
  handed.last = last_;
  if (changed_ && !failure()) handed.moment = std::make_shared<const Moment>(Moment{parts_.tables.snapshot(), last_});
  changed_ = false;
  {
    std::unique_lock lock(handed_mutex_);
    handed_taken_.wait(lock, [&] { return handed_.size() < settings_.handed_max; });
    handed_.push_back(std::move(handed));
    handed_changed_.notify_one();
  }
  parts_.tables.wait_for_room();
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
      handed_taken_.notify_one();
    }
    std::optional<Error> failed = failure();
    if (!failed) {
      if (Result<void> durable = make_durable(group); !durable) {
        fail_for_good(
            std::move(durable).error().within("The edit log failed, restart the NameNode after mending its disk"));
        failed = failure();
      }
    }
    answer(group, failed);
    group.clear();
  }
}

// A step is its caller's again, and may be gone, once that is resumed.
void GroupCommit::answer(const std::vector<Handed>& group, const std::optional<Error>& failed) {
  for (const Handed& handed : group) {
    for (const Queued& queued : handed.callers) {
      if (failed) queued.step->fail(*failed);
      if (queued.waiting.home != nullptr) resumptions_.add(queued.waiting);
    }
  }
  resumptions_.resume_all();
}

// On the journal thread, or before it runs.
void GroupCommit::note_segment() {
  activity_.segment_first = raw(parts_.journal.last());
  note_edits_folders();
}

void GroupCommit::note_edits_folders() {
  if (std::exchange(edits_folders_, parts_.journal.directory_count()) == edits_folders_) return;
  activity_.set_edits_folders(parts_.journal.directories_in_use());
}

Result<void> GroupCommit::make_durable(std::vector<Handed>& group) {
  uint64_t unsynced = 0;
  for (Handed& handed : group) {
    if (!handed.bytes.empty()) {
      TransactionId last = handed.roll ? TransactionId{raw(handed.last) - 2} : handed.last;
      const TimePoint begun = parts_.clock.now();
      DFS_TRY_OK(parts_.journal.append(handed.bytes, handed.first, last));
      const uint64_t count = raw(last) - raw(handed.first) + 1;
      activity_.transactions.add(count, parts_.clock.now() - begun);
      unsynced += count;
    }
    if (handed.roll) {
      DFS_TRY_OK(parts_.journal.roll());
      unsynced = 0;
      note_segment();
      Result<void> purged = parts_.journal.purge(TransactionId{purge_limit_.load()});
      if (!purged) log::warn("old edits stay: {}", purged.error().message());
    }
  }
  if (unsynced > 0) {
    const TimePoint begun = parts_.clock.now();
    DFS_TRY_OK(parts_.journal.sync());
    activity_.syncs.add(parts_.clock.now() - begun);
    activity_.transactions_batched.add(unsynced - 1);
    note_edits_folders();
  }
  TransactionId last = group.back().last;
  std::shared_ptr<const Moment> newest;
  for (Handed& handed : group) {
    if (handed.moment) newest = std::move(handed.moment);
  }
  if (newest) publish(std::move(newest));
  std::lock_guard lock(durable_mutex_);
  durable_ = last;
  durable_changed_.notify_all();
  return {};
}

}  // namespace dfs::namenode
