#include "namenode/commit/group_commit.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>

#include "namenode/commit/replay.h"
#include "namenode/journal/journal.h"
#include "proto/base/event_loop.h"
#include "proto/base/later_as_task.h"
#include "proto/io/faulty_disk.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

using namespace std::chrono_literals;

// A gate in a disk operation: those who come wait until it is opened.
class Gate {
 public:
  void close() {
    std::lock_guard lock(mutex_);
    open_ = false;
  }
  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++passed_;
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    --waiting_;
  }
  int passed() {
    std::lock_guard lock(mutex_);
    return passed_;
  }
  void wait_for_somebody() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int waiting_ = 0, passed_ = 0;
};

class GroupCommitTest : public NamespaceFixture {
 protected:
  GroupCommitTest() {
    EXPECT_TRUE(Journal::format(disk, journal_settings,
                                StorageVersion{.namespace_id = 1, .cluster_id = "CID", .block_pool_id = "BP-1"},
                                Journal::Existing::kRefuse));
    loop.start();
  }
  ~GroupCommitTest() override {
    sync_gate.open();
    stop();
    loop.stop();
  }

  // With the tables as they are: empty ones replay everything.
  Result<void> start(GroupCommit::Settings settings = {}) {
    DFS_TRY(journal, Journal::open(faulty, journal_settings));
    DFS_TRY_OK(replay(*journal, *tables, {blocks, leases, this->settings, WallTime(), now}));
    // Passes every sync by the gate and lets none fail.
    faulty.arm({.operation = DiskOperation::kSync,
                .on_path =
                    [this](const std::string&) {
                      sync_gate.pass();
                      return false;
                    },
                .times = UINT64_MAX});
    commit = std::make_unique<GroupCommit>(
        settings, GroupCommit::Parts{*tables, *journal, blocks, leases, this->settings, Clock::system()},
        [this](const PlanContext&, std::vector<EditRecord>& records, Batch&) {
          std::lock_guard lock(periodic_mutex);
          records = std::exchange(periodic_records, {});
          return false;
        });
    return commit->start();
  }
  void stop() {
    if (commit) commit->stop();
    commit.reset();
    journal.reset();
  }
  // The machine loses its power and starts again, with tables that lost everything.
  Result<void> restart_after_power_cut() {
    sync_gate.open();
    stop();
    faulty.disarm();
    disk.lose_power();
    tables = fresh_tables();
    return start();
  }

  template <class Awaitable>
  auto spawn(Awaitable awaitable) {
    return boost::asio::co_spawn(loop.executor(), as_task(std::move(awaitable)), boost::asio::use_future);
  }
  std::future<Result<bool>> make(std::string path) {
    return spawn(commit->write<bool>(root, [path](const PlanContext& context) {
      return operations::mkdirs(context, operations::Mkdirs{.path = path});
    }));
  }
  bool published(const std::string& path) const {
    NamespaceThread::Moment moment = commit->published();
    return resolve(*moment.view, path).value().last() != nullptr;
  }

  MemoryDisk disk;
  FaultyDisk faulty{disk};
  JournalSettings journal_settings{.directories = {"/edits"}, .extra_edits_retained = 0};
  Gate sync_gate;
  EventLoop loop{"test"};
  std::unique_ptr<Journal> journal;
  std::unique_ptr<GroupCommit> commit;
  std::mutex periodic_mutex;
  std::vector<EditRecord> periodic_records;
};

TEST_F(GroupCommitTest, WhatIsAnsweredSurvivesAPowerCut) {
  ASSERT_TRUE(start());
  for (const char* path : {"/a", "/a/b", "/c"}) ASSERT_TRUE(make(path).get().value());
  EXPECT_TRUE(published("/a/b"));
  ASSERT_TRUE(restart_after_power_cut());
  for (const char* path : {"/a", "/a/b", "/c"}) EXPECT_TRUE(published(path)) << path;
}

