#include <google/protobuf/message_lite.h>
#include <zlib.h>

#include <random>

#include "namenode/image/export_image.h"
#include "namenode/image/import_image.h"
#include "namenode/image/string_table.h"
#include "namenode/namespace/acl.h"
#include "namenode/namespace/operations/extended_attributes.h"
#include "namenode/namespace/quota.h"
#include "proto/base/bytes.h"
#include "proto/hadoop/fsimage.pb.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/namenode/image/image_parts.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs::fsimage;

const StorageVersion kVersion{.namespace_id = 5, .cluster_id = "CID-1", .block_pool_id = "BP-1", .creation_time_ms = 9};

class ImageTest : public NamespaceFixture {
 protected:
  void record(EditRecord op) {
    Result<void> applied = apply_to(*tables, op, true);
    ASSERT_TRUE(applied) << error_of(applied);
  }
  // One of everything that an image can hold.
  void make_a_tree() {
    ASSERT_TRUE(make_directory("/d/e/f", 01777));
    write_file("/d/file", {100, 100, 7});
    write_file("/d/e/empty");
    ASSERT_TRUE(create_file("/d/open", "holder"));
    ASSERT_TRUE(run(operations::add_block, operations::AddBlock{.path = "/d/open", .holder = "holder"}));
    ASSERT_TRUE(create_file("/d/open and empty", "holder2"));
    for (const char* name : {"z", "\xc3\xa9", "\xf0\x9f\x90\x98", "A", "a b"}) {
      ASSERT_TRUE(make_directory(std::string("/names/") + name));
    }
    const PermissionStatus mode{"alice", "staff", 0777};
    record(SymlinkOp{.inode_id = InodeId(count(Counter::kLastInodeId) + 1),
                     .path = "/link",
                     .value = "/d/file",
                     .mtime_ms = 7,
                     .atime_ms = 8,
                     .permissions = mode});
    record(SetOwnerOp{.source = "/d/file", .user = "alice", .group = "staff"});
    record(SetQuotaOp{.source = "/d", .namespace_quota = 100, .storage_space_quota = 1 << 30});
    record(SetQuotaOp{.source = "/names", .namespace_quota = -1, .storage_space_quota = 0});
    record(SetQuotaByStorageTypeOp{.source = "/d", .storage_type = 1, .storage_space_quota = 5 << 20});
    record(SetQuotaByStorageTypeOp{.source = "/d", .storage_type = 3, .storage_space_quota = 0});
    record(SetStoragePolicyOp{.path = "/d/e", .policy_id = 2});
    record(SetStoragePolicyOp{.path = "/d/file", .policy_id = 12});
    record(SetAclOp{.source = "/d/file",
                    .acl_entries = {{AclScope::kAccess, AclType::kUser, "", 6},
                                    {AclScope::kAccess, AclType::kUser, "bob", 4},
                                    {AclScope::kAccess, AclType::kGroup, "", 5},
                                    {AclScope::kAccess, AclType::kMask, "", 5},
                                    {AclScope::kAccess, AclType::kOther, "", 0}}});
    record(SetAclOp{.source = "/d",
                    .acl_entries = {{AclScope::kAccess, AclType::kUser, "", 7},
                                    {AclScope::kAccess, AclType::kGroup, "", 5},
                                    {AclScope::kAccess, AclType::kOther, "", 0},
                                    {AclScope::kDefault, AclType::kUser, "", 7},
                                    {AclScope::kDefault, AclType::kGroup, "ops", 3},
                                    {AclScope::kDefault, AclType::kGroup, "", 5},
                                    {AclScope::kDefault, AclType::kMask, "", 7},
                                    {AclScope::kDefault, AclType::kOther, "", 1}}});
    for (uint8_t name_space = 0; name_space < 5; ++name_space) {
      record(SetXAttrOp{.source = "/d/e",
                        .xattrs = {{.name_space = name_space, .name = "n", .value = std::string("v\0x", 3)}}});
    }
    record(SetXAttrOp{.source = "/d/file", .xattrs = {{.name_space = 0, .name = "bare", .value = ""}}});
  }

