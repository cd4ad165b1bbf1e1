#include <gmock/gmock.h>

#include "namenode/image/export_image.h"
#include "namenode/image/import_image.h"
#include "namenode/namespace/quota.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/dose.h"
#include "tests/unit/namenode/image/image_parts.h"
#include "tests/unit/namenode/namespace/snapshot_model.h"

namespace dfs::namenode {
namespace {

const StorageVersion kVersion{.namespace_id = 5, .cluster_id = "CID-1", .block_pool_id = "BP-1", .creation_time_ms = 9};

Result<std::string> written(const View& view, TransactionId last) {
  MemoryDisk disk;
  DFS_TRY(auto writer, ImageWriter::create(disk, "/image", kVersion.layout_version));
  DFS_TRY_OK(export_image(view, last, kVersion, *writer));
  DFS_TRY_OK(writer->finish());
  return disk.read_file("/image");
}

Result<std::unique_ptr<Tables>> read(const std::string& bytes) {
  MemoryDisk disk;
  DFS_TRY_OK(disk.write_file_atomically("/image", bytes));
  DFS_TRY(auto reader, ImageReader::open(disk, "/image"));
  auto into = Tables::in_memory(), scratch = Tables::in_memory();
  DFS_TRY_OK(import_image(*reader, kVersion, *into, *scratch));
  Batch counts;
  DFS_TRY_OK(count_everything(*into, counts));
  DFS_TRY_OK(into->write(counts, kNoTransaction));
  return into;
}

// The model of snapshots, on tables that went through an image again and again.
class SnapshotsThroughImages : public SnapshotModel {
 protected:
  void between() override {
    close_files_between_blocks();
    const TransactionId last = tables->last_applied();
    auto bytes = written(*tables, last);
    ASSERT_TRUE(bytes) << bytes.error().to_string();
    auto again = read(*bytes);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(*written(**again, last), *bytes);
    for (const auto& [table, key] : rows_that_come_back()) {
      EXPECT_EQ((*again)->get(table, key).value(), tables->get(table, key).value());
    }
    // Replicas are none of an image's, and the heads of other sections none of the log's.
    Batch batch;
    for (Table table : {Table::kReplicas, Table::kStorageReplicas, Table::kStorages}) {
      EXPECT_TRUE(tables->scan(table, "", [&](std::string_view key, std::string_view value) {
        batch.put(table, std::string(key), std::string(value));
        return true;
      }));
    }
    EXPECT_TRUE((*again)->scan(Table::kMeta, "image/", [&](std::string_view key, std::string_view) {
      batch.erase(Table::kMeta, std::string(key));
      return true;
    }));
    ASSERT_TRUE((*again)->write(batch, kNoTransaction));
    tables = *std::move(again);
  }

  // The last block of an open file is one that is being written, once it went through an image (as in Hadoop).
  void close_files_between_blocks() {
    std::vector<InodeId> open;
    EXPECT_TRUE(tables->scan(Table::kOpenFiles, "", [&](std::string_view key, std::string_view) {
      open.push_back(InodeId{load_big_endian<uint64_t>(key.data())});
      return true;
    }));
    for (InodeId file : open) {
      const std::vector<BlockRow> rows = blocks_of_file(*tables, file).value();
      if (rows.empty() || rows.back().state != BlockState::kComplete) continue;
      const std::string path = resolve_inode(*tables, file).value()->path();
      const std::string holder = open_row_of(*tables, file)->holder;
      auto closed = run(operations::complete, operations::Complete{.path = path, .holder = holder});
      ASSERT_TRUE(closed && *closed) << error_of(closed);
    }
  }

