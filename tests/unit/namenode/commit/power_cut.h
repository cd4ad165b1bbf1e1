#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <concepts>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "namenode/commit/absorb.h"
#include "namenode/commit/checkpoint.h"
#include "namenode/commit/group_commit.h"
#include "namenode/commit/replay.h"
#include "namenode/journal/edit_codec.h"
#include "namenode/journal/journal.h"
#include "namenode/namespace/retries.h"
#include "namenode/storage_folders.h"
#include "namenode/store/layered_tables.h"
#include "proto/base/event_loop.h"
#include "proto/base/later_as_task.h"
#include "proto/io/faulty_disk.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/dose.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"
#include "tests/unit/namenode/store/disk_files.h"

namespace dfs::namenode {

// The edit log and RocksDB on one disk, under the threads that a NameNode has, and a workload that is always the same.
// The machine stops at one write, sync or change of a name after the other, and whatever was not synced is there
// afterwards or not, sector by sector. Old edits are purged as soon as the tables hold them, so that nothing but what
// is durable can save the namespace.
class PowerCut : public NamespaceFixture {
 protected:
  static constexpr const char* kTables = "/name/current/tables";

  PowerCut() { loop.start(); }
  ~PowerCut() override { loop.stop(); }

  template <class T>
  struct Call {
    std::future<Result<T>> result;
    int32_t id = 0;
    std::optional<OpCode> at_most_once{};
  };

  // From a start of the NameNode to whatever ends it.
  class Life {
   public:
    Life(PowerCut& test, Disk& disk) : test_(test), disk_(disk), files_(std::make_shared<DiskFiles>(disk)) {}
    ~Life() { end(); }
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    Result<void> start() {
      DFS_TRY_OK(make_tables_directory(disk_, kTables));
      DFS_TRY(journal_, Journal::open(disk_, test_.journal_settings));
      found_ = journal_->last();
      test_.forget_edits_after(found_);
      DFS_TRY(tables_, open_rocksdb_on(files_, kTables, 1 << 20, [this](TransactionId id) {
                GroupCommit* running = gate_.load();
                return !ended_ && (running == nullptr || running->wait_durable(id));
              }));
      DFS_TRY_OK(make_root(*tables_, test_.settings));
      Clock& clock = Clock::system();
      DFS_TRY_OK(replay(*journal_, *tables_, {test_.blocks, leases_, test_.settings, clock.wall(), clock.now()}));
      test_.expect_history_in(*journal_, disk_);
      commit_.emplace(GroupCommit::Settings{.periodic_interval = std::chrono::milliseconds(1)},
                      GroupCommit::Parts{*tables_, *journal_, test_.blocks, leases_, test_.settings, clock},
                      [this](const PlanContext& context, std::vector<EditRecord>&, Batch& locations) {
                        auto swept =
                            sweep_and_absorb(sweep_, context.view, 100, locations, context.blocks, context.leases);
                        return swept && *swept;
                      });
      gate_ = &*commit_;
      DFS_TRY_OK(commit_->start());
      checkpoint_.emplace(*commit_, *tables_, std::chrono::hours(1));
      checkpoint_->start();
      return {};
    }
    // As a NameNode that is told to stop.
    Result<void> stop() {
      checkpoint_->stop();
      commit_->stop();
      if (commit_->failure()) return fail(*commit_->failure());
      return tables_->flush();
    }

    template <class T, class Request>
    Call<T> call(Result<Planned<T>> (*operation)(const PlanContext&, const Request&), Request request) {
      Caller caller = test_.root;
      caller.rpc_client_id = kClient;
      caller.rpc_call_id = ++test_.calls;
      Call<T> made{.result = {}, .id = caller.rpc_call_id};
      if constexpr (requires { Request::kAtMostOnce; }) made.at_most_once = Request::kAtMostOnce;
      made.result = test_.spawn(as_task(
          commit_->write<T>(std::move(caller), [this, operation, request = std::move(request)](const PlanContext& at) {
            Result<Planned<T>> planned = operation(at, request);
            if (planned) test_.remember(tables_->last_applied(), planned->records);
            return planned;
          })));
      return made;
    }
    template <class T>
    Result<T> answer_of(Call<T> call) {
      Result<T> given = call.result.get();
      if (commit_->failure()) return fail(*commit_->failure());
      test_.acknowledged = std::max(test_.acknowledged, raw(commit_->published().applied));
      bool changed = given.has_value();
      if constexpr (std::same_as<T, bool>) changed = changed && *given;
      if (changed && call.at_most_once) test_.answered[call.id] = *call.at_most_once;
      return given;
    }
    // An error only where the NameNode has failed; a refusal is an answer.
    template <class T>
    Result<void> answer(Call<T> call) {
      (void)answer_of(std::move(call));
      if (commit_->failure()) return fail(*commit_->failure());
      return {};
    }
    std::future<Result<void>> start_saving() { return test_.spawn(checkpoint_->save()); }
    Result<void> save() { return start_saving().get(); }