  std::string written(const View& view, TransactionId last = TransactionId{77}) {
    auto writer = ImageWriter::create(disk, "/image", kVersion.layout_version).value();
    Result<void> exported = export_image(view, last, kVersion, *writer);
    EXPECT_TRUE(exported) << error_of(exported);
    md5 = writer->finish().value();
    return disk.read_file("/image").value();
  }
  Result<std::unique_ptr<Tables>> read(const std::string& bytes, const std::string& path = "/read") {
    DFS_TRY_OK(disk.write_file_atomically(path, bytes));
    DFS_TRY(auto reader, ImageReader::open(disk, path));
    auto into = Tables::in_memory(), scratch = Tables::in_memory();
    DFS_TRY(imported, import_image(*reader, kVersion, *into, *scratch));
    Batch counts;
    DFS_TRY_OK(count_everything(*into, counts));
    DFS_TRY_OK(into->write(counts, kNoTransaction));
    return into;
  }
  // Without what an image leaves for the next.
  static std::vector<std::pair<std::string, std::string>> logged_rows(const View& view) {
    auto rows = rows_of(view);
    std::erase_if(rows, [](const auto& row) { return row.first.find("/image/") != std::string::npos; });
    return rows;
  }

  MemoryDisk disk;
  std::string md5;
  ImportedImage imported;
};

TEST_F(ImageTest, WhatIsWrittenIsReadBackByteForByte) {
  make_a_tree();
  const std::string bytes = written(*tables);
  EXPECT_EQ(md5_of_file(disk, "/image").value(), md5);
  auto again = read(bytes);
  ASSERT_TRUE(again) << error_of(again);
  EXPECT_EQ(logged_rows(**again), logged_rows(*tables));
  EXPECT_EQ(imported.last, TransactionId{77});
  EXPECT_EQ((*again)->last_applied(), TransactionId{77});
  EXPECT_EQ(imported.inode_count, count(Counter::kFileCount) + count(Counter::kDirectoryCount));
  EXPECT_EQ(written(**again), bytes);
}

TEST_F(ImageTest, AnEmptyNamespaceIsReadBackToo) {
  auto again = read(written(*tables, kNoTransaction));
  ASSERT_TRUE(again) << error_of(again);
  EXPECT_EQ(logged_rows(**again), logged_rows(*tables));
}

// "é" is before "z" for Java, which takes bytes for signed, and it wants children in that order.
TEST_F(ImageTest, ChildrenStandInJavasOrder) {
  make_a_tree();
  written(*tables);
  auto reader = ImageReader::open(disk, "/image").value();
  auto section = reader->section("INODE_DIR").value();
  INodeDirectorySection::DirEntry directory;
  std::vector<std::string> names;
  while (section->next(directory).value()) {
    if (InodeId(directory.parent()) != status("/names")->inode->id) continue;
    for (uint64_t child : directory.children()) names.push_back(find_entry_of(*tables, InodeId(child)).value()->name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"\xc3\xa9", "\xf0\x9f\x90\x98", "A", "a b", "z"}));
}