  std::vector<std::pair<Table, std::string>> rows_that_come_back() const {
    std::vector<std::pair<Table, std::string>> found;
    for (Table table : {Table::kEntries, Table::kInodeIndex, Table::kSnapshots, Table::kVersionsOfInode,
                        Table::kOpenFiles, Table::kQuotaUsage}) {
      EXPECT_TRUE(tables->scan(table, "", [&](std::string_view key, std::string_view) {
        found.emplace_back(table, std::string(key));
        return true;
      }));
    }
    return found;
  }
};

TEST_F(SnapshotsThroughImages, AreWhatTheyWere) {
  for (uint32_t seed = 1; seed < (is_nightly() ? 300 : 4) && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    tables = fresh_tables();
    log.clear();
    blocks.recoveries.clear();
    run_steps(120, seed);
  }
}

class SnapshotImage : public SnapshotFixture {
 protected:
  void record(EditRecord op) {
    Result<void> applied = apply_to(*tables, op, true);
    ASSERT_TRUE(applied) << applied.error().to_string();
  }
  std::string image() {
    auto bytes = written(*tables, TransactionId{77});
    EXPECT_TRUE(bytes) << bytes.error().to_string();
    return *bytes;
  }
  InodeId id_of(const std::string& path) { return status(path)->inode->id; }
};

// One of everything that an image can hold of the past.
TEST_F(SnapshotImage, WhatSnapshotsKeepIsReadBackRowByRow) {
  for (const char* path : {"/s/d/e", "/s/from", "/t/to"}) ASSERT_TRUE(make_directory(path));
  write_file("/s/d/file", {100, 100, 7});
  write_file("/s/d/cut", {100, 100});
  write_file("/s/from/renamed", {50});
  write_file("/s/from/twice", {60});
  write_file("/s/\xc3\xa9", {5});
  ASSERT_TRUE(create_file("/s/open", "holder"));
  ASSERT_TRUE(create_file("/s/open and gone", "holder"));
  for (const char* path : {"/s/open", "/s/open and gone"}) {
    auto added = run(operations::add_block, operations::AddBlock{.path = path, .holder = "holder"});
    ASSERT_TRUE(added);
    ASSERT_TRUE(run(operations::fsync, operations::Fsync{.path = path, .holder = "holder", .last_block_length = 44}));
  }
  const PermissionStatus mode{"alice", "staff", 0777};
  record(SymlinkOp{.inode_id = InodeId(count(Counter::kLastInodeId) + 1),
                   .path = "/s/link",
                   .value = "/t",
                   .mtime_ms = 7,
                   .atime_ms = 8,
                   .permissions = mode});
  record(SetQuotaOp{.source = "/s/d", .namespace_quota = 100, .storage_space_quota = 1 << 30});
  record(SetQuotaByStorageTypeOp{.source = "/s/d", .storage_type = 1, .storage_space_quota = 5 << 20});
  record(SetStoragePolicyOp{.path = "/s/d", .policy_id = 2});
  record(SetXAttrOp{.source = "/s/d", .xattrs = {{.name_space = 0, .name = "n", .value = "old"}}});
  record(SetXAttrOp{.source = "/s/d/file", .xattrs = {{.name_space = 2, .name = "t", .value = "old"}}});
  record(SetAclOp{.source = "/s/d/file",
                  .acl_entries = {{AclScope::kAccess, AclType::kUser, "", 6},
                                  {AclScope::kAccess, AclType::kUser, "bob", 4},
                                  {AclScope::kAccess, AclType::kGroup, "", 5},
                                  {AclScope::kAccess, AclType::kMask, "", 5},
                                  {AclScope::kAccess, AclType::kOther, "", 0}}});
  for (const char* tree : {"/s", "/t", "/"}) ASSERT_TRUE(tree == std::string("/") || allow(tree));
  ASSERT_TRUE(take("/s", "b"));
  ASSERT_TRUE(take("/s", "\xc3\xa9"));
  ASSERT_TRUE(take("/t", "t"));
  record(SetQuotaOp{.source = "/s/d", .namespace_quota = -1, .storage_space_quota = -1});
  record(SetXAttrOp{.source = "/s/d/file", .xattrs = {{.name_space = 2, .name = "t", .value = "new"}}});
  record(RemoveXAttrOp{.source = "/s/d", .xattrs = {{.name_space = 0, .name = "n", .value = "old"}}});
  record(SetAclOp{.source = "/s/d/file", .acl_entries = {}});
  ASSERT_TRUE(chmod("/s", 0711));
  ASSERT_TRUE(chmod("/s/\xc3\xa9", 0600));
  auto cut = truncate("/s/d/cut", 150);
  ASSERT_TRUE(cut);
  if (!*cut) finish_recovery("/s/d/cut");
  ASSERT_TRUE(move("/s/from/renamed", "/t/to/renamed"));
  ASSERT_TRUE(move("/s/from/twice", "/t/to/twice"));
  ASSERT_TRUE(take("/t", "u"));
  ASSERT_TRUE(move("/t/to/twice", "/s/d/twice"));
  ASSERT_TRUE(remove("/t/to/renamed"));
  ASSERT_TRUE(take("/s", "a"));
  ASSERT_TRUE(remove("/s/open and gone"));
  ASSERT_TRUE(remove("/s/link"));
  ASSERT_TRUE(move("/s/d/twice", "/s/d/e/thrice"));
  ASSERT_TRUE(remove("/s/from"));

  auto again = read(image());
  ASSERT_TRUE(again) << again.error().to_string();
  auto without_heads = rows_of(**again), wanted = rows_of(*tables);
  std::erase_if(without_heads, [](const auto& row) { return row.first.find("/image/") != std::string::npos; });
  EXPECT_EQ(without_heads, wanted);
}

// A directory is renamed twice with a snapshot before each, and snapshots are deleted in between: Hadoop's image then
// named references that it did not hold, and no NameNode started on it.
TEST_F(SnapshotImage, HDFS_13101_AnImageAfterDoubleRenamesAndDeletedSnapshotsHoldsAllThatItNames) {
  write_file("/s/from/d/file", {10, 20});
  write_file("/s/from/d/other", {30});
  ASSERT_TRUE(make_directory("/s/to"));
  ASSERT_TRUE(allow("/s"));
  const InodeId directory = id_of("/s/from/d"), file = id_of("/s/from/d/file");
  // From here on the namespace is the one that was read.
  auto go_through_an_image = [&] {
    const std::string bytes = image();
    auto again = read(bytes);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(*written(**again, TransactionId{77}), bytes);
    tables = *std::move(again);
  };
  ASSERT_TRUE(take("/s", "s0"));
  ASSERT_TRUE(move("/s/from/d", "/s/to/d"));
  ASSERT_TRUE(take("/s", "s1"));
  ASSERT_TRUE(remove("/s/to/d/other"));
  ASSERT_TRUE(move("/s/to/d", "/s/from/d"));
  ASSERT_TRUE(take("/s", "s2"));
  go_through_an_image();
  ASSERT_TRUE(drop("/s", "s1"));
  go_through_an_image();
  ASSERT_TRUE(remove("/s/from"));
  go_through_an_image();
  ASSERT_TRUE(drop("/s", "s2"));
  go_through_an_image();
  EXPECT_EQ(id_of("/s/.snapshot/s0/from/d"), directory);
  EXPECT_EQ(id_of("/s/.snapshot/s0/from/d/file"), file);
  EXPECT_EQ(names("/s/.snapshot/s0/from/d"), (std::vector<std::string>{"file", "other"}));
  ASSERT_TRUE(drop("/s", "s0"));
  go_through_an_image();
  EXPECT_EQ(rows(Table::kVersions), 0u);
  EXPECT_EQ(rows(Table::kBlockIndex), 0u);
  EXPECT_EQ(rows(Table::kEntries), 3u);
}

TEST_F(SnapshotImage, TheRootItselfHasSnapshots) {
  write_file("/d/file", {10});
  ASSERT_TRUE(allow("/"));
  ASSERT_TRUE(take("/", "s0"));
  ASSERT_TRUE(remove("/d"));
  ASSERT_TRUE(chmod("/", 0700));
  ASSERT_TRUE(take("/", "s1"));
  auto again = read(image());
  ASSERT_TRUE(again) << again.error().to_string();
  auto found = rows_of(**again);
  std::erase_if(found, [](const auto& row) { return row.first.find("/image/") != std::string::npos; });
  EXPECT_EQ(found, rows_of(*tables));
}

TEST_F(SnapshotImage, ASymlinkWithAPastThatAnImageCannotHoldIsRefusedByItsPath) {
  ASSERT_TRUE(make_directory("/s/d"));
  const SymlinkOp link{.inode_id = InodeId(count(Counter::kLastInodeId) + 1),
                       .path = "/s/d/link",
                       .value = "/t",
                       .mtime_ms = 7,
                       .atime_ms = 8,
                       .permissions = {"alice", "staff", 0777}};
  record(link);
  ASSERT_TRUE(allow("/s"));
  ASSERT_TRUE(take("/s", "s0"));
  ASSERT_TRUE(read(image()));
  ASSERT_TRUE(move("/s/d/link", "/s/moved"));
  auto refused = written(*tables, TransactionId{77});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("/s/d/link: "));
  ASSERT_TRUE(remove("/s/d"));
  refused = written(*tables, TransactionId{77});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("link in the directory "));
  ASSERT_TRUE(drop("/s", "s0"));
  EXPECT_TRUE(read(image()));
}