TEST_F(GroupCommitTest, NeitherTheAnswerNorTheNewStateIsOutBeforeTheSync) {
  ASSERT_TRUE(start());
  sync_gate.close();
  std::future<Result<bool>> answer = make("/a");
  sync_gate.wait_for_somebody();
  EXPECT_EQ(answer.wait_for(0s), std::future_status::timeout);
  EXPECT_FALSE(published("/a"));
  sync_gate.open();
  EXPECT_TRUE(answer.get().value());
  EXPECT_TRUE(published("/a"));
}

TEST_F(GroupCommitTest, ARefusalWaitsForTheStateItDependsOn) {
  ASSERT_TRUE(start());
  sync_gate.close();
  std::future<Result<bool>> first = make("/a");
  sync_gate.wait_for_somebody();
  std::future<Result<bool>> refused = spawn(commit->write<bool>(alice, [](const PlanContext& context) {
    return operations::mkdirs(context, operations::Mkdirs{.path = "/a/b"});  // /a belongs to root
  }));
  std::future<Result<int>> errand =
      spawn(commit->run<int>([](const NamespaceThread::Unjournaled&) -> Result<int> { return 7; }));
  EXPECT_EQ(refused.wait_for(10ms), std::future_status::timeout);
  EXPECT_EQ(errand.wait_for(0s), std::future_status::timeout);
  sync_gate.open();
  EXPECT_EQ(refused.get().error().code(), ErrorCode::kAccessControl);
  EXPECT_EQ(errand.get().value(), 7);
  EXPECT_TRUE(first.get().value());
}

// Answers how often it was planned when it was told to answer, or had to.
class PatientCall {
 public:
  template <class Context>
  int plan(const Context& context, std::chrono::milliseconds at_most) {
    ++plans_;
    if (context.patience != nullptr && !ready && context.now < context.patience->since + at_most) {
      context.patience->wait_for({Awaited::Kind::kReplica, 7}, context.patience->since + at_most);
    }
    return plans_;
  }
  bool ready = false;  // of the namespace thread

 private:
  int plans_ = 0;
};

class PatienceTest : public GroupCommitTest {
 protected:
  std::future<Result<int>> call(PatientCall& patient, std::chrono::milliseconds at_most) {
    return spawn(commit->run<int>([&patient, at_most](const NamespaceThread::Unjournaled& work) -> Result<int> {
      return patient.plan(work, at_most);
    }));
  }
  void arrives(uint64_t block, PatientCall* is_ready = nullptr) {
    auto told = spawn(commit->run<int>([this, block, is_ready](const NamespaceThread::Unjournaled&) -> Result<int> {
      if (is_ready != nullptr) is_ready->ready = true;
      blocks.arrived.push_back({Awaited::Kind::kReplica, block});
      return 0;
    }));
    EXPECT_TRUE(told.get());
  }
};

TEST_F(PatienceTest, AnAnswerIsKeptBackUntilWhatItAwaitsHasCome) {
  ASSERT_TRUE(start());
  PatientCall patient;
  std::future<Result<int>> answer = call(patient, 1h);
  arrives(8);
  EXPECT_EQ(answer.wait_for(0s), std::future_status::timeout);
  EXPECT_EQ(commit->kept_back(), 1u);
  // In vain: it waits on.
  arrives(7);
  EXPECT_EQ(answer.wait_for(0s), std::future_status::timeout);
  arrives(7, &patient);
  EXPECT_EQ(answer.get().value(), 3);
  EXPECT_EQ(commit->kept_back(), 0u);
}

TEST_F(PatienceTest, AfterItsTimeItIsAnsweredAsItIs) {
  ASSERT_TRUE(start());
  PatientCall patient;
  EXPECT_EQ(call(patient, 5ms).get().value(), 2);
}

