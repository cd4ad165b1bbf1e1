#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <random>

#include "namenode/commit/absorb.h"
#include "namenode/commit/checkpoint.h"
#include "namenode/commit/group_commit.h"
#include "namenode/commit/replay.h"
#include "namenode/journal/edit_codec.h"
#include "namenode/journal/journal.h"
#include "namenode/namespace/operations/quotas.h"
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
namespace {

using namespace std::chrono_literals;

constexpr const char* kTables = "/name/current/tables";

// The edit log and RocksDB on one disk, under the threads that a NameNode has. The machine stops at one operation of
// the disk after the other, and whatever was not synced is there afterwards or not, sector by sector. Old edits are
// purged as soon as the tables hold them, so that nothing but what is durable can save the namespace.
class PowerCutTest : public NamespaceFixture {
 protected:
  PowerCutTest() { loop.start(); }
  ~PowerCutTest() override { loop.stop(); }

  // From a start of the NameNode to whatever ends it.
  class Life {
   public:
    Life(PowerCutTest& test, Disk& disk) : test_(test), disk_(disk), files_(std::make_shared<DiskFiles>(disk)) {}
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
      DFS_TRY_OK(replay(*journal_, *tables_, {test_.blocks, leases_, test_.settings, WallTime(), TimePoint()}));
      test_.expect_history_in(*journal_, disk_);
      commit_.emplace(GroupCommit::Settings{.periodic_interval = 1h},
                      GroupCommit::Parts{*tables_, *journal_, test_.blocks, leases_, test_.settings, Clock::system()},
                      [](const PlanContext&, std::vector<EditRecord>&, Batch&) { return false; });
      gate_ = &*commit_;
      DFS_TRY_OK(commit_->start());
      checkpoint_.emplace(*commit_, *tables_, 1h);
      checkpoint_->start();
      catch_up();
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
    std::future<Result<T>> call(Result<Planned<T>> (*operation)(const PlanContext&, const Request&), Request request) {
      return test_.spawn(as_task(commit_->write<T>(test_.root, [this, operation, request](const PlanContext& context) {
        Result<Planned<T>> planned = operation(context, request);
        if (planned) test_.remember(newest_, planned->records);
        return planned;
      })));
    }
    // An error only where the NameNode has failed; a refusal is an answer.
    template <class T>
    Result<void> answer(std::future<Result<T>> waiting) {
      Result<T> given = waiting.get();
      if (commit_->failure()) return fail(*commit_->failure());
      test_.acknowledged = std::max(test_.acknowledged, raw(commit_->published().applied));
      return {};
    }
    // While nobody waits for an answer: rolls take transactions too.
    void catch_up() { newest_ = commit_->published().applied; }
    Result<void> save() { return test_.spawn(checkpoint_->save()).get(); }

    const View& tables() const { return *tables_; }
    // Where the edit log ended when it was opened.
    TransactionId found() const { return found_; }

   private:
    void end() {
      if (checkpoint_) checkpoint_->stop();
      if (commit_) commit_->stop();
      ended_ = true;
    }

    PowerCutTest& test_;
    Disk& disk_;
    std::shared_ptr<DiskFiles> files_;
    LeaseTable leases_{{}};
    TransactionId found_ = kNoTransaction;
    TransactionId newest_ = kNoTransaction;  // that was given to a record
    std::atomic<bool> ended_ = false;
    std::atomic<GroupCommit*> gate_ = nullptr;
    std::unique_ptr<Journal> journal_;
    std::unique_ptr<Tables> tables_;
    std::optional<GroupCommit> commit_;
    std::optional<Checkpoint> checkpoint_;
  };

  template <class T>
  std::future<T> spawn(Task<T> task) {
    return boost::asio::co_spawn(loop.executor(), std::move(task), boost::asio::use_future);
  }