    std::shared_ptr<const View> moment() const { return commit_->published().view; }
    // Where the edit log ended when it was opened.
    TransactionId found() const { return found_; }

   private:
    void end() {
      if (checkpoint_) checkpoint_->stop();
      if (commit_) commit_->stop();
      ended_ = true;
    }

    PowerCut& test_;
    Disk& disk_;
    std::shared_ptr<DiskFiles> files_;
    LeaseTable leases_{{}};
    DetachedTreeSweep sweep_;
    TransactionId found_ = kNoTransaction;
    std::atomic<bool> ended_ = false;
    std::atomic<GroupCommit*> gate_ = nullptr;
    std::unique_ptr<Journal> journal_;
    std::unique_ptr<Tables> tables_;
    std::optional<GroupCommit> commit_;
    std::optional<Checkpoint> checkpoint_;
  };
  using Work = std::function<Result<void>(Life&)>;
  // While the work is done: the disk under it.
  FaultyDisk* cut = nullptr;

  // Cuts the power at each change of the disk that the work makes; every few of them in the normal dose, others each
  // time.
  void cut_everywhere(const Work& work) {
    const uint64_t all = stop_at(1'000'000, work);
    EXPECT_GT(all, 100u);
    const uint64_t stride = is_nightly() ? 1 : std::max<uint64_t>(1, all / 2);
    for (uint64_t stop = is_nightly() ? 0 : std::random_device{}() % stride; stop < all + 20 && !HasFailure();
         stop += stride) {
      stop_at(stop, work);
    }
  }

  // The same where `begin` and `end`, which the work sets, were how many changes there had been.
  void cut_between(const Work& work, const uint64_t& begin, const uint64_t& end) {
    stop_at(1'000'000, work);
    const uint64_t from = begin, to = end;
    EXPECT_GT(to, from + 10);
    const uint64_t stride = is_nightly() ? 1 : (to - from) / 3;
    for (uint64_t stop = from; stop <= to && !HasFailure(); stop += stride) stop_at(stop, work);
  }

  void format_log_on(Disk& disk) {
    EXPECT_TRUE(Journal::format(disk, journal_settings,
                                StorageVersion{.namespace_id = 1, .cluster_id = "C", .block_pool_id = "B"},
                                Journal::Existing::kRefuse));
  }
  // All that was acknowledged, and its answers.
  void expect_all_of_it(Life& life) {
    EXPECT_GE(raw(life.found()), acknowledged);
    expect_history_in(*life.moment());
    expect_answers_in(*life.moment());
  }

  template <class T>
  std::future<T> spawn(Task<T> task) {
    return boost::asio::co_spawn(loop.executor(), std::move(task), boost::asio::use_future);
  }

  // What is on the disk of the tables alone, before anything is replayed, is all up to the transaction that they name.
  void expect_tables_of_one_moment(Disk& disk) {
    auto there = disk.exists(std::string(kTables) + "/CURRENT");
    if (!there || !*there) return;
    auto alone =
        open_rocksdb_on(std::make_shared<DiskFiles>(disk), kTables, 1 << 20, [](TransactionId) { return true; });
    ASSERT_TRUE(alone) << error_of(alone);
    if (auto top = find_entry(**alone, kNoInode, ""); !top || !*top) return;
    expect_history_in(**alone, (*alone)->last_applied());
  }

 private:
  static constexpr const char* kClient = "a-client-of-ours";  // 16 bytes

  // What was planned, on the namespace thread: it gets the transactions after `newest`.
  void remember(TransactionId newest, const std::vector<EditRecord>& records) {
    for (const EditRecord& record : records) history.insert_or_assign(raw(newest = next(newest)), record);
  }
  void forget_edits_after(TransactionId last) { history.erase(history.upper_bound(raw(last)), history.end()); }

  // What the log still has of the past is what was planned.
  void expect_history_in(Journal& journal, Disk& disk) {
    const auto segments = list_segments(disk, "/name/current");
    if (!segments || segments->empty()) return;
    (void)journal.replay(segments->front().first, [&](const Edit& edit) -> Result<void> {
      auto planned = history.find(raw(edit.id));
      const OpCode code = code_of(edit.record);
      if (code == OpCode::kStartLogSegment || code == OpCode::kEndLogSegment) {
        EXPECT_TRUE(planned == history.end()) << raw(edit.id);
      } else if (planned == history.end()) {
        ADD_FAILURE() << raw(edit.id) << " was never planned";
      } else {
        std::string is, was;
        EXPECT_TRUE(encode_edit(edit, is) && encode_edit({edit.id, planned->second}, was));
        EXPECT_EQ(is, was);
      }
      return {};
    });
  }

