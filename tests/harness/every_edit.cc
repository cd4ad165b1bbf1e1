// Writes every op of the edit log that can be written, and tells whether a segment that somebody else made holds the
// same: for compatibility/every_edit_test.py, which knows from every_edit.txt what each field has to be called and say.
//
//   every_edit write FILE     a finished segment: of each op one record with as little as it may have, then a full one
//   every_edit compare FILE   a line `TXID OP differs` or `TXID OP absent` for each record that FILE has not as it was
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/journal/edit_codec.h"
#include "namenode/journal/segment.h"
#include "proto/io/disk.h"

namespace {

using namespace dfs;
using namespace dfs::namenode;

constexpr int64_t kDontSet = INT64_MAX;

RpcIds caller(char first, int32_t call) {
  RpcIds ids{.client_id = std::string(16, first), .call_id = call};
  for (size_t i = 1; i < ids.client_id.size(); ++i) ids.client_id[i] = char(uint8_t(first) + i * 7);
  return ids;
}

EditBlock block(uint64_t number) {
  return {.id = BlockId{1'073'741'824 + number},
          .num_bytes = 1'000'000'000'000 + number,
          .generation_stamp = GenerationStamp{1000 + number}};
}

PermissionStatus owned(std::string user, std::string group, uint16_t permission) {
  return {.user = std::move(user), .group = std::move(group), .permission = permission};
}

std::vector<AclEntry> acl() {
  return {{.scope = AclScope::kAccess, .type = AclType::kUser, .permission = 7},
          {.scope = AclScope::kAccess, .type = AclType::kUser, .name = "ren\u00e9e", .permission = 5},
          {.scope = AclScope::kAccess, .type = AclType::kGroup, .name = "\u7d44", .permission = 1},
          {.scope = AclScope::kAccess, .type = AclType::kMask, .permission = 6},
          {.scope = AclScope::kDefault, .type = AclType::kOther, .permission = 0}};
}

std::vector<ExtendedAttribute> xattrs() {
  return {{.name_space = 0, .name = "user-\u00e4", .value = "\x01"},
          {.name_space = 1, .name = "trusted", .value = std::string("\0\xff", 2)},
          {.name_space = 2, .name = "security"},
          {.name_space = 3, .name = "system", .value = "s"},
          {.name_space = 4, .name = "raw", .value = "rr"}};
}

DelegationToken token() {
  return {.owner = "owner-\u00f6",
          .renewer = "renewer",
          .real_user = "real",
          .issue_date_ms = 1'600'000'000'001,
          .max_date_ms = 1'600'000'000'002,
          .sequence_number = 71,
          .master_key_id = 72};
}

void add_files(std::vector<EditRecord>& records) {
  records.emplace_back(
      AddOp{.inode_id = InodeId{16'400}, .path = "/bare", .permissions = owned("u", "g", 0), .client_name = "c"});
  AddOp add{.inode_id = InodeId{16'401},
            .path = "/d\u00efr/\u65e5\u672c <&>\"' \\ name",
            .replication = 3,
            .mtime_ms = 1'500'000'000'001,
            .atime_ms = 1'500'000'000'002,
            .block_size = 134'217'728,
            .blocks = {block(1), block(2)},
            .permissions = owned("al\u00eece", "st\u00e4ff", 01754),
            .acl_entries = acl(),
            .client_name = "DFSClient_1",
            .client_machine = "10.1.2.3",
            .overwrite = true,
            .erasure_coding_policy_id = 5,
            .rpc = caller('\x01', 11)};
  records.emplace_back(add);
  add.xattrs = xattrs();
  add.storage_policy_id = 12;
  records.emplace_back(add);
  records.emplace_back(CloseOp{.inode_id = InodeId{16'402}, .path = "/bare", .permissions = owned("u", "g", 0)});
  records.emplace_back(CloseOp{.inode_id = InodeId{16'403},
                               .path = "/cl\u00f6sed",
                               .replication = 4,
                               .mtime_ms = 1'500'000'000'003,
                               .atime_ms = 1'500'000'000'004,
                               .block_size = 268'435'456,
                               .blocks = {block(3), block(4), block(5)},
                               .permissions = owned("b\u00f6b", "group", 0640)});
  records.emplace_back(AppendOp{.path = "/bare"});
  records.emplace_back(AppendOp{.path = "/\u00e4ppend",
                                .client_name = "DFSClient_2",
                                .client_machine = "host-2",
                                .new_block = true,
                                .rpc = caller('\x02', 12)});
  records.emplace_back(AddBlockOp{.path = "/first", .last_block = {.id = BlockId{1'073'741'900}}});
  records.emplace_back(AddBlockOp{
      .path = "/bl\u00f6ck", .penultimate_block = block(6), .last_block = block(7), .rpc = caller('\x03', 13)});
  records.emplace_back(UpdateBlocksOp{.path = "/none"});
  records.emplace_back(
      UpdateBlocksOp{.path = "/\u00fcpdate", .blocks = {block(8), block(9)}, .rpc = caller('\x04', 14)});
  records.emplace_back(TruncateOp{.source = "/bare"});
  records.emplace_back(TruncateOp{.source = "/tr\u00fcncate",
                                  .client_name = "DFSClient_3",
                                  .client_machine = "host-3",
                                  .new_length = 9'999'999'999,
                                  .timestamp_ms = 1'500'000'000'005,
                                  .truncate_block = block(10)});
  records.emplace_back(SetGenstampV1Op{GenerationStamp{1'111}});
  records.emplace_back(SetGenstampV2Op{GenerationStamp{2'222}});
  records.emplace_back(AllocateBlockIdOp{BlockId{1'073'742'000}});
  records.emplace_back(ReassignLeaseOp{.lease_holder = "DFSClient_4", .path = "/l\u00e9ase", .new_holder = "HDFS_NN"});
}

void add_tree(std::vector<EditRecord>& records) {
  records.emplace_back(MkdirOp{.inode_id = InodeId{16'410}, .path = "/bare", .permissions = owned("u", "g", 0)});
  records.emplace_back(MkdirOp{.inode_id = InodeId{16'411},
                               .path = "/d\u00efr/\u65e5",
                               .timestamp_ms = 1'500'000'000'011,
                               .permissions = owned("al\u00eece", "st\u00e4ff", 01777),
                               .acl_entries = acl(),
                               .xattrs = xattrs()});
  records.emplace_back(SymlinkOp{.inode_id = InodeId{16'412}, .permissions = owned("u", "g", 0)});
  records.emplace_back(SymlinkOp{.inode_id = InodeId{16'413},
                                 .path = "/l\u00efnk",
                                 .value = "t\u00e4rget",
                                 .mtime_ms = 1'500'000'000'012,
                                 .atime_ms = 1'500'000'000'013,
                                 .permissions = owned("al\u00eece", "st\u00e4ff", 0777),
                                 .rpc = caller('\x05', 21)});
  records.emplace_back(RenameOldOp{.source = "/a", .destination = "/b"});
  records.emplace_back(RenameOldOp{
      .source = "/fr\u00f6m", .destination = "/t\u00f6", .timestamp_ms = 1'500'000'000'014, .rpc = caller('\x06', 22)});
  records.emplace_back(RenameOp{.source = "/a", .destination = "/b"});
  records.emplace_back(RenameOp{.source = "/fr\u00f6m",
                                .destination = "/t\u00f6",
                                .timestamp_ms = 1'500'000'000'015,
                                .options = {RenameOption::kOverwrite, RenameOption::kToTrash, RenameOption::kNone},
                                .rpc = caller('\x07', 23)});
  records.emplace_back(DeleteOp{.path = "/a"});
  records.emplace_back(
      DeleteOp{.path = "/\u00e4/\U0001f418", .timestamp_ms = 1'500'000'000'016, .rpc = caller('\x08', 24)});
  records.emplace_back(ConcatDeleteOp{.target = "/a"});
  records.emplace_back(ConcatDeleteOp{.target = "/t\u00e4rget",
                                      .sources = {"/s\u00f6urce", "/2", "/3"},
                                      .timestamp_ms = 1'500'000'000'017,
                                      .rpc = caller('\x09', 25)});
}

void add_attributes(std::vector<EditRecord>& records) {
  records.emplace_back(SetReplicationOp{.path = "/r\u00e9plication", .replication = 512});
  records.emplace_back(SetPermissionsOp{.source = "/p\u00e9rmissions", .permissions = 01732});
  records.emplace_back(SetOwnerOp{.source = "/nobody"});
  records.emplace_back(SetOwnerOp{.source = "/user", .user = "al\u00eece"});
  records.emplace_back(SetOwnerOp{.source = "/group", .group = "st\u00e4ff"});
  records.emplace_back(SetOwnerOp{.source = "/b\u00f6th", .user = "al\u00eece", .group = "st\u00e4ff"});
  records.emplace_back(TimesOp{.path = "/neither", .mtime_ms = -1, .atime_ms = -1});
  records.emplace_back(TimesOp{.path = "/t\u00efmes", .mtime_ms = 1'500'000'000'021, .atime_ms = 1'500'000'000'022});
  records.emplace_back(SetQuotaOp{.source = "/quota", .namespace_quota = -1, .storage_space_quota = kDontSet});
  records.emplace_back(
      SetQuotaOp{.source = "/qu\u00f6ta", .namespace_quota = 17, .storage_space_quota = 1'234'567'890'123});
  records.emplace_back(SetQuotaByStorageTypeOp{.source = "/quota", .storage_type = 1, .storage_space_quota = -1});
  records.emplace_back(
      SetQuotaByStorageTypeOp{.source = "/qu\u00f6ta", .storage_type = 3, .storage_space_quota = 1'234'567'890'124});
  records.emplace_back(SetStoragePolicyOp{.path = "/p\u00f6licy", .policy_id = 10});
  records.emplace_back(SetAclOp{.source = "/bare"});
  records.emplace_back(SetAclOp{.source = "/\u00e4cl", .acl_entries = acl()});
  records.emplace_back(SetXAttrOp{.source = "/bare", .xattrs = {{.name_space = 0, .name = "n"}}});
  records.emplace_back(SetXAttrOp{.source = "/x\u00e4ttr", .xattrs = xattrs(), .rpc = caller('\x0a', 31)});
  records.emplace_back(RemoveXAttrOp{.source = "/bare", .xattrs = {{.name_space = 0, .name = "n"}}});
  records.emplace_back(RemoveXAttrOp{.source = "/x\u00e4ttr", .xattrs = xattrs(), .rpc = caller('\x0b', 32)});
}

void add_snapshots(std::vector<EditRecord>& records) {
  records.emplace_back(AllowSnapshotOp{"/sn\u00e4pshots"});
  records.emplace_back(DisallowSnapshotOp{"/n\u00f6ne"});
  records.emplace_back(CreateSnapshotOp{.snapshot_root = "/a", .snapshot_name = "s"});
  records.emplace_back(CreateSnapshotOp{.snapshot_root = "/sn\u00e4pshots",
                                        .snapshot_name = "s\u00ef",
                                        .mtime_ms = 1'500'000'000'031,
                                        .rpc = caller('\x0c', 41)});
  records.emplace_back(DeleteSnapshotOp{.snapshot_root = "/a", .snapshot_name = "s"});
  records.emplace_back(DeleteSnapshotOp{.snapshot_root = "/sn\u00e4pshots",
                                        .snapshot_name = "g\u00f6ne",
                                        .mtime_ms = 1'500'000'000'032,
                                        .rpc = caller('\x0d', 42)});
  records.emplace_back(RenameSnapshotOp{.snapshot_root = "/a", .snapshot_old_name = "s", .snapshot_new_name = "t"});
  records.emplace_back(RenameSnapshotOp{.snapshot_root = "/sn\u00e4pshots",
                                        .snapshot_old_name = "\u00f6ld",
                                        .snapshot_new_name = "n\u00ebw",
                                        .mtime_ms = 1'500'000'000'033,
                                        .rpc = caller('\x0e', 43)});
}

void add_what_only_hadoop_has(std::vector<EditRecord>& records) {
  records.emplace_back(GetDelegationTokenOp{});
  records.emplace_back(GetDelegationTokenOp{.token = token(), .expiry_time_ms = 1'600'000'000'003});
  records.emplace_back(RenewDelegationTokenOp{.token = token(), .expiry_time_ms = 1'600'000'000'004});
  records.emplace_back(CancelDelegationTokenOp{.token = token()});
  records.emplace_back(UpdateMasterKeyOp{.key = {.key_id = 81}});
  records.emplace_back(UpdateMasterKeyOp{
      .key = {.key_id = 82, .expiry_date_ms = 1'600'000'000'005, .key = std::string("\x01\0\xfe", 3)}});

  records.emplace_back(AddCacheDirectiveOp{.directive = {.id = 91, .path = "/c", .replication = 1, .pool = "p"}});
  const CacheDirective directive{
      .id = 92, .path = "/c\u00e4che", .replication = 2, .pool = "p\u00f6ol", .expiration_ms = 1'600'000'000'006};
  records.emplace_back(AddCacheDirectiveOp{.directive = directive, .rpc = caller('\x0f', 51)});
  records.emplace_back(ModifyCacheDirectiveOp{.directive = {.id = 93}});
  records.emplace_back(ModifyCacheDirectiveOp{.directive = directive, .rpc = caller('\x10', 52)});
  records.emplace_back(RemoveCacheDirectiveOp{.id = 94, .rpc = caller('\x11', 53)});
  const CachePool pool{.name = "p\u00f6ol",
                       .owner = "\u00f6wner",
                       .group = "gr\u00f6up",
                       .mode = uint16_t(0751),
                       .limit_bytes = 1'000'000'000'001,
                       .max_relative_expiry_ms = 1'000'000'000'002,
                       .default_replication = uint16_t(3)};
  records.emplace_back(AddCachePoolOp{.pool = {.name = "bare"}});
  records.emplace_back(AddCachePoolOp{.pool = pool, .rpc = caller('\x12', 54)});
  records.emplace_back(ModifyCachePoolOp{.pool = {.name = "bare"}});
  records.emplace_back(ModifyCachePoolOp{.pool = pool, .rpc = caller('\x13', 55)});
  records.emplace_back(RemoveCachePoolOp{.name = "p\u00f6ol", .rpc = caller('\x14', 56)});

  records.emplace_back(RollingUpgradeStartOp{1'600'000'000'007});
  records.emplace_back(RollingUpgradeFinalizeOp{1'600'000'000'008});
  records.emplace_back(AddErasureCodingPolicyOp{
      .policy = {.codec = "xor", .data_units = 2, .parity_units = 1, .cell_size_bytes = 131'072}});
  records.emplace_back(AddErasureCodingPolicyOp{.policy = {.codec = "rs",
                                                           .data_units = 6,
                                                           .parity_units = 3,
                                                           .cell_size_bytes = 1'048'576,
                                                           .extra_options = {{"k\u00eby", "v\u00e4lue"}}},
                                                .rpc = caller('\x15', 61)});
  records.emplace_back(EnableErasureCodingPolicyOp{.policy_name = "en\u00e4bled", .rpc = caller('\x16', 62)});
  records.emplace_back(DisableErasureCodingPolicyOp{.policy_name = "dis\u00e4bled", .rpc = caller('\x17', 63)});
  records.emplace_back(RemoveErasureCodingPolicyOp{.policy_name = "rem\u00f6ved", .rpc = caller('\x18', 64)});
}

std::vector<Edit> every_edit() {
  std::vector<EditRecord> records{StartLogSegmentOp{}};
  add_files(records);
  add_tree(records);
  add_attributes(records);
  add_snapshots(records);
  add_what_only_hadoop_has(records);
  records.emplace_back(EndLogSegmentOp{});
  std::vector<Edit> edits;
  for (size_t i = 0; i < records.size(); ++i) edits.push_back({TransactionId{i + 1}, std::move(records[i])});
  return edits;
}

Result<void> write(const std::string& path) {
  std::string bytes = encode_segment_header();
  for (const Edit& edit : every_edit()) DFS_TRY_OK(encode_edit(edit, bytes));
  return Disk::posix().write_file_atomically(path, bytes);
}

Result<void> compare(const std::string& path) {
  DFS_TRY(auto reader, SegmentReader::open(Disk::posix(), path));
  std::map<TransactionId, Edit> found;
  for (;;) {
    DFS_TRY(auto edit, reader->next());
    if (!edit) break;
    found.insert_or_assign(edit->id, *edit);
  }
  for (const Edit& edit : every_edit()) {
    auto other = found.find(edit.id);
    if (other != found.end() && other->second == edit) continue;
    std::cout << raw(edit.id) << ' ' << name_of(code_of(edit.record))
              << (other == found.end() ? " absent\n" : " differs\n");
  }
  return {};
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view what = count == 3 ? arguments[1] : "";
  if (what != "write" && what != "compare") {
    std::cerr << "usage: every_edit write|compare FILE\n";
    return 2;
  }
  Result<void> done = what == "write" ? write(arguments[2]) : compare(arguments[2]);
  if (!done) std::cerr << done.error().to_string() << '\n';
  return done ? 0 : 1;
}