TEST_F(PatienceTest, AMutationIsPlannedAgainAndJournaledOnce) {
  ASSERT_TRUE(start());
  PatientCall patient;
  auto made = spawn(commit->write<bool>(root, [&](const PlanContext& context) -> Result<Planned<bool>> {
    patient.plan(context, 1h);
    if (!patient.ready) return fail(ErrorCode::kNotReplicatedYet, "not yet");
    return operations::mkdirs(context, operations::Mkdirs{.path = "/late"});
  }));
  arrives(8);
  EXPECT_EQ(made.wait_for(0s), std::future_status::timeout);
  EXPECT_FALSE(published("/late"));
  const TransactionId before = commit->published().applied;
  arrives(7, &patient);
  EXPECT_TRUE(made.get().value());
  EXPECT_TRUE(published("/late"));
  EXPECT_EQ(raw(commit->published().applied), raw(before) + 1);
}

TEST_F(PatienceTest, BeyondTheBoundNothingIsKeptBack) {
  ASSERT_TRUE(start({.kept_back_max = 1}));
  PatientCall first, second;
  std::future<Result<int>> kept = call(first, 1h);
  EXPECT_EQ(call(second, 1h).get().value(), 1);
  arrives(7, &first);
  EXPECT_EQ(kept.get().value(), 2);
}

TEST_F(PatienceTest, TheEndOfPatienceAnswersAllAndLetsNobodyWait) {
  ASSERT_TRUE(start());
  PatientCall first, second, third;
  std::future<Result<int>> one = call(first, 1h), two = call(second, 1h);
  arrives(8);
  commit->end_patience();
  EXPECT_EQ(one.get().value(), 2);
  EXPECT_EQ(two.get().value(), 2);
  EXPECT_EQ(call(third, 1h).get().value(), 1);
}

TEST_F(PatienceTest, StoppingAnswersWhatIsKeptBack) {
  ASSERT_TRUE(start());
  PatientCall patient;
  std::future<Result<int>> answer = call(patient, 1h);
  arrives(8);
  commit->stop();
  EXPECT_EQ(answer.get().value(), 2);
}

TEST_F(PatienceTest, AFailedJournalIsToldToThoseWhoWait) {
  ASSERT_TRUE(start());
  PatientCall patient;
  std::future<Result<int>> answer = call(patient, 1h);
  faulty.disarm();
  faulty.arm({.operation = DiskOperation::kSync});
  ASSERT_FALSE(make("/lost").get());
  commit->end_patience();
  EXPECT_EQ(answer.get().error().code(), ErrorCode::kIo);
}

TEST_F(GroupCommitTest, ThoseWhoWaitDuringASyncShareTheNext) {
  ASSERT_TRUE(start());
  sync_gate.close();
  std::vector<std::future<Result<bool>>> answers;
  answers.push_back(make("/first"));
  sync_gate.wait_for_somebody();
  for (int i = 0; i < 100; ++i) answers.push_back(make("/d" + std::to_string(i)));
  // Behind them all, and planned: so all are.
  std::promise<void> planned;
  auto last = spawn(commit->run<int>([&](const NamespaceThread::Unjournaled&) -> Result<int> {
    planned.set_value();
    return 0;
  }));
  planned.get_future().get();
  const int before = sync_gate.passed();
  sync_gate.open();
  for (auto& answer : answers) EXPECT_TRUE(answer.get().value());
  EXPECT_TRUE(last.get());
  EXPECT_LE(sync_gate.passed() - before, 3);
}

TEST_F(GroupCommitTest, AFailedSyncIsFinalButReadsGoOn) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(make("/kept").get().value());
  faulty.disarm();
  faulty.arm({.operation = DiskOperation::kSync});
  Result<bool> lost = make("/lost").get();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code(), ErrorCode::kIo);
  EXPECT_NE(lost.error().message().find("restart the NameNode"), std::string::npos) << lost.error().message();
  // The disk is well again, but what it holds is not known any more.
  EXPECT_FALSE(make("/later").get());
  EXPECT_FALSE(spawn(commit->run<int>([](const NamespaceThread::Unjournaled&) -> Result<int> { return 1; })).get());
  EXPECT_FALSE(spawn(commit->roll()).get());
  EXPECT_TRUE(commit->failure());
  EXPECT_FALSE(commit->wait_durable(tables->last_applied()));
  EXPECT_TRUE(published("/kept"));
  EXPECT_FALSE(published("/lost"));
  ASSERT_TRUE(restart_after_power_cut());
  EXPECT_TRUE(published("/kept"));
  EXPECT_TRUE(make("/later").get().value());
}