  // The tables hold all edits since the beginning and nothing else, once what is left of deleted trees is gone.
  void expect_history_in(const View& view, TransactionId until = TransactionId{UINT64_MAX}) {
    std::unique_ptr<Tables> replayed = fresh_tables();
    MemoryBlocks unused{4};
    LeaseTable none{{}};
    for (const auto& [id, record] : history) {
      if (id > raw(until)) break;
      auto applied =
          apply_and_absorb({TransactionId{id}, record}, *replayed, {unused, none, settings, WallTime(), TimePoint()});
      ASSERT_TRUE(applied) << error_of(applied);
    }
    std::unique_ptr<Tables> found = Tables::in_memory();
    Batch batch;
    for (size_t i = 0; i < kTableCount; ++i) {
      ASSERT_TRUE(view.scan(Table(i), "", [&](std::string_view key, std::string_view value) {
        batch.put(Table(i), std::string(key), std::string(value));
        return true;
      }));
    }
    ASSERT_TRUE(found->write(batch, kNoTransaction));
    for (Tables* one : {found.get(), replayed.get()}) {
      ASSERT_TRUE(sweep_everything(*one, {unused, none, settings, WallTime(), TimePoint()}));
    }
    auto without_last_applied = [](auto rows) {
      std::erase_if(rows, [](const auto& row) { return row.first.ends_with("/last_applied"); });
      return rows;
    };
    EXPECT_EQ(without_last_applied(rows_of(*found)), without_last_applied(rows_of(*replayed)));
  }

  // Each call that was answered is known, so that it is not carried out once more, and no other than those in the log.
  void expect_answers_in(const View& view) {
    for (const auto& [id, operation] : answered) {
      auto row =
          find_retry(view, {.client_id = kClient, .call_id = id}, uint8_t(operation), settings, Clock::system().wall());
      EXPECT_TRUE(row && *row) << name_of(operation) << " of call " << id;
    }
    std::set<std::string> known, logged;
    EXPECT_TRUE(view.scan(Table::kRetries, "", [&](std::string_view key, std::string_view) {
      known.emplace(key.substr(sizeof(uint64_t)));
      return true;
    }));
    for (const auto& [id, record] : history) {
      const RpcIds* ids = rpc_ids_of(record);
      if (ids != nullptr && ids->there()) {
        logged.insert(retry_key(0, ids->client_id, ids->call_id).substr(sizeof(uint64_t)));
      }
    }
    EXPECT_EQ(known, logged);
  }

  // The machine stops after `stop` changes of the disk, and once more while it starts again. How many changes it had
  // made; fewer than `stop` when the work was done before.
  uint64_t stop_at(uint64_t stop, const Work& work) {
    SCOPED_TRACE("stopped after changes: " + std::to_string(stop));
    std::mt19937_64 random(stop);
    MemoryDisk disk;
    format_log_on(disk);
    acknowledged = 0;
    answered.clear();
    history.clear();
    blocks = MemoryBlocks(4);
    uint64_t changes = 0;
    {
      FaultyDisk faulty(disk);
      faulty.stop_after_changes(stop);
      cut = &faulty;
      {
        Life life(*this, faulty);
        if (life.start()) (void)work(life);
      }
      cut = nullptr;
      changes = faulty.count_changes();
      disk.lose_power(random);
    }
    expect_tables_of_one_moment(disk);
    {
      FaultyDisk faulty(disk);
      faulty.stop_after_changes(random() % 60);
      {
        Life life(*this, faulty);
        (void)life.start();
      }
      disk.lose_power(random);
    }
    for (int start = 0; start < (stop % 4 == 0 ? 2 : 1); ++start) {
      Life life(*this, disk);
      Result<void> started = life.start();
      EXPECT_TRUE(started) << error_of(started);
      if (!started) return changes;
      EXPECT_GE(raw(life.found()), acknowledged);
      expect_history_in(*life.moment());
      expect_answers_in(*life.moment());
      EXPECT_TRUE(
          life.answer(life.call(operations::mkdirs, operations::Mkdirs{.path = "/after" + std::to_string(start)})));
      EXPECT_TRUE(life.stop());
    }
    return changes;
  }

  EventLoop loop{"test"};
  JournalSettings journal_settings{.directories = {"/name"}, .extra_edits_retained = 0};
  uint64_t acknowledged = 0;
  std::atomic<int32_t> calls = 0;
  std::map<int32_t, OpCode> answered;
  std::map<uint64_t, EditRecord> history;
};

}  // namespace dfs::namenode
