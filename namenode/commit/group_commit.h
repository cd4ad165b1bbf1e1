#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "namenode/commit/activity.h"
#include "namenode/commit/kept_back.h"
#include "namenode/commit/namespace_thread.h"
#include "proto/base/clock.h"

namespace dfs::namenode {

class Journal;

// NamespaceThread over a Journal and Tables: two threads in a row.
//
// The namespace thread takes all that waits (a batch), plans and applies it, takes a snapshot and hands everything on;
// the journal thread appends what has been handed to it, syncs once, publishes the newest snapshot and resumes the
// callers. While a sync runs the next batch is being planned, so under load batches grow by themselves.
//
// A plan may ask to be made again when something has come (Patience). Its step then waits on the namespace thread's
// side without a thread or a journal entry of its own, is planned anew in the very batch that brings the news, and is
// answered with that batch.
//
// After a failed sync, or when the tables cannot be written, nothing is planned any more: every caller gets kIo with
// the reason, and published() stays where it is. The tables are then ahead of the journal in memory, but never on disk
// (the gate below); a restart drops that.
class GroupCommit final : public NamespaceThread {
 public:
  struct Settings {
    size_t queue_max = 100'000;  // callers beyond this get kRetriable
    size_t batch_max = 1'000;
    // The namespace thread waits while the journal is this many batches behind.
    size_t handed_max = 256;
    size_t kept_back_max = 20'000;  // answers beyond this go out as they are
    std::chrono::milliseconds periodic_interval{500};
    // The edit log is rolled after this many transactions (0: never by itself).
    uint64_t transactions_per_segment = 1'000'000;
  };
  // What the thread works on; all of it outlives this object and belongs to its threads between start() and stop().
  struct Parts {
    Tables& tables;
    Journal& journal;
    Blocks& blocks;
    LeaseTable& leases;
    const NamespaceSettings& settings;
    Clock& clock;
  };
  // Called on the namespace thread between batches, once per interval, and again at once while it returns true.
  using Periodic = std::function<bool(const PlanContext&, std::vector<EditRecord>& records, Batch& locations)>;

  GroupCommit(Settings settings, Parts parts, Periodic periodic);
  ~GroupCommit() override;

  // Opens a segment. Requires: the tables equal the journal (see replay.h). The moment found is published before it
  // returns.
  Result<void> start();
  // What is kept back is answered as it is, and nothing is kept back any more: for those who wait for all calls to end
  // before they stop this. Thread-safe.
  void end_patience();
  // Everything submitted before is answered, the segment ends; callers after that get kCancelled.
  void stop();

  Moment published() const override;
  // Ends the segment and begins another, and purges segments as far as allow_purging() said; returns the first
  // transaction of the new one.
  Later<Result<TransactionId>> roll();

  // The tables are durable up to here, in every folder that holds them: edits before may go with the next roll. Until
  // it is called nothing is purged. Thread-safe.
  void allow_purging(TransactionId up_to) { purge_limit_ = raw(up_to); }

  // For Tables: blocks until the journal has made `transaction` durable; false once it has failed.
  bool wait_durable(TransactionId transaction);
  // Why mutations are refused, if the journal has failed.
  std::optional<Error> failure() const;

  const CommitActivity& activity() const { return activity_; }
  // Callers whose turn has not come.
  size_t waiting() const;
  // Callers whose answers are kept back.
  size_t kept_back() const { return kept_back_count_.load(std::memory_order_relaxed); }

 protected:
  bool submit(Step& step, Suspended waiting) override;
  void submit_unawaited(std::unique_ptr<Step> step) override;

 private:
  struct Queued {
    Step* step;
    Suspended waiting;
    std::unique_ptr<Step> owned;  // the step, where nobody waits for it
    TimePoint since{};            // planned for the first time; the epoch: not yet
  };
  struct Handed {
    std::string bytes;
    TransactionId first = kNoTransaction;  // of the edits in `bytes`, if there are any
    TransactionId last = kNoTransaction;   // of those and of a roll
    bool roll = false;                     // after `bytes`: end the segment and begin the next, one transaction each
    std::shared_ptr<const Moment> moment;
    std::vector<Queued> callers;
  };
  class Roll;

  Result<void> begin();
  void run_namespace();
  void run_journal();
  void take(std::vector<Queued>& batch);
  void work_through(std::vector<Queued>& batch);
  void plan(Queued queued, Handed& handed);
  void plan_arrived(Handed& handed);
  void plan_again(Handed& handed);
  void plan_due();
  TimePoint due() const;
  void run_periodic();
  Result<void> apply_records(std::vector<EditRecord> records, const Caller& caller, Handed& handed);
  void fail_for_good(Error error);
  void fail_tables(Error error);
  PlanContext context(const Caller& caller, TimePoint now, Patience* patience) const;
  void forget_retries_at_times(Batch& batch);
  Result<void> write_locations(Batch locations);
  void hand_over(Handed handed);
  void count_roll(Handed& handed);
  Result<void> make_durable(std::vector<Handed>& group);
  void note_segment();
  void note_edits_folders();
  void publish(std::shared_ptr<const Moment> moment);
  void answer(const std::vector<Handed>& group, const std::optional<Error>& failed);
  std::optional<Error> put(Queued queued);

  Settings settings_;
  Parts parts_;
  CommitActivity activity_;
  Periodic periodic_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::vector<Queued> queue_;
  bool stopping_ = false;
  bool impatient_ = false;

  std::mutex handed_mutex_;
  std::condition_variable handed_changed_, handed_taken_;
  std::vector<Handed> handed_;
  bool namespace_ended_ = false;

  mutable std::mutex durable_mutex_;
  std::condition_variable durable_changed_;
  TransactionId durable_ = kNoTransaction;
  std::optional<Error> failure_;
  std::atomic<bool> has_failed_{false};

  // Not std::atomic: the load of libstdc++ 12 gives its lock back without a barrier.
  mutable std::mutex published_mutex_;
  std::shared_ptr<const Moment> published_;
  std::atomic<uint64_t> purge_limit_{raw(kNoTransaction)};

  // Of the namespace thread.
  TransactionId last_ = kNoTransaction;
  uint64_t in_segment_ = 0;
  bool changed_ = false;
  uint64_t retries_forgotten_in_ = 0;  // which period
  TimePoint periodic_due_{};
  KeptBack<Queued> kept_back_;
  bool keeps_back_ = true;
  std::vector<Queued> again_;  // taken from kept_back_, to be planned

  // Of the journal thread.
  size_t edits_folders_ = 0;  // how many are in use
  Resumptions resumptions_;   // empty but in answer()

  std::atomic<size_t> kept_back_count_{0};

  std::thread namespace_thread_;
  std::thread journal_thread_;
};

}  // namespace dfs::namenode
