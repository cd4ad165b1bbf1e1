#include "tests/unit/namenode/commit/power_cut.h"

#include "namenode/namespace/operations/quotas.h"
#include "namenode/namespace/operations/snapshots.h"

namespace dfs::namenode {
namespace {

class PowerCutTest : public PowerCut {
 protected:
  Result<void> write_a_file(Life& life, const std::string& path) {
    auto created = life.answer_of(life.call(
        operations::create,
        operations::Create{.path = path, .holder = "c", .overwrite = true, .replication = 2, .block_size = 100}));
    if (!created) return {};
    auto added = life.answer_of(life.call(operations::add_block, operations::AddBlock{.path = path, .holder = "c"}));
    if (!added) return {};
    return life.answer(
        life.call(operations::complete, operations::Complete{.path = path, .holder = "c", .last = named(*added, 70)}));
  }
  static Call<bool> start_making(Life& life, const std::string& path) {
    return life.call(operations::mkdirs, operations::Mkdirs{.path = path});
  }
  static Result<void> make(Life& life, const std::string& path) { return life.answer(start_making(life, path)); }
  static Result<void> remove(Life& life, const std::string& path) {
    return life.answer(life.call(operations::remove, operations::Delete{.path = path, .recursive = true}));
  }
  // Many in one batch.
  static Result<void> make_many(Life& life, const std::string& directory, char first) {
    std::vector<Call<bool>> made;
    for (int i = 0; i < 8; ++i) made.push_back(start_making(life, directory + "/" + std::string(50, char(first + i))));
    std::optional<Error> failed;
    for (auto& one : made) {
      if (Result<void> answered = life.answer(std::move(one)); !answered) failed = std::move(answered).error();
    }
    if (failed) return fail(*std::move(failed));
    return {};
  }