// An image of /s with the file f and the directory d in it, to which each test adds what snapshots may say.
class SnapshotSections : public SnapshotImage {
 protected:
  using DiffEntry = SnapshotDiffSection::DiffEntry;

  void SetUp() override {
    ASSERT_TRUE(make_directory("/s/d"));
    write_file("/s/f", {10});
    s = id_of("/s"), d = id_of("/s/d"), f = id_of("/s/f");
    parts = Parts::of(image());
    set_snapshots({{5, "s5", s}});
  }

  struct Taken {
    uint32_t id;
    std::string name;
    InodeId root;
    INodeSection::INode::Type type = INodeSection::INode::DIRECTORY;
  };
  void set_snapshots(const std::vector<Taken>& taken, std::vector<InodeId> snapshottable = {}) {
    SnapshotSection head;
    head.set_snapshotcounter(9);
    head.set_numsnapshots(uint32_t(taken.size()));
    if (snapshottable.empty()) snapshottable.push_back(s);
    for (InodeId directory : snapshottable) head.add_snapshottabledir(raw(directory));
    parts["SNAPSHOT"] = Parts::delimited(head);
    for (const Taken& one : taken) {
      SnapshotSection::Snapshot message;
      message.set_snapshotid(one.id);
      message.mutable_root()->set_type(one.type);
      message.mutable_root()->set_id(raw(one.root));
      message.mutable_root()->set_name(one.name);
      parts["SNAPSHOT"] += Parts::delimited(message);
    }
  }
  void add_entry(DiffEntry::Type type, InodeId inode, uint32_t differences) {
    DiffEntry entry;
    entry.set_type(type);
    entry.set_inodeid(raw(inode));
    entry.set_numofdiff(differences);
    parts["SNAPSHOT_DIFF"] += Parts::delimited(entry);
  }
  void add_file(InodeId file, const std::vector<uint32_t>& snapshots, std::vector<uint64_t> blocks = {}) {
    add_entry(DiffEntry::FILEDIFF, file, uint32_t(snapshots.size()));
    for (uint32_t snapshot : snapshots) {
      SnapshotDiffSection::FileDiff message;
      message.set_snapshotid(snapshot);
      message.set_filesize(10 * std::max<size_t>(1, blocks.size()));
      message.mutable_snapshotcopy()->set_replication(1);
      for (uint64_t block : blocks) {
        auto& written_block = *message.add_blocks();
        written_block.set_blockid(block);
        written_block.set_genstamp(1001);
        written_block.set_numbytes(10);
      }
      parts["SNAPSHOT_DIFF"] += Parts::delimited(message);
    }
  }
  struct Change {
    uint32_t snapshot;
    bool root = false;
    std::vector<InodeId> deleted{};
    std::vector<uint32_t> references{};
    std::vector<std::string> created{};
  };
  void add_directory(InodeId directory, const std::vector<Change>& changes) {
    add_entry(DiffEntry::DIRECTORYDIFF, directory, uint32_t(changes.size()));
    for (const Change& change : changes) {
      SnapshotDiffSection::DirectoryDiff message;
      message.set_snapshotid(change.snapshot);
      message.set_issnapshotroot(change.root);
      message.set_createdlistsize(uint32_t(change.created.size()));
      for (InodeId inode : change.deleted) message.add_deletedinode(raw(inode));
      for (uint32_t reference : change.references) message.add_deletedinoderef(reference);
      parts["SNAPSHOT_DIFF"] += Parts::delimited(message);
      for (const std::string& name : change.created) {
        SnapshotDiffSection::CreatedListEntry created;
        created.set_name(name);
        parts["SNAPSHOT_DIFF"] += Parts::delimited(created);
      }
    }
  }
  // Each directory with what is in it, and nothing else.
  void set_children(const std::vector<std::pair<InodeId, std::vector<InodeId>>>& directories) {
    parts["INODE_DIR"] = "";
    for (const auto& [directory, children] : directories) {
      INodeDirectorySection::DirEntry entry;
      entry.set_parent(raw(directory));
      for (InodeId child : children) entry.add_children(raw(child));
      parts["INODE_DIR"] += Parts::delimited(entry);
    }
  }
  std::string refused(ErrorCode code = ErrorCode::kCorruptFormat) {
    auto outcome = read(parts.image());
    EXPECT_FALSE(outcome);
    if (outcome) return "";
    EXPECT_EQ(outcome.error().code(), code) << outcome.error().message();
    return outcome.error().message();
  }