TEST_F(GroupCommitTest, TheGateOfTheTablesOpensWithTheSync) {
  ASSERT_TRUE(start());
  sync_gate.close();
  std::future<Result<bool>> answer = make("/a");
  sync_gate.wait_for_somebody();
  const TransactionId applied = tables->last_applied();
  std::future<bool> gate = std::async(std::launch::async, [&] { return commit->wait_durable(applied); });
  EXPECT_EQ(gate.wait_for(10ms), std::future_status::timeout);
  sync_gate.open();
  EXPECT_TRUE(gate.get());
  EXPECT_TRUE(answer.get());
}

TEST_F(GroupCommitTest, ARollEndsTheSegmentAndPurgesWhatTheTablesHold) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(make("/a").get().value());  // transaction 2
  EXPECT_EQ(spawn(commit->roll()).get().value(), TransactionId{4});
  commit->allow_purging(TransactionId{3});
  ASSERT_TRUE(make("/b").get().value());
  EXPECT_EQ(spawn(commit->roll()).get().value(), TransactionId{7});
  std::vector<std::string> names;
  for (const auto& entry : disk.list("/edits/current").value()) names.push_back(entry.name);
  EXPECT_EQ(std::count(names.begin(), names.end(), "edits_inprogress_0000000000000000007"), 1);
  EXPECT_EQ(std::count(names.begin(), names.end(), "edits_0000000000000000001-0000000000000000003"), 0);
}

