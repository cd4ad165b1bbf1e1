#include "namenode/namespace/quota.h"

#include <random>

#include "namenode/blocks/storage_policy.h"
#include "namenode/namespace/operations/quotas.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

using operations::kQuotaDontSet;
using operations::kQuotaReset;
using operations::SetQuota;

constexpr uint8_t kSsd = 1, kDisk = 2;  // Java's ordinals
constexpr uint8_t kOneSsd = 10, kAllSsd = 12;

class QuotaTest : public NamespaceFixture {
 protected:
  Result<Done> set_names(const std::string& path, int64_t quota) {
    return run(operations::set_quota, SetQuota{.path = path, .namespace_quota = quota});
  }
  Result<Done> set_space(const std::string& path, int64_t quota) {
    return run(operations::set_quota, SetQuota{.path = path, .storage_space_quota = quota});
  }
  Result<Done> set_type(const std::string& path, uint8_t type, int64_t quota) {
    return run(operations::set_quota, SetQuota{.path = path, .storage_space_quota = quota, .storage_type = type});
  }
  Result<Done> set_policy(const std::string& path, uint8_t policy) {
    return run(operations::set_storage_policy,
               operations::SetStoragePolicy{
                   .path = path, .policy = policy == 0 ? "" : std::string(find_storage_policy(policy)->name)});
  }
  QuotaUsage usage(const std::string& path) {
    Result<QuotaUsage> found = quota_usage(query(root), path);
    EXPECT_TRUE(found) << error_of(found);
    return found ? *found : QuotaUsage();
  }
  std::optional<QuotaCounts> row(const std::string& path) {
    return find_quota_usage(*tables, status(path)->inode->id).value();
  }
  Result<LocatedBlock> add_block(const std::string& path, std::optional<operations::NamedBlock> previous = {}) {
    return run(operations::add_block, operations::AddBlock{.path = path, .holder = "c1", .previous = previous});
  }
  Result<bool> rename_old(const std::string& from, const std::string& to) {
    return run(operations::rename_old, operations::Rename{.source = from, .destination = to});
  }
  // Every row says what a walk finds, and there is one for each directory that needs it and no other.
  void expect_rows_are_true() {
    Batch counted;
    ASSERT_TRUE(count_everything(*tables, counted));
    std::map<std::string, std::string> wanted, found;
    for (const Batch::Change& change : counted.changes()) wanted[change.key] = *change.value;
    ASSERT_TRUE(tables->scan(Table::kQuotaUsage, "", [&](std::string_view key, std::string_view value) {
      found[std::string(key)] = value;
      return true;
    }));
    EXPECT_EQ(found, wanted);
  }
};

TEST_F(QuotaTest, NamesAreLimited) {
  ASSERT_TRUE(make_directory("/q"));
  ASSERT_TRUE(set_names("/q", 3));
  ASSERT_TRUE(make_directory("/q/a"));
  ASSERT_TRUE(create_file("/q/f"));
  Result<FileStatus> refused = create_file("/q/g");
  EXPECT_EQ(error_of(refused),
            "NSQuotaExceededException: The NameSpace quota (directories and files) of directory /q is exceeded: "
            "quota=3 file count=4");
  EXPECT_EQ(make_directory("/q/a/b").error().code(), ErrorCode::kNamespaceQuota);
  ASSERT_TRUE(run(operations::remove, operations::Delete{.path = "/q/f"}));
  EXPECT_TRUE(make_directory("/q/a/b"));
  EXPECT_EQ(usage("/q").consumed.names, 3);
  EXPECT_EQ(usage("/q").namespace_quota, 3);
  expect_rows_are_true();
  expect_replay_equals_live();
}

TEST_F(QuotaTest, DirectoriesMadeBeforeTheLimitStay) {
  ASSERT_TRUE(make_directory("/q"));
  ASSERT_TRUE(set_names("/q", 2));
  Result<bool> made = make_directory("/q/a/b/c");
  EXPECT_EQ(made.error().message(),
            "The NameSpace quota (directories and files) of directory /q is exceeded: quota=2 file count=3");
  EXPECT_TRUE(status("/q/a"));
  EXPECT_FALSE(status("/q/a/b"));
  ASSERT_TRUE(set_names("/q", 3));
  EXPECT_EQ(create_file("/q/a/b/f").error().code(), ErrorCode::kNamespaceQuota);
  EXPECT_TRUE(status("/q/a/b"));
  expect_rows_are_true();
}