  // More inodes than are removed at once.
  static Result<void> make_tree(Life& life, const std::string& top) {
    std::vector<Call<bool>> made;
    for (int i = 0; i < 60; ++i) made.push_back(start_making(life, top + "/" + std::to_string(i) + "/a/b/c/d/e/f/g/h"));
    for (auto& one : made) (void)life.answer_of(std::move(one));
    return make(life, top + "/file");
  }
};

TEST_F(PowerCutTest, AfterEachAStartFindsEveryAcknowledgedEditInLogAndTablesAlike) {
  cut_everywhere([&](Life& life) -> Result<void> {
    std::mt19937_64 random(20);
    for (int step = 0; step < 16; ++step) {
      const std::string directory = "/d" + std::to_string(random() % 4);
      const std::string file = directory + "/f" + std::to_string(random() % 3);
      switch (random() % 8) {
        case 0:
          DFS_TRY_OK(remove(life, directory));
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
        case 4:
          DFS_TRY_OK(make_many(life, directory, 'a'));
          break;
        default:
          DFS_TRY_OK(write_a_file(life, file));
      }
    }
    return life.stop();
  });
}

TEST_F(PowerCutTest, WhileACheckpointTakesRowsIntoTheTablesNothingIsLostOfThemNorOfWhatComesMeanwhile) {
  cut_everywhere([&](Life& life) -> Result<void> {
    for (int round = 0; round < 2; ++round) {
      const std::string directory = "/round" + std::to_string(round);
      DFS_TRY_OK(make_many(life, directory, 'a'));
      auto saving = life.start_saving();
      Result<void> meanwhile = make_many(life, directory, 'm');
      if (meanwhile) meanwhile = write_a_file(life, directory + "/file");
      if (meanwhile && round > 0) meanwhile = remove(life, "/round" + std::to_string(round - 1));
      Result<void> saved = saving.get();
      DFS_TRY_OK(std::move(meanwhile));
      DFS_TRY_OK(std::move(saved));
    }
    return life.stop();
  });
}

TEST_F(PowerCutTest, WhileADeletedTreeIsSweptItIsGoneAndTakesNothingElseWithIt) {
  cut_everywhere([&](Life& life) -> Result<void> {
    DFS_TRY_OK(make_tree(life, "/tree"));
    DFS_TRY_OK(write_a_file(life, "/tree/1/file"));
    DFS_TRY_OK(write_a_file(life, "/stays/file"));
    DFS_TRY_OK(life.save());
    DFS_TRY_OK(remove(life, "/tree"));
    auto saving = life.start_saving();
    Result<void> meanwhile = make(life, "/tree/anew");
    Result<void> saved = saving.get();
    DFS_TRY_OK(std::move(meanwhile));
    DFS_TRY_OK(std::move(saved));
    DFS_TRY_OK(life.save());
    return life.stop();
  });
}

TEST_F(PowerCutTest, WhileSnapshotsComeAndGoEachIsThereWithWhatItSawOrNotAtAll) {
  cut_everywhere([&](Life& life) -> Result<void> {
    auto take = [&](const char* name) {
      return life.answer(life.call(operations::create_snapshot, operations::CreateSnapshot{"/s", name}));
    };
    auto drop = [&](const char* name) {
      return life.answer(life.call(operations::delete_snapshot, operations::DeleteSnapshot{"/s", name}));
    };
    DFS_TRY_OK(make(life, "/s/d"));
    DFS_TRY_OK(life.answer(life.call(operations::allow_snapshot, operations::AllowSnapshot{"/s"})));
    DFS_TRY_OK(write_a_file(life, "/s/d/f"));
    DFS_TRY_OK(take("one"));
    DFS_TRY_OK(write_a_file(life, "/s/d/f"));
    DFS_TRY_OK(life.save());
    DFS_TRY_OK(take("two"));
    DFS_TRY_OK(life.answer(life.call(operations::rename_old, operations::Rename{"/s/d", "/moved"})));
    DFS_TRY_OK(life.answer(life.call(operations::rename_snapshot, operations::RenameSnapshot{"/s", "two", "second"})));
    auto saving = life.start_saving();
    Result<void> dropped = drop("one");
    Result<void> saved = saving.get();
    DFS_TRY_OK(std::move(dropped));
    DFS_TRY_OK(std::move(saved));
    DFS_TRY_OK(remove(life, "/moved"));
    DFS_TRY_OK(life.save());
    DFS_TRY_OK(drop("second"));
    DFS_TRY_OK(life.answer(life.call(operations::disallow_snapshot, operations::DisallowSnapshot{"/s"})));
    return life.stop();
  });
}

// Edits were lost when a NameNode ended while it saved its namespace: they were gone before the image was there.
TEST_F(PowerCutTest, HDFS_955_EditsAreThereWhereverASaveOfTheNamespaceIsCutOff) {
  uint64_t begin = 0, end = 0;
  const Work work = [&](Life& life) -> Result<void> {
    DFS_TRY_OK(make_many(life, "/a", 'a'));
    DFS_TRY_OK(write_a_file(life, "/a/file"));
    begin = cut->count_changes();
    DFS_TRY_OK(life.save());
    end = cut->count_changes();
    return make(life, "/b");
  };
  cut_between(work, begin, end);
}

// Wikimedia, 2022: there was no room for images, so there were no checkpoints, so the edits were never purged and their
// disks ran full as well.
TEST_F(PowerCutTest, Wikimedia_2022_WithoutRoomForACheckpointEditsStayAndGoOnceThereIsRoomAgain) {
  MemoryDisk disk;
  format_log_on(disk);
  auto segments = [&] { return list_segments(disk, "/name/current").value(); };
  {
    FaultyDisk full(disk);
    Life life(*this, full);
    ASSERT_TRUE(life.start());
    ASSERT_TRUE(make_many(life, "/a", 'a'));
    ASSERT_TRUE(life.save());
    ASSERT_TRUE(make_many(life, "/b", 'a'));
    constexpr int kNoSpace = 28;
    full.arm({.operation = DiskOperation::kWrite,
              .on_path = [](const std::string& path) { return path.starts_with(kTables); },
              .times = UINT64_MAX,
              .error_number = kNoSpace});
    EXPECT_FALSE(life.save());
    EXPECT_FALSE(life.save());
  }
  Life life(*this, disk);
  Result<void> started = life.start();
  ASSERT_TRUE(started) << error_of(started);
  expect_all_of_it(life);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(make(life, "/after" + std::to_string(i)));
    ASSERT_TRUE(life.save());
  }
  EXPECT_LE(segments().size(), 3u);
  EXPECT_TRUE(life.stop());
}

// etcd 3.5: the number of the last entry that had been applied was not saved together with what it had changed.
TEST_F(PowerCutTest, Etcd_2022_TablesHoldAllUpToTheTransactionThatTheyNameAndNoMore) {
  cut_everywhere([&](Life& life) -> Result<void> {
    DFS_TRY_OK(make(life, "/a"));
    auto saving = life.start_saving();
    std::vector<Call<bool>> meanwhile;
    for (int i = 0; i < 40; ++i) meanwhile.push_back(start_making(life, "/a/" + std::to_string(i)));
    for (auto& one : meanwhile) (void)life.answer_of(std::move(one));
    DFS_TRY_OK(saving.get());
    return life.stop();
  });
}

}  // namespace
}  // namespace dfs::namenode