  Parts parts;
  InodeId s{}, d{}, f{};
};

using testing::HasSubstr;

TEST_F(SnapshotSections, OfNothingButASnapshotAreEnough) {
  add_directory(s, {{.snapshot = 5, .root = true}});
  auto made = read(parts.image());
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(counter(**made, Counter::kNextSnapshotId), 9u);
  EXPECT_EQ(find_snapshot(**made, s, "s5").value()->id, SnapshotId{5});
}

TEST_F(SnapshotSections, ThatMakeNoSenseAreDamage) {
  set_snapshots({{5, "s5", d}});
  EXPECT_THAT(refused(), HasSubstr("snapshot 5 (s5) makes no sense"));
  set_snapshots({{9, "s9", s}});
  EXPECT_THAT(refused(), HasSubstr("snapshot 9 (s9) makes no sense"));
  set_snapshots({{5, "", s}});
  EXPECT_THAT(refused(), HasSubstr("makes no sense"));
  set_snapshots({{5, "s5", s, INodeSection::INode::FILE}});
  EXPECT_THAT(refused(), HasSubstr("makes no sense"));
  set_snapshots({{5, "a", s}, {5, "b", s}});
  EXPECT_THAT(refused(), HasSubstr("two snapshots 5"));
  set_snapshots({{5, "a", s}, {6, "a", s}});
  EXPECT_THAT(refused(), HasSubstr("two snapshots a"));
  set_snapshots({}, {f});
  EXPECT_THAT(refused(), HasSubstr("1 things of inodes that are not there"));
  set_snapshots({{5, "s5", s}});
  for (InodeId inode : {f, InodeId{99999}}) {
    add_directory(inode, {{.snapshot = 5}});
    EXPECT_THAT(refused(), HasSubstr(inode == f ? "not of the type" : "that are not there"));
    parts["SNAPSHOT_DIFF"] = "";
  }
  add_file(d, {5});
  EXPECT_THAT(refused(), HasSubstr("not of the type"));
  parts["SNAPSHOT_DIFF"] = "";
  add_file(f, {4, 5});
  EXPECT_THAT(refused(), HasSubstr("not in order"));
  parts["SNAPSHOT_DIFF"] = "";
  add_directory(d, {{.snapshot = 4}, {.snapshot = 4}});
  EXPECT_THAT(refused(), HasSubstr("not in order"));
  parts["SNAPSHOT_DIFF"] = "";
  add_directory(d, {{.snapshot = 5, .root = true}});
  EXPECT_THAT(refused(), HasSubstr("has no snapshot 5"));
  parts["SNAPSHOT_DIFF"] = "";
  add_directory(s, {{.snapshot = 5, .root = true, .references = {3}}});
  EXPECT_THAT(refused(), HasSubstr("no reference of number 3"));
  parts["SNAPSHOT_DIFF"] = "";
  const uint64_t block = raw(located("/s/f").blocks[0].id);
  add_file(f, {5}, {block + 1, block});
  EXPECT_THAT(refused(), HasSubstr("at two places"));
}