TEST_F(QuotaTest, ABlockBeingWrittenCountsAsAWholeOne) {
  ASSERT_TRUE(make_directory("/q"));
  ASSERT_TRUE(set_space("/q", 700));
  ASSERT_TRUE(create_file("/q/f"));
  auto first = add_block("/q/f");
  ASSERT_TRUE(first) << error_of(first);
  EXPECT_EQ(row("/q")->space, 300);
  // The first turns out to have 10 bytes, three times.
  auto second = add_block("/q/f", named(*first, 10));
  ASSERT_TRUE(second) << error_of(second);
  EXPECT_EQ(row("/q")->space, 330);
  auto third = add_block("/q/f", named(*second, 100));
  ASSERT_TRUE(third) << error_of(third);
  EXPECT_EQ(row("/q")->space, 630);
  auto fourth = add_block("/q/f", named(*third, 50));
  EXPECT_EQ(error_of(fourth),
            "DSQuotaExceededException: The DiskSpace quota of /q is exceeded: quota = 700 B = 700 B but diskspace "
            "consumed = 780 B = 780 B");
  ASSERT_TRUE(
      *run(operations::complete, operations::Complete{.path = "/q/f", .holder = "c1", .last = named(*third, 50)}));
  EXPECT_EQ(row("/q")->space, 480);
  EXPECT_EQ(row("/")->space, 480);
  expect_rows_are_true();

  // An append takes the rest of the last block at once.
  ASSERT_TRUE(run(operations::append, operations::Append{.path = "/q/f", .holder = "c1"}));
  EXPECT_EQ(row("/q")->space, 630);
  EXPECT_EQ(usage("/q").consumed.space, 630);
  EXPECT_EQ(content_summary(query(root), "/q")->quotas.consumed.space, 630);
  ASSERT_TRUE(run(operations::abandon_block,
                  operations::AbandonBlock{.path = "/q/f", .holder = "c1", .block = named(*third, 0)}));
  EXPECT_EQ(row("/q")->space, 330);
  ASSERT_TRUE(*run(operations::complete, operations::Complete{.path = "/q/f", .holder = "c1"}));
  ASSERT_TRUE(set_space("/q", 400));
  EXPECT_TRUE(run(operations::append, operations::Append{.path = "/q/f", .holder = "c1"})) << "the block is full";
  expect_rows_are_true();
  expect_replay_equals_live();
}

TEST_F(QuotaTest, AppendTruncateReplicationAndConcatAreRefusedWhereThereIsNoRoom) {
  ASSERT_TRUE(make_directory("/q"));
  write_file("/q/f", {100, 50});
  write_file("/q/thin", {60});
  ASSERT_TRUE(run(operations::set_replication, operations::SetReplication{.path = "/q/thin", .replication = 1}));
  ASSERT_TRUE(set_space("/q", 550));
  ASSERT_EQ(row("/q")->space, 450 + 60);
  EXPECT_EQ(run(operations::append, operations::Append{.path = "/q/f", .holder = "c1"}).error().code(),
            ErrorCode::kSpaceQuota);
  EXPECT_EQ(run(operations::truncate, operations::Truncate{.path = "/q/f", .new_length = 149, .holder = "c1"})
                .error()
                .message(),
            "The DiskSpace quota of /q is exceeded: quota = 550 B = 550 B but diskspace consumed = 660 B = 660 B");
  EXPECT_EQ(
      run(operations::set_replication, operations::SetReplication{.path = "/q/f", .replication = 4}).error().code(),
      ErrorCode::kSpaceQuota);
  EXPECT_EQ(run(operations::concat, operations::Concat{.target = "/q/f", .sources = {"/q/thin"}}).error().code(),
            ErrorCode::kSpaceQuota);
  EXPECT_TRUE(run(operations::set_replication, operations::SetReplication{.path = "/q/f", .replication = 2}));
  EXPECT_EQ(row("/q")->space, 300 + 60);
  EXPECT_TRUE(run(operations::truncate, operations::Truncate{.path = "/q/f", .new_length = 149, .holder = "c1"}));
  EXPECT_EQ(row("/q")->space, 400 + 60);
  EXPECT_TRUE(run(operations::set_replication, operations::SetReplication{.path = "/q/f", .replication = 2}));
  expect_rows_are_true();
  expect_replay_equals_live();
}

