#include "namenode/journal/edit_writer.h"

#include "proto/base/utf8.h"
#include "proto/hadoop/editlog.pb.h"

namespace dfs::namenode {
namespace {

constexpr size_t kTextBytesMax = 1024 * 1024;  // Text.DEFAULT_MAX_LEN

}  // namespace

void EditWriter::string(std::string_view value) {
  if (value.size() > UINT16_MAX) return reject("a string is longer than 65535 bytes");
  // Hadoop decodes the strings of an op when it loads the log, and a log that it cannot load is lost (HDFS-3626).
  if (!is_utf8(value)) return reject("a string is not UTF-8");
  out_.short_text(value);
}

void EditWriter::text(std::string_view value) {
  if (value.size() > kTextBytesMax) return reject("a name is longer than 1 MiB");
  if (!is_utf8(value)) return reject("a name is not UTF-8");
  out_.text(value);
}

void EditWriter::delimited(std::string_view message) {
  out_.varint(message.size());
  out_.bytes(message);
}

void EditWriter::strings(const std::vector<std::string>& values) {
  u32(values.size());
  for (const std::string& value : values) string(value);
}

void EditWriter::blocks(const std::vector<EditBlock>& blocks) {
  u32(blocks.size());
  for (const EditBlock& block : blocks) {
    u64(block.id);
    u64(block.num_bytes);
    u64(block.generation_stamp);
  }
}

// Lengths and stamps as differences to the block before.
void EditWriter::compact_blocks(std::span<const EditBlock> blocks) {
  out_.writable_vlong(int64_t(blocks.size()));
  EditBlock before{};
  for (const EditBlock& block : blocks) {
    u64(block.id);
    out_.writable_vlong(int64_t(block.num_bytes - before.num_bytes));
    out_.writable_vlong(int64_t(raw(block.generation_stamp) - raw(before.generation_stamp)));
    before = block;
  }
}

void EditWriter::last_two_blocks(const std::optional<EditBlock>& penultimate, const EditBlock& last) {
  std::vector<EditBlock> blocks;
  if (penultimate) blocks.push_back(*penultimate);
  blocks.push_back(last);
  compact_blocks(blocks);
}

void EditWriter::at_most_one_block(const std::optional<EditBlock>& block) {
  if (block) {
    compact_blocks(std::span(&*block, 1));
  } else {
    compact_blocks({});
  }
}

void EditWriter::permission_status(const PermissionStatus& status) {
  text(status.user);
  text(status.group);
  u16(status.permission);
}

// One byte an entry: permission in bits 0-2, type in 3-4, scope in 5, "a name follows" in 6.
void EditWriter::acl(const std::vector<AclEntry>& entries) {
  u32(entries.size());
  for (const AclEntry& entry : entries) {
    u8((entry.name.empty() ? 0 : 1 << 6) | int(entry.scope) << 5 | int(entry.type) << 3 | (entry.permission & 7));
    if (!entry.name.empty()) string(entry.name);
  }
}

void EditWriter::acl_of(const std::string& source, const std::vector<AclEntry>& entries) {
  if (!is_utf8(source)) return reject("a string is not UTF-8");
  hadoop::hdfs::AclEditLogProto message;
  message.set_src(source);
  for (const AclEntry& entry : entries) {
    if (!is_utf8(entry.name)) return reject("a name is not UTF-8");
    auto* to = message.add_entries();
    to->set_type(hadoop::hdfs::AclEntryProto::AclEntryTypeProto(entry.type));
    to->set_scope(hadoop::hdfs::AclEntryProto::AclEntryScopeProto(entry.scope));
    to->set_permissions(hadoop::hdfs::AclEntryProto::FsActionProto(entry.permission & 7));
    if (!entry.name.empty()) to->set_name(entry.name);
  }
  delimited(message.SerializeAsString());
}

void EditWriter::write_xattrs(const std::string* source, const std::vector<ExtendedAttribute>& xattrs) {
  hadoop::hdfs::XAttrEditLogProto message;
  if (source) {
    if (!is_utf8(*source)) return reject("a string is not UTF-8");
    message.set_src(*source);
  }
  for (const ExtendedAttribute& xattr : xattrs) {
    if (!hadoop::hdfs::XAttrProto::XAttrNamespaceProto_IsValid(xattr.name_space)) {
      return reject("an extended attribute has an unknown namespace");
    }
    if (!is_utf8(xattr.name)) return reject("the name of an extended attribute is not UTF-8");
    auto* to = message.add_xattrs();
    to->set_namespace_(hadoop::hdfs::XAttrProto::XAttrNamespaceProto(xattr.name_space));
    to->set_name(xattr.name);
    to->set_value(xattr.value);
  }
  delimited(message.SerializeAsString());
}

void EditWriter::rpc_ids(const RpcIds& ids) {
  if (ids.client_id.size() > UINT16_MAX) return reject("a client id is longer than 65535 bytes");
  out_.short_text(ids.client_id);
  u32(ids.call_id);
}

void EditWriter::rename_options(const std::vector<RenameOption>& options) {
  u32(options.size());
  for (RenameOption option : options) u8(option);
}

void EditWriter::token(const DelegationToken& token) {
  u8(0);  // AbstractDelegationTokenIdentifier.VERSION
  text(token.owner);
  text(token.renewer);
  text(token.real_user);
  out_.writable_vlong(token.issue_date_ms);
  out_.writable_vlong(token.max_date_ms);
  out_.writable_vlong(token.sequence_number);
  out_.writable_vlong(token.master_key_id);
}

void EditWriter::key(const DelegationKey& key) {
  if (key.key && key.key->size() > kTextBytesMax) return reject("a delegation key is longer than 1 MiB");
  out_.writable_vlong(key.key_id);
  out_.writable_vlong(key.expiry_date_ms);
  out_.writable_vlong(key.key ? int64_t(key.key->size()) : -1);
  if (key.key) out_.bytes(*key.key);
}

void EditWriter::cache_directive(const CacheDirective& directive) {
  u64(directive.id);
  u32((directive.path ? 1 : 0) | (directive.replication ? 2 : 0) | (directive.pool ? 4 : 0) |
      (directive.expiration_ms ? 8 : 0));
  if (directive.path) string(*directive.path);
  if (directive.replication) u16(*directive.replication);
  if (directive.pool) string(*directive.pool);
  if (directive.expiration_ms) u64(*directive.expiration_ms);
}

void EditWriter::cache_pool(const CachePool& pool) {
  string(pool.name);
  u32((pool.owner ? 1 : 0) | (pool.group ? 2 : 0) | (pool.mode ? 4 : 0) | (pool.limit_bytes ? 8 : 0) |
      (pool.max_relative_expiry_ms ? 16 : 0) | (pool.default_replication ? 32 : 0));
  if (pool.owner) string(*pool.owner);
  if (pool.group) string(*pool.group);
  if (pool.mode) u16(*pool.mode);
  if (pool.limit_bytes) u64(*pool.limit_bytes);
  if (pool.max_relative_expiry_ms) u64(*pool.max_relative_expiry_ms);
  if (pool.default_replication) u16(*pool.default_replication);
}

void EditWriter::erasure_coding_policy(const ErasureCodingPolicy& policy) {
  string(policy.codec);
  u32(policy.data_units);
  u32(policy.parity_units);
  u32(policy.cell_size_bytes);
  u32(policy.extra_options.size());
  for (const auto& [name, value] : policy.extra_options) {
    string(name);
    string(value);
  }
}

}  // namespace dfs::namenode