TEST_F(GroupCommitTest, TheSegmentRollsByItselfAfterSoManyTransactions) {
  ASSERT_TRUE(start({.periodic_interval = 1ms, .transactions_per_segment = 5}));
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(make("/d" + std::to_string(i)).get().value());
  // Periodic work comes between batches; each write makes one.
  for (int i = 0; raw(commit->published().applied) < 12 + 3; ++i) {
    ASSERT_LT(i, 10'000);
    ASSERT_TRUE(make("/again" + std::to_string(i)).get().value());
  }
  stop();
  EXPECT_GE(disk.list("/edits/current").value().size(), 3u);
}

TEST_F(GroupCommitTest, HDFS_909_and_988_RollsAmongWritesLoseNoEdit) {
  ASSERT_TRUE(start({.batch_max = 3}));
  std::vector<std::future<Result<bool>>> answers;
  std::vector<std::future<Result<TransactionId>>> rolls;
  for (int i = 0; i < 200; ++i) {
    answers.push_back(make("/d" + std::to_string(i)));
    if (i % 7 == 0) rolls.push_back(spawn(commit->roll()));
  }
  for (auto& answer : answers) ASSERT_TRUE(answer.get().value());
  for (auto& roll : rolls) ASSERT_TRUE(roll.get());
  ASSERT_TRUE(restart_after_power_cut());
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(published("/d" + std::to_string(i))) << i;
}

TEST_F(GroupCommitTest, HDFS_13977_PlanningWaitsForAJournalThatIsBehind) {
  ASSERT_TRUE(start({.batch_max = 1, .handed_max = 4, .periodic_interval = 1h}));
  // Periodic work comes once at the start, before the second of these at the latest, and hands over a batch as well.
  for (const std::string path : {"/before", "/before2"}) ASSERT_TRUE(make(path).get().value());
  const TransactionId before = tables->last_applied();
  sync_gate.close();
  std::vector<std::future<Result<bool>>> answers{};
  answers.push_back(make("/first"));
  sync_gate.wait_for_somebody();
  for (int i = 0; i < 100; ++i) answers.push_back(make("/d" + std::to_string(i)));
  // One batch is being synced, four wait, and one is in the hands of the namespace thread.
  const TransactionId bound{raw(before) + 1 + 4 + 1};
  while (tables->last_applied() < bound) std::this_thread::yield();
  for (int i = 0; i < 1'000; ++i) {
    std::this_thread::yield();
    ASSERT_EQ(tables->last_applied(), bound);
  }
  sync_gate.open();
  for (auto& answer : answers) EXPECT_TRUE(answer.get().value());
}

TEST_F(GroupCommitTest, RecordsOfPeriodicWorkAreDurableToo) {
  ASSERT_TRUE(start({.periodic_interval = 1ms}));
  {
    std::lock_guard lock(periodic_mutex);
    periodic_records.push_back(MkdirOp{.inode_id = InodeId{90'000},
                                       .path = "/periodic",
                                       .timestamp_ms = 5,
                                       .permissions = {"root", "supergroup", 0755}});
  }
  for (int i = 0; !published("/periodic"); ++i) {
    ASSERT_LT(i, 10'000);
    ASSERT_TRUE(make("/d" + std::to_string(i)).get().value());
  }
  ASSERT_TRUE(restart_after_power_cut());
  EXPECT_TRUE(published("/periodic"));
}

// Hadoop's thread for the expiry of tokens wrote to the log without the lock, also while that was rolled.
TEST_F(GroupCommitTest, HDFS_13112_WhatExpiresWhileTheLogIsRolledIsWrittenOnceAndInItsPlace) {
  ASSERT_TRUE(start({.periodic_interval = std::chrono::milliseconds(0)}));
  constexpr int32_t kTokens = 60;
  std::vector<std::future<Result<TransactionId>>> rolls;
  for (int32_t i = 1; i <= kTokens; ++i) {
    {
      std::lock_guard lock(periodic_mutex);
      periodic_records.push_back(CancelDelegationTokenOp{.token = {.owner = "alice", .sequence_number = i}});
    }
    if (i % 3 == 0) rolls.push_back(spawn(commit->roll()));
    ASSERT_TRUE(make("/d" + std::to_string(i)).get().value());
  }
  auto all_are_taken = [&] {
    std::lock_guard lock(periodic_mutex);
    return periodic_records.empty();
  };
  while (!all_are_taken()) std::this_thread::yield();
  for (auto& roll : rolls) ASSERT_TRUE(roll.get());
  stop();
  faulty.disarm();
  journal = Journal::open(disk, journal_settings).value();
  int32_t tokens = 0, directories = 0;
  auto read = journal->replay(TransactionId{1}, [&](const Edit& edit) -> Result<void> {
    if (const auto* expired = std::get_if<CancelDelegationTokenOp>(&edit.record)) {
      EXPECT_EQ(expired->token.sequence_number, ++tokens);
    }
    directories += std::holds_alternative<MkdirOp>(edit.record) ? 1 : 0;
    return {};
  });
  EXPECT_TRUE(read) << error_of(read);
  EXPECT_EQ(tokens, kTokens);
  EXPECT_EQ(directories, kTokens);
}

TEST_F(GroupCommitTest, WhatItHasDoneIsCounted) {
  ASSERT_TRUE(start());
  const CommitActivity& activity = commit->activity();
  EXPECT_EQ(activity.segment_first.load(), raw(journal->last()));
  EXPECT_EQ(activity.edits_folders(), std::vector<std::string>{"/edits"});
  ASSERT_TRUE(make("/a/b").get().value());
  EXPECT_EQ(activity.transactions.count(), 2u);
  EXPECT_EQ(activity.syncs.count(), 1u);
  EXPECT_EQ(activity.transactions_batched.value(), 1u);
  EXPECT_EQ(activity.inodes_created.value(), 2u);
  EXPECT_EQ(commit->waiting(), 0u);
  const TransactionId first = spawn(commit->roll()).get().value();
  EXPECT_EQ(activity.segment_first.load(), raw(first));
}

TEST_F(GroupCommitTest, AFullQueueSaysTryAgain) {
  ASSERT_TRUE(start({.queue_max = 1}));
  // Holds the namespace thread, so that the queue can fill.
  std::promise<void> held, release;
  auto holder = spawn(commit->run<int>([&](const NamespaceThread::Unjournaled&) -> Result<int> {
    held.set_value();
    release.get_future().get();
    return 0;
  }));
  held.get_future().get();
  std::future<Result<bool>> waits = make("/a"), refused = make("/b");
  Result<bool> answer = refused.get();
  release.set_value();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::kRetriable);
  EXPECT_TRUE(waits.get().value());
  EXPECT_TRUE(holder.get());
}

TEST_F(GroupCommitTest, AStopAnswersWhatWaitsAndRefusesWhatComesLater) {
  ASSERT_TRUE(start());
  sync_gate.close();
  std::future<Result<bool>> answer = make("/a");
  sync_gate.wait_for_somebody();
  std::future<void> stopping = std::async(std::launch::async, [&] { commit->stop(); });
  // Stopping refuses newcomers before it waits.
  for (int i = 0;; ++i) {
    ASSERT_LT(i, 1'000'000);
    auto late = spawn(commit->run<int>([](const NamespaceThread::Unjournaled&) -> Result<int> { return 1; }));
    if (late.wait_for(1ms) == std::future_status::ready) {
      EXPECT_EQ(late.get().error().code(), ErrorCode::kCancelled);
      break;
    }
  }
  sync_gate.open();
  stopping.get();
  EXPECT_TRUE(answer.get().value());
}

TEST_F(GroupCommitTest, APlanThatCannotBeEncodedIsRefusedWhole) {
  ASSERT_TRUE(start());
  // The parent would be made, but no log of Hadoop's can hold this client name.
  Result<FileStatus> refused =
      spawn(commit->write<FileStatus>(root, [](const PlanContext& context) {
        return operations::create(
            context,
            operations::Create{
                .path = "/new/file", .holder = "\xff", .create_parent = true, .replication = 3, .block_size = 100});
      })).get();
  EXPECT_FALSE(refused);
  EXPECT_TRUE(make("/other").get().value());
  EXPECT_FALSE(published("/new"));
  EXPECT_FALSE(commit->failure());
}

// Tables that fail once a test says so.
class FailingTables final : public Tables {
 public:
  explicit FailingTables(std::unique_ptr<Tables> under) : under_(std::move(under)) {}
  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return under_->get(table, key);
  }
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return under_->scan(table, prefix, from, visit);
  }
  Result<void> write(Batch batch, TransactionId applied) override {
    if (fails) return fail(ErrorCode::kIo, "no space left");
    return under_->write(std::move(batch), applied);
  }
  std::shared_ptr<const View> snapshot() override { return under_->snapshot(); }
  TransactionId last_applied() const override { return under_->last_applied(); }
  Result<void> flush() override { return under_->flush(); }
  TransactionId durable_applied() const override { return under_->durable_applied(); }
  Result<void> copy_to(const std::string& directory) override { return under_->copy_to(directory); }

  std::atomic<bool> fails = false;

 private:
  std::unique_ptr<Tables> under_;
};

TEST_F(GroupCommitTest, TablesThatFailEndWritingButNotReading) {
  auto failing = std::make_unique<FailingTables>(std::move(tables));
  FailingTables& under_test = *failing;
  tables = std::move(failing);
  ASSERT_TRUE(start());
  ASSERT_TRUE(make("/kept").get().value());
  under_test.fails = true;
  Result<bool> lost = make("/lost").get();
  ASSERT_FALSE(lost);
  EXPECT_NE(lost.error().message().find("no space left"), std::string::npos) << lost.error().message();
  under_test.fails = false;
  EXPECT_FALSE(make("/later").get());
  EXPECT_TRUE(published("/kept"));
  EXPECT_FALSE(published("/lost"));
  ASSERT_TRUE(restart_after_power_cut());
  EXPECT_TRUE(published("/kept"));
  EXPECT_FALSE(published("/lost"));
}

TEST_F(GroupCommitTest, TablesAheadOfTheLogAreRefusedByName) {
  ASSERT_TRUE(tables->write(Batch{}, TransactionId{99}));
  Result<void> refused = start();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("dfs.namenode.edits.dir"), std::string::npos);
}

}  // namespace
}  // namespace dfs::namenode