TEST_F(QuotaTest, ConcatKeepsTheCount) {
  ASSERT_TRUE(make_directory("/q"));
  ASSERT_TRUE(set_space("/q", 10'000));
  write_file("/q/a", {100, 50});
  write_file("/q/b", {60});
  ASSERT_TRUE(run(operations::set_replication, operations::SetReplication{.path = "/q/b", .replication = 1}));
  ASSERT_TRUE(run(operations::concat, operations::Concat{.target = "/q/a", .sources = {"/q/b"}}));
  EXPECT_EQ(*row("/q"), (QuotaCounts{.names = 2, .space = 630}));
  expect_rows_are_true();
  expect_replay_equals_live();
}

TEST_F(QuotaTest, ARenameTakesItsCountAlong) {
  for (const char* path : {"/a", "/a/deep", "/b", "/b/deep"}) ASSERT_TRUE(make_directory(path));
  ASSERT_TRUE(make_directory("/a/deep/tree"));
  write_file("/a/deep/tree/f", {100});
  ASSERT_TRUE(set_names("/a", 100));
  ASSERT_TRUE(set_names("/a/deep/tree", 100));
  ASSERT_TRUE(set_names("/b", 3));
  EXPECT_EQ(error_of(rename_old("/a/deep/tree", "/b/deep/tree")),
            "NSQuotaExceededException: The NameSpace quota (directories and files) of directory /b is exceeded: "
            "quota=3 file count=4");
  ASSERT_TRUE(set_names("/b", 4));
  ASSERT_TRUE(*rename_old("/a/deep/tree", "/b/deep/tree"));
  EXPECT_EQ(*row("/a"), (QuotaCounts{.names = 2}));
  EXPECT_EQ(*row("/b"), (QuotaCounts{.names = 4, .space = 300}));
  EXPECT_EQ(*row("/b/deep/tree"), (QuotaCounts{.names = 2, .space = 300}));
  // Within it, and onto what it replaces.
  ASSERT_TRUE(*rename_old("/b/deep/tree", "/b/tree"));
  write_file("/over", {10});
  EXPECT_TRUE(run(operations::rename,
                  operations::RenameWithOptions{.source = "/over", .destination = "/b/tree/f", .overwrite = true}));
  EXPECT_EQ(*row("/b"), (QuotaCounts{.names = 4, .space = 30}));
  expect_rows_are_true();
  expect_replay_equals_live();
}

TEST_F(QuotaTest, ADirectoryWithAQuotaIsReplacedByOneFromUnderAnotherPolicy) {
  for (const char* path : {"/a", "/a/moved", "/b", "/b/replaced"}) ASSERT_TRUE(make_directory(path));
  ASSERT_TRUE(set_policy("/b", kAllSsd));
  ASSERT_TRUE(set_names("/b/replaced", 5));
  auto renamed = run(operations::rename, operations::RenameWithOptions{
                                             .source = "/a/moved", .destination = "/b/replaced", .overwrite = true});
  ASSERT_TRUE(renamed) << error_of(renamed);
  EXPECT_FALSE(row("/b/replaced"));
  expect_rows_are_true();
  expect_replay_equals_live();
}

TEST_F(QuotaTest, TypesCountAsThePolicyPlacesThem) {
  ASSERT_TRUE(make_directory("/q"));
  ASSERT_TRUE(make_directory("/q/plain"));
  ASSERT_TRUE(set_type("/q", kSsd, 250));
  write_file("/q/plain/f", {100});
  EXPECT_EQ(row("/q")->types[kSsd], 0) << "no policy, no type";
  ASSERT_TRUE(set_policy("/q", kOneSsd));
  EXPECT_EQ(row("/q")->types[kSsd], 100);
  EXPECT_EQ(row("/q")->types[kDisk], 200);
  ASSERT_TRUE(create_file("/q/plain/g"));
  auto first = add_block("/q/plain/g");
  ASSERT_TRUE(first) << error_of(first);
  ASSERT_TRUE(create_file("/q/plain/h"));
  EXPECT_EQ(error_of(add_block("/q/plain/h")),
            "QuotaByStorageTypeExceededException: Quota by storage type : SSD on path : /q is exceeded. quota = 250 B "
            "but space consumed = 300 B");
  ASSERT_TRUE(set_policy("/q/plain", kAllSsd));
  EXPECT_EQ(row("/q")->types[kSsd], 600);
  ASSERT_TRUE(make_directory("/elsewhere"));
  ASSERT_TRUE(*rename_old("/q/plain/f", "/elsewhere/f"));
  EXPECT_EQ(row("/q")->types[kSsd], 300);
  ASSERT_TRUE(set_policy("/q/plain", 0));
  EXPECT_EQ(row("/q")->types[kSsd], 100);
  ASSERT_TRUE(set_type("/q", kSsd, kQuotaReset));
  EXPECT_FALSE(row("/q"));
  expect_rows_are_true();
  expect_replay_equals_live();
}

TEST_F(QuotaTest, ADirectoryWithAQuotaThatMovesUnderAnotherPolicyIsCountedAnew) {
  for (const char* path : {"/hot", "/hot/q", "/ssd"}) ASSERT_TRUE(make_directory(path));
  write_file("/hot/q/f", {100});
  ASSERT_TRUE(set_type("/hot/q", kSsd, 1000));
  ASSERT_TRUE(set_policy("/ssd", kAllSsd));
  ASSERT_TRUE(*rename_old("/hot/q", "/ssd/q"));
  EXPECT_EQ(row("/ssd/q")->types[kSsd], 300);
  ASSERT_TRUE(*rename_old("/ssd/q", "/hot/q"));
  EXPECT_EQ(row("/hot/q")->types[kSsd], 0);
  // The root counts types only while it limits one.
  ASSERT_TRUE(set_policy("/hot", kAllSsd));
  EXPECT_EQ(row("/")->types[kSsd], 0);
  ASSERT_TRUE(set_type("/", kSsd, 1000));
  EXPECT_EQ(row("/")->types[kSsd], 300);
  ASSERT_TRUE(set_type("/", kSsd, kQuotaReset));
  EXPECT_EQ(row("/")->types[kSsd], 0);
  expect_rows_are_true();
  expect_replay_equals_live();
}

TEST_F(QuotaTest, SettingsThatChangeNothingAreNotLogged) {
  ASSERT_TRUE(make_directory("/q"));
  const size_t before = log.size();
  ASSERT_TRUE(set_names("/q", kQuotaReset));
  ASSERT_TRUE(set_type("/q", kSsd, kQuotaReset));
  ASSERT_TRUE(set_names("/", kQuotaReset));
  EXPECT_EQ(log.size(), before);
  ASSERT_TRUE(set_names("/q", 5));
  ASSERT_TRUE(set_space("/q", 500));
  ASSERT_TRUE(set_names("/q", 5));
  EXPECT_EQ(log.size(), before + 2);
  EXPECT_EQ(usage("/q").namespace_quota, 5);
  EXPECT_EQ(usage("/q").storage_space_quota, 500);
  ASSERT_TRUE(run(operations::set_quota,
                  SetQuota{.path = "/q", .namespace_quota = kQuotaReset, .storage_space_quota = kQuotaReset}));
  EXPECT_FALSE(row("/q"));
  ASSERT_TRUE(set_names("/", 7));
  EXPECT_EQ(usage("/").namespace_quota, 7);
  ASSERT_TRUE(set_names("/", kQuotaReset));
  EXPECT_EQ(usage("/").namespace_quota, uint64_t(INT64_MAX));
  expect_rows_are_true();
  expect_replay_equals_live();
}

TEST_F(QuotaTest, TheRootsQuotaIsGoneWhereHadoopLoggedItAsTheLargestNumber) {
  ASSERT_TRUE(set_names("/", 7));
  SetQuotaOp cleared;
  cleared.source = "/";
  cleared.namespace_quota = kQuotaDontSet;
  cleared.storage_space_quota = kQuotaReset;
  ASSERT_TRUE(apply_to(*tables, cleared, true));
  EXPECT_EQ(usage("/").namespace_quota, uint64_t(INT64_MAX));
}

TEST_F(QuotaTest, WhoMaySetThemAndOnWhat) {
  ASSERT_TRUE(make_directory("/q", 0777));
  write_file("/q/f");
  EXPECT_EQ(error_of(run(operations::set_quota, SetQuota{.path = "/q", .namespace_quota = 1}, alice)),
            "AccessControlException: Access denied for user alice. Superuser privilege is required for operation "
            "setQuota");
  EXPECT_EQ(error_of(set_names("/none", 1)), "FileNotFoundException: Directory does not exist: /none");
  EXPECT_EQ(error_of(set_names("/q/f", 1)), "PathIsNotDirectoryException: `/q/f': Is not a directory");
  EXPECT_EQ(error_of(set_names("/q", -2)),
            "IllegalArgumentException: Illegal value for nsQuota or ssQuota : -2 and 9223372036854775807");
  Result<Done> both = run(operations::set_quota,
                          SetQuota{.path = "/q", .namespace_quota = 1, .storage_space_quota = 1, .storage_type = kSsd});
  EXPECT_EQ(both.error().code(), ErrorCode::kUnsupportedAction);
  settings.owner_sets_quota = true;
  EXPECT_EQ(error_of(run(operations::set_quota, SetQuota{.path = "/q", .namespace_quota = 9}, alice)),
            "AccessControlException: Access denied for user alice. Superuser or owner of parent folder privilege is "
            "required");
  blocks.safe_mode = true;
  EXPECT_EQ(set_names("/q", 9).error().code(), ErrorCode::kSafeMode);
  EXPECT_EQ(name_of(SetQuota{.path = "", .namespace_quota = kQuotaReset}), "clearQuota");
  EXPECT_EQ(name_of(SetQuota{.path = "", .storage_space_quota = kQuotaReset}), "clearSpaceQuota");
  EXPECT_EQ(name_of(SetQuota{.path = "", .storage_space_quota = 5}), "setSpaceQuota");
}

TEST_F(QuotaTest, SizesReadAsInHadoop) {
  ASSERT_TRUE(make_directory("/q"));
  ASSERT_TRUE(set_space("/q", 3 << 10));
  auto create = [&](uint64_t block_size) {
    const std::string path = "/q/" + std::to_string(block_size);
    EXPECT_TRUE(run(operations::create, operations::Create{.path = path, .holder = "c1", .block_size = block_size}));
    return add_block(path).error().message();
  };
  const std::string start = "The DiskSpace quota of /q is exceeded: quota = 3072 B = 3 KB but diskspace consumed = ";
  EXPECT_EQ(create(1025), start + "3075 B = 3.00 KB");
  EXPECT_EQ(create(64 << 20), start + "201326592 B = 192 MB");
  EXPECT_EQ(create((1 << 20) - 1), start + "3145725 B = 3.00 MB");
  EXPECT_EQ(create(uint64_t(5) << 40), start + "16492674416640 B = 15 TB");
}

// Quotas of every kind on every directory, whatever happens below them.
TEST_F(QuotaTest, RowsStayTrueUnderRandomMutations) {
  std::minstd_rand random{11};
  auto pick = [&](auto... options) {
    auto all = {options...};
    return *(all.begin() + random() % all.size());
  };
  auto path = [&] {
    std::string made;
    for (auto depth = 1 + random() % 3; depth > 0; --depth) made += pick("/a", "/b", "/c");
    return made;
  };
  for (int i = 0; i < 1500 && !HasFatalFailure(); ++i) {
    const std::string one = path(), other = path();
    switch (random() % 12) {
      case 0:
      case 1:
        (void)make_directory(one);
        break;
      case 2:
      case 3:
        if (create_file(one, "writer")) {
          std::optional<operations::NamedBlock> last;
          for (auto left = random() % 3; left > 0; --left) {
            auto added =
                run(operations::add_block, operations::AddBlock{.path = one, .holder = "writer", .previous = last});
            if (!added) break;
            last = named(*added, 1 + random() % 100);
          }
          if (random() % 4 != 0) {
            (void)run(operations::complete, operations::Complete{.path = one, .holder = "writer", .last = last});
          }
        }
        break;
      case 4:
        (void)run(operations::remove, operations::Delete{.path = one, .recursive = true});
        break;
      case 5:
        (void)rename_old(one, other);
        break;
      case 6:
        (void)run(operations::rename,
                  operations::RenameWithOptions{.source = one, .destination = other, .overwrite = true});
        break;
      case 7:
        (void)run(operations::set_replication,
                  operations::SetReplication{.path = one, .replication = uint16_t(1 + random() % 4)});
        break;
      case 8:
        (void)set_policy(random() % 8 == 0 ? "/" : one, pick(uint8_t{0}, kOneSsd, kAllSsd, uint8_t{5}));
        break;
      case 9:
        (void)run(operations::append, operations::Append{.path = one, .holder = "writer"});
        break;
      case 10:
        (void)run(operations::truncate,
                  operations::Truncate{.path = one, .new_length = random() % 100, .holder = "writer"});
        break;
      default: {
        const std::string where = random() % 8 == 0 ? "/" : one;
        const int64_t quota = random() % 3 == 0 ? kQuotaReset : int64_t(3 + random() % 2000);
        const auto kind = random() % 3;
        (void)(kind == 0   ? set_names(where, quota)
               : kind == 1 ? set_space(where, quota)
                           : set_type(where, kSsd, quota));
      }
    }
    if (i % 100 == 0) expect_rows_are_true();
  }
  expect_rows_are_true();
  expect_replay_equals_live();
}

}  // namespace
}  // namespace dfs::namenode
