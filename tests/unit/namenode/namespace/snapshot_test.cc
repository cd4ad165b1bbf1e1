#include <ctime>

#include "tests/unit/namenode/namespace/snapshot_fixture.h"

namespace dfs::namenode {
namespace {

using Lines = std::vector<std::string>;

class NamespaceSnapshots : public SnapshotFixture {};

TEST_F(NamespaceSnapshots, OnlyTheSuperuserMakesADirectorySnapshottableAndThatOnlyOnceOnAPath) {
  make_directory("/a/b/c").value();
  write_file("/f");
  EXPECT_EQ(error_of(allow("/a/b", &alice)),
            "AccessControlException: Access denied for user alice. Superuser privilege is required for operation "
            "allowSnapshot");
  EXPECT_EQ(error_of(disallow("/a/b", &alice)),
            "AccessControlException: Access denied for user alice. Superuser privilege is required for operation "
            "disallowSnapshot");
  EXPECT_EQ(error_of(allow("/none")), "FileNotFoundException: Directory does not exist: /none");
  EXPECT_EQ(error_of(allow("/f")), "PathIsNotDirectoryException: `/f': Is not a directory");
  EXPECT_EQ(error_of(allow("/a/b")), "no error");
  EXPECT_EQ(error_of(allow("/a/b")), "no error");
  EXPECT_EQ(error_of(allow("/a")),
            "SnapshotException: Nested snapshottable directories not allowed: path=/a, the subdirectory /a/b is "
            "already a snapshottable directory.");
  EXPECT_EQ(error_of(allow("/a/b/c")),
            "SnapshotException: Nested snapshottable directories not allowed: path=/a/b/c, the ancestor /a/b is "
            "already a snapshottable directory.");
  EXPECT_TRUE(status("/a/b")->snapshottable);
  EXPECT_TRUE(status("/")->snapshottable);  // as in Hadoop
  EXPECT_FALSE(status("/a")->snapshottable);
  EXPECT_EQ(count(Counter::kSnapshottableCount), 1);
  take("/a/b", "s").value();
  EXPECT_EQ(error_of(disallow("/a/b")),
            "SnapshotException: The directory /a/b has snapshot(s). Please redo the operation after removing all the "
            "snapshots.");
  drop("/a/b", "s").value();
  EXPECT_EQ(error_of(disallow("/a/b")), "no error");
  EXPECT_EQ(error_of(disallow("/a/b")), "no error");
  EXPECT_EQ(count(Counter::kSnapshottableCount), 0);
  EXPECT_EQ(rows(Table::kSnapshots), 0);
  expect_replay_equals_live();
}

TEST_F(NamespaceSnapshots, TakingOneIsRefusedWithHadoopsReasons) {
  make_directory("/d", 0777).value();
  write_file("/f");
  EXPECT_EQ(error_of(take("/d", "s")), "SnapshotException: Directory is not a snapshottable directory: /d");
  EXPECT_EQ(error_of(take("/f", "s")), "PathIsNotDirectoryException: `/f': Is not a directory");
  EXPECT_EQ(error_of(take("/none", "s")), "FileNotFoundException: Directory/File does not exist /none");
  allow("/d").value();
  EXPECT_EQ(error_of(take("/d", "s", &alice)),
            "AccessControlException: Permission denied. user=alice is not the owner of inode=/d");
  EXPECT_EQ(error_of(take("/d", "a/b")), "InvalidPathException: Invalid path name Invalid snapshot name: a/b");
  EXPECT_EQ(error_of(take("/d", ".snapshot")),
            "InvalidPathException: Invalid path name Invalid snapshot name: .snapshot");
  EXPECT_EQ(error_of(take("/d", "a:b")), "InvalidPathException: Invalid path name Invalid snapshot name: a:b");
  EXPECT_EQ(error_of(take("/d", std::string(256, 'x'))).substr(0, 40), "PathComponentTooLongException: The maxim");
  EXPECT_EQ(take("/d", "s").value(), "/d/.snapshot/s");
  EXPECT_EQ(error_of(take("/d", "s")),
            "SnapshotException: Failed to add snapshot: there is already a snapshot with the same name \"s\".");
  settings.snapshots_per_directory_max = 1;
  EXPECT_EQ(error_of(take("/d", "t")),
            "SnapshotException: Failed to create snapshot: there are already 1 snapshot(s) and the per directory "
            "snapshot limit is 1");
  settings.snapshots_max = 1;
  EXPECT_EQ(error_of(take("/d", "t")),
            "SnapshotException: Failed to create snapshot: there are already 1 snapshot(s) and the file system "
            "snapshot limit is 1");
  blocks.safe_mode = true;
  EXPECT_EQ(error_of(take("/d", "t")).substr(0, 54), "SafeModeException: Cannot create snapshot for /d. Name");
  EXPECT_EQ(error_of(allow("/d")).substr(0, 53), "SafeModeException: Cannot allow snapshot for /d. Name");
  EXPECT_EQ(error_of(disallow("/d")).substr(0, 56), "SafeModeException: Cannot disallow snapshot for /d. Name");
  EXPECT_EQ(error_of(drop("/d", "s")).substr(0, 54), "SafeModeException: Cannot delete snapshot for /d. Name");
  EXPECT_EQ(error_of(rename_snapshot("/d", "s", "t")).substr(0, 54),
            "SafeModeException: Cannot rename snapshot for /d. Name");
}

TEST_F(NamespaceSnapshots, TheRootHasALimitOfNoneUntilItIsAllowed) {
  EXPECT_EQ(error_of(take("/", "s")),
            "SnapshotException: Failed to add snapshot: there are already 0 snapshot(s) and the snapshot quota is 0");
  EXPECT_EQ(names("/.snapshot"), Lines{});
  allow("/").value();
  write_file("/f", {10});
  EXPECT_EQ(take("/", "s").value(), "/.snapshot/s");
  remove("/f").value();
  EXPECT_EQ(names("/.snapshot/s"), Lines{"f"});
  EXPECT_EQ(difference("/", "s", ""), (Lines{"M .", "- f"}));
  EXPECT_FALSE(status("/.snapshot/s")->snapshottable);
  drop("/", "s").value();
  disallow("/").value();
  EXPECT_EQ(count(Counter::kFileCount), 0);
  expect_replay_equals_live();
}

TEST_F(NamespaceSnapshots, ANameIsMadeOfTheTimeWhereNoneIsGiven) {
  make_directory("/d").value();
  allow("/d").value();
  wall_ms = 1706745599122;  // the fixture counts one on
  std::string made = take("/d", "").value();
  const std::time_t seconds = 1706745599;
  char text[64];
  std::tm local{};
  localtime_r(&seconds, &local);
  std::strftime(text, sizeof text, "/d/.snapshot/s%Y%m%d-%H%M%S.123", &local);
  EXPECT_EQ(made, text);
}

TEST_F(NamespaceSnapshots, OneIsRenamedAndListedByName) {
  make_directory("/d").value();
  allow("/d").value();
  take("/d", "b").value();
  make_directory("/d/x").value();
  take("/d", "a").value();
  EXPECT_EQ(names("/d/.snapshot"), (Lines{"a", "b"}));
  EXPECT_EQ(error_of(rename_snapshot("/d", "none", "c")),
            "SnapshotException: The snapshot none does not exist for directory /d");
  EXPECT_EQ(error_of(rename_snapshot("/d", "a", "b")),
            "SnapshotException: The snapshot b already exists for directory /d");
  EXPECT_EQ(error_of(rename_snapshot("/d", "a", "")), "IOException: The new snapshot name is null or empty.");
  EXPECT_EQ(error_of(rename_snapshot("/d", "a", "c/d")),
            "HadoopIllegalArgumentException: Snapshot name cannot contain \"/\"");
  EXPECT_EQ(error_of(rename_snapshot("/d", "a", ".snapshot")),
            "HadoopIllegalArgumentException: \".snapshot\" is a reserved name.");
  EXPECT_EQ(error_of(rename_snapshot("/d", "a", "a")), "no error");
  rename_snapshot("/d", "b", "z").value();
  EXPECT_EQ(names("/d/.snapshot"), (Lines{"a", "z"}));
  EXPECT_EQ(status("/d/.snapshot/z")->inode->modification_time_ms, wall_ms);
  EXPECT_FALSE(status("/d/.snapshot/z/x"));
  EXPECT_TRUE(status("/d/.snapshot/a/x"));
  EXPECT_FALSE(status("/d/.snapshot/b"));
  auto listing = snapshot_listing(query(root), "/d").value();
  ASSERT_EQ(listing.size(), 2);
  EXPECT_EQ(listing[0].status.name, "a");
  EXPECT_EQ(listing[0].id, SnapshotId(1));
  EXPECT_EQ(listing[1].id, SnapshotId(0));
  EXPECT_EQ(listing[1].directory, "/d");
  EXPECT_EQ(error_of(snapshot_listing(query(root), "/none")), "FileNotFoundException: Directory does not exist: /none");
  EXPECT_EQ(error_of(drop("/d", "")), "IOException: The snapshot name is null or empty.");
  EXPECT_EQ(error_of(drop("/d", "none")),
            "SnapshotException: Cannot delete snapshot none from path /d: the snapshot does not exist.");
  settings.listing_max = 1;
  EXPECT_EQ(names("/d/.snapshot"), (Lines{"a", "z"}));
  expect_replay_equals_live();
}

TEST_F(NamespaceSnapshots, SnapshottableDirectoriesAreListedToTheirOwners) {
  EXPECT_FALSE(snapshottable_listing(query(root)).value());
  make_directory("/b").value();
  make_directory("/a/x").value();
  allow("/b").value();
  allow("/a/x").value();
  run(operations::set_owner, operations::SetOwner{.path = "/b", .user = "alice"}).value();
  take("/b", "s1").value();
  take("/b", "s2").value();
  auto all = snapshottable_listing(query(root)).value().value();
  ASSERT_EQ(all.size(), 2);
  EXPECT_EQ(all[0].status.name, "b");
  EXPECT_EQ(all[0].parent_path, "/");
  EXPECT_EQ(all[0].snapshot_count, 2);
  EXPECT_EQ(all[0].snapshot_quota, 65536);
  EXPECT_EQ(all[1].parent_path, "/a");
  EXPECT_EQ(snapshottable_listing(query(alice)).value().value().size(), 1);
  EXPECT_EQ(snapshottable_listing(query(bob)).value().value().size(), 0);
}

TEST_F(NamespaceSnapshots, DotSnapshotIsThereOnlyForASnapshottableDirectory) {
  make_directory("/d/e").value();
  make_directory("/plain").value();
  write_file("/f");
  allow("/d").value();
  take("/d", "s").value();
  EXPECT_EQ(status("/d/.snapshot")->inode->permission, 0777);
  EXPECT_EQ(status("/d/.snapshot")->inode->id, InodeId{uint64_t(-1)});
  EXPECT_FALSE(status("/plain/.snapshot"));
  EXPECT_FALSE(status("/d/.snapshot/none"));
  EXPECT_FALSE(status("/d/.snapshot/none/e"));
  EXPECT_FALSE(status("/d/e/.snapshot"));
  auto list_of = [&](const std::string& path) { return error_of(list(query(root), path, "", WithLocations::kNo)); };
  EXPECT_EQ(list_of("/plain/.snapshot"), "SnapshotException: Directory is not a snapshottable directory: /plain");
  EXPECT_EQ(list_of("/none/.snapshot"), "FileNotFoundException: Directory does not exist: /none");
  EXPECT_EQ(names("/d"), Lines{"e"});
  EXPECT_EQ(error_of(content_summary(query(root), "/d/.snapshot")),
            "FileNotFoundException: File does not exist: /d/.snapshot");
  EXPECT_EQ(status("/.reserved/.inodes/" + std::to_string(raw(status("/d")->inode->id)) + "/.snapshot/s/e")->inode->id,
            status("/d/e")->inode->id);
}

TEST_F(NamespaceSnapshots, NothingInASnapshotIsChanged) {
  make_directory("/d").value();
  write_file("/d/f", {10});
  write_file("/d/g", {10});
  allow("/d").value();
  take("/d", "s").value();
  const std::string refused = "SnapshotAccessControlException: Modification on a read-only snapshot is disallowed";
  const std::string file = "/d/.snapshot/s/f";
  EXPECT_EQ(error_of(chmod(file, 0600)), refused);
  EXPECT_EQ(error_of(chmod("/d/.snapshot", 0600)), refused);
  EXPECT_EQ(error_of(make_directory("/d/.snapshot/s/x")), refused);
  EXPECT_EQ(error_of(make_directory("/d/.snapshot/t")), refused);
  EXPECT_EQ(error_of(create_file("/d/.snapshot/s/x")), refused);
  EXPECT_EQ(error_of(remove(file)), refused);
  EXPECT_EQ(error_of(remove("/d/.snapshot/s")), refused);
  EXPECT_EQ(error_of(move(file, "/d/x")), refused);
  EXPECT_EQ(error_of(move("/d/f", "/d/.snapshot/s/x")), refused);
  EXPECT_EQ(error_of(run(operations::rename_old, operations::Rename{file, "/d/x"})), refused);
  EXPECT_EQ(error_of(truncate(file, 1)), refused);
  EXPECT_EQ(error_of(run(operations::append, operations::Append{.path = file, .holder = "h"})), refused);
  EXPECT_EQ(error_of(run(operations::set_replication, operations::SetReplication{file, 2})), refused);
  EXPECT_EQ(error_of(run(operations::concat, operations::Concat{"/d/f", {"/d/.snapshot/s/g"}})), refused);
  EXPECT_EQ(error_of(allow("/d/.snapshot/s")), refused);
  EXPECT_EQ(error_of(take("/d/.snapshot/s", "t")), refused);
  EXPECT_EQ(error_of(make_directory("/d/x/.snapshot")),
            "HadoopIllegalArgumentException: \".snapshot\" is a reserved name.");
}

TEST_F(NamespaceSnapshots, AFileIsReadAsItWas) {
  make_directory("/d").value();
  write_file("/d/f", {100, 50});
  allow("/d").value();
  take("/d", "s").value();
  auto before = located("/d/f");
  auto appended = run(operations::append, operations::Append{.path = "/d/f", .holder = "h"}).value();
  auto grown = named(*appended.last_block, 100);
  auto added =
      run(operations::add_block, operations::AddBlock{.path = "/d/f", .holder = "h", .previous = grown}).value();
  ASSERT_TRUE(
      run(operations::complete, operations::Complete{.path = "/d/f", .holder = "h", .last = named(added, 30)}).value());
  chmod("/d/f", 0600).value();
  EXPECT_EQ(located("/d/f").blocks.size(), 3);
  auto then = located("/d/.snapshot/s/f");
  EXPECT_EQ(then.file_length, 150);
  EXPECT_FALSE(then.under_construction);
  EXPECT_TRUE(then.last_complete);
  ASSERT_EQ(then.blocks.size(), 2);
  EXPECT_EQ(then.blocks[1].id, before.blocks[1].id);
  EXPECT_EQ(status("/d/.snapshot/s/f")->inode->length, 150);
  EXPECT_EQ(status("/d/.snapshot/s/f")->inode->permission, 0644);
  EXPECT_TRUE(is_file_closed(query(root), "/d/.snapshot/s/f").value());
  EXPECT_TRUE(block_locations(query(root), "/d/.snapshot/s/f", 0, 10)->in_snapshot);
  EXPECT_EQ(block_locations(query(root), "/d/.snapshot/s/f", 149, 500)->blocks.blocks.size(), 1);
  EXPECT_EQ(difference("/d", "s", ""), (Lines{"M f"}));
  expect_replay_equals_live();
}

TEST_F(NamespaceSnapshots, AFileThatIsWrittenGrowsInTheSnapshotUntilItIsClosed) {
  make_directory("/d").value();
  allow("/d").value();
  create_file("/d/f", "h").value();
  auto first = run(operations::add_block, operations::AddBlock{.path = "/d/f", .holder = "h"}).value();
  take("/d", "s").value();
  EXPECT_EQ(status("/d/.snapshot/s/f")->inode->length, 0);
  EXPECT_EQ(located("/d/.snapshot/s/f").file_length, 0);
  run(operations::fsync, operations::Fsync{.path = "/d/f", .holder = "h", .last_block_length = 40}).value();
  EXPECT_EQ(status("/d/.snapshot/s/f")->inode->length, 40);
  EXPECT_EQ(located("/d/.snapshot/s/f").file_length, 40);
  auto second =
      run(operations::add_block, operations::AddBlock{.path = "/d/f", .holder = "h", .previous = named(first, 100)})
          .value();
  EXPECT_FALSE(is_file_closed(query(root), "/d/.snapshot/s/f").value());
  ASSERT_TRUE(
      run(operations::complete, operations::Complete{.path = "/d/f", .holder = "h", .last = named(second, 7)}).value());
  EXPECT_EQ(status("/d/.snapshot/s/f")->inode->length, 107);
  auto appended = run(operations::append, operations::Append{.path = "/d/f", .holder = "h"}).value();
  ASSERT_TRUE(run(operations::complete,
                  operations::Complete{.path = "/d/f", .holder = "h", .last = named(*appended.last_block, 70)})
                  .value());
  EXPECT_EQ(status("/d/f")->inode->length, 170);
  EXPECT_EQ(status("/d/.snapshot/s/f")->inode->length, 107);
  expect_replay_equals_live();
}

TEST_F(NamespaceSnapshots, DeletingAFileThatIsWrittenLeavesTheSnapshotWhatIsKnownOfIt) {
  make_directory("/d").value();
  allow("/d").value();
  create_file("/d/f", "h").value();
  auto first = run(operations::add_block, operations::AddBlock{.path = "/d/f", .holder = "h"}).value();
  auto second =
      run(operations::add_block, operations::AddBlock{.path = "/d/f", .holder = "h", .previous = named(first, 100)})
          .value();
  take("/d", "s").value();
  remove("/d/f").value();
  EXPECT_EQ(leases.file_count(), 0);
  EXPECT_EQ(status("/d/.snapshot/s/f")->inode->length, 100);
  EXPECT_EQ(located("/d/.snapshot/s/f").blocks.size(), 1);
  EXPECT_TRUE(has_block(first.id));
  EXPECT_FALSE(has_block(second.id));
  drop("/d", "s").value();
  EXPECT_FALSE(has_block(first.id));
  EXPECT_EQ(count(Counter::kBlockCount), 0);
  EXPECT_EQ(count(Counter::kFileCount), 0);
  expect_replay_equals_live();
}

TEST_F(NamespaceSnapshots, TruncateLeavesASnapshotItsBlocks) {
  make_directory("/d").value();
  write_file("/d/f", {100, 100, 50});
  allow("/d").value();
  take("/d", "s").value();
  auto before = located("/d/.snapshot/s/f");
  // Inside a block: what is cut is a copy.
  EXPECT_FALSE(truncate("/d/f", 130).value());
  ASSERT_EQ(blocks.recoveries.size(), 1);
  EXPECT_EQ(blocks.recoveries.begin()->second.block.id, before.blocks[1].id);
  EXPECT_NE(blocks.recoveries.begin()->second.result(), before.blocks[1].id);
  EXPECT_EQ(blocks.recoveries.begin()->second.truncate_length, 30);
  EXPECT_EQ(status("/d/f")->inode->length, 130);
  finish_recovery("/d/f");
  EXPECT_EQ(located("/d/f").blocks[0].id, before.blocks[0].id);
  EXPECT_NE(located("/d/f").blocks[1].id, before.blocks[1].id);
  auto after = located("/d/.snapshot/s/f");
  ASSERT_EQ(after.blocks.size(), 3);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(after.blocks[i].id, before.blocks[i].id);
  EXPECT_EQ(count(Counter::kBlockCount), 4);
  // What no snapshot has is cut in place.
  const BlockId own = located("/d/f").blocks[1].id;
  EXPECT_FALSE(truncate("/d/f", 120).value());
  finish_recovery("/d/f");
  EXPECT_EQ(located("/d/f").blocks[1].id, own);
  // At the end of a block.
  EXPECT_TRUE(truncate("/d/f", 100).value());
  EXPECT_FALSE(has_block(own));
  EXPECT_TRUE(truncate("/d/f", 0).value());
  EXPECT_EQ(located("/d/.snapshot/s/f").blocks[0].id, before.blocks[0].id);
  EXPECT_EQ(count(Counter::kBlockCount), 3);
  EXPECT_EQ(difference("/d", "s", ""), (Lines{"M f"}));
  drop("/d", "s").value();
  EXPECT_EQ(count(Counter::kBlockCount), 0);
  EXPECT_EQ(rows(Table::kBlockVersions), 0);
  expect_replay_equals_live();
}

TEST_F(NamespaceSnapshots, ABlockThatIsBeingCopiedOutlivesItsSnapshot) {
  make_directory("/d").value();
  write_file("/d/f", {100});
  const BlockId whole = located("/d/f").blocks[0].id;
  allow("/d").value();
  take("/d", "s").value();
  EXPECT_FALSE(truncate("/d/f", 30).value());
  drop("/d", "s").value();
  EXPECT_TRUE(has_block(whole));
  // Asked again after a restart, which has forgotten the recovery, it is the same one that begins anew.
  blocks.recoveries.clear();
  EXPECT_FALSE(truncate("/d/f", 30).value());
  ASSERT_EQ(blocks.recoveries.size(), 1);
  EXPECT_EQ(blocks.recoveries.begin()->second.block.id, whole);
  finish_recovery("/d/f");
  EXPECT_FALSE(has_block(whole));
  EXPECT_EQ(status("/d/f")->inode->length, 30);
  EXPECT_EQ(count(Counter::kBlockCount), 1);
  // And one whose file goes meanwhile.
  take("/d", "s").value();
  const BlockId copy = located("/d/f").blocks[0].id;
  EXPECT_FALSE(truncate("/d/f", 10).value());
  drop("/d", "s").value();
  remove("/d/f").value();
  EXPECT_FALSE(has_block(copy));
  EXPECT_EQ(count(Counter::kBlockCount), 0);
  EXPECT_EQ(rows(Table::kBlockVersions), 0);
  EXPECT_EQ(rows(Table::kBlockIndex), 0);
  expect_replay_equals_live();
}

TEST_F(NamespaceSnapshots, WhatASnapshotHasIsNotConcatenated) {
  make_directory("/d").value();
  make_directory("/e").value();
  for (const char* name : {"/d/target", "/d/old", "/d/new"}) write_file(name, {100});
  allow("/d").value();
  remove("/d/new").value();
  take("/d", "s").value();
  write_file("/d/new", {100});
  EXPECT_EQ(error_of(run(operations::concat, operations::Concat{"/d/target", {"/d/old"}})),
            "SnapshotException: Concat: the source file /d/old is in snapshot");
  move("/d/old", "/e/old").value();
  write_file("/e/target", {100});
  EXPECT_EQ(error_of(run(operations::concat, operations::Concat{"/e/target", {"/e/old"}})),
            "SnapshotException: Concat: the source file /e/old is referred by some other reference in some snapshot.");
  EXPECT_EQ(error_of(run(operations::concat, operations::Concat{"/d/target", {"/d/new"}})), "no error");
  EXPECT_EQ(status("/d/target")->inode->length, 200);
  EXPECT_EQ(status("/d/.snapshot/s/target")->inode->length, 100);
  EXPECT_EQ(located("/d/.snapshot/s/target").blocks.size(), 1);
  drop("/d", "s").value();
  EXPECT_EQ(error_of(run(operations::concat, operations::Concat{"/e/target", {"/e/old"}})), "no error");
  expect_replay_equals_live();
}

TEST_F(NamespaceSnapshots, ABlockKeepsTheReplicasThatASnapshotWants) {
  make_directory("/d").value();
  write_file("/d/f", {100});
  const InodeId file = status("/d/f")->inode->id;
  allow("/d").value();
  take("/d", "s").value();
  run(operations::set_replication, operations::SetReplication{"/d/f", 1}).value();
  EXPECT_EQ(status("/d/.snapshot/s/f")->inode->replication, 3);
  auto wanted = [&] {
    uint16_t most = status("/d/f") ? status("/d/f")->inode->replication : 0;
    for (const InodeVersion& version : versions_of_inode(*tables, file).value()) {
      most = std::max(most, versioned_inode(*tables, version)->replication);
    }
    return most;
  };
  EXPECT_EQ(wanted(), 3);
  remove("/d/f").value();
  EXPECT_EQ(wanted(), 3);
}

TEST_F(NamespaceSnapshots, ADirectoryWithSnapshotsStaysWhereItIs) {
  make_directory("/p/d/x").value();
  make_directory("/q").value();
  make_directory("/r").value();
  allow("/p/d").value();
  take("/p/d", "s").value();
  const std::string stays =
      "SnapshotException: The directory /p/d cannot be deleted since /p/d is snapshottable and already has snapshots";
  EXPECT_EQ(error_of(remove("/p/d")), stays);
  EXPECT_EQ(error_of(remove("/p")), stays);
  EXPECT_EQ(error_of(move("/p", "/q/p")), stays);
  EXPECT_EQ(error_of(move("/p/d", "/q/d")), stays);
  EXPECT_EQ(error_of(run(operations::rename_old, operations::Rename{"/p", "/q"})), stays);
  remove("/p/d/x").value();
  EXPECT_EQ(error_of(run(operations::rename,
                         operations::RenameWithOptions{.source = "/r", .destination = "/p/d", .overwrite = true})),
            stays);
  drop("/p/d", "s").value();
  allow("/q").value();
  EXPECT_EQ(error_of(move("/p", "/q/p")),
            "SnapshotException: Unable to rename because /p has snapshottable descendant directories and /q is a "
            "descent of a snapshottable directory, and HDFS does not support nested snapshottable directory.");
  move("/p", "/r/p").value();
  EXPECT_EQ(snapshottable_listing(query(root)).value().value().size(), 2);
  remove("/r").value();
  EXPECT_EQ(snapshottable_listing(query(root)).value().value().size(), 1);
  EXPECT_EQ(count(Counter::kSnapshottableCount), 1);
  expect_replay_equals_live();
}

TEST_F(NamespaceSnapshots, ATreeMovedToWhereAnotherSnapshotSeesItStaysWhatItWasInTheFirst) {
  make_directory("/a/d/sub").value();
  make_directory("/b").value();
  write_file("/a/d/f", {10});
  allow("/a").value();
  allow("/b").value();
  take("/a", "s1").value();
  move("/a/d", "/b/d").value();
  write_file("/b/d/late", {10});
  take("/b", "s2").value();
  remove("/b/d/f").value();
  move("/b/d/sub", "/b/sub").value();
  make_directory("/b/sub/deep").value();
  EXPECT_EQ(names("/a/.snapshot/s1/d"), (Lines{"f", "sub"}));
  EXPECT_EQ(names("/a/.snapshot/s1/d/sub"), Lines{});
  EXPECT_EQ(names("/b/.snapshot/s2/d"), (Lines{"f", "late", "sub"}));
  EXPECT_EQ(names("/b/.snapshot/s2/d/sub"), Lines{});
  drop("/b", "s2").value();
  EXPECT_EQ(names("/a/.snapshot/s1/d"), (Lines{"f", "sub"}));
  EXPECT_EQ(names("/a/.snapshot/s1/d/sub"), Lines{});
  remove("/b/d").value();
  EXPECT_EQ(names("/a/.snapshot/s1/d"), (Lines{"f", "sub"}));
  EXPECT_EQ(located("/a/.snapshot/s1/d/f").file_length, 10);
  move("/b/sub", "/a/sub").value();
  EXPECT_EQ(difference("/a", "s1", ""), (Lines{"M .", "+ sub", "- d"}));
  drop("/a", "s1").value();
  EXPECT_EQ(rows(Table::kVersions), 0);
  EXPECT_EQ(count(Counter::kFileCount), 0);
  expect_replay_equals_live();
}

TEST_F(NamespaceSnapshots, TwoDirectoriesThatChangedPlacesAreBothFound) {
  make_directory("/a/d/q").value();
  write_file("/a/d/q/f", {10});
  allow("/a").value();
  take("/a", "s1").value();
  take("/a", "s2").value();
  move("/a/d/q", "/a/q").value();
  move("/a/d", "/a/q/d").value();
  write_file("/a/q/d/g", {10});
  remove("/a/q/f").value();
  take("/a", "s3").value();
  drop("/a", "s2").value();
  EXPECT_EQ(names("/a/.snapshot/s1/d"), Lines{"q"});
  EXPECT_EQ(names("/a/.snapshot/s1/d/q"), Lines{"f"});
  EXPECT_EQ(names("/a/.snapshot/s3/q/d"), Lines{"g"});
  drop("/a", "s1").value();
  EXPECT_EQ(names("/a/.snapshot/s3/q"), Lines{"d"});
  EXPECT_EQ(count(Counter::kFileCount), 1);
  drop("/a", "s3").value();
  EXPECT_EQ(rows(Table::kVersions), 0);
  expect_replay_equals_live();
}

TEST_F(NamespaceSnapshots, WhatComesAndGoesBetweenSnapshotsLeavesNothing) {
  make_directory("/d").value();
  allow("/d").value();
  take("/d", "s").value();
  const size_t none = rows(Table::kVersions);
  for (int i = 0; i < 10; ++i) {
    write_file("/d/temporary" + std::to_string(i), {10});
    move("/d/temporary" + std::to_string(i), "/d/final").value();
    remove("/d/final").value();
  }
  EXPECT_EQ(rows(Table::kVersions), none);
  EXPECT_EQ(rows(Table::kVersionsOfSnapshot), none);
  EXPECT_EQ(rows(Table::kBlockIndex), 0);
  expect_replay_equals_live();
}

TEST_F(NamespaceSnapshots, TakingOneCostsTheSameForOneFileAsForMany) {
  make_directory("/few").value();
  make_directory("/many").value();
  write_file("/few/f");
  for (int i = 0; i < 300; ++i) write_file("/many/f" + std::to_string(i));
  allow("/few").value();
  allow("/many").value();
  auto changes = [&](const std::string& directory) {
    ++wall_ms;
    auto planned = operations::create_snapshot(context(root), {directory, "s"}).value();
    Batch batch;
    Effects effects;
    EXPECT_TRUE(apply(planned.records.at(0), *tables, batch, effects));
    return batch.changes().size();
  };
  EXPECT_EQ(changes("/few"), changes("/many"));
  EXPECT_LE(changes("/many"), 6);
}

TEST_F(NamespaceSnapshots, PermissionsInASnapshotAreThoseOfItsTime) {
  make_directory("/d").value();
  make_directory("/d/secret", 0700).value();
  write_file("/d/secret/f", {10});
  allow("/d").value();
  take("/d", "s").value();
  chmod("/d/secret", 0755).value();
  EXPECT_EQ(error_of(file_status(query(alice), "/d/secret/f", FollowLink::kYes, WithLocations::kNo)), "no error");
  EXPECT_EQ(error_of(block_locations(query(alice), "/d/.snapshot/s/secret/f", 0, 1)),
            "AccessControlException: Permission denied: user=alice, access=EXECUTE, "
            "inode=\"/d/.snapshot/s/secret\":root:supergroup:drwx------");
  EXPECT_EQ(error_of(list(query(alice), "/d/.snapshot/s/secret", "", WithLocations::kNo)).substr(0, 63),
            "AccessControlException: Permission denied: user=alice, access=R");
  EXPECT_EQ(error_of(snapshot_diff(query(alice), {"/d", "s", ""})).substr(0, 63),
            "AccessControlException: Permission denied: user=alice, access=R");
  EXPECT_EQ(error_of(snapshot_diff(query(alice), {"/d", "", ""})), "no error");
}

TEST_F(NamespaceSnapshots, TheContentSummaryTellsWhatSnapshotsAloneHave) {
  make_directory("/d/e").value();
  write_file("/d/e/f", {100});
  write_file("/d/g", {50});
  allow("/d").value();
  take("/d", "s").value();
  remove("/d/e").value();
  write_file("/d/h", {7});
  ContentSummary now = content_summary(query(root), "/d").value();
  EXPECT_EQ(now.file_count, 3);
  EXPECT_EQ(now.directory_count, 2);
  EXPECT_EQ(now.length, 157);
  EXPECT_EQ(now.snapshot_file_count, 1);
  EXPECT_EQ(now.snapshot_directory_count, 1);
  EXPECT_EQ(now.snapshot_length, 100);
  EXPECT_EQ(now.snapshot_space_consumed, 300);
  ContentSummary then = content_summary(query(root), "/d/.snapshot/s").value();
  EXPECT_EQ(then.file_count, 2);
  EXPECT_EQ(then.directory_count, 2);
  EXPECT_EQ(then.length, 150);
  EXPECT_EQ(then.snapshot_file_count, 0);
}

TEST_F(NamespaceSnapshots, ALogThatDoesNotFitSaysWhere) {
  make_directory("/d").value();
  auto outcome = [&](const EditRecord& record) { return error_of(apply_to(*tables, record, false)); };
  const std::string misfit = ". The edit log does not fit the tables";
  write_file("/f");
  EXPECT_EQ(outcome(AllowSnapshotOp{.snapshot_root = "/f"}),
            "IOException: OP_ALLOW_SNAPSHOT: /f: it is not a directory" + misfit);
  EXPECT_EQ(outcome(CreateSnapshotOp{.snapshot_root = "/d", .snapshot_name = "s"}),
            "IOException: OP_CREATE_SNAPSHOT: /d: it is not a snapshottable directory" + misfit);
  allow("/d").value();
  take("/d", "s").value();
  EXPECT_EQ(outcome(CreateSnapshotOp{.snapshot_root = "/d", .snapshot_name = "s"}),
            "IOException: OP_CREATE_SNAPSHOT: /d: it has a snapshot s already" + misfit);
  EXPECT_EQ(outcome(DisallowSnapshotOp{.snapshot_root = "/d"}),
            "IOException: OP_DISALLOW_SNAPSHOT: /d: it has snapshots" + misfit);
  EXPECT_EQ(outcome(RenameSnapshotOp{.snapshot_root = "/d", .snapshot_old_name = "t", .snapshot_new_name = "u"}),
            "IOException: OP_RENAME_SNAPSHOT: /d: it has no snapshot t" + misfit);
  take("/d", "t").value();
  EXPECT_EQ(outcome(RenameSnapshotOp{.snapshot_root = "/d", .snapshot_old_name = "t", .snapshot_new_name = "s"}),
            "IOException: OP_RENAME_SNAPSHOT: /d: it has a snapshot s already" + misfit);
  // As Hadoop reads it: a log can say twice that one is deleted.
  EXPECT_EQ(outcome(DeleteSnapshotOp{.snapshot_root = "/d", .snapshot_name = "gone"}), "no error");
}

}  // namespace
}  // namespace dfs::namenode