TEST_F(SnapshotSections, ThatContradictEachOtherAreDamage) {
  set_children({{kRootInode, {s}}});
  add_directory(s, {{.snapshot = 5, .root = true, .deleted = {f, d}}});
  EXPECT_TRUE(read(parts.image()));
  add_directory(d, {{.snapshot = 5, .deleted = {f}}});
  EXPECT_THAT(refused(), AllOf(HasSubstr("(f)"), HasSubstr("two places in snapshot 5")));
  parts["SNAPSHOT_DIFF"] = "";
  INodeReferenceSection::INodeReference reference;
  reference.set_referredid(raw(f));
  reference.set_name("d");
  reference.set_lastsnapshotid(5);
  parts["INODE_REFERENCE"] = Parts::delimited(reference);
  add_directory(s, {{.snapshot = 5, .root = true, .deleted = {d}, .references = {0}}});
  EXPECT_THAT(refused(), AllOf(HasSubstr("are both d"), HasSubstr("snapshot 5")));
  for (const char* name : {"", "a/b"}) {
    reference.set_name(name);
    parts["INODE_REFERENCE"] = Parts::delimited(reference);
    parts["SNAPSHOT_DIFF"] = "";
    add_directory(s, {{.snapshot = 5, .root = true, .references = {0}}});
    EXPECT_THAT(refused(), HasSubstr(std::string("an entry \"") + name));
    parts["SNAPSHOT_DIFF"] = "";
    add_directory(s, {{.snapshot = 5, .root = true, .created = {name}}});
    EXPECT_THAT(refused(), HasSubstr(std::string("an entry \"") + name));
  }
}