  // What was planned, on the namespace thread: it gets the transactions that come next.
  void remember(TransactionId& newest, const std::vector<EditRecord>& records) {
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

  // The tables hold all edits since the beginning and nothing else.
  void expect_history_in(const View& view) {
    std::unique_ptr<Tables> replayed = fresh_tables();
    MemoryBlocks unused{4};
    LeaseTable none{{}};
    for (const auto& [id, record] : history) {
      auto applied =
          apply_and_absorb({TransactionId{id}, record}, *replayed, {unused, none, settings, WallTime(), TimePoint()});
      ASSERT_TRUE(applied) << error_of(applied);
    }
    EXPECT_EQ(rows_of(view), rows_of(*replayed));
  }

  Result<void> write_a_file(Life& life, const std::string& path) {
    auto created = life.call(operations::create,
                             operations::Create{
                                 .path = path, .holder = "c", .overwrite = true, .replication = 2, .block_size = 100})
                       .get();
    if (!created) return {};
    auto added = life.call(operations::add_block, operations::AddBlock{.path = path, .holder = "c"}).get();
    if (!added) return {};
    return life.answer(
        life.call(operations::complete, operations::Complete{.path = path, .holder = "c", .last = named(*added, 70)}));
  }

  Result<void> work(Life& life, std::mt19937_64& random) {
    for (int step = 0; step < 16; ++step) {
      const std::string directory = "/d" + std::to_string(random() % 4);
      const std::string file = directory + "/f" + std::to_string(random() % 3);
      life.catch_up();
      switch (random() % 8) {
        case 0:
          DFS_TRY_OK(
              life.answer(life.call(operations::remove, operations::Delete{.path = directory, .recursive = true})));
          break;
        case 1:
          DFS_TRY_OK(life.answer(
              life.call(operations::rename_old,
                        operations::Rename{.source = file, .destination = "/r" + std::to_string(random() % 3)})));
          break;
        case 2:
          DFS_TRY_OK(life.save());
          break;
        case 3:
          DFS_TRY_OK(life.answer(
              life.call(operations::set_quota,
                        operations::SetQuota{.path = directory, .namespace_quota = int64_t(5 + random() % 5)})));
          break;
        case 4: {  // a batch
          std::vector<std::future<Result<bool>>> made;
          for (int i = 0; i < 8; ++i) {
            made.push_back(life.call(operations::mkdirs,
                                     operations::Mkdirs{.path = directory + "/" + std::string(50, char('a' + i))}));
          }
          std::optional<Error> failed;
          for (auto& one : made) {
            if (Result<void> answered = life.answer(std::move(one)); !answered) failed = std::move(answered).error();
          }
          if (failed) return fail(*std::move(failed));
          break;
        }
        default:
          DFS_TRY_OK(write_a_file(life, file));
      }
    }
    return life.stop();
  }

  // The machine stops at its `stop`-th operation of the disk, and once more while it starts again. How many operations
  // it had made; fewer than `stop` when the work was done before.
  uint64_t stop_at(uint64_t stop) {
    SCOPED_TRACE("stopped at operation " + std::to_string(stop));
    std::mt19937_64 random(stop);
    MemoryDisk disk;
    EXPECT_TRUE(Journal::format(disk, journal_settings,
                                StorageVersion{.namespace_id = 1, .cluster_id = "C", .block_pool_id = "B"},
                                Journal::Existing::kRefuse));
    acknowledged = 0;
    history.clear();
    blocks = MemoryBlocks(4);
    uint64_t operations = 0;
    {
      FaultyDisk faulty(disk);
      faulty.stop_after(stop);
      {
        Life life(*this, faulty);
        if (life.start()) (void)work(life, random);
      }
      operations = faulty.count();
      disk.lose_power(random);
    }
    {
      FaultyDisk faulty(disk);
      faulty.stop_after(random() % 250);
      {
        Life life(*this, faulty);
        (void)life.start();
      }
      disk.lose_power(random);
    }
    for (const char* directory : {"/after", "/and-after-that"}) {
      Life life(*this, disk);
      Result<void> started = life.start();
      EXPECT_TRUE(started) << error_of(started);
      if (!started) return operations;
      EXPECT_GE(raw(life.found()), acknowledged);
      expect_history_in(life.tables());
      EXPECT_TRUE(life.answer(life.call(operations::mkdirs, operations::Mkdirs{.path = directory})));
      expect_history_in(life.tables());
      EXPECT_TRUE(life.stop());
    }
    return operations;
  }

  EventLoop loop{"test"};
  JournalSettings journal_settings{.directories = {"/name"}, .extra_edits_retained = 0};
  uint64_t acknowledged = 0;
  std::map<uint64_t, EditRecord> history;
};

TEST_F(PowerCutTest, AfterEachAStartFindsEveryAcknowledgedEditInLogAndTablesAlike) {
  const uint64_t all = stop_at(1'000'000);
  EXPECT_GT(all, 200u);
  // Every one of them in the nightly run; here some, others each time.
  const uint64_t stride = is_nightly() ? 1 : all / 4;
  for (uint64_t stop = is_nightly() ? 0 : std::random_device{}() % stride; stop < all + 50 && !HasFailure();
       stop += stride) {
    stop_at(stop);
  }
}

}  // namespace
}  // namespace dfs::namenode
