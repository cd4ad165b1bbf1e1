#include "namenode/service/file_status_bytes.h"

#include <gtest/gtest.h>

#include <random>

namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs;

// As PBHelperClient.convert() fills it.
HdfsFileStatusProto message_of(const FileStatus& status, const ConversionContext& context) {
  const InodeRow& inode = *status.inode;
  HdfsFileStatusProto out;
  switch (inode.type) {
    case InodeType::kDirectory:
      out.set_filetype(HdfsFileStatusProto::IS_DIR);
      break;
    case InodeType::kFile:
      out.set_filetype(HdfsFileStatusProto::IS_FILE);
      break;
    case InodeType::kSymlink:
      out.set_filetype(HdfsFileStatusProto::IS_SYMLINK);
      out.set_symlink(inode.symlink_target);
  }
  out.set_path(status.name);
  out.set_length(inode.length);
  out.mutable_permission()->set_perm(inode.permission);
  out.set_owner(inode.owner);
  out.set_group(inode.group);
  out.set_modification_time(inode.modification_time_ms);
  out.set_access_time(inode.access_time_ms);
  out.set_block_replication(inode.replication);
  out.set_blocksize(inode.preferred_block_size);
  if (status.locations) to_proto(*status.locations, context, *out.mutable_locations());
  out.set_fileid(raw(inode.id));
  out.set_childrennum(int32_t(inode.child_count));
  out.set_storagepolicy(status.storage_policy);
  out.set_flags((inode.acl.empty() ? 0 : 1) | (status.snapshottable ? 8 : 0));
  return out;
}

class FileStatusBytesTest : public ::testing::Test {
 protected:
  FileStatusBytesTest() {
    DatanodeStatus datanode;
    datanode.uuid = "dn-1";
    datanode.ip_address = "10.0.0.1";
    datanode.storages.push_back({.uuid = "DS-1", .storage_type = 2});
    datanodes.datanodes.push_back(std::move(datanode));
    datanodes.by_storage[1] = {.datanode = 0, .storage = 0};
  }

  // Small numbers and those that take every length of a varint.
  uint64_t number(unsigned bits) { return (uint64_t(random()) << 32 | random()) >> (64 - 1 - random() % bits); }
  std::string text(size_t bytes_max) {
    std::string made(random() % (bytes_max + 1), '\0');
    for (char& c : made) c = char(random());
    return made;
  }
  FileStatus status() {
    InodeRow inode{.id = InodeId(number(63)),
                   .type = InodeType(random() % 3),
                   .owner = text(40),
                   .group = text(200),
                   .permission = uint16_t(random() % 02000),
                   .modification_time_ms = number(64),
                   .access_time_ms = number(64),
                   .child_count = uint32_t(number(32)),
                   .replication = uint16_t(number(16)),
                   .preferred_block_size = number(64),
                   .under_construction = random() % 2 == 0,
                   .length = number(64),
                   .storage_policy = uint8_t(random() % 16)};
    if (inode.type == InodeType::kSymlink) inode.symlink_target = text(300);
    if (random() % 4 == 0) inode.xattrs = {{.name_space = 0, .name = "user", .value = "of no account"}};
    if (random() % 4 == 0) inode.acl = text(20);
    FileStatus made{.name = text(300), .storage_policy = uint8_t(random()), .snapshottable = random() % 4 == 0};
    if (inode.type == InodeType::kFile && random() % 2 == 0) {
      LocatedBlock block{.id = BlockId(number(63)), .generation_stamp = GenerationStamp(number(63))};
      block.length = number(40);
      block.storages = {StorageNumber(1), StorageNumber(7)};
      made.locations = LocatedBlocks{.file_length = inode.length, .blocks = {block}, .last = block};
    }
    made.inode = std::make_shared<const InodeRow>(std::move(inode));
    return made;
  }
  std::vector<FileStatus> statuses(size_t count) {
    std::vector<FileStatus> made(count);
    for (FileStatus& one : made) one = status();
    return made;
  }

  std::mt19937 random{7};
  DatanodeView datanodes;
  ConversionContext context{datanodes, "BP-1"};
};

TEST_F(FileStatusBytesTest, AreThoseOfProtobuf) {
  for (int round = 0; round < 2000; ++round) {
    const std::optional<FileStatus> of = status();
    GetFileInfoResponseProto wanted;
    *wanted.mutable_fs() = message_of(*of, context);
    ASSERT_EQ(status_response<GetFileInfoResponseProto>(of, context).bytes, wanted.SerializeAsString());
    HdfsFileStatusProto message;
    to_proto(*of, context, message);
    ASSERT_TRUE(message.IsInitialized());
    ASSERT_EQ(message.SerializeAsString(), wanted.fs().SerializeAsString());
  }
  EXPECT_EQ(status_response<CreateResponseProto>(std::nullopt, context).bytes, "");
}

TEST_F(FileStatusBytesTest, OfAnEmptyInodeToo) {
  FileStatus empty{.inode = std::make_shared<const InodeRow>()};
  HdfsFileStatusProto message;
  to_proto(empty, context, message);
  EXPECT_EQ(message.SerializeAsString(), message_of(empty, context).SerializeAsString());
}

TEST_F(FileStatusBytesTest, OfAListing) {
  for (size_t count : {0, 1, 3, 200}) {
    const std::optional<Listing> listing = Listing{.entries = statuses(count), .remaining = uint32_t(number(32))};
    GetListingResponseProto wanted;
    wanted.mutable_dirlist()->set_remainingentries(listing->remaining);
    for (const FileStatus& one : listing->entries) {
      *wanted.mutable_dirlist()->add_partiallisting() = message_of(one, context);
    }
    EXPECT_EQ(listing_response(listing, context).bytes, wanted.SerializeAsString());
  }
  EXPECT_EQ(listing_response(std::nullopt, context).bytes, "");
}

TEST_F(FileStatusBytesTest, OfABatchedListing) {
  BatchedListing batch;
  batch.parts.push_back({.path_index = 2, .entries = statuses(5)});
  batch.parts.push_back({.path_index = 3, .entries = fail(ErrorCode::kFileNotFound, "not there")});
  batch.parts.push_back({.path_index = 4, .entries = statuses(0)});
  for (bool more : {false, true}) {
    if (more) batch.end = {.paths_hash = 9, .path_index = 4, .start_after = "x"};
    GetBatchedListingResponseProto wanted;
    for (const BatchedListing::Part& part : batch.parts) {
      BatchedDirectoryListingProto& out = *wanted.add_listings();
      out.set_parentidx(part.path_index);
      if (!part.entries) {
        out.mutable_exception()->set_classname("java.io.FileNotFoundException");
        out.mutable_exception()->set_message("not there");
        continue;
      }
      for (const FileStatus& one : *part.entries) *out.add_partiallisting() = message_of(one, context);
    }
    wanted.set_hasmore(more);
    BatchedListingKeyProto key;
    key.set_checksum(std::string("\0\0\0\0\0\0\0\x9", 8));
    key.set_pathindex(4);
    key.set_startafter("x");
    wanted.set_startafter(more ? key.SerializeAsString() : "");
    EXPECT_EQ(batched_listing_response(batch, context).bytes, wanted.SerializeAsString());
  }
}

}  // namespace
}  // namespace dfs::namenode