// What is read at all is written again, or refused.
TEST_F(SnapshotsThroughImages, NoBytesHarm) {
  random.seed(11);
  for (const char* tree : kTrees) make_directory(tree).value();
  allow(kTrees[0]).value();
  allow(kTrees[1]).value();
  for (int i = 0; i < 60; ++i) {
    step();
    if (i % 12 == 0) snapshot_step();
  }
  const std::string good = *written(*tables, TransactionId{77});
  size_t whole = 0;
  for (int i = 0; i < 300; ++i) {
    std::string bad = good;
    for (auto flips = 1 + random() % 3; flips > 0; --flips) bad[random() % bad.size()] ^= char(1 << random() % 8);
    auto again = read(bad);
    if (!again) continue;
    ++whole;
    (void)written(**again, TransactionId{77});
  }
  EXPECT_GT(whole, 0u);
}

TEST_F(SnapshotSections, WhoseDirectoriesLeadNowhereAreDamage) {
  const std::string directories = parts["INODE_DIR"];
  add_directory(s, {{.snapshot = 5, .root = true}});
  const std::string differences = parts["SNAPSHOT_DIFF"];
  set_children({{kRootInode, {f}}, {s, {d}}, {d, {s}}});
  EXPECT_THAT(refused(), HasSubstr("is in itself"));
  set_children({{kRootInode, {f}}, {s, {d}}});
  EXPECT_THAT(refused(), HasSubstr("is in no directory"));
  INodeDirectorySection::DirEntry entry;
  entry.set_parent(raw(s));
  entry.add_refchildren(0);
  parts["INODE_DIR"] = directories + Parts::delimited(entry);
  EXPECT_THAT(refused(), HasSubstr("no reference of number 0"));
  // What can have snapshots has to be in the tree.
  set_children({{kRootInode, {s}}, {s, {f}}});
  set_snapshots({{5, "s5", s}}, {s, d});
  parts["SNAPSHOT_DIFF"] = "";
  add_directory(s, {{.snapshot = 5, .root = true, .deleted = {d}}});
  EXPECT_THAT(refused(), HasSubstr("which can have snapshots, is in no directory"));
  // The file was deleted from where no snapshot is.
  set_snapshots({{5, "s5", s}});
  set_children({{kRootInode, {s}}, {s, {d}}});
  parts["SNAPSHOT_DIFF"] = differences;
  add_directory(kRootInode, {{.snapshot = 5, .deleted = {f}}});
  EXPECT_THAT(refused(), HasSubstr("in no directory that a snapshot has"));
}