TEST_F(ImageTest, ALargeImageGoesThroughInPieces) {
  for (int i = 0; i < 3000; ++i) {
    ASSERT_TRUE(create_file("/many/" + std::string(200, 'n') + std::to_string(i)));
  }
  const std::string bytes = written(*tables);
  EXPECT_GT(bytes.size(), 600'000u);
  auto again = read(bytes);
  ASSERT_TRUE(again) << error_of(again);
  EXPECT_EQ(logged_rows(**again), logged_rows(*tables));
}

std::string deflated(const std::string& plain, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(plain.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = uInt(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = uInt(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

TEST_F(ImageTest, CompressedImagesAreRead) {
  make_a_tree();
  const Parts plain = Parts::of(written(*tables));
  for (auto [codec, window_bits] : {std::pair("DefaultCodec", 15), std::pair("GzipCodec", 15 + 16)}) {
    Parts compressed = plain;
    compressed.summary.set_codec(std::string("org.apache.hadoop.io.compress.") + codec);
    for (auto& section : compressed.sections) section.bytes = deflated(section.bytes, window_bits);
    auto again = read(compressed.image());
    ASSERT_TRUE(again) << codec << ": " << error_of(again);
    EXPECT_EQ(logged_rows(**again), logged_rows(*tables));
    std::string& inodes = compressed["INODE"];
    const std::string whole = inodes;
    inodes.resize(inodes.size() / 2);
    EXPECT_FALSE(read(compressed.image()));
    inodes = whole;
    for (size_t i = inodes.size() / 2; i < inodes.size(); ++i) inodes[i] = char(~inodes[i]);
    EXPECT_FALSE(read(compressed.image()));
  }
  Parts other = plain;
  other.summary.set_codec("org.apache.hadoop.io.compress.SnappyCodec");
  EXPECT_NE(error_of(read(other.image())).find("SnappyCodec"), std::string::npos);
}

// Each names what it is that we do not have, and nothing is dropped on the quiet.
TEST_F(ImageTest, WhatWeLackIsRefusedByName) {
  make_a_tree();
  const Parts good = Parts::of(written(*tables));
  auto refused = [&](const Parts& parts) {
    auto outcome = read(parts.image());
    EXPECT_FALSE(outcome);
    if (outcome) return std::string();
    EXPECT_EQ(outcome.error().code(), ErrorCode::kUnsupported);
    EXPECT_NE(outcome.error().message().find("/read"), std::string::npos);
    return outcome.error().message();
  };
  auto refused_with = [&](std::string_view section, const google::protobuf::MessageLite& head) {
    Parts parts = good;
    parts[section] = Parts::delimited(head);
    return refused(parts);
  };
  using testing::HasSubstr;

  NameSystemSection system;
  system.set_namespaceid(uint32_t(kVersion.namespace_id));
  system.set_rollingupgradestarttime(5);
  EXPECT_THAT(refused_with("NS_INFO", system), HasSubstr("rolling upgrade"));
  system.clear_rollingupgradestarttime();
  system.set_genstampv1limit(3);
  EXPECT_THAT(refused_with("NS_INFO", system), HasSubstr("generation stamps of before"));

  SecretManagerSection secrets;
  secrets.set_numkeys(1);
  EXPECT_THAT(refused_with("SECRET_MANAGER", secrets), HasSubstr("keys of delegation tokens"));
  secrets.set_numtokens(4);
  EXPECT_THAT(refused_with("SECRET_MANAGER", secrets), HasSubstr("4 delegation tokens"));
  CacheManagerSection caches;
  caches.set_nextdirectiveid(1);
  caches.set_numpools(0);
  caches.set_numdirectives(1);
  EXPECT_THAT(refused_with("CACHE_MANAGER", caches), HasSubstr("cache directives"));
  caches.set_numpools(1);
  EXPECT_THAT(refused_with("CACHE_MANAGER", caches), HasSubstr("cache pools"));

  INodeSection head;
  head.set_numinodes(1);
  INodeSection::INode inode;
  inode.set_type(INodeSection::INode::FILE);
  inode.set_id(20000);
  inode.set_name("coded");
  inode.mutable_file()->set_erasurecodingpolicyid(1);
  Parts parts = good;
  parts["INODE"] = Parts::delimited(head) + Parts::delimited(inode);
  EXPECT_THAT(refused(parts), AllOf(HasSubstr("coded"), HasSubstr("erasure-coded")));
  inode.Clear();
  inode.set_type(INodeSection::INode::DIRECTORY);
  inode.set_id(20000);
  for (auto [name_space, name, feature] : {std::tuple(4, "hdfs.crypto.encryption.zone", "encryption zone"),
                                           std::tuple(4, "hdfs.crypto.file.encryption.info", "encrypted file"),
                                           std::tuple(3, "hdfs.erasurecoding.policy", "erasure coding policy")}) {
    inode.mutable_directory()->Clear();
    auto& xattr = *inode.mutable_directory()->mutable_xattrs()->add_xattrs();
    xattr.set_name(uint32_t(name_space & 3) << 30 | uint32_t(name_space >> 2) << 5 | 9u << 6);
    StringTableSection table;
    table.set_numentry(1);
    table.set_maskbits(3);
    StringTableSection::Entry entry;
    entry.set_id(3u << 29 | 9);
    entry.set_str(name);
    parts["STRING_TABLE"] = Parts::delimited(table) + Parts::delimited(entry);
    parts["INODE"] = Parts::delimited(head) + Parts::delimited(inode);
    EXPECT_THAT(refused(parts), HasSubstr(feature));
  }

  parts = good;
  parts["PROVIDED"] = "";
  EXPECT_THAT(refused(parts), HasSubstr("PROVIDED"));
}

TEST_F(ImageTest, OtherLayoutsAndOtherNamespacesAreRefused) {
  Parts parts = Parts::of(written(*tables));
  for (int version : {-65, -68}) {
    parts.summary.set_layoutversion(uint32_t(version));
    EXPECT_EQ(read(parts.image()).error().code(), ErrorCode::kIncorrectVersion);
  }
  parts.summary.set_layoutversion(uint32_t(-66));
  EXPECT_TRUE(read(parts.image()));
  NameSystemSection system;
  system.set_namespaceid(6);
  parts["NS_INFO"] = Parts::delimited(system);
  EXPECT_EQ(read(parts.image()).error().code(), ErrorCode::kIllegalState);
}

TEST_F(ImageTest, WhatDoesNotFitTogetherIsDamage) {
  make_a_tree();
  const Parts good = Parts::of(written(*tables));
  auto damaged = [&](const Parts& parts) {
    auto outcome = read(parts.image());
    EXPECT_FALSE(outcome);
    if (outcome) return std::string();
    EXPECT_EQ(outcome.error().code(), ErrorCode::kCorruptFormat) << outcome.error().message();
    return outcome.error().message();
  };
  using testing::HasSubstr;
  for (const char* name : {"NS_INFO", "STRING_TABLE", "INODE", "INODE_DIR"}) {
    Parts parts = good;
    parts.drop(name);
    EXPECT_THAT(damaged(parts), HasSubstr(std::string("no section ") + name));
    parts = good;
    parts[name].pop_back();
    EXPECT_THAT(damaged(parts), HasSubstr(name));
  }
  Parts parts = good;
  INodeSection head;
  head.set_numinodes(1);
  INodeSection::INode root;
  root.set_type(INodeSection::INode::DIRECTORY);
  root.set_id(raw(kRootInode));
  INodeSection::INode other = root;
  other.set_id(20000);
  other.set_name("x");
  INodeDirectorySection::DirEntry children;
  children.set_parent(raw(kRootInode));
  children.add_children(20000);

  parts["INODE_DIR"] = Parts::delimited(children);
  parts["INODE"] = Parts::delimited(head) + Parts::delimited(other);
  EXPECT_THAT(damaged(parts), HasSubstr("the root is missing"));
  parts["INODE"] = Parts::delimited(head) + Parts::delimited(root);
  EXPECT_THAT(damaged(parts), HasSubstr("1 children"));
  head.set_numinodes(2);
  parts["INODE"] = Parts::delimited(head) + Parts::delimited(root);
  EXPECT_THAT(damaged(parts), HasSubstr("announces 2"));
  parts["INODE"] = Parts::delimited(head) + Parts::delimited(root) + Parts::delimited(other);
  EXPECT_TRUE(read(parts.image()));
  parts["INODE_DIR"] = "";
  EXPECT_THAT(damaged(parts), HasSubstr("in no directory"));
  parts["INODE_DIR"] = Parts::delimited(children);
  other.set_name("a/b");
  parts["INODE"] = Parts::delimited(head) + Parts::delimited(root) + Parts::delimited(other);
  EXPECT_THAT(damaged(parts), HasSubstr("a/b"));
  other.set_name("x");
  other.mutable_directory()->set_permission(uint64_t{12345} << 40);
  parts["INODE"] = Parts::delimited(head) + Parts::delimited(root) + Parts::delimited(other);
  EXPECT_THAT(damaged(parts), HasSubstr("12345"));
  other.clear_directory();
  other.set_type(INodeSection::INode::FILE);
  children.set_parent(20000);
  children.set_children(0, raw(kRootInode));
  parts["INODE_DIR"] += Parts::delimited(children);
  head.set_numinodes(3);
  INodeSection::INode third = other;
  third.set_id(20001);
  parts["INODE"] = Parts::delimited(head) + Parts::delimited(root) + Parts::delimited(other) + Parts::delimited(third);
  EXPECT_FALSE(read(parts.image()));
}

TEST_F(ImageTest, NoBytesHarm) {
  make_a_tree();
  const std::string good = written(*tables);
  std::mt19937 random(5);
  for (int i = 0; i < 3000; ++i) {
    std::string bad = good;
    for (auto flips = 1 + random() % 3; flips > 0; --flips) bad[random() % bad.size()] ^= char(1 << random() % 8);
    (void)read(bad);
  }
  for (size_t length : {size_t(0), size_t(7), size_t(8), size_t(11), size_t(20), good.size() / 2, good.size() - 1}) {
    EXPECT_FALSE(read(good.substr(0, length))) << length;
  }
}

// CVE-2018-11768: a number that did not fit the field beside it changed users into others.
TEST_F(ImageTest, CVE_2018_11768_NumbersOf24BitsKeepToTheirFields) {
  Parts parts = Parts::of(written(*tables));
  INodeSection head;
  head.set_numinodes(1);
  INodeSection::INode root;
  root.set_type(INodeSection::INode::DIRECTORY);
  root.set_id(raw(kRootInode));
  constexpr uint64_t kLargest = (1 << 24) - 1;
  root.mutable_directory()->set_permission(kLargest << 40 | (kLargest - 1) << 16 | 0751);
  root.mutable_directory()->mutable_acl()->add_entries(uint32_t(kLargest) << 6 | 1 << 5 | 1 << 3 | 5);
  root.mutable_directory()->mutable_xattrs()->add_xattrs()->set_name(3u << 30 | uint32_t(kLargest) << 6);
  StringTableSection table;
  table.set_maskbits(3);
  std::string entries;
  auto entry = [&](NameKind kind, uint64_t number, const char* name) {
    StringTableSection::Entry made;
    made.set_id(uint32_t(kind) << 29 | uint32_t(number));
    made.set_str(name);
    entries += Parts::delimited(made);
    table.set_numentry(table.numentry() + 1);
  };
  entry(NameKind::kUser, kLargest, "alice");
  entry(NameKind::kGroup, kLargest - 1, "staff");
  entry(NameKind::kGroup, kLargest, "ops");
  entry(NameKind::kXattr, kLargest, "n");
  parts["STRING_TABLE"] = Parts::delimited(table) + entries;
  parts["INODE"] = Parts::delimited(head) + Parts::delimited(root);
  auto read_back = read(parts.image());
  ASSERT_TRUE(read_back) << error_of(read_back);
  InodeRow row = find_entry(**read_back, kNoInode, "").value().value();
  EXPECT_EQ(row.owner, "alice");
  EXPECT_EQ(row.group, "staff");
  EXPECT_EQ(row.permission, 0751);
  EXPECT_EQ(decode_acl(row.acl).value(), (std::vector<AclEntry>{{AclScope::kDefault, AclType::kGroup, "ops", 5}}));
  EXPECT_EQ(row.xattrs, (std::vector<ExtendedAttribute>{{.name_space = 3, .name = "n", .value = ""}}));
}

TEST_F(ImageTest, SectionsThatMeanNothingToUsComeBackInOurImages) {
  Parts parts = Parts::of(written(*tables));
  CacheManagerSection caches;
  caches.set_nextdirectiveid(44);
  caches.set_numpools(0);
  caches.set_numdirectives(0);
  parts["CACHE_MANAGER"] = Parts::delimited(caches);
  ErasureCodingSection coding;
  auto& policy = *coding.add_policies();
  policy.set_id(70);
  policy.set_name("mine");
  parts["ERASURE_CODING"] = Parts::delimited(coding);
  auto first = read(parts.image());
  ASSERT_TRUE(first) << error_of(first);
  Parts again = Parts::of(written(**first));
  EXPECT_EQ(again["CACHE_MANAGER"], parts["CACHE_MANAGER"]);
  EXPECT_EQ(again["ERASURE_CODING"], parts["ERASURE_CODING"]);
}

}  // namespace
}  // namespace dfs::namenode