// Differences of snapshots that do not have the directory, or are no more, as other versions of Hadoop left some.
TEST_F(SnapshotSections, StaleDifferencesGoToTheSnapshotsThatHaveTheDirectory) {
  set_snapshots({{2, "s2", s}, {5, "s5", s}});
  add_directory(s, {{.snapshot = 7, .created = {"g"}},
                    {.snapshot = 6, .created = {"e", "g"}},
                    {.snapshot = 5, .root = true},
                    {.snapshot = 2, .root = true, .created = {"e"}}});
  add_file(f, {8, 7, 4});
  add_directory(kRootInode, {{.snapshot = 6, .created = {"s"}}});
  add_directory(d, {{.snapshot = 6}});
  auto made = read(parts.image());
  ASSERT_TRUE(made) << made.error().to_string();
  std::vector<std::pair<uint32_t, std::string>> found;
  ASSERT_TRUE((*made)->scan(Table::kVersionsOfSnapshot, "", [&](std::string_view key, std::string_view) {
    const EntryKey entry = entry_of_snapshot_version_key(key);
    EXPECT_EQ(entry.parent, s);
    found.emplace_back(load_big_endian<uint32_t>(key.data()), entry.name);
    return true;
  }));
  EXPECT_EQ(found, (std::vector<std::pair<uint32_t, std::string>>{
                       {2, "e"}, {2, "f"}, {5, "d"}, {5, "e"}, {5, "f"}, {5, "g"}}));
  EXPECT_EQ(versions_of_inode(**made, f)->size(), 2u);
  EXPECT_EQ(versions_of_inode(**made, s)->size(), 0u);
  EXPECT_FALSE(find_entry(**made, kRootInode, "s").value()->versioned);
}

TEST_F(SnapshotSections, ASnapshotWhoseDeletionIsPutOffIsRefused) {
  StringTableSection table;
  table.set_numentry(1);
  table.set_maskbits(3);
  StringTableSection::Entry entry;
  entry.set_id(3u << 29 | 9);
  entry.set_str("hdfs.snapshot.deleted");
  parts["STRING_TABLE"] = Parts::delimited(table) + Parts::delimited(entry);
  SnapshotSection head;
  head.set_snapshotcounter(9);
  head.set_numsnapshots(1);
  head.add_snapshottabledir(raw(s));
  SnapshotSection::Snapshot message;
  message.set_snapshotid(5);
  message.mutable_root()->set_type(INodeSection::INode::DIRECTORY);
  message.mutable_root()->set_id(raw(s));
  message.mutable_root()->set_name("gone");
  message.mutable_root()->mutable_directory()->mutable_xattrs()->add_xattrs()->set_name(3u << 30 | 9u << 6);
  parts["SNAPSHOT"] = Parts::delimited(head) + Parts::delimited(message);
  EXPECT_THAT(refused(ErrorCode::kUnsupported), HasSubstr("the deleted snapshot gone"));
}

}  // namespace
}  // namespace dfs::namenode
